// What an administrator asks, and looking after the database while the server runs.
import { open, unlink } from 'node:fs/promises';
import type { Database } from '../../sqlite/database.js';
import { selectAccounts, toAccount } from './account-queries.js';
import { readerOf, refuse, type Reader } from './reader.js';
import { StorageError, type ConversationRow, type LogEntry, type Storage } from './storage.js';

type Administration = Pick<
  Storage,
  | 'lastIds'
  | 'meta'
  | 'listAccounts'
  | 'listConversations'
  | 'unreferencedFiles'
  | 'usages'
  | 'filesAfter'
  | 'log'
  | 'statistics'
  | 'backup'
  | 'check'
>;

const lastSeqOf = 'coalesce((SELECT max(seq) FROM events WHERE events.conv = conversations.id), 0)';

const selectConversations = `SELECT id, kind, name, created_at AS createdAt, ${lastSeqOf} AS lastSeq,
  (SELECT count(*) FROM members WHERE members.conv = conversations.id AND left_seq IS NULL) AS members
  FROM conversations ORDER BY id`;

/** Seqs have no gaps, so the last ones count the events without reading them. */
const selectStatistics = `SELECT
  (SELECT count(*) FROM accounts WHERE deleted = 0) AS users,
  (SELECT count(*) FROM conversations) AS conversations,
  (SELECT coalesce(sum(${lastSeqOf}), 0) FROM conversations) AS events,
  (SELECT count(*) FROM files) AS files,
  (SELECT coalesce(sum(size), 0) FROM files) AS fileBytes,
  (SELECT page_count * page_size FROM pragma_page_count, pragma_page_size) AS bytes`;

/** In `meta`: ids of people, conversations and sessions that are given out are larger than its value. */
export const idFloorKey = 'id-floor';

const selectLastIds = `SELECT max(floor, coalesce((SELECT max(id) FROM accounts), 0)) AS user,
  max(floor, coalesce((SELECT max(id) FROM conversations), 0)) AS conversation,
  max(floor, coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'sessions'), 0)) AS session
  FROM (SELECT coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE key = ?), 0) AS floor)`;

const selectUnreferenced = `SELECT sha256 FROM files WHERE at < ?
  AND NOT EXISTS (SELECT 1 FROM event_files WHERE event_files.sha256 = files.sha256)
  AND NOT EXISTS (SELECT 1 FROM accounts WHERE avatar = files.sha256)`;

const selectGaps = `SELECT conv, count(*) AS events, min(seq) AS first, max(seq) AS last FROM events
  GROUP BY conv HAVING first <> 1 OR last <> events`;

/** What may take long runs on the caretaker's connection, for which nobody waits. */
export function administration(reader: Reader, caretaker: Database): Administration {
  const { all, get } = readerOf(caretaker);
  return {
    lastIds: async () =>
      (await reader.get<{ user: number; conversation: number; session: number }>(selectLastIds, [
        idFloorKey,
      ])) ?? noRow(),
    async meta(key) {
      return (
        (await reader.get<{ value: string }>('SELECT value FROM meta WHERE key = ?', [key]))?.value ?? null
      );
    },
    async listAccounts() {
      return (await all<Parameters<typeof toAccount>[0]>(`${selectAccounts} ORDER BY id`)).map(toAccount);
    },
    listConversations: () => all<ConversationRow & { members: number; lastSeq: number }>(selectConversations),
    async unreferencedFiles(before) {
      return (await all<{ sha256: string }>(selectUnreferenced, [before])).map((row) => row.sha256);
    },
    async usages() {
      const sql =
        'SELECT user, sum(size) AS bytes FROM uploads CROSS JOIN files USING (sha256) GROUP BY user';
      const rows = await all<{ user: number; bytes: number }>(sql);
      return new Map(rows.map(({ user, bytes }) => [user, bytes]));
    },
    filesAfter: (sha256, limit) =>
      all<{ sha256: string; size: number }>(
        'SELECT sha256, size FROM files WHERE sha256 > ? ORDER BY sha256 LIMIT ?',
        [sha256, limit],
      ),
    log: (limit, before) =>
      reader.all<LogEntry>('SELECT * FROM log WHERE id < ? ORDER BY id DESC LIMIT ?', [
        before ?? Number.MAX_SAFE_INTEGER,
        limit,
      ]),
    statistics: async () =>
      (await get<Awaited<ReturnType<Storage['statistics']>>>(selectStatistics)) ?? noRow(),
    backup: (path) => backup(caretaker, path),
    async check() {
      const found = (await all<{ integrity_check: string }>('PRAGMA integrity_check')).map(
        (row) => row.integrity_check,
      );
      const gaps = await all<{ conv: number; events: number; first: number; last: number }>(selectGaps);
      return [
        ...found.filter((line) => line !== 'ok'),
        ...gaps.map(
          ({ conv, events, first, last }) =>
            `conversation ${conv} has ${events} events, but its seqs go from ${first} to ${last}`,
        ),
      ];
    },
  };
}

function noRow(): never {
  throw new StorageError('failed', 'the database gave no row');
}

/** The new file is private, as the database is, and never takes the place of another. */
async function backup(database: Database, path: string): Promise<void> {
  const file = await open(path, 'wx+', 0o600).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') {
      throw new StorageError('disk-full', error.message, { cause: error });
    }
    return refuse(error);
  });
  try {
    await database.run('VACUUM INTO ?', [path]);
    await file.sync();
    await file.close();
  } catch (error) {
    await file.close().catch(() => undefined);
    await unlink(path).catch(() => undefined);
    refuse(error);
  }
}
