// The picture in the person's clipboard, from the terminal where it offers it, else from the desktop, as a file of the chat's own.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Env } from '../../media/terminal/colours.js';
import { clipboardReaders, readClipboard } from '../platform/clipboard.js';
import { usage, type ChatContext } from './context.js';
import { badPicture, loadPicture } from './picture.js';
import { TerminalClipboard } from './terminal-clipboard.js';

export class ClipboardPicture {
  readonly #env: Env;
  readonly #terminal: TerminalClipboard;
  #folder: Promise<string> | null = null;
  #count = 0;

  constructor(env: Env, write: (data: string) => unknown) {
    this.#env = env;
    this.#terminal = new TerminalClipboard(write);
  }

  /** A report of the terminal. */
  hear(report: string): void {
    this.#terminal.hear(report);
  }

  /**
   * Path of a file with the picture, which is there as long as the chat runs. Rejects with a sentence that says why there
   * is none, and with `bad-picture` for what cannot be decoded.
   */
  async take(context: Pick<ChatContext, 'say' | 'info' | 'state' | 'now'>): Promise<string> {
    const bytes = await this.#read(context);
    // Only for its judgement: what cannot be shown is not sent either.
    await loadPicture(bytes, 16, 16).catch((cause: unknown) => {
      throw badPicture(cause);
    });
    this.#folder ??= mkdtemp(join(tmpdir(), 'pytalk-paste-')).catch((error: unknown) => {
      // The next one tries again.
      this.#folder = null;
      throw error;
    });
    this.#count++;
    const time = new Date(context.now()).toISOString().slice(0, 19).replace(/[:T]/g, '-');
    const path = join(await this.#folder, `picture-${time}-${this.#count}.png`);
    await writeFile(path, bytes, { mode: 0o600 });
    return path;
  }

  /** Takes the files away; those that cannot be are left. Idempotent; never rejects. */
  async close(): Promise<void> {
    this.#terminal.close();
    await this.#folder?.then((folder) => rm(folder, { recursive: true, force: true })).catch(() => undefined);
  }

  async #read(context: Pick<ChatContext, 'say' | 'info' | 'state'>): Promise<Buffer> {
    const { say, state } = context;
    if (state.graphics.clipboard) {
      context.info('chat.paste-asking');
      const answer = await this.#terminal.ask();
      if (Buffer.isBuffer(answer)) return answer;
      if (answer === 'refused') throw usage(say('chat.paste-refused'));
      if (answer === 'empty') throw usage(say('chat.paste-empty'));
    }
    const found = clipboardReaders(process.platform, this.#env);
    if (found === null) throw usage(say('chat.paste-no-desktop'));
    const read = await readClipboard(found.readers, this.#env);
    if (Buffer.isBuffer(read)) return read;
    if (read.why === 'missing') throw usage(say('chat.paste-no-program', { program: found.install }));
    throw usage(say(`chat.paste-${read.why}`, { ...read }));
  }
}
