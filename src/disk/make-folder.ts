// Makes folders with all that lead there; Node's own recursive mkdir never ends where the system refuses, as under /proc.
import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { PytalkError } from '../protocol/errors.js';
import { because } from '../protocol/reasons.js';
import { systemCode } from './system-code.js';

/**
 * Makes the folder and every missing one above it; fine when it is there. Resolves with those that were made, the lowest
 * first. Rejects with the system's error: ENOENT means that the folder above is there and takes none.
 */
export async function makeFolder(path: string, mode = 0o777): Promise<readonly string[]> {
  const whole = resolve(path);
  try {
    await mkdir(whole, { mode });
    return [whole];
  } catch (error) {
    // Whatever the system says of a folder that is there (EEXIST, EROFS, EPERM for a drive): it will do.
    if (await isFolder(whole)) return [];
    const above = dirname(whole);
    if (systemCode(error) !== 'ENOENT' || above === whole || (await isFolder(above))) throw error;
    const made = await makeFolder(above, mode);
    return [...(await makeFolder(whole, mode)), ...made];
  }
}

/** The same for a folder that PyTalk lives in, mode 0700. Rejects with `home-unusable`. */
export async function makeOwnFolder(path: string): Promise<readonly string[]> {
  try {
    return await makeFolder(path, 0o700);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const details = systemCode(cause) === 'ENOENT' ? because('no-folder-there', { path }) : { path, reason };
    throw new PytalkError('home-unusable', { details, cause });
  }
}

function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
