// Version 3: what was erased for its age, a quota of one's own, and who did what administrators do.
import type { Migration } from '../../../sqlite/migrate.js';

export const retention: Migration = [
  // Up to which seq of a conversation everything of this kind was emptied.
  `CREATE TABLE erased (
    conv INTEGER NOT NULL, kind TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (conv, kind)
  ) STRICT, WITHOUT ROWID`,
  // Updates that deleted a message: they stay when all else goes, for devices that have not heard of it yet.
  'CREATE TABLE deletions (id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID',
  `INSERT INTO deletions SELECT id FROM events WHERE class = 'update' AND payload = '{"kind":"delete"}'`,
  'ALTER TABLE accounts ADD COLUMN quota INTEGER',
  'ALTER TABLE log ADD COLUMN actor TEXT',
  'ALTER TABLE log ADD COLUMN address TEXT',
];
