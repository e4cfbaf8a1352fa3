// Small steps on the disk that several parts take: durable renames, and errors that say what happened.
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemCode } from '../disk/system-code.js';
import { PytalkError } from '../protocol/errors.js';

/** What a failed file operation means to a client; a PytalkError stays what it is. */
export function fileFailure(error: unknown, path: string): PytalkError {
  if (error instanceof PytalkError) return error;
  const code = systemCode(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') return new PytalkError('disk-full', { cause: error });
  const cause = new Error(`${path}: ${code}`, { cause: error });
  return new PytalkError('storage-failed', { details: { reason: code }, cause });
}

/** Renames a file that is synced already, and syncs the folder so that the new name survives a power cut. */
export async function renameDurably(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncFolder(dirname(to));
}

/** Windows cannot open folders, and needs no such sync. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
