// Fetching the file of a message: into the cache, or to where the caller wants it.
import { copyFile, link, rm, stat } from 'node:fs/promises';
import { constants } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { makeFolder } from '../disk/make-folder.js';
import { PytalkError } from '../protocol/errors.js';
import type { Message, TransferOptions } from './api.js';
import type { Core } from './core.js';
import { unwritable } from './files.js';
import { hasCode } from './home.js';
import { isLoss } from './link.js';

/** Folder of the home with files by their SHA-256. */
export const fileCache = 'files';

export type FetchOptions = TransferOptions & { out?: string };

/** Rejects with `file-not-found` (the message has none), `file-exists`, or what the transfer fails with. */
export async function fetchFile(
  core: Core,
  message: Message,
  options: FetchOptions,
): Promise<{ path: string; size: number }> {
  if (!message.file) throw new PytalkError('file-not-found');
  const { sha256 } = message.file;
  const folder = await core.home.folder(fileCache);
  const cached = resolve(folder, sha256);
  const known = await stat(cached).catch(() => null);
  if (options.out === undefined) {
    if (known) return { path: cached, size: known.size };
    const { size } = await whileReconnecting(core, () => core.transfers.download(sha256, cached, options));
    return { path: cached, size };
  }
  const out = resolve(options.out);
  if (await stat(out).catch(() => null)) throw new PytalkError('file-exists', { details: { path: out } });
  await makeFolder(dirname(out)).catch((cause: unknown) => {
    throw unwritable(out, cause);
  });
  if (known) {
    await place(out, () => copyFile(cached, out, exclusively));
    return { path: out, size: known.size };
  }
  // Its parts gather in the home: beside `out`, whose name others choose, there may be anything.
  const { size } = await whileReconnecting(core, () => core.transfers.download(sha256, cached, options));
  await place(out, async () => {
    try {
      await link(cached, out);
    } catch (error) {
      if (hasCode(error, 'EEXIST')) throw error;
      // Another file system, or one without links.
      await copyFile(cached, out, exclusively);
    }
  });
  await rm(cached, { force: true });
  return { path: out, size };
}

const exclusively = constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE;

/** Puts a file where none may be. Rejects with `file-exists` or `file-unwritable`. */
async function place(out: string, put: () => Promise<void>): Promise<void> {
  try {
    await put();
  } catch (error) {
    if (hasCode(error, 'EEXIST')) throw new PytalkError('file-exists', { details: { path: out } });
    throw unwritable(out, error);
  }
}

/** Live, a transfer that broke off goes on where it was once the connection is back. */
async function whileReconnecting<T>(core: Core, run: () => Promise<T>): Promise<T> {
  for (let begun = core.link.signedIn; ; begun = true) {
    try {
      return await run();
    } catch (error) {
      // Without a connection to begin with, the caller should know at once.
      if (!isLoss(error) || !core.live || !begun) throw error;
      await core.live.whenOnline();
    }
  }
}
