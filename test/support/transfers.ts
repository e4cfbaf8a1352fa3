// Uploads and downloads over a connection of the bare protocol.
import { createHash } from 'node:crypto';
import { PytalkError } from '../../src/protocol/errors.js';
import { limits } from '../../src/protocol/limits.js';
import type { WireClient } from './wire-client.js';

let lastTransfer = 0;

export function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export function nextTransfer(): number {
  return ++lastTransfer;
}

/** Sends the bytes from an offset on, never more than the window ahead of what the server has acknowledged. */
export async function sendBytes(
  client: WireClient,
  transfer: number,
  bytes: Buffer,
  offset: number,
): Promise<void> {
  let acknowledged = offset;
  let sent = offset;
  while (sent < bytes.length) {
    while (sent < bytes.length && sent - acknowledged + limits.maxChunkBytes <= limits.uploadWindowBytes) {
      const data = bytes.subarray(sent, sent + limits.maxChunkBytes);
      client.sendChunk(transfer, sent, data);
      sent += data.length;
    }
    if (sent < bytes.length) {
      const progress = await client.nextPush('file.progress', (body) => body.transfer === transfer);
      acknowledged = progress.offset;
    }
  }
}

/** Uploads a file whole; returns its SHA-256. */
export async function upload(client: WireClient, bytes: Buffer): Promise<string> {
  const transfer = nextTransfer();
  const sha256 = sha256Of(bytes);
  const { offset } = await client.request('file.put', { transfer, sha256, size: bytes.length });
  await sendBytes(client, transfer, bytes, offset);
  await client.request('file.finish', { transfer });
  return sha256;
}

/** Downloads a file from an offset on. Rejects with what `file.failed` says. */
export async function download(client: WireClient, sha256: string, offset = 0): Promise<Buffer> {
  const transfer = nextTransfer();
  const parts: Buffer[] = [];
  let expected = offset;
  const before = client.onChunk;
  client.onChunk = (number, at, data) => {
    if (number !== transfer) {
      before(number, at, data);
      return;
    }
    if (at !== expected) throw new PytalkError('file-corrupt');
    expected += data.length;
    parts.push(Buffer.from(data));
  };
  const { size } = await client.request('file.get', { transfer, sha256, offset });
  await client.nextPush('file.end', (body) => body.transfer === transfer);
  const bytes = Buffer.concat(parts);
  if (bytes.length !== size - offset) throw new PytalkError('file-corrupt');
  return bytes;
}
