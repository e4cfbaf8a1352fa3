// Files in chunks over the connection: upload and download, several at a time, resumable, beside the messages.
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { PytalkError } from '../protocol/errors.js';
import { chunkHeaderBytes, encodeChunkHeader, frameHeaderBytes, type Chunk } from '../protocol/frame.js';
import { fromWireError } from '../protocol/wire-error.js';
import { limits } from '../protocol/limits.js';
import type { Push } from '../protocol/messages.js';
import type { TransferOptions } from './api.js';
import { BufferPool } from '../protocol/buffer-pool.js';
import type { Connection } from './connection.js';
import { Download } from './download.js';
import { unreadable, unwritable } from './files.js';
import { hasCode } from './home.js';
import type { Link } from './link.js';
import type { Timers } from './timers.js';
import { UploadWindow } from './upload-window.js';

/** Two fewer than the server allows: an ended one may still be on its way out. */
const maxParallel = limits.maxTransfers - 2;
const headerBytes = frameHeaderBytes + chunkHeaderBytes;
const frames = new BufferPool(headerBytes + limits.maxChunkBytes, 40);

/** What a transfer under way wants to hear. */
interface Listener {
  onChunk?(chunk: Chunk): void;
  onProgress?(offset: number): void;
  onEnd?(): void;
  /** It has failed: whatever waits should look. */
  onFail?(): void;
  fail(error: PytalkError): void;
}

export interface LocalFile {
  path: string;
  sha256: string;
  size: number;
}

export class Transfers {
  readonly #link: Link;
  readonly #timers: Timers;
  readonly #listeners = new Map<number, Listener>();
  #nextNumber = 1;
  #running = 0;
  readonly #queue: (() => void)[] = [];

  constructor(link: Link, timers: Timers) {
    this.#link = link;
    this.#timers = timers;
  }

  onChunk(chunk: Chunk): void {
    this.#listeners.get(chunk.transfer)?.onChunk?.(chunk);
  }

  onPush(push: Push): void {
    if (push.type === 'file.progress') {
      this.#listeners.get(push.body.transfer)?.onProgress?.(push.body.offset);
    } else if (push.type === 'file.end') {
      this.#listeners.get(push.body.transfer)?.onEnd?.();
    } else if (push.type === 'file.failed') {
      this.#listeners.get(push.body.transfer)?.fail(fromWireError(push.body.error));
    }
  }

  onLost(error: PytalkError): void {
    for (const listener of [...this.#listeners.values()]) listener.fail(error);
  }

  /** Brings a file to the server, from where an earlier attempt broke off. What is there already is not sent again. */
  upload(file: LocalFile, options: TransferOptions = {}): Promise<void> {
    return this.#limited(async () => {
      const handle = await openToRead(file.path);
      try {
        await this.#upload(handle, file, options);
      } finally {
        await handle.close();
      }
    }, options.signal);
  }

  /**
   * Fetches a file to `path` by way of `path.part`, from where an earlier attempt broke off, and checks its hash.
   * What is at `path` is replaced. Rejects with the server's error, `file-corrupt`, `file-unwritable`, `cancelled`.
   */
  download(sha256: string, path: string, options: TransferOptions = {}): Promise<{ size: number }> {
    return this.#limited(async () => {
      const part = `${path}.part`;
      try {
        const size = await this.#fetchPart(sha256, part, options);
        await rename(part, path);
        return { size };
      } catch (error) {
        // What was broken off stays; what turned out wrong goes.
        if (error instanceof PytalkError && error.code === 'file-corrupt') await rm(part, { force: true });
        throw unwritable(path, error);
      }
    }, options.signal);
  }

  async #fetchPart(sha256: string, part: string, options: TransferOptions): Promise<number> {
    const download = await Download.open(part, sha256);
    try {
      if (download.offset > 0) {
        try {
          return await this.#download(download, options);
        } catch (error) {
          const wrongStart = error instanceof PytalkError && ['file-corrupt', 'invalid'].includes(error.code);
          if (!wrongStart) throw error;
          // The beginning was another file's: once more from the start.
          await download.restart();
        }
      }
      return await this.#download(download, options);
    } finally {
      await download.close();
    }
  }

  async #download(download: Download, options: TransferOptions): Promise<number> {
    const connection = await this.#link.connection();
    return this.#transfer(connection, options.signal, async (transfer, listen, failed) => {
      const ended = new Promise<void>((resolve) => {
        listen({
          onChunk: (chunk) => download.take(chunk, connection),
          onEnd: resolve,
        });
      });
      const { sha256, offset } = download;
      const reply = connection.request('file.get', { transfer, sha256, offset });
      const { size } = await Promise.race([reply, failed]);
      download.onWritten = (done) => options.onProgress?.({ done, total: size });
      await Promise.race([ended, failed, download.failed]);
      await download.finish(size);
      return size;
    });
  }

  async #upload(handle: FileHandle, file: LocalFile, options: TransferOptions): Promise<void> {
    const connection = await this.#link.connection();
    const { sha256, size, path } = file;
    await this.#transfer(connection, options.signal, async (transfer, listen, failed, check) => {
      const window = new UploadWindow(this.#timers);
      listen({
        onProgress: (offset) => {
          window.acknowledged(offset);
          options.onProgress?.({ done: offset, total: size });
        },
        onFail: () => window.open(),
      });
      const { offset } = await Promise.race([
        connection.request('file.put', { transfer, sha256, size }),
        failed,
      ]);
      window.startAt(offset);
      options.onProgress?.({ done: offset, total: size });
      let next = readChunk(handle, transfer, offset, Math.min(window.chunkBytes, size - offset));
      for (let pos = offset; pos < size;) {
        const { whole, frame } = await next;
        const bytes = frame.length - headerBytes;
        if (bytes === 0) throw unreadable(path, new Error('it became shorter meanwhile'));
        await window.roomFor(pos, pos + bytes);
        check();
        pos += bytes;
        // The disk reads the next one while the socket takes this one.
        next = readChunk(handle, transfer, pos, Math.min(window.chunkBytes, size - pos));
        await connection.sendChunk(frame, () => frames.give(whole));
        check();
      }
      await next;
      // The server may have much to hash and to sync: no limit but the connection's life.
      await Promise.race([connection.request('file.finish', { transfer }, { timeoutMs: null }), failed]);
      options.onProgress?.({ done: size, total: size });
    });
  }

  /** Gives a transfer its number and its listener; tells the server when it ends early. */
  async #transfer<T>(
    connection: Connection,
    signal: AbortSignal | undefined,
    run: (
      transfer: number,
      listen: (listener: Omit<Listener, 'fail'>) => void,
      failed: Promise<never>,
      /** Throws when it has failed: cheaper than a race for each chunk. */
      check: () => void,
    ) => Promise<T>,
  ): Promise<T> {
    const transfer = this.#nextNumber++;
    let fail: (error: PytalkError) => void = () => undefined;
    const failed = new Promise<never>((_resolve, reject) => (fail = reject));
    // It may fail while nobody waits for it just then.
    failed.catch(() => undefined);
    let failure: PytalkError | null = null;
    const failNow = (error: PytalkError): void => {
      failure ??= error;
      fail(error);
      this.#listeners.get(transfer)?.onFail?.();
    };
    const check = (): void => {
      if (failure) throw failure;
    };
    const abort = (): void => failNow(new PytalkError('cancelled'));
    signal?.addEventListener('abort', abort);
    this.#listeners.set(transfer, { fail: failNow });
    try {
      if (signal?.aborted) abort();
      const listen = (listener: Omit<Listener, 'fail'>): void => {
        this.#listeners.set(transfer, { ...listener, fail: failNow });
      };
      return await run(transfer, listen, failed, check);
    } catch (error) {
      if (!connection.closed) await connection.request('file.cancel', { transfer }).catch(() => undefined);
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
      this.#listeners.delete(transfer);
    }
  }

  async #limited<T>(run: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    if (this.#running >= maxParallel) await new Promise<void>((resolve) => this.#queue.push(resolve));
    else this.#running++;
    try {
      if (signal?.aborted) throw new PytalkError('cancelled');
      return await run();
    } finally {
      // The place goes to the next in the queue, or is free.
      const next = this.#queue.shift();
      if (next) next();
      else this.#running--;
    }
  }
}

async function openToRead(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (error) {
    const reason = hasCode(error, 'ENOENT') ? new Error('there is no such file') : error;
    throw unreadable(path, reason);
  }
}

/** A chunk frame with its header, read in place so that nothing is copied; `whole` is the pool's buffer below it. */
async function readChunk(
  handle: FileHandle,
  transfer: number,
  offset: number,
  bytes: number,
): Promise<{ whole: Buffer; frame: Buffer }> {
  const whole = frames.take();
  const { bytesRead } = await handle.read(whole, headerBytes, bytes, offset);
  encodeChunkHeader(transfer, offset, bytesRead).copy(whole);
  return { whole, frame: whole.subarray(0, headerBytes + bytesRead) };
}
