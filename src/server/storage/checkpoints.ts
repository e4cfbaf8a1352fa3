// Brings the write-ahead log into the database beside the commits, so that no commit waits long for it.
import type { Database } from '../../sqlite/database.js';

/** About how many pages a commit writes, whatever is in it, and for each of its units. */
const pagesPerCommit = 4;
const pagesPerUnit = 0.25;

/** Pages of the log after which it is brought in. A short log is overwritten again and again, which syncs fastest. */
const pagesBetween = 1000;

/** Pages of the log at which a commit does it itself, because the caretaker does not keep up. */
const pagesAtMost = 16_000;

export class Checkpoints {
  #pages = 0;
  #running = false;

  constructor(
    private readonly writer: Database,
    private readonly caretaker: Database,
  ) {}

  /** Stops the writer from doing it by itself every 1,000 pages. */
  async start(): Promise<void> {
    await this.writer.exec(`PRAGMA wal_autocheckpoint = ${pagesAtMost}`);
  }

  /** Counts a commit, and starts a checkpoint when one is due. */
  committed(units: number): void {
    this.#pages += pagesPerCommit + pagesPerUnit * units;
    if (this.#pages < pagesBetween || this.#running) return;
    this.#pages = 0;
    this.#running = true;
    // A failure loses nothing: what is in the log stays there, and a later checkpoint takes it.
    this.#checkpoint()
      .catch(() => undefined)
      .finally(() => (this.#running = false));
  }

  /**
   * The caretaker brings in nearly all while commits go on; the writer, between two commits, the few pages that
   * came meanwhile. Only when nothing is left does SQLite start the log from its beginning again.
   */
  async #checkpoint(): Promise<void> {
    await this.caretaker.get('PRAGMA wal_checkpoint(PASSIVE)');
    await this.writer.get('PRAGMA wal_checkpoint(PASSIVE)');
  }
}
