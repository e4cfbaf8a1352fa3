// How far the agent has dealt with what it was told: kept in its home, so that a restart answers what is missing, once.
import { z } from 'zod';
import type { Home } from '../../client/home.js';

const fileName = 'agent.json';
const shape = z.object({ account: z.string(), cursor: z.string() });
/** Written this much later, all that happened meanwhile at once: flash wears out. */
const saveAfterMs = 1_000;

export class ToldUpTo {
  readonly #home: Home;
  readonly #account: string;
  readonly #failed: (error: unknown) => void;
  /** In the order in which they were told. */
  #entries: { cursor: string; done: boolean }[] = [];
  #cursor: string | null = null;
  #timer: NodeJS.Timeout | undefined;
  #saving: Promise<void> = Promise.resolve();

  /** `account` names whose messages the cursor counts. */
  constructor(home: Home, account: string, failed: (error: unknown) => void) {
    this.#home = home;
    this.#account = account;
    this.#failed = failed;
  }

  /** The cursor that was saved; null when there is none of this account, or it cannot be read. */
  async read(): Promise<string | null> {
    const saved = await this.#home.readJson(fileName, shape).catch(() => null);
    return saved?.account === this.#account ? saved.cursor : null;
  }

  /** Something was told; the returned function says that it is dealt with. */
  begin(cursor: string): () => void {
    const entry = { cursor, done: false };
    this.#entries.push(entry);
    return () => {
      entry.done = true;
      let first = this.#entries[0];
      while (first?.done === true) {
        this.#cursor = first.cursor;
        this.#entries.shift();
        [first] = this.#entries;
      }
      this.#timer ??= setTimeout(() => void this.save(), saveAfterMs);
    };
  }

  /** Writes it down now. Never rejects: what was dealt with and not written is found to be answered. */
  save(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const cursor = this.#cursor;
    if (cursor === null) return this.#saving;
    this.#cursor = null;
    this.#saving = this.#saving
      .then(() => this.#home.writeJson(fileName, { account: this.#account, cursor }))
      .catch((error: unknown) => {
        this.#cursor ??= cursor;
        this.#failed(error);
      });
    return this.#saving;
  }
}
