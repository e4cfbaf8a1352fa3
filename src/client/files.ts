// Local files: their hash, their type by their first bytes, and names that may be written.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { PytalkError } from '../protocol/errors.js';

const blockBytes = 1024 * 1024;
const headBytes = 4096;

/** The failure of a file that could not be read; one that tells already what is wrong stays as it is. */
export function unreadable(path: string, cause: unknown): PytalkError {
  return failure('file-unreadable', path, cause);
}

/** The same for a file that could not be written. */
export function unwritable(path: string, cause: unknown): PytalkError {
  return failure('file-unwritable', path, cause);
}

function failure(code: 'file-unreadable' | 'file-unwritable', path: string, cause: unknown): PytalkError {
  if (cause instanceof PytalkError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new PytalkError(code, { details: { path, reason }, cause });
}

/** Lower-case hexadecimal SHA-256 and size of a file. Rejects with `file-unreadable` or `cancelled`. */
export async function hashFile(
  path: string,
  signal?: AbortSignal,
): Promise<{ sha256: string; size: number }> {
  const hash = createHash('sha256');
  let size = 0;
  try {
    for await (const block of createReadStream(path, { highWaterMark: blockBytes })) {
      if (signal?.aborted) throw new PytalkError('cancelled');
      const bytes = block as Buffer;
      hash.update(bytes);
      size += bytes.length;
    }
  } catch (error) {
    throw unreadable(path, error);
  }
  return { sha256: hash.digest('hex'), size };
}

/** What a file begins with, up to 4 KB, and its size. Rejects with `file-unreadable`, also for what is no regular file. */
export async function readHead(path: string): Promise<{ head: Buffer; size: number }> {
  try {
    const file = await open(path, 'r');
    try {
      const stat = await file.stat();
      if (!stat.isFile()) throw new Error('it is not a file');
      const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
      return { head: buffer.subarray(0, bytesRead), size: stat.size };
    } finally {
      await file.close();
    }
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** Signatures at an offset; the first that fits wins. */
const signatures: readonly { type: string; at: number; bytes: string }[] = [
  { type: 'image/png', at: 0, bytes: '\x89PNG\r\n\x1a\n' },
  { type: 'image/jpeg', at: 0, bytes: '\xff\xd8\xff' },
  { type: 'image/gif', at: 0, bytes: 'GIF87a' },
  { type: 'image/gif', at: 0, bytes: 'GIF89a' },
  { type: 'image/webp', at: 8, bytes: 'WEBP' },
  { type: 'audio/wav', at: 8, bytes: 'WAVE' },
  { type: 'application/pdf', at: 0, bytes: '%PDF-' },
  { type: 'application/zip', at: 0, bytes: 'PK\x03\x04' },
  { type: 'application/gzip', at: 0, bytes: '\x1f\x8b' },
  { type: 'video/mp4', at: 4, bytes: 'ftyp' },
  { type: 'video/webm', at: 0, bytes: '\x1a\x45\xdf\xa3' },
  { type: 'audio/ogg', at: 0, bytes: 'OggS' },
  { type: 'audio/flac', at: 0, bytes: 'fLaC' },
  { type: 'audio/mpeg', at: 0, bytes: 'ID3' },
];

/** The media type that the bytes show, whatever the name says. */
export function typeOfBytes(head: Buffer): string {
  const text = head.toString('latin1');
  const found = signatures.find(({ at, bytes }) => text.startsWith(bytes, at));
  if (found) return found.type;
  return isText(head) ? 'text/plain' : 'application/octet-stream';
}

function isText(head: Buffer): boolean {
  if (head.length === 0 || head.includes(0)) return false;
  // A character may be cut at the end of what was read: three bytes of it at most.
  for (let cut = 0; cut <= 3; cut++) {
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(head.subarray(0, head.length - cut));
      return true;
    } catch {
      if (head.length < headBytes) return false;
    }
  }
  return false;
}
