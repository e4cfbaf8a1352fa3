// The outbox on disk (outbox.db, synchronous=FULL): apart from the cache, so that rebuilding that one loses nothing.
import { decodePayload, encodePayload, type MessagePayload } from '../protocol/payload.js';
import type { Database } from '../sqlite/database.js';
import { openMigrated } from './cache.js';
import { outboxSchema } from './cache-schema.js';

/** A message that waits, or was refused for good. */
export interface Waiting {
  id: string;
  /** Messages of one lane are sent in order: that of a person, or of a group. */
  lane: string;
  /** Null for a person with whom there is no conversation yet; `peer` then says who, or the lane's name where that is null too. */
  conv: number | null;
  peer: number | null;
  payload: MessagePayload;
  replyTo: string | null;
  /** Milliseconds since 1970. */
  queuedAt: number;
  /** Set when it was refused for good. */
  error: { code: string; message: string } | null;
}

interface Row {
  id: string;
  lane: string;
  conv: number | null;
  peer: number | null;
  payload: string;
  target: string | null;
  queued_at: number;
  error: string | null;
}

export class OutboxStore {
  readonly #database: Database;
  readonly #account: string;
  /** Messages that wait to be written, together. */
  #fresh: { message: Waiting; resolve: () => void; reject: (error: unknown) => void }[] = [];
  #done: string[] = [];
  #writing: Promise<void> | null = null;

  private constructor(database: Database, account: string) {
    this.#database = database;
    this.#account = account;
  }

  static async open(path: string, account: string): Promise<OutboxStore> {
    return new OutboxStore(await openMigrated(path, outboxSchema), account);
  }

  /** Resolves once the message is on disk; those of one turn share a transaction. An id that is there already stays. */
  add(message: Waiting): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#fresh.push({ message, resolve, reject });
      this.#write();
    });
  }

  /** Takes messages that were stored off the disk, soon: being sent once more would do no harm. */
  remove(id: string): void {
    this.#done.push(id);
    this.#write();
  }

  async fail(id: string, error: { code: string; message: string }): Promise<void> {
    await this.#database.run('UPDATE outbox SET error = ? WHERE id = ?', [JSON.stringify(error), id]);
  }

  async retry(id: string): Promise<void> {
    await this.#database.run('UPDATE outbox SET error = NULL WHERE id = ?', [id]);
  }

  /** Leaves only the names of the people that messages are for. */
  async forgetIds(): Promise<void> {
    await this.flushed();
    await this.#database.run(
      "UPDATE outbox SET conv = NULL, peer = NULL WHERE account = ? AND lane LIKE '@%'",
      [this.#account],
    );
  }

  async get(id: string): Promise<Waiting | null> {
    const row = await this.#database.get<Row>('SELECT * FROM outbox WHERE account = ? AND id = ?', [
      this.#account,
      id,
    ]);
    return row ? toWaiting(row) : null;
  }

  async inLane(lane: string): Promise<Waiting[]> {
    const rows = await this.#database.all<Row>(
      'SELECT * FROM outbox WHERE account = ? AND lane = ? ORDER BY n',
      [this.#account, lane],
    );
    return rows.map(toWaiting);
  }

  /** What is to be sent, in order. */
  async toSend(): Promise<Waiting[]> {
    const rows = await this.#database.all<Row>(
      'SELECT * FROM outbox WHERE account = ? AND error IS NULL ORDER BY n',
      [this.#account],
    );
    return rows.map(toWaiting);
  }

  async count(): Promise<number> {
    const row = await this.#database.get<{ n: number }>(
      'SELECT count(*) AS n FROM outbox WHERE account = ? AND error IS NULL',
      [this.#account],
    );
    return row?.n ?? 0;
  }

  /** Changes when another process has written to the file. */
  async version(): Promise<number> {
    const row = await this.#database.get<{ data_version: number }>('PRAGMA data_version');
    return row?.data_version ?? 0;
  }

  async flushed(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  async close(): Promise<void> {
    await this.flushed();
    await this.#database.close();
  }

  #write(): void {
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = null;
      if (this.#fresh.length > 0) this.#write();
    });
  }

  async #writeAll(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#fresh.length > 0 || this.#done.length > 0) {
      const fresh = this.#fresh;
      const done = this.#done;
      this.#fresh = [];
      this.#done = [];
      try {
        await this.#database.transaction([
          {
            sql: 'DELETE FROM outbox WHERE id IN (SELECT value FROM json_each(?))',
            params: [JSON.stringify(done)],
          },
          {
            sql: `INSERT OR IGNORE INTO outbox (account, id, lane, conv, peer, payload, target, queued_at)
              SELECT ?, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6
              FROM json_each(?)`,
            params: [this.#account, JSON.stringify(fresh.map(({ message }) => toColumns(message)))],
          },
        ]);
        for (const { resolve } of fresh) resolve();
      } catch (error) {
        for (const { reject } of fresh) reject(error);
        // What was sent stays in the file a little longer: the next write takes it off, or a restart sends it again,
        // which stores nothing twice.
        this.#done = [...done, ...this.#done];
        return;
      }
    }
  }
}

function toColumns(message: Waiting): unknown[] {
  const { id, lane, conv, peer, payload, replyTo, queuedAt } = message;
  return [id, lane, conv, peer, encodePayload(payload), replyTo, queuedAt];
}

function toWaiting(row: Row): Waiting {
  return {
    id: row.id,
    lane: row.lane,
    conv: row.conv,
    peer: row.peer,
    // Written by this program; what another version wrote and this one cannot read is sent as it can be shown.
    payload: decodePayload('message', row.payload) ?? { kind: 'text', text: row.payload },
    replyTo: row.target,
    queuedAt: row.queued_at,
    error: row.error === null ? null : (JSON.parse(row.error) as { code: string; message: string }),
  };
}
