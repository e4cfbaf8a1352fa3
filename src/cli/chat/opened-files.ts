// Where files are put for other programs to open: folders that are gone when the chat ends, and those that a killed chat left.
import { lstat, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const prefix = 'pytalk-open-';
/** A folder that is older was left by a chat that was killed. */
const leftAfterMs = 24 * 60 * 60 * 1000;

export class OpenedFiles {
  readonly #parent: string;
  readonly #folders: string[] = [];

  /** `parent` is the system's folder for what is temporary. */
  constructor(parent = tmpdir()) {
    this.#parent = parent;
  }

  /** Makes a folder for one file, and returns its path. */
  async folder(nowMs: number): Promise<string> {
    if (this.#folders.length === 0) await this.#sweep(nowMs).catch(() => undefined);
    const folder = await mkdtemp(join(this.#parent, prefix));
    this.#folders.push(folder);
    return folder;
  }

  /** Takes the folders away with what is in them; what a program keeps open is left. Idempotent. */
  async close(): Promise<void> {
    for (const folder of this.#folders.splice(0)) await remove(folder);
  }

  async #sweep(nowMs: number): Promise<void> {
    for (const name of await readdir(this.#parent)) {
      if (!name.startsWith(prefix)) continue;
      const path = join(this.#parent, name);
      const found = await lstat(path);
      const isMine = process.getuid === undefined || found.uid === process.getuid();
      if (isMine && found.isDirectory() && nowMs - found.mtimeMs > leftAfterMs) await remove(path);
    }
  }
}

function remove(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true }).catch(() => undefined);
}
