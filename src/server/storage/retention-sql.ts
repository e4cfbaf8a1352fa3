// What is older than the server keeps it: finding it on the caretaker's connection, and the statements that empty it.
import type { SqlStatement } from '../../sqlite/database.js';
import type { Database } from '../../sqlite/database.js';
import { readerOf } from './reader.js';
import type { OldEvents, Retained, Storage } from './storage.js';

/** Events of one conversation that are emptied at a time. */
const maxOldEvents = 256;
const maxConversations = 64;
const maxLogEntries = 500;

/** The next event tells whether there is anything; only then are others looked at. */
const selectOld = `SELECT * FROM (
    SELECT conversations.id AS conv, coalesce(erased.seq, 0) AS after,
      (SELECT max(seq) FROM (SELECT seq, at FROM events WHERE conv = conversations.id AND seq > coalesce(erased.seq, 0)
        ORDER BY seq LIMIT ${maxOldEvents}) WHERE at < ?) AS through
    FROM conversations LEFT JOIN erased ON erased.conv = conversations.id AND erased.kind = ?
    WHERE (SELECT at FROM events WHERE conv = conversations.id AND events.seq = coalesce(erased.seq, 0) + 1) < ?
  ) WHERE through IS NOT NULL LIMIT ${maxConversations}`;

const selectOldLog = `SELECT id FROM log WHERE at < ? AND (substr(event, 1, 6) = 'admin-') = ?
  ORDER BY id LIMIT ${maxLogEntries}`;

/** For whom nobody waits. */
export function retentionQueries(caretaker: Database): Pick<Storage, 'oldEvents' | 'oldLogEntries'> {
  const { all } = readerOf(caretaker);
  return {
    oldEvents: (kind, before) => all<OldEvents>(selectOld, [before, kind, before]),
    async oldLogEntries(isAudit, before) {
      return (await all<{ id: number }>(selectOldLog, [before, Number(isAudit)])).map(({ id }) => id);
    },
  };
}

const inRange = 'conv = ? AND seq > ? AND seq <= ?';
const isNoDeletion = 'NOT EXISTS (SELECT 1 FROM deletions WHERE deletions.id = events.id)';

/** Updates that come later go with the message that they change. */
const emptyUpdates = `UPDATE events SET payload = '' WHERE class = 'update' AND conv = ? AND target IN
  (SELECT id FROM events AS old WHERE old.conv = ? AND old.seq > ? AND old.seq <= ? AND old.class = 'message')
  AND payload <> '' AND ${isNoDeletion}`;

const emptyMessages = `UPDATE events SET payload = '', files = NULL WHERE ${inRange} AND class <> 'control'
  AND (payload <> '' OR files IS NOT NULL) AND ${isNoDeletion}`;

const statements: Readonly<Record<Retained, (old: OldEvents) => SqlStatement[]>> = {
  messages: (old) => [
    dropFiles(old),
    { sql: emptyUpdates, params: [old.conv, ...rangeOf(old)] },
    { sql: emptyMessages, params: rangeOf(old) },
  ],
  files: (old) => [
    dropFiles(old),
    {
      sql: `UPDATE events SET files = NULL WHERE ${inRange} AND files IS NOT NULL`,
      params: rangeOf(old),
    },
  ],
  calls: (old) => [
    {
      sql: `UPDATE events SET payload = '' WHERE ${inRange} AND class = 'control' AND payload LIKE '{"kind":"call",%'`,
      params: rangeOf(old),
    },
  ],
};

function rangeOf({ conv, after, through }: OldEvents): [number, number, number] {
  return [conv, after, through];
}

function dropFiles(old: OldEvents): SqlStatement {
  return { sql: `DELETE FROM event_files WHERE ${inRange}`, params: rangeOf(old) };
}

/** Empties one kind of these events, and notes that it was done. */
export function eraseOld(kind: Retained, old: OldEvents): SqlStatement[] {
  return [
    ...statements[kind](old),
    {
      sql: `INSERT INTO erased (conv, kind, seq) VALUES (?, ?, ?)
        ON CONFLICT (conv, kind) DO UPDATE SET seq = excluded.seq`,
      params: [old.conv, kind, old.through],
    },
  ];
}
