// Files of people: stored once under the SHA-256 of their bytes, uploaded in parts that can be resumed.
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolder, makeOwnFolder } from '../disk/make-folder.js';
import { PytalkError } from '../protocol/errors.js';
import { limits } from '../protocol/limits.js';
import type { ServerConfig } from './config.js';
import { fileFailure, renameDurably } from './disk.js';
import { Download } from './download.js';
import type { ClientSession, Transfer } from './handler.js';
import type { Storage, Unit } from './storage/storage.js';
import { Upload } from './upload.js';

const hourMs = 60 * 60 * 1000;
const partAgeMs = 7 * 24 * hourMs;
const unreferencedAgeMs = 24 * hourMs;

interface FileStoreOptions {
  /** The server's data folder. */
  dataDir: string;
  storage: Storage;
  hub: { commit(unit: Unit): Promise<void> };
  config: Pick<ServerConfig, 'maxFileBytes' | 'userQuotaBytes'>;
  now: () => number;
}

/** Where a stored file is, in a data folder. */
export function storedFilePath(dataDir: string, sha256: string): string {
  return join(dataDir, 'files', sha256.slice(0, 2), sha256.slice(2));
}

/** A file that need not be uploaded, between `file.put` and `file.finish`. */
class Known implements Transfer {
  constructor(
    readonly sha256: string,
    readonly size: number,
  ) {}
  cancel(): void {
    // There is nothing to stop.
  }
}

export class FileStore {
  readonly #options: FileStoreOptions;
  readonly #uploadsDir: string;
  readonly #uploads = new Map<string, Upload>();
  readonly #downloads = new Set<Promise<void>>();
  /** Bytes that unfinished uploads may come to take, by user and file. */
  readonly #reserved = new Map<number, Map<string, number>>();
  /** When files were last offered for upload, in milliseconds: they are not swept before they can be sent. */
  readonly #offered = new Map<string, number>();
  readonly #sweeper: NodeJS.Timeout;
  /** How many wait for files to stay as they are. */
  #kept = 0;
  #removing: Promise<void> = Promise.resolve();
  /** Bytes received and sent since the start. */
  readonly counters = { receivedBytes: 0, sentBytes: 0 };

  private constructor(options: FileStoreOptions) {
    this.#options = options;
    this.#uploadsDir = join(options.dataDir, 'uploads');
    this.#sweeper = setInterval(() => {
      // What could not be removed now is tried again in an hour.
      this.sweep().catch(() => undefined);
    }, hourMs);
    this.#sweeper.unref();
  }

  static async open(options: FileStoreOptions): Promise<FileStore> {
    const store = new FileStore(options);
    await makeOwnFolder(join(options.dataDir, 'files'));
    await makeOwnFolder(store.#uploadsDir);
    for (const { user, sha256, path } of await store.#parts()) {
      store.#reserve(user, sha256, (await stat(path)).size);
    }
    await store.sweep();
    return store;
  }

  /**
   * Begins or resumes an upload and returns the offset to send from; the size when the person may have the file
   * anyway. Rejects with `file-too-large`, `quota-exceeded`, `too-many-transfers`, `disk-full` or `storage-failed`.
   */
  async put(session: ClientSession, transfer: number, sha256: string, size: number): Promise<number> {
    const { maxFileBytes } = this.#options.config;
    if (size > maxFileBytes) {
      throw new PytalkError('file-too-large', { details: { bytes: size, max: maxFileBytes } });
    }
    const path = join(this.#uploadsDir, `${session.userId}-${sha256}.part`);
    const { counters } = this;
    const { userId } = session;
    const onClose = (closed: Upload, partBytes: number): void => this.#closed(userId, closed, partBytes);
    const upload = new Upload({ session, transfer, path, sha256, size, counters, onClose });
    addTransfer(session, transfer, upload);
    try {
      await this.#takeOver(path, upload);
      const known = await this.#isKnown(userId, sha256, size);
      if (upload.isOver) throw new PytalkError('cancelled');
      if (known) {
        upload.cancel();
        addTransfer(session, transfer, new Known(sha256, size));
        return size;
      }
      await this.#checkQuota(userId, sha256, size);
      return await upload.start();
    } catch (error) {
      upload.cancel();
      // What it has reserved is free when the person hears of it.
      await upload.closed;
      throw error;
    }
  }

  /** Ends an upload. Rejects with `file-not-found` when there is none, and as `Upload.finish`. */
  async finish(session: ClientSession, transfer: number): Promise<void> {
    const upload = session.transfers.get(transfer);
    const { hub, now } = this.#options;
    const { userId: user } = session;
    if (upload instanceof Known) {
      session.transfers.delete(transfer);
      await hub.commit([{ do: 'file', sha256: upload.sha256, size: upload.size, user, at: now() }]);
    } else if (upload instanceof Upload) {
      const { sha256, size } = upload;
      await upload.finish(async () => {
        const path = this.#path(sha256);
        await makeFolder(dirname(path), 0o700);
        await renameDurably(upload.path, path);
        await hub.commit([{ do: 'file', sha256, size, user, at: now() }]);
      });
    } else {
      throw new PytalkError('file-not-found');
    }
  }

  /** Begins a download; chunks follow once the reply is on its way. Returns the size. Rejects with `file-not-found`. */
  async get(session: ClientSession, transfer: number, sha256: string, offset: number): Promise<number> {
    const { storage } = this.#options;
    const [file, allowed] = await Promise.all([
      storage.file(sha256),
      storage.mayFetch(session.userId, sha256),
    ]);
    if (!file || !allowed) throw new PytalkError('file-not-found');
    const { size } = file;
    if (offset > size) {
      throw new PytalkError('invalid', {
        details: { field: 'offset', reason: `the file has ${size} bytes` },
      });
    }
    const { counters } = this;
    const download = new Download({ session, transfer, path: this.#path(sha256), offset, size, counters });
    addTransfer(session, transfer, download);
    setImmediate(() => {
      const run = download.run().finally(() => this.#downloads.delete(run));
      this.#downloads.add(run);
    });
    return size;
  }

  /** The bytes of a small file. Rejects with `storage-failed`. */
  async read(sha256: string): Promise<Buffer> {
    const path = this.#path(sha256);
    try {
      return await readFile(path);
    } catch (error) {
      throw fileFailure(error, path);
    }
  }

  /** Removes parts that nobody has gone on with, and files that nothing refers to. */
  async sweep(): Promise<void> {
    const { storage, now } = this.#options;
    for (const { user, sha256, path } of await this.#parts()) {
      if (this.#uploads.has(path) || now() - (await stat(path)).mtimeMs < partAgeMs) continue;
      await rm(path, { force: true });
      this.#release(user, sha256);
    }
    const before = now() - unreferencedAgeMs;
    for (const [sha256, at] of this.#offered) if (at < before) this.#offered.delete(sha256);
    for (const sha256 of await storage.unreferencedFiles(before)) {
      if (this.#kept > 0) return;
      if (this.#offered.has(sha256)) continue;
      // One after the other, also of sweeps at once: who waits for the last has waited for all.
      const removing = this.#removing.then(() => this.#remove(sha256));
      this.#removing = removing.catch(() => undefined);
      await removing;
    }
  }

  async #remove(sha256: string): Promise<void> {
    const { storage, hub } = this.#options;
    await hub.commit([{ do: 'delete-file', sha256 }]);
    // It is still there when something has begun to refer to it meanwhile.
    if ((await storage.file(sha256)) === null) await rm(this.#path(sha256), { force: true });
  }

  /** Lets no file go until `work` is done, so that all that the database knows at its beginning is there to its end. */
  async keepWhile<T>(work: () => Promise<T>): Promise<T> {
    this.#kept++;
    try {
      await this.#removing;
      return await work();
    } finally {
      this.#kept--;
    }
  }

  /** Waits for transfers to end; the connections must be closed already. Idempotent. */
  async close(): Promise<void> {
    clearInterval(this.#sweeper);
    for (const upload of this.#uploads.values()) upload.cancel();
    await Promise.all([...this.#uploads.values()].map((upload) => upload.closed));
    await Promise.all(this.#downloads);
  }

  #path(sha256: string): string {
    return storedFilePath(this.#options.dataDir, sha256);
  }

  /** A device that lost its connection comes back before the server has noticed: the newer upload goes on. */
  async #takeOver(path: string, upload: Upload): Promise<void> {
    for (let older = this.#uploads.get(path); older; older = this.#uploads.get(path)) {
      older.fail(new PytalkError('cancelled'));
      await older.closed;
    }
    if (!upload.isOver) this.#uploads.set(path, upload);
  }

  /** Whether the person may fetch the file anyway; only then its bytes need not be shown again. */
  async #isKnown(user: number, sha256: string, size: number): Promise<boolean> {
    const { storage, now } = this.#options;
    this.#offered.set(sha256, now());
    const file = await storage.file(sha256);
    if (file?.size !== size || !(await storage.mayFetch(user, sha256))) return false;
    // One that was lost is mended by whoever sends it again.
    const onDisk = await stat(this.#path(sha256)).catch(() => null);
    return onDisk?.size === size;
  }

  async #checkQuota(user: number, sha256: string, size: number): Promise<void> {
    const { storage, config } = this.#options;
    this.#reserve(user, sha256, size);
    const max = (await storage.account(user))?.quotaBytes ?? config.userQuotaBytes;
    // Before what is stored is read: an upload that ends meanwhile counts twice, rather than not at all.
    let bytes = 0;
    for (const reserved of this.#reserved.get(user)?.values() ?? []) bytes += reserved;
    bytes += await storage.usage(user, sha256);
    if (bytes > max) throw new PytalkError('quota-exceeded', { details: { bytes, max } });
  }

  #closed(user: number, upload: Upload, partBytes: number): void {
    if (this.#uploads.get(upload.path) !== upload) return;
    this.#uploads.delete(upload.path);
    this.#release(user, upload.sha256);
    if (partBytes > 0) this.#reserve(user, upload.sha256, partBytes);
  }

  #reserve(user: number, sha256: string, bytes: number): void {
    const files = this.#reserved.get(user);
    if (files) files.set(sha256, bytes);
    else this.#reserved.set(user, new Map([[sha256, bytes]]));
  }

  #release(user: number, sha256: string): void {
    const files = this.#reserved.get(user);
    files?.delete(sha256);
    if (files?.size === 0) this.#reserved.delete(user);
  }

  async #parts(): Promise<{ user: number; sha256: string; path: string }[]> {
    const names = await readdir(this.#uploadsDir);
    return names.flatMap((name) => {
      const [, user, sha256] = /^(\d+)-([0-9a-f]{64})\.part$/.exec(name) ?? [];
      if (user === undefined || sha256 === undefined) return [];
      return [{ user: Number(user), sha256, path: join(this.#uploadsDir, name) }];
    });
  }
}

/** Enters a transfer under its number. Throws `invalid` when that is in use, or `too-many-transfers`. */
function addTransfer(session: ClientSession, number: number, transfer: Transfer): void {
  if (session.transfers.has(number)) {
    throw new PytalkError('invalid', { details: { field: 'transfer', reason: `${number} is in use` } });
  }
  if (session.closed) throw new PytalkError('disconnected');
  const downloads = transfer instanceof Download;
  let sameWay = 0;
  for (const other of session.transfers.values()) if (other instanceof Download === downloads) sameWay++;
  if (sameWay >= limits.maxTransfers) {
    throw new PytalkError('too-many-transfers', { details: { max: limits.maxTransfers } });
  }
  session.transfers.set(number, transfer);
}
