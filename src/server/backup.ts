// Backups: one tar file with the database, the certificate, everybody's files, and a list of checksums to verify by.
import { createHash, randomUUID } from 'node:crypto';
import { open, readdir, rm, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../disk/system-code.js';
import { PytalkError, type ErrorDetails } from '../protocol/errors.js';
import { because } from '../protocol/reasons.js';
import { certificateKeyName, certificateName } from './certificate.js';
import { fileFailure, renameDurably } from './disk.js';
import { databaseName } from './storage/open.js';
import type { Storage } from './storage/storage.js';
import { encodeTarHeader, tarBlockBytes, tarPaddingBytes } from './tar.js';

/** Name of the list in the archive; its lines are those of sha256sum(1), and it comes last. */
export const manifestName = 'SHA256SUMS';
const pieceBytes = 1024 * 1024;

export interface BackupResult {
  path: string;
  /** Bytes of the backup. */
  bytes: number;
  /** Files of people in it. */
  files: number;
}

interface Source {
  /** In the archive. */
  name: string;
  path: string;
  /** The SHA-256 that it must have, where that is known. */
  sha256: string | null;
}

/**
 * Writes a backup while the server runs. Rejects with `file-exists` (nothing is overwritten), `file-unwritable`,
 * `disk-full` or `storage-failed` (also when a file does not match its checksum any more); nothing is left then.
 */
export async function writeBackup(path: string, dataDir: string, storage: Storage): Promise<BackupResult> {
  if (await exists(path)) throw new PytalkError('file-exists', { details: { path } });
  const snapshot = join(dataDir, `backup-${randomUUID()}.db`);
  const partial = `${path}.partial`;
  try {
    await storage.backup(snapshot);
    const sources = await collect(dataDir, snapshot);
    const out = await open(partial, 'wx', 0o600).catch((cause: unknown) => {
      throw new PytalkError('file-unwritable', { details: { path, ...whyNot(cause) }, cause });
    });
    try {
      await writeArchive(out, sources);
      await out.sync();
    } catch (error) {
      await rm(partial, { force: true });
      throw fileFailure(error, path);
    } finally {
      await out.close();
    }
    await renameDurably(partial, path);
    const files = sources.filter((source) => source.sha256 !== null).length;
    return { path, bytes: (await stat(path)).size, files };
  } finally {
    await rm(snapshot, { force: true });
  }
}

/** The system's code goes along as `why`: who asked through the running server does not get the cause. */
function whyNot(cause: unknown): ErrorDetails {
  const code = systemCode(cause);
  return code === 'ENOENT' ? because('no-such-folder') : { reason: code, why: code };
}

/** The database comes first: the files in the folder are then at least those that it knows. */
async function collect(dataDir: string, snapshot: string): Promise<Source[]> {
  const sources: Source[] = [{ name: databaseName, path: snapshot, sha256: null }];
  for (const name of [certificateName, certificateKeyName]) {
    const path = join(dataDir, name);
    if (await exists(path)) sources.push({ name, path, sha256: null });
  }
  const filesDir = join(dataDir, 'files');
  const folders = await readdir(filesDir).catch(() => []);
  for (const folder of folders.filter((name) => /^[0-9a-f]{2}$/.test(name))) {
    for (const rest of await readdir(join(filesDir, folder))) {
      if (!/^[0-9a-f]{62}$/.test(rest)) continue;
      const name = `files/${folder}/${rest}`;
      sources.push({ name, path: join(filesDir, folder, rest), sha256: folder + rest });
    }
  }
  return sources;
}

async function writeArchive(out: FileHandle, sources: readonly Source[]): Promise<void> {
  const lines: string[] = [];
  for (const source of sources) {
    const sha256 = await writeFileEntry(out, source);
    if (source.sha256 !== null && sha256 !== source.sha256) throw damaged(source.name);
    lines.push(`${sha256}  ${source.name}\n`);
  }
  const manifest = Buffer.from(lines.join(''));
  await out.writeFile(encodeTarHeader({ name: manifestName, size: manifest.length }, Date.now()));
  await out.writeFile(manifest);
  await out.writeFile(Buffer.alloc(tarPaddingBytes(manifest.length) + 2 * tarBlockBytes));
}

/** Returns the SHA-256 of what was written. */
async function writeFileEntry(out: FileHandle, { name, path }: Source): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { size, mtimeMs } = await file.stat();
    await out.writeFile(encodeTarHeader({ name, size }, mtimeMs));
    const hash = createHash('sha256');
    const piece = Buffer.allocUnsafe(pieceBytes);
    let done = 0;
    while (done < size) {
      const { bytesRead } = await file.read(piece, 0, Math.min(pieceBytes, size - done));
      if (bytesRead === 0) throw damaged(name);
      const data = piece.subarray(0, bytesRead);
      hash.update(data);
      await out.writeFile(data);
      done += bytesRead;
    }
    await out.writeFile(Buffer.alloc(tarPaddingBytes(size)));
    return hash.digest('hex');
  } finally {
    await file.close();
  }
}

function damaged(name: string): PytalkError {
  return new PytalkError('storage-failed', { details: { reason: `${name} is damaged` } });
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
