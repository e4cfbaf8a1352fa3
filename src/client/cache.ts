// The local copy of an account: events, people and conversations in SQLite, with the words to search them by.
import { rename, rm } from 'node:fs/promises';
import { PytalkError } from '../protocol/errors.js';
import type { EventClass } from '../protocol/payload.js';
import { conversation as conversationShape, user as userShape } from '../protocol/shapes.js';
import type { Conversation, LogEvent, User } from '../protocol/shapes.js';
import { SqliteError, type Database, type SqlStatement } from '../sqlite/database.js';
import { migrate, type Schema } from '../sqlite/migrate.js';
import { openDatabase } from '../sqlite/open.js';
import { cacheSchema } from './cache-schema.js';

const classNumbers: Record<EventClass, number> = { message: 0, update: 1, control: 2 };

interface EventRow {
  arrival: number;
  conv: number;
  seq: number;
  id: string;
  sender: number;
  at: number;
  class: number;
  target: string | null;
  files: string | null;
  payload: string;
}

/** An event with its place in the order of arrival. */
export interface Arrived {
  arrival: number;
  event: LogEvent;
}

/** What goes into the copy in one transaction. */
export interface CacheWrite {
  events: readonly LogEvent[];
  /** Texts to find messages by, by message id; an empty one is not found any more. */
  words: ReadonlyMap<string, string>;
  /** Messages whose content goes, because they were deleted. */
  erased: readonly string[];
  users: readonly User[];
  conversations: readonly Conversation[];
  meta: ReadonlyMap<string, string>;
}

/** What is held of a conversation: all events from `low` to `high`; both 0 when there are none. */
export interface Held {
  low: number;
  high: number;
  baseline: number;
}

export class Cache {
  readonly #database: Database;

  private constructor(database: Database) {
    this.#database = database;
  }

  /** Opens the copy at `path`; one that is damaged is set aside, and that of another account emptied. */
  static async open(path: string, account: string): Promise<Cache> {
    let cache: Cache;
    try {
      cache = await Cache.#openAt(path);
    } catch (error) {
      if (!isDamaged(error)) throw error;
      await setAside(path);
      cache = await Cache.#openAt(path);
    }
    if ((await cache.meta('account')) !== account) {
      await cache.#empty(['users', 'conversations', 'meta', 'events', 'words']);
      await cache.write({ meta: new Map([['account', account]]) });
    }
    return cache;
  }

  static async #openAt(path: string): Promise<Cache> {
    const database = await openMigrated(path, cacheSchema);
    try {
      const cache = new Cache(database);
      // Reads a page of every table that matters: damage shows here, not in the middle of something.
      await cache.held();
      await cache.lastArrival();
      return cache;
    } catch (error) {
      await database.close();
      throw error;
    }
  }

  async #empty(tables: readonly string[]): Promise<void> {
    await this.#database.transaction(tables.map((table) => ({ sql: `DELETE FROM ${table}` })));
  }

  /** Stores all of it at once; events that are there already stay as they are. */
  async write(write: Partial<CacheWrite>): Promise<void> {
    const statements: SqlStatement[] = [];
    const put = (sql: string, rows: readonly unknown[]): void => {
      if (rows.length > 0) statements.push({ sql, params: [JSON.stringify(rows)] });
    };
    put(
      'INSERT OR REPLACE INTO users (id, body) SELECT value ->> 0, value ->> 1 FROM json_each(?)',
      (write.users ?? []).map((user) => [user.id, JSON.stringify(user)]),
    );
    put(
      `INSERT INTO conversations (id, body, cleared, baseline)
       SELECT value ->> 0, value ->> 1, value ->> 2, 0 FROM json_each(?) WHERE true
       ON CONFLICT (id) DO UPDATE SET body = excluded.body, cleared = excluded.cleared`,
      (write.conversations ?? []).map((one) => [one.id, JSON.stringify(one), one.clearedSeq]),
    );
    put(insertEvents, (write.events ?? []).map(toRow));
    put(
      "UPDATE events SET payload = '', files = NULL WHERE id IN (SELECT value FROM json_each(?))",
      write.erased ?? [],
    );
    const words = [...(write.words ?? [])];
    put(
      'DELETE FROM words WHERE rowid IN (SELECT arrival FROM events WHERE id IN (SELECT value FROM json_each(?)))',
      words.map(([id]) => id),
    );
    put(
      `INSERT INTO words (rowid, body) SELECT events.arrival, value ->> 1
       FROM json_each(?) CROSS JOIN events ON events.id = value ->> 0`,
      words.filter(([, body]) => body !== ''),
    );
    put('INSERT OR REPLACE INTO meta (key, value) SELECT value ->> 0, value ->> 1 FROM json_each(?)', [
      ...(write.meta ?? []),
    ]);
    if (statements.length > 0) await this.#database.transaction(statements);
  }

  async meta(key: string): Promise<string | null> {
    const row = await this.#database.get<{ value: string }>('SELECT value FROM meta WHERE key = ?', [key]);
    return row?.value ?? null;
  }

  /** Keeps what these conversations have up to now as history, and that this was done. */
  async begin(conversations: readonly Conversation[]): Promise<void> {
    const rows = conversations.map((one) => [one.id, JSON.stringify(one), one.clearedSeq, one.lastSeq]);
    await this.#database.transaction([
      {
        sql: `INSERT OR REPLACE INTO conversations (id, body, cleared, baseline)
              SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?)`,
        params: [JSON.stringify(rows)],
      },
      { sql: "INSERT OR REPLACE INTO meta (key, value) VALUES ('began', '1')" },
    ]);
  }

  /** Drops all events; what was held is fetched again as history, not told a second time. */
  async forgetEvents(): Promise<void> {
    await this.#database.transaction([
      {
        sql: `UPDATE conversations SET baseline =
              max(baseline, coalesce((SELECT max(seq) FROM events WHERE conv = conversations.id), 0))`,
      },
      { sql: 'DELETE FROM events' },
      { sql: 'DELETE FROM words' },
    ]);
  }

  /** Drops what comes after a seq of a conversation; whatever comes in its place is new. */
  async forgetAfter(conv: number, seq: number): Promise<void> {
    const statements = [
      'DELETE FROM words WHERE rowid IN (SELECT arrival FROM events WHERE conv = ? AND seq > ?)',
      'DELETE FROM events WHERE conv = ? AND seq > ?',
      'UPDATE conversations SET baseline = min(baseline, o.seq) FROM (SELECT ? AS id, ? AS seq) AS o WHERE conversations.id = o.id',
    ];
    await this.#database.transaction(statements.map((sql) => ({ sql, params: [conv, seq] })));
  }

  async dropConversation(conv: number): Promise<void> {
    await this.forgetAfter(conv, 0);
    await this.#database.run('DELETE FROM conversations WHERE id = ?', [conv]);
  }

  async held(): Promise<Map<number, Held>> {
    const rows = await this.#database.all<Held & { id: number }>(
      `SELECT id, baseline,
              coalesce((SELECT min(seq) FROM events WHERE conv = conversations.id), 0) AS low,
              coalesce((SELECT max(seq) FROM events WHERE conv = conversations.id), 0) AS high
       FROM conversations`,
    );
    return new Map(rows.map(({ id, low, high, baseline }) => [id, { low, high, baseline }]));
  }

  /** People and conversations; a row that this version cannot read is fetched again. */
  async directory(): Promise<{ users: User[]; conversations: Conversation[] }> {
    const users = await this.#database.all<{ body: string }>('SELECT body FROM users');
    const conversations = await this.#database.all<{ body: string }>('SELECT body FROM conversations');
    return {
      users: users.flatMap(({ body }) => userShape.safeParse(JSON.parse(body)).data ?? []),
      conversations: conversations.flatMap(
        ({ body }) => conversationShape.safeParse(JSON.parse(body)).data ?? [],
      ),
    };
  }

  async lastArrival(): Promise<number> {
    const row = await this.#database.get<{ last: number | null }>('SELECT max(arrival) AS last FROM events');
    return row?.last ?? 0;
  }

  /** New events after one arrival up to another, both of this copy, in order. */
  async arrivedAfter(after: number, upTo: number, limit: number): Promise<Arrived[]> {
    const rows = await this.#database.all<EventRow>(
      'SELECT * FROM events WHERE arrival > ? AND arrival <= ? AND told = 1 ORDER BY arrival LIMIT ?',
      [after, upTo, limit],
    );
    return rows.map((row) => ({ arrival: row.arrival, event: toEvent(row) }));
  }

  /** Messages and control events with after < seq < before, oldest first: the newest `limit`, or the oldest. */
  shown(conv: number, after: number, before: number, limit: number, oldest: boolean): Promise<LogEvent[]> {
    return this.#range('class <> 1 AND', conv, after, before, limit, oldest);
  }

  /** The same for events of all classes. */
  all(conv: number, after: number, before: number, limit: number, oldest: boolean): Promise<LogEvent[]> {
    return this.#range('', conv, after, before, limit, oldest);
  }

  async #range(
    where: 'class <> 1 AND' | '',
    conv: number,
    after: number,
    before: number,
    limit: number,
    oldest: boolean,
  ): Promise<LogEvent[]> {
    const rows = await this.#database.all<EventRow>(
      `SELECT * FROM events WHERE ${where} conv = ? AND seq > ? AND seq < ?
       ORDER BY seq ${oldest ? 'ASC' : 'DESC'} LIMIT ?`,
      [conv, after, before, limit],
    );
    const events = rows.map(toEvent);
    return oldest ? events : events.reverse();
  }

  async byId(ids: readonly string[]): Promise<LogEvent[]> {
    if (ids.length === 0) return [];
    const rows = await this.#database.all<EventRow>(
      'SELECT events.* FROM json_each(?) CROSS JOIN events ON events.id = value',
      [JSON.stringify(ids)],
    );
    return rows.map(toEvent);
  }

  /** Updates of these messages, in order. */
  async updatesOf(ids: readonly string[]): Promise<LogEvent[]> {
    if (ids.length === 0) return [];
    const rows = await this.#database.all<EventRow>(
      'SELECT events.* FROM json_each(?) CROSS JOIN events ON target = value AND class = 1 ORDER BY seq',
      [JSON.stringify(ids)],
    );
    return rows.map(toEvent);
  }

  async controls(conv: number): Promise<LogEvent[]> {
    const rows = await this.#database.all<EventRow>(
      'SELECT * FROM events WHERE class = 2 AND conv = ? ORDER BY seq',
      [conv],
    );
    return rows.map(toEvent);
  }

  /** Messages of others after what was read that can be read, up to 1,000, and the newest shown event, for each conversation. */
  async summaries(
    queries: readonly { conv: number; read: number; cleared: number; me: number }[],
  ): Promise<{ conv: number; unread: number; last: string | null }[]> {
    return this.#database.all(
      `SELECT value ->> 'conv' AS conv,
         (SELECT count(*) FROM (SELECT 1 FROM events WHERE class <> 1 AND class = 0 AND payload <> '' AND conv = value ->> 'conv'
            AND seq > max(value ->> 'read', value ->> 'cleared') AND sender <> value ->> 'me' LIMIT 1000)) AS unread,
         (SELECT id FROM events WHERE class <> 1 AND conv = value ->> 'conv' AND seq > value ->> 'cleared'
            ORDER BY seq DESC LIMIT 1) AS last
       FROM json_each(?)`,
      [JSON.stringify(queries)],
    );
  }

  /** Ids of the newest entries of calls, newest first. */
  async calls(limit: number): Promise<string[]> {
    const rows = await this.#database.all<{ id: string }>(
      `SELECT events.id FROM events LEFT JOIN conversations ON conversations.id = events.conv
       WHERE class = 2 AND json_extract(payload, '$.kind') = 'call' AND seq > coalesce(cleared, 0)
       ORDER BY at DESC, seq DESC LIMIT ?`,
      [limit],
    );
    return rows.map(({ id }) => id);
  }

  /** Ids of messages that have all the words (or words that begin so), newest first. */
  async search(words: readonly string[], conv: number | null, limit: number): Promise<string[]> {
    const query = words.map((word) => `"${word.replaceAll('"', '""')}"*`).join(' AND ');
    const rows = await this.#database.all<{ id: string }>(
      `SELECT events.id FROM words JOIN events ON events.arrival = words.rowid
       LEFT JOIN conversations ON conversations.id = events.conv
       WHERE words MATCH ? AND (? IS NULL OR events.conv = ?) AND events.seq > coalesce(cleared, 0)
       ORDER BY events.at DESC, events.seq DESC LIMIT ?`,
      [query, conv, conv, limit],
    );
    return rows.map(({ id }) => id);
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}

const insertEvents = `INSERT OR IGNORE INTO events
  (conv, seq, id, sender, at, class, target, files, payload, told)
  SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
    value ->> 8, value ->> 1 > coalesce((SELECT baseline FROM conversations WHERE id = value ->> 0), 0)
  FROM json_each(?)`;

function toRow(event: LogEvent): unknown[] {
  const { conv, seq, id, from, at, target = null, payload } = event;
  const files = event.files && event.files.length > 0 ? event.files.join(' ') : null;
  return [conv, seq, id, from, at, classNumbers[event.class ?? 'message'], target, files, payload];
}

function toEvent(row: EventRow): LogEvent {
  return {
    conv: row.conv,
    seq: row.seq,
    id: row.id,
    from: row.sender,
    at: row.at,
    ...(row.class === classNumbers.update && { class: 'update' as const }),
    ...(row.class === classNumbers.control && { class: 'control' as const }),
    ...(row.target !== null && { target: row.target }),
    ...(row.files !== null && { files: row.files.split(' ') }),
    payload: row.payload,
  };
}

/** Opens a database of the home and brings it up to date. */
export async function openMigrated(path: string, schema: Schema): Promise<Database> {
  const database = await openDatabase(path);
  try {
    await migrate(database, path, schema);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

function isDamaged(error: unknown): boolean {
  if (error instanceof SqliteError) return error.reason === 'corrupt';
  return error instanceof PytalkError && error.code === 'database-damaged';
}

async function setAside(path: string): Promise<void> {
  await rename(path, `${path}.damaged`);
  for (const suffix of ['-wal', '-shm']) await rm(path + suffix, { force: true });
}
