// Sends pictures through the outbox, and takes them off the disk once the server has them: an agent runs for years.
import { createHash } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client, Message } from '../../client/api.js';
import type { Home } from '../../client/home.js';
import { keptPath } from '../../client/spool.js';

const folderName = 'agent-pictures';

export interface PictureToSend {
  to: string;
  jpeg: Buffer;
  /** Such as `photo`; the time is put after it. */
  name: string;
  text?: string;
  id?: string;
  replyTo?: string;
}

export class PictureSender {
  readonly #client: Client;
  readonly #home: Home;
  readonly #now: () => number;
  /** Pictures on their way, by message id. */
  readonly #waiting = new Map<string, { path: string; sha256: string }>();
  readonly #undo: () => void;
  #count = 0;

  constructor(client: Client, home: Home, now: () => number) {
    this.#client = client;
    this.#home = home;
    this.#now = now;
    this.#undo = client.on('outbox', ({ message }) => void this.#gone(message));
  }

  /** How many have not reached the server yet. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Resolves once the picture is in the outbox on disk. Rejects when the disk does not take it. */
  async send({ to, jpeg, name, ...message }: PictureToSend): Promise<Message> {
    const folder = await this.#home.folder(folderName);
    const time = new Date(this.#now()).toISOString().slice(0, 19).replace(/[:T]/g, '-');
    const path = join(folder, `${name}-${time}-${++this.#count}.jpg`);
    try {
      await writeFile(path, jpeg, { mode: 0o600 });
      const sent = await this.#client.send(to, { ...message, file: path });
      this.#waiting.set(sent.id, { path, sha256: sha256Of(jpeg) });
      // It may be on the server by now, and told before this is reached.
      const now = await this.#client.message(sent.id).catch(() => sent);
      if (now.state !== 'queued') await this.#gone(now);
      return now;
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
  }

  /** Takes off the disk what an earlier process has left behind, once nothing waits in the outbox any more. */
  async sweep(): Promise<void> {
    const folder = await this.#home.folder(folderName);
    const names = await readdir(folder);
    if (names.length === 0) return;
    await this.#client.drained();
    for (const name of names) {
      const path = join(folder, name);
      if ([...this.#waiting.values()].some((one) => one.path === path)) continue;
      const jpeg = await readFile(path).catch(() => null);
      if (jpeg) await this.#drop({ path, sha256: sha256Of(jpeg) });
    }
  }

  close(): void {
    this.#undo();
  }

  async #gone(message: Message): Promise<void> {
    const picture = this.#waiting.get(message.id);
    if (!picture || message.state === 'queued') return;
    this.#waiting.delete(message.id);
    // Refused for good, for instance by who has blocked this account: nobody will look at it in the outbox.
    if (message.state === 'failed') await this.#client.discard(message.id).catch(() => undefined);
    await this.#drop(picture);
  }

  async #drop({ path, sha256 }: { path: string; sha256: string }): Promise<void> {
    await rm(path, { force: true }).catch(() => undefined);
    // The same picture again, as of a test pattern, may still be on its way.
    const isWanted = [...this.#waiting.values()].some((one) => one.sha256 === sha256);
    if (!isWanted) await rm(keptPath(this.#home, sha256), { force: true }).catch(() => undefined);
  }
}

function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
