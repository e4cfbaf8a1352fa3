// One download under way: chunks paced by the connection, so that messages never wait behind many of them.
import { open } from 'node:fs/promises';
import { BufferPool } from '../protocol/buffer-pool.js';
import { toWireError } from '../protocol/wire-error.js';
import { PytalkError } from '../protocol/errors.js';
import { chunkHeaderBytes, encodeChunkHeader, frameHeaderBytes } from '../protocol/frame.js';
import { limits } from '../protocol/limits.js';
import { fileFailure } from './disk.js';
import type { ClientSession, Transfer } from './handler.js';

const headerBytes = frameHeaderBytes + chunkHeaderBytes;
/** Whole chunk frames, which the disk reads into and the socket sends from. */
const frames = new BufferPool(headerBytes + limits.maxChunkBytes, 16);

/** The download of each connection whose chunk is on its way; others of that connection wait for their turn. */
const turns = new WeakMap<ClientSession, Promise<void>>();

export interface DownloadOptions {
  session: ClientSession;
  transfer: number;
  path: string;
  offset: number;
  size: number;
  counters: { sentBytes: number };
}

export class Download implements Transfer {
  readonly #options: DownloadOptions;
  #cancelled = false;

  constructor(options: DownloadOptions) {
    this.#options = options;
  }

  cancel(): void {
    this.#cancelled = true;
    const { session, transfer } = this.#options;
    if (session.transfers.get(transfer) === this) session.transfers.delete(transfer);
  }

  /** Sends the file from its offset on, then `file.end`. Never rejects: the client is told what fails. */
  async run(): Promise<void> {
    const { session, transfer, path } = this.#options;
    try {
      await this.#send();
      if (!this.#cancelled) session.push('file.end', { transfer });
    } catch (error) {
      const failed = !this.#cancelled && !session.closed;
      if (failed) session.push('file.failed', { transfer, error: toWireError(fileFailure(error, path)) });
    } finally {
      this.cancel();
    }
  }

  async #send(): Promise<void> {
    const { session, transfer, path, size, counters } = this.#options;
    const file = await open(path, 'r');
    const buffer = frames.take();
    try {
      let { offset } = this.#options;
      while (offset < size && !this.#cancelled) {
        const bytes = Math.min(limits.maxChunkBytes, size - offset);
        const { bytesRead } = await file.read(buffer, headerBytes, bytes, offset);
        if (bytesRead === 0)
          throw new PytalkError('storage-failed', { details: { reason: 'file is short' } });
        encodeChunkHeader(transfer, offset, bytesRead).copy(buffer);
        await inTurn(session, async () => {
          if (!this.#cancelled) await session.sendChunk(buffer.subarray(0, headerBytes + bytesRead));
        });
        offset += bytesRead;
        counters.sentBytes += bytesRead;
      }
    } finally {
      // A socket that was closed half way may not have let go of it.
      if (!session.closed) frames.give(buffer);
      await file.close();
    }
  }
}

/** Waits for the chunks of this connection's other downloads that came before. */
function inTurn(session: ClientSession, send: () => Promise<void>): Promise<void> {
  const result = (turns.get(session) ?? Promise.resolve()).then(send);
  turns.set(
    session,
    result.catch(() => undefined),
  );
  return result;
}
