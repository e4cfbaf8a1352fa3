// The receiving end of one download: chunks in order into a part file, hashed as they come.
import { createHash, type Hash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { PytalkError } from '../protocol/errors.js';
import type { Chunk } from '../protocol/frame.js';
import { limits } from '../protocol/limits.js';
import { BufferPool } from '../protocol/buffer-pool.js';

/** Above this many bytes that wait for the disk reading stops, and below the other it goes on. */
const pauseAboveBytes = 16 * 1024 * 1024;
const resumeBelowBytes = 4 * 1024 * 1024;
const readBytes = 1024 * 1024;

/** What feeds it, to be stopped when the disk is slower. */
interface Source {
  pause(): void;
  resume(): void;
}

/** Chunk data that waits for the disk. */
interface Piece {
  buffer: Buffer;
  bytes: number;
}

const pieces = new BufferPool(limits.maxChunkBytes, 40);

export class Download {
  readonly sha256: string;
  readonly #file: FileHandle;
  #hash: Hash = createHash('sha256');
  /** Bytes taken so far, on disk or on the way there: where to go on. */
  #taken = 0;
  #written = 0;
  #waiting: Piece[] = [];
  #writing: Promise<void> | null = null;
  #paused: Source | null = null;
  #fail: (error: Error) => void = () => undefined;
  /** Rejects when the disk or the order of chunks fails. */
  readonly failed: Promise<never>;
  onWritten: (bytes: number) => void = () => undefined;

  private constructor(file: FileHandle, sha256: string) {
    this.#file = file;
    this.sha256 = sha256;
    this.failed = new Promise((_resolve, reject) => (this.#fail = reject));
    this.failed.catch(() => undefined);
  }

  /** Opens the part file, mode 0600, and hashes what an earlier attempt left in it. */
  static async open(path: string, sha256: string): Promise<Download> {
    const download = new Download(await open(path, 'a+', 0o600), sha256);
    try {
      await download.#hashExisting();
      return download;
    } catch (error) {
      await download.close();
      throw error;
    }
  }

  get offset(): number {
    return this.#taken;
  }

  /** Takes one chunk; copies its data. */
  take(chunk: Chunk, source: Source): void {
    if (chunk.data.length === 0) return;
    if (chunk.offset !== this.#taken) {
      this.#fail(new PytalkError('file-corrupt'));
      return;
    }
    this.#hash.update(chunk.data);
    for (let pos = 0; pos < chunk.data.length;) {
      const buffer = pieces.take();
      const bytes = chunk.data.copy(buffer, 0, pos);
      this.#waiting.push({ buffer, bytes });
      pos += bytes;
    }
    this.#taken += chunk.data.length;
    if (!this.#paused && this.#taken - this.#written > pauseAboveBytes) {
      this.#paused = source;
      source.pause();
    }
    this.#writing ??= this.#writeAll();
  }

  /** Waits for the disk and checks length and hash. Rejects with `file-corrupt`. */
  async finish(size: number): Promise<void> {
    await Promise.race([this.#writing, this.failed]);
    if (this.#written !== size || this.#hash.digest('hex') !== this.sha256)
      throw new PytalkError('file-corrupt');
  }

  /** Throws away what is there. */
  async restart(): Promise<void> {
    await this.#writing;
    await this.#file.truncate(0);
    this.#hash = createHash('sha256');
    this.#taken = this.#written = 0;
  }

  async close(): Promise<void> {
    await this.#writing;
    this.#paused?.resume();
    await this.#file.close();
  }

  async #writeAll(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        const taken = this.#waiting;
        this.#waiting = [];
        const bytes = taken.reduce((sum, piece) => sum + piece.bytes, 0);
        // The file is open for appending, and chunks come in order.
        await writeWhole(
          this.#file,
          taken.map((piece) => piece.buffer.subarray(0, piece.bytes)),
        );
        for (const { buffer } of taken) pieces.give(buffer);
        this.#written += bytes;
        this.onWritten(this.#written);
        if (this.#paused && this.#taken - this.#written < resumeBelowBytes) {
          this.#paused.resume();
          this.#paused = null;
        }
      }
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
    } finally {
      this.#writing = null;
    }
  }

  async #hashExisting(): Promise<void> {
    const buffer = Buffer.allocUnsafe(readBytes);
    for (;;) {
      const { bytesRead } = await this.#file.read(buffer, 0, readBytes, this.#taken);
      if (bytesRead === 0) break;
      this.#hash.update(buffer.subarray(0, bytesRead));
      this.#taken += bytesRead;
    }
    this.#written = this.#taken;
  }
}

async function writeWhole(file: FileHandle, buffers: Buffer[]): Promise<void> {
  const { bytesWritten } = await file.writev(buffers);
  let skip = bytesWritten;
  for (const buffer of buffers) {
    // Seldom less is written than asked: the rest goes piece by piece.
    for (let pos = Math.min(skip, buffer.length); pos < buffer.length;) {
      pos += (await file.write(buffer, pos)).bytesWritten;
    }
    skip = Math.max(0, skip - buffer.length);
  }
}
