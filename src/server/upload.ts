// One upload under way: chunks into a part file, hashed as they come, never more in memory than the window.
import { createHash } from 'node:crypto';
import { open, rm, stat, type FileHandle } from 'node:fs/promises';
import { BufferPool } from '../protocol/buffer-pool.js';
import { toWireError } from '../protocol/wire-error.js';
import { PytalkError } from '../protocol/errors.js';
import { limits } from '../protocol/limits.js';
import { fileFailure } from './disk.js';
import type { ClientSession, Transfer } from './handler.js';

const pieceBytes = limits.maxChunkBytes;
/** The spare ones are what four uploads have under way. */
const pieces = new BufferPool(pieceBytes, 32);

interface Piece {
  buffer: Buffer;
  bytes: number;
}

export interface UploadOptions {
  session: ClientSession;
  /** The number that the client chose. */
  transfer: number;
  /** Path of the part file. */
  path: string;
  sha256: string;
  /** Bytes of the whole file. */
  size: number;
  counters: { receivedBytes: number };
  /** Called once when it is over, with the bytes that stay in the part file. */
  onClose: (upload: Upload, partBytes: number) => void;
}

export class Upload implements Transfer {
  readonly closed: Promise<void>;
  readonly #options: UploadOptions;
  readonly #hash = createHash('sha256');
  readonly #resolveClosed: () => void;
  #state: 'starting' | 'receiving' | 'finishing' | 'over' = 'starting';
  #file: FileHandle | null = null;
  #received = 0;
  #written = 0;
  #pieces: Piece[] = [];
  #writing: Promise<void> | null = null;
  #failure: PytalkError | null = null;

  constructor(options: UploadOptions) {
    this.#options = options;
    let resolveClosed = (): void => undefined;
    this.closed = new Promise((resolve) => (resolveClosed = resolve));
    this.#resolveClosed = resolveClosed;
  }

  get size(): number {
    return this.#options.size;
  }
  get sha256(): string {
    return this.#options.sha256;
  }
  get path(): string {
    return this.#options.path;
  }
  get isOver(): boolean {
    return this.#state === 'over';
  }

  /** Opens the part, and hashes what is there from an earlier try. Returns the offset to go on from. */
  async start(): Promise<number> {
    const { path, size } = this.#options;
    try {
      const file = await open(path, 'a+', 0o600);
      if (this.isOver) await file.close();
      this.#file = file;
      if ((await file.stat()).size > size) await file.truncate(0);
      await this.#rehash(file);
    } catch (error) {
      this.#over();
      throw fileFailure(error, path);
    }
    if (this.isOver) throw new PytalkError('cancelled');
    this.#state = 'receiving';
    return this.#written;
  }

  async #rehash(file: FileHandle): Promise<void> {
    const buffer = Buffer.allocUnsafe(pieceBytes);
    while (!this.isOver) {
      const { bytesRead } = await file.read(buffer, 0, pieceBytes, this.#written);
      if (bytesRead === 0) break;
      this.#hash.update(buffer.subarray(0, bytesRead));
      this.#written += bytesRead;
    }
    this.#received = this.#written;
  }

  write(offset: number, data: Buffer): void {
    if (this.#state !== 'receiving' || data.length === 0) return;
    const { session, size, counters } = this.#options;
    if (offset !== this.#received || offset + data.length > size) {
      const reason = `expected ${this.#received}`;
      this.fail(new PytalkError('invalid', { details: { field: 'offset', reason } }));
      return;
    }
    this.#received += data.length;
    counters.receivedBytes += data.length;
    if (this.#received - this.#written > limits.uploadWindowBytes) {
      session.end('too-slow');
      return;
    }
    this.#hash.update(data);
    this.#keep(data);
    this.#writing ??= this.#writeOut();
  }

  /** Copies data into pieces of fixed size, so that small chunks cost no more memory than large ones. */
  #keep(data: Buffer): void {
    let taken = 0;
    while (taken < data.length) {
      let piece = this.#pieces.at(-1);
      if (!piece || piece.bytes === pieceBytes) {
        piece = { buffer: pieces.take(), bytes: 0 };
        this.#pieces.push(piece);
      }
      const copied = data.copy(piece.buffer, piece.bytes, taken);
      piece.bytes += copied;
      taken += copied;
    }
  }

  async #writeOut(): Promise<void> {
    const { session, transfer, path } = this.#options;
    try {
      for (let piece = this.#pieces.shift(); piece; piece = this.#pieces.shift()) {
        await this.#writePiece(piece);
        this.#written += piece.bytes;
        pieces.give(piece.buffer);
        if (this.#state === 'receiving') session.push('file.progress', { transfer, offset: this.#written });
      }
    } catch (error) {
      this.#pieces = [];
      this.#failure = fileFailure(error, path);
      this.fail(this.#failure);
    } finally {
      this.#writing = null;
    }
  }

  async #writePiece({ buffer, bytes }: Piece): Promise<void> {
    let done = 0;
    while (done < bytes) {
      const result = await this.#file?.write(buffer, done, bytes - done);
      if (!result) throw new PytalkError('cancelled');
      done += result.bytesWritten;
    }
  }

  /**
   * Waits for the last write, checks the hash and syncs the part to disk; `keep` then moves it to its place.
   * Rejects with `invalid` (bytes are missing), `file-corrupt` (the part is removed), `disk-full` or `storage-failed`.
   */
  async finish(keep: () => Promise<void>): Promise<void> {
    const { size, sha256, path } = this.#options;
    if (this.#state !== 'receiving') throw new PytalkError('file-not-found');
    if (this.#received !== size) {
      const reason = `${size - this.#received} bytes are missing`;
      throw new PytalkError('invalid', { details: { field: 'transfer', reason } });
    }
    this.#state = 'finishing';
    try {
      await this.#writing;
      if (this.#failure) throw this.#failure;
      if (this.#hash.digest('hex') !== sha256) {
        await rm(path, { force: true });
        throw new PytalkError('file-corrupt');
      }
      await this.#file?.sync();
      await keep();
    } catch (error) {
      throw fileFailure(error, path);
    } finally {
      this.#over();
      await this.closed;
    }
  }

  /** Ends it and tells the client why. */
  fail(error: PytalkError): void {
    if (this.#state === 'finishing' || this.#state === 'over') return;
    const { session, transfer } = this.#options;
    session.push('file.failed', { transfer, error: toWireError(error) });
    this.cancel();
  }

  cancel(): void {
    if (this.#state !== 'finishing') this.#over();
  }

  #over(): void {
    if (this.#state === 'over') return;
    const { session, transfer } = this.#options;
    this.#state = 'over';
    if (session.transfers.get(transfer) === this) session.transfers.delete(transfer);
    void this.#close();
  }

  async #close(): Promise<void> {
    await this.#writing;
    await this.#file?.close().catch(() => undefined);
    this.#file = null;
    const partBytes = await stat(this.path).then(
      (part) => part.size,
      () => 0,
    );
    // Nothing came: an empty part counts in no quota, so it must not stay.
    if (partBytes === 0) await rm(this.path, { force: true }).catch(() => undefined);
    this.#options.onClose(this, partBytes);
    this.#resolveClosed();
  }
}
