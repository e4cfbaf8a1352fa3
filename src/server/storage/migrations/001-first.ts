// Version 1 of the server's database: everything issue 2 keeps.
import type { Migration } from '../../../sqlite/migrate.js';

export const first: Migration = [
  `CREATE TABLE accounts (
    id INTEGER PRIMARY KEY, username TEXT NOT NULL, name_key TEXT NOT NULL, phone TEXT, email TEXT,
    first_name TEXT, last_name TEXT, bio TEXT NOT NULL, avatar TEXT, opaque_record TEXT NOT NULL,
    public_key TEXT NOT NULL, wrapped TEXT NOT NULL, recovery TEXT, disabled INTEGER NOT NULL,
    deleted INTEGER NOT NULL, role TEXT NOT NULL, created_at INTEGER NOT NULL, last_seen_at INTEGER
  ) STRICT`,
  'CREATE UNIQUE INDEX accounts_by_name ON accounts (name_key) WHERE deleted = 0',
  'CREATE UNIQUE INDEX accounts_by_phone ON accounts (phone) WHERE phone IS NOT NULL',
  'CREATE INDEX accounts_by_avatar ON accounts (avatar) WHERE avatar IS NOT NULL',
  'CREATE TABLE held_phones (phone TEXT PRIMARY KEY, until INTEGER NOT NULL) STRICT, WITHOUT ROWID',

  // AUTOINCREMENT remembers the largest id of rows that are gone: an id is never given out again.
  `CREATE TABLE sessions (
    id INTEGER PRIMARY KEY AUTOINCREMENT, user INTEGER NOT NULL, token_hash TEXT NOT NULL UNIQUE,
    device TEXT NOT NULL, address TEXT NOT NULL, created_at INTEGER NOT NULL, last_seen_at INTEGER NOT NULL
  ) STRICT`,
  'CREATE INDEX sessions_by_user ON sessions (user)',
  'CREATE TABLE invites (code_hash TEXT PRIMARY KEY, at INTEGER NOT NULL, used_by INTEGER) STRICT, WITHOUT ROWID',
  // Two registrations that race for one invitation: the second is refused.
  `CREATE TRIGGER invites_are_used_once BEFORE UPDATE ON invites
    WHEN OLD.used_by IS NOT NULL AND NEW.used_by IS NOT OLD.used_by
    BEGIN SELECT RAISE(ABORT, 'the invitation is used'); END`,
  'CREATE TABLE reset_codes (user INTEGER PRIMARY KEY, code_hash TEXT NOT NULL, until INTEGER NOT NULL) STRICT',

  `CREATE TABLE contacts (
    user INTEGER NOT NULL, friend INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (user, friend)
  ) STRICT, WITHOUT ROWID`,
  'CREATE INDEX contacts_by_friend ON contacts (friend)',
  `CREATE TABLE blocks (
    user INTEGER NOT NULL, other INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (user, other)
  ) STRICT, WITHOUT ROWID`,
  'CREATE INDEX blocks_by_other ON blocks (other)',

  // `low` and `high` are the two users of a direct conversation.
  `CREATE TABLE conversations (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT, name_key TEXT, low INTEGER, high INTEGER,
    created_at INTEGER NOT NULL
  ) STRICT`,
  'CREATE UNIQUE INDEX conversations_by_name ON conversations (name_key) WHERE name_key IS NOT NULL',
  'CREATE UNIQUE INDEX conversations_by_pair ON conversations (low, high) WHERE low IS NOT NULL',
  `CREATE TABLE members (
    conv INTEGER NOT NULL, user INTEGER NOT NULL, admin INTEGER NOT NULL, joined_at INTEGER NOT NULL,
    first_seq INTEGER NOT NULL, left_seq INTEGER, delivered INTEGER NOT NULL, read INTEGER NOT NULL,
    hidden INTEGER NOT NULL, muted INTEGER NOT NULL, cleared_seq INTEGER NOT NULL, PRIMARY KEY (conv, user)
  ) STRICT, WITHOUT ROWID`,
  'CREATE INDEX members_by_user ON members (user)',

  // A rowid table, though it has a primary key: rows are appended in the order of their commits, which touches
  // far fewer pages than a row among those of its conversation. Measured: 1.4 to 2 times the rows a second.
  // `class` has the default of most events, and `files` (JSON) is null for most, so that their rows bind less.
  `CREATE TABLE events (
    conv INTEGER NOT NULL, seq INTEGER NOT NULL, id TEXT NOT NULL, sender INTEGER NOT NULL, at INTEGER NOT NULL,
    class TEXT NOT NULL DEFAULT 'message', target TEXT, files TEXT, payload TEXT NOT NULL, PRIMARY KEY (conv, seq)
  ) STRICT`,
  'CREATE UNIQUE INDEX events_by_id ON events (id)',
  "CREATE INDEX updates_by_target ON events (conv, target, seq) WHERE class = 'update'",
  `CREATE TABLE event_files (
    sha256 TEXT NOT NULL, conv INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (sha256, conv, seq)
  ) STRICT, WITHOUT ROWID`,
  'CREATE INDEX event_files_by_event ON event_files (conv, seq)',
  `CREATE TABLE files (
    sha256 TEXT PRIMARY KEY, size INTEGER NOT NULL, at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE uploads (
    user INTEGER NOT NULL, sha256 TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (user, sha256)
  ) STRICT, WITHOUT ROWID`,
  'CREATE INDEX uploads_by_file ON uploads (sha256)',

  'CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID',
  `CREATE TABLE log (
    id INTEGER PRIMARY KEY, at INTEGER NOT NULL, level INTEGER NOT NULL, event TEXT NOT NULL, user INTEGER,
    detail TEXT NOT NULL
  ) STRICT`,
];
