// Brings the write-ahead log into the database beside the commits, so that no commit has to wait for it.
import type { Database } from '../../sqlite/database.js';

/** Pages that a commit is taken to write at least, and units after which a checkpoint is due. */
const pagesPerCommit = 4;
const pagesBetween = 2000;

/** Pages of the log at which a commit does it itself, because the caretaker does not keep up. */
const pagesAtMost = 16_000;

export class Checkpoints {
  #pages = 0;
  #running = false;

  constructor(private readonly caretaker: Database) {}

  /** Stops the writer from doing it every 1,000 pages. */
  async takeOver(writer: Database): Promise<void> {
    await writer.exec(`PRAGMA wal_autocheckpoint = ${pagesAtMost}`);
    await writer.exec(`PRAGMA journal_size_limit = ${pagesAtMost * 4096}`);
  }

  /** Counts a commit, and starts a checkpoint when one is due. */
  committed(units: number): void {
    this.#pages += pagesPerCommit + units;
    if (this.#pages < pagesBetween || this.#running) return;
    this.#pages = 0;
    this.#running = true;
    // A failure loses nothing: what is in the log stays there, and a later checkpoint takes it.
    this.caretaker
      .get('PRAGMA wal_checkpoint(PASSIVE)')
      .catch(() => undefined)
      .finally(() => (this.#running = false));
  }
}
