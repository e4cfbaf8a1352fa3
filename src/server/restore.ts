// Brings a backup back into an empty data folder, once every checksum in it has been verified.
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, rmdir, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolder, makeOwnFolder } from '../disk/make-folder.js';
import { PytalkError } from '../protocol/errors.js';
import { because } from '../protocol/reasons.js';
import { manifestName } from './backup.js';
import { certificateKeyName, certificateName } from './certificate.js';
import { thisActor } from './actor.js';
import { lockDataFolder } from './data-lock.js';
import { fileFailure } from './disk.js';
import { comeBack } from './epoch.js';
import { databaseName, openStorage } from './storage/open.js';
import { decodeTarHeader, tarBlockBytes, tarPaddingBytes, type TarEntry } from './tar.js';

const pieceBytes = 1024 * 1024;
const maxManifestBytes = 256 * 1024 * 1024;
const plainNames = [databaseName, certificateName, certificateKeyName];
const fileName = /^files\/[0-9a-f]{2}\/[0-9a-f]{62}$/;

export interface RestoreResult {
  /** Files of people that were restored. */
  files: number;
}

/**
 * Rejects with `home-unusable` when the folder holds anything, and with `file-unreadable` when the backup is not
 * one, is cut off, or does not match its checksums, or as `openStorage`; the folder is as it was then, or not there again.
 */
export async function restoreBackup(path: string, dataDir: string): Promise<RestoreResult> {
  const names = await readdir(dataDir).catch(() => []);
  if (names.length > 0) {
    throw new PytalkError('home-unusable', { details: because('not-empty', { path: dataDir }) });
  }
  const archive = await open(path, 'r').catch((cause: unknown) => {
    throw unreadable(path, cause instanceof Error ? cause.message : String(cause), cause);
  });
  let made: readonly string[] = [];
  try {
    made = await makeOwnFolder(dataDir);
    return await restoreFrom(archive, path, dataDir);
  } catch (error) {
    // Those that hold something meanwhile stay.
    for (const folder of made) await rmdir(folder).catch(() => undefined);
    throw error;
  } finally {
    await archive.close();
  }
}

async function restoreFrom(archive: FileHandle, path: string, dataDir: string): Promise<RestoreResult> {
  const lock = await lockDataFolder(dataDir);
  // Inside the folder, because that may be a disk of its own.
  const draft = join(dataDir, `restore-${randomUUID()}`);
  try {
    await mkdir(draft, { mode: 0o700 });
    const sums = await unpack(archive, path, draft);
    await beginAnew(draft, path);
    await putInPlace(draft, dataDir, [...sums.keys()]);
    return { files: [...sums.keys()].filter((name) => fileName.test(name)).length };
  } finally {
    await rm(draft, { recursive: true, force: true });
    await lock.release();
  }
}

/** Unpacks into a folder and verifies; returns the checksums by name. */
async function unpack(archive: FileHandle, path: string, draft: string): Promise<Map<string, string>> {
  const sums = new Map<string, string>();
  let position = 0;
  for (;;) {
    const entry = decodeTarHeader(await readExactly(archive, position, tarBlockBytes, path));
    if (entry === 'end' || entry === null) throw unreadable(path, 'it is not a whole PyTalk backup');
    position += tarBlockBytes;
    if (entry.name === manifestName) {
      if (entry.size > maxManifestBytes) throw unreadable(path, `${manifestName} is too long`);
      const manifest = await readExactly(archive, position, entry.size, path);
      compare(manifest.toString('utf8'), sums, path);
      return sums;
    }
    const { name } = entry;
    if (!(plainNames.includes(name) || fileName.test(name)) || sums.has(name)) {
      throw unreadable(path, `it holds ${JSON.stringify(name)}, which no PyTalk backup does`);
    }
    sums.set(name, await unpackEntry(archive, position, entry, path, join(draft, name)));
    position += entry.size + tarPaddingBytes(entry.size);
  }
}

async function unpackEntry(
  archive: FileHandle,
  position: number,
  { size }: TarEntry,
  path: string,
  target: string,
): Promise<string> {
  const hash = createHash('sha256');
  try {
    await makeFolder(dirname(target), 0o700);
    const out = await open(target, 'wx', 0o600);
    try {
      for (let done = 0; done < size; done += pieceBytes) {
        const bytes = Math.min(pieceBytes, size - done);
        const data = await readExactly(archive, position + done, bytes, path);
        hash.update(data);
        await out.writeFile(data);
      }
      await out.sync();
    } finally {
      await out.close();
    }
  } catch (error) {
    throw fileFailure(error, target);
  }
  return hash.digest('hex');
}

function compare(manifest: string, sums: ReadonlyMap<string, string>, path: string): void {
  const lines = manifest.split('\n').slice(0, -1);
  for (const line of lines) {
    const [sha256 = '', name = ''] = line.split('  ');
    if (!sums.has(name)) throw unreadable(path, `${name} is missing`);
    const content = fileName.test(name) ? name.slice('files/'.length).replace('/', '') : sha256;
    if (sums.get(name) !== sha256 || content !== sha256) {
      throw unreadable(path, `${name} does not match its checksum`);
    }
  }
  if (lines.length !== sums.size) throw unreadable(path, `${manifestName} does not list everything`);
  if (!sums.has(databaseName)) throw unreadable(path, `${databaseName} is missing`);
}

/** Opens the database, which brings it up to date, and notes that it came from a backup. */
async function beginAnew(draft: string, path: string): Promise<void> {
  const storage = await openStorage(draft);
  try {
    const entry = { at: Date.now(), level: 30, event: 'admin-restore', user: null, detail: path };
    const came = comeBack(await storage.lastIds(), entry.at);
    await storage.commit([[...came, { do: 'log', entry: { ...entry, ...thisActor() } }]]);
  } finally {
    await storage.close();
  }
}

/** The database comes last: a folder without it is no data folder. */
async function putInPlace(draft: string, dataDir: string, names: readonly string[]): Promise<void> {
  const first = names.some((name) => fileName.test(name)) ? ['files'] : [];
  const plain = plainNames.filter((name) => names.includes(name)).reverse();
  for (const name of [...first, ...plain]) await rename(join(draft, name), join(dataDir, name));
}

async function readExactly(file: FileHandle, position: number, bytes: number, path: string): Promise<Buffer> {
  const data = Buffer.allocUnsafe(bytes);
  let done = 0;
  while (done < bytes) {
    const { bytesRead } = await file.read(data, done, bytes - done, position + done);
    if (bytesRead === 0) throw unreadable(path, 'it is cut off');
    done += bytesRead;
  }
  return data;
}

function unreadable(path: string, reason: string, cause?: unknown): PytalkError {
  return new PytalkError('file-unreadable', { details: { path, reason }, cause });
}
