// The folder of this device: private files, written so that a crash leaves the old content or the new, never half.
import { randomUUID } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import envPaths from 'env-paths';
import { z } from 'zod';
import { makeOwnFolder } from '../disk/make-folder.js';
import { systemCode } from '../disk/system-code.js';
import { PytalkError } from '../protocol/errors.js';

/** Where this device keeps its things when nobody says otherwise. */
export function defaultHome(): string {
  return envPaths('pytalk', { suffix: '' }).data;
}

export class Home {
  readonly dir: string;

  private constructor(dir: string) {
    this.dir = dir;
  }

  /** Makes the folder, mode 0700, if there is none. Rejects with `home-unusable`. */
  static async open(dir: string = defaultHome()): Promise<Home> {
    const home = new Home(resolve(dir));
    await home.folder('.');
    return home;
  }

  path(...names: string[]): string {
    return join(this.dir, ...names);
  }

  /** Makes a folder inside, mode 0700, and returns its path. */
  async folder(name: string): Promise<string> {
    const path = this.path(name);
    await makeOwnFolder(path);
    return path;
  }

  /** Null when there is no such file. Rejects with `home-unusable` when it cannot be read or is not valid. */
  async readJson<T>(name: string, shape: z.ZodType<T>): Promise<T | null> {
    const path = this.path(name);
    try {
      return shape.parse(JSON.parse(await readFile(path, 'utf8')));
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return null;
      throw unusable(path, error instanceof z.ZodError ? new Error('it holds something else') : error);
    }
  }

  /** Replaces the file at once and for good: written beside it, synced, renamed. Mode 0600. */
  async writeJson(name: string, value: unknown): Promise<void> {
    const path = this.path(name);
    const fresh = `${path}.${randomUUID()}.new`;
    try {
      const file = await open(fresh, 'w', 0o600);
      try {
        await file.writeFile(`${JSON.stringify(value, null, 2)}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(fresh, path);
    } catch (error) {
      await rm(fresh, { force: true }).catch(() => undefined);
      throw unusable(path, error);
    }
  }
}

/** True for a system error with this code, such as ENOENT. */
export function hasCode(error: unknown, code: string): boolean {
  return systemCode(error) === code;
}

export function unusable(path: string, cause: unknown): PytalkError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new PytalkError('home-unusable', { details: { path, reason }, cause });
}
