// One download under way: chunks paced by the connection, so that messages never wait behind many of them.
import { open } from 'node:fs/promises';
import { toWireError } from '../protocol/envelope.js';
import { PytalkError } from '../protocol/errors.js';
import { limits } from '../protocol/limits.js';
import { fileFailure } from './disk.js';
import type { ClientSession, Transfer } from './handler.js';

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
    try {
      let { offset } = this.#options;
      while (offset < size && !this.#cancelled) {
        const buffer = Buffer.allocUnsafeSlow(Math.min(limits.maxChunkBytes, size - offset));
        const { bytesRead } = await file.read(buffer, 0, buffer.length, offset);
        if (bytesRead === 0)
          throw new PytalkError('storage-failed', { details: { reason: 'file is short' } });
        const data = buffer.subarray(0, bytesRead);
        const at = offset;
        await inTurn(session, async () => {
          if (!this.#cancelled) await session.sendChunk(transfer, at, data);
        });
        offset += bytesRead;
        counters.sentBytes += bytesRead;
      }
    } finally {
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
