// The tables of the local copy (cache.db) and of the outbox (outbox.db), by migration.
import type { Schema } from '../sqlite/migrate.js';

/*
 * events.arrival is the cursor of `replay`: it grows with every event that reaches this copy and is never used twice.
 * events.class is 0 message, 1 update, 2 control. events.told is 0 for history that was there before this copy was,
 * which is not told as new. conversations.baseline is the last seq of that history.
 */
export const cacheSchema: Schema = {
  applicationId: 0x5079_5463, // PyTc
  migrations: [
    [
      'CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID',
      'CREATE TABLE users (id INTEGER PRIMARY KEY, body TEXT NOT NULL)',
      `CREATE TABLE conversations (
        id INTEGER PRIMARY KEY, body TEXT NOT NULL, cleared INTEGER NOT NULL, baseline INTEGER NOT NULL)`,
      `CREATE TABLE events (
        arrival INTEGER PRIMARY KEY AUTOINCREMENT,
        conv INTEGER NOT NULL, seq INTEGER NOT NULL, id TEXT NOT NULL, sender INTEGER NOT NULL,
        at INTEGER NOT NULL, class INTEGER NOT NULL, target TEXT, files TEXT, payload TEXT NOT NULL,
        told INTEGER NOT NULL)`,
      'CREATE UNIQUE INDEX events_seq ON events (conv, seq)',
      'CREATE INDEX events_id ON events (id)',
      'CREATE INDEX events_shown ON events (conv, seq) WHERE class <> 1',
      'CREATE INDEX events_updates ON events (target, seq) WHERE class = 1',
      'CREATE INDEX events_controls ON events (conv, seq) WHERE class = 2',
      // rowid is the message's arrival.
      "CREATE VIRTUAL TABLE words USING fts5 (body, tokenize = 'unicode61 remove_diacritics 2')",
    ],
  ],
};

export const outboxSchema: Schema = {
  applicationId: 0x5079_546f, // PyTo
  migrations: [
    [
      `CREATE TABLE outbox (
        n INTEGER PRIMARY KEY AUTOINCREMENT,
        account TEXT NOT NULL, id TEXT NOT NULL UNIQUE, lane TEXT NOT NULL,
        conv INTEGER, peer INTEGER, payload TEXT NOT NULL, target TEXT,
        queued_at INTEGER NOT NULL, error TEXT)`,
      'CREATE INDEX outbox_lane ON outbox (account, lane, n)',
    ],
  ],
};
