// Keeps a copy of a file that waits to be sent, under its hash: the original may go away meanwhile.
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { PytalkError } from '../protocol/errors.js';
import { fileCache } from './file-fetch.js';
import { unreadable } from './files.js';
import type { Home } from './home.js';

const blockBytes = 1024 * 1024;

/** Copies a file into the file cache. Rejects with `file-unreadable` or `cancelled`. */
export async function keepFile(
  home: Home,
  path: string,
  signal?: AbortSignal,
): Promise<{ sha256: string; size: number }> {
  const folder = await home.folder(fileCache);
  const fresh = `${folder}/${randomUUID()}.new`;
  const hash = createHash('sha256');
  let size = 0;
  try {
    const copy = await open(fresh, 'w', 0o600);
    try {
      for await (const block of createReadStream(path, { highWaterMark: blockBytes })) {
        if (signal?.aborted) throw new PytalkError('cancelled');
        const bytes = block as Buffer;
        hash.update(bytes);
        size += bytes.length;
        await copy.writeFile(bytes);
      }
      await copy.sync();
    } finally {
      await copy.close();
    }
    const sha256 = hash.digest('hex');
    await rename(fresh, keptPath(home, sha256));
    return { sha256, size };
  } catch (error) {
    await rm(fresh, { force: true });
    throw unreadable(path, error);
  }
}

export function keptPath(home: Home, sha256: string): string {
  return home.path(fileCache, sha256);
}

/** The size of a kept file. Rejects with `file-unreadable`. */
export async function keptSize(home: Home, sha256: string): Promise<number> {
  const path = keptPath(home, sha256);
  try {
    return (await stat(path)).size;
  } catch (error) {
    throw unreadable(path, error);
  }
}
