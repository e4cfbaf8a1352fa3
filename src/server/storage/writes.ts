// Turns units of writes into the statements of one transaction.
import type { SqlStatement } from '../../sqlite/database.js';
import { accountColumns, changes, insertion, memberColumns, sessionColumns } from './columns.js';
import { insertEvents } from './event-writes.js';
import { MembershipChanges } from './membership-changes.js';
import { eraseOld } from './retention-sql.js';
import type { Account, StoredEvent, Unit, Write } from './storage.js';

type OtherWrite = Exclude<Write, { do: 'event' } | { do: 'membership' }>;

/** Statements in the order in which they have to run: the events, then the rest in its own order. */
export function planCommit(units: readonly Unit[]): SqlStatement[] {
  const events: StoredEvent[] = [];
  const rest: SqlStatement[] = [];
  const memberships = new MembershipChanges();
  for (const unit of units) {
    for (const write of unit) {
      if (write.do === 'event') events.push(write.event);
      else if (write.do === 'membership') rest.push(...memberships.add(write));
      else rest.push(...memberships.take(), ...statementsFor(write));
    }
  }
  rest.push(...memberships.take());
  return events.length === 0 ? rest : [...insertEvents(events), ...rest];
}

const insertAccount = insertion<Account>('accounts', accountColumns);
const insertSession = insertion('sessions', sessionColumns);
const insertMember = insertion(
  'members',
  memberColumns,
  replacing(Object.values(memberColumns), ['conv', 'user']),
);

function replacing(columns: readonly string[], key: readonly string[]): string {
  const rest = columns.filter((column) => !key.includes(column));
  const set = rest.map((column) => `${column} = excluded.${column}`);
  return `ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${set.join(', ')}`;
}

/** What deleting an account removes; `?` is its id each time. */
const deletions = [
  'DELETE FROM contacts WHERE user = ?',
  'DELETE FROM contacts WHERE friend = ?',
  'DELETE FROM blocks WHERE user = ?',
  'DELETE FROM blocks WHERE other = ?',
  'DELETE FROM sessions WHERE user = ?',
  'DELETE FROM uploads WHERE user = ?',
  'DELETE FROM reset_codes WHERE user = ?',
  `UPDATE accounts SET deleted = 1, phone = NULL, email = NULL, first_name = NULL, last_name = NULL, bio = '',
    avatar = NULL, opaque_record = '', wrapped = '', recovery = NULL WHERE id = ?`,
];

function statementsFor(write: OtherWrite): SqlStatement[] {
  switch (write.do) {
    case 'erase':
      return [
        {
          sql: `DELETE FROM event_files WHERE (conv, seq) IN (SELECT conv, seq FROM events WHERE id = ? AND conv = ?)`,
          params: [write.target, write.conv],
        },
        {
          sql: `UPDATE events SET payload = '', files = NULL WHERE id = ? AND conv = ?`,
          params: [write.target, write.conv],
        },
        {
          sql: `UPDATE events SET payload = '' WHERE class = 'update' AND conv = ? AND target = ? AND id <> ?`,
          params: [write.conv, write.target, write.by],
        },
        { sql: 'INSERT OR IGNORE INTO deletions (id) VALUES (?)', params: [write.by] },
      ];
    case 'erase-old':
      return eraseOld(write.kind, write.old);
    case 'create-conversation': {
      const { id, kind, name, createdAt } = write.conversation;
      const [low, high] = write.pair === null ? [null, null] : orderedPair(...write.pair);
      return [
        {
          sql: `INSERT INTO conversations (id, kind, name, name_key, low, high, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
          params: [id, kind, name, write.nameKey, low, high, createdAt],
        },
      ];
    }
    case 'rename-conversation':
      return [
        {
          sql: 'UPDATE conversations SET name = ?, name_key = ? WHERE id = ?',
          params: [write.name, write.nameKey, write.conv],
        },
      ];
    case 'join':
      return [insertMember(write.membership)];
    case 'leave':
      return [
        {
          sql: 'UPDATE members SET left_seq = ? WHERE conv = ? AND user = ?',
          params: [write.leftSeq, write.conv, write.user],
        },
      ];
    case 'create-account':
      return [insertAccount(write.account)];
    case 'account':
      return update('accounts', changes(accountColumns, write.set), write.id);
    case 'hold-phone':
      return [
        {
          sql: 'INSERT INTO held_phones (phone, until) VALUES (?, ?) ON CONFLICT (phone) DO UPDATE SET until = excluded.until',
          params: [write.phone, write.until],
        },
      ];
    case 'delete-account':
      return deletions.map((sql) => ({ sql, params: [write.id] }));
    case 'create-session':
      return [insertSession(write.session)];
    case 'session':
      return update('sessions', changes(sessionColumns, write.set), write.id);
    case 'delete-session':
      return [{ sql: 'DELETE FROM sessions WHERE id = ?', params: [write.id] }];
    case 'delete-sessions':
      return [
        { sql: 'DELETE FROM sessions WHERE user = ? AND id IS NOT ?', params: [write.user, write.except] },
      ];
    case 'friend':
      return pair('contacts', 'friend', write.added, [write.user, write.friend, write.at]);
    case 'block':
      return pair('blocks', 'other', write.blocked, [write.user, write.other, write.at]);
    case 'file':
      return [
        {
          sql: 'INSERT INTO files (sha256, size, at) VALUES (?, ?, ?) ON CONFLICT (sha256) DO UPDATE SET at = excluded.at',
          params: [write.sha256, write.size, write.at],
        },
        {
          sql: 'INSERT INTO uploads (user, sha256, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
          params: [write.user, write.sha256, write.at],
        },
      ];
    case 'delete-file':
      return [
        {
          sql: `DELETE FROM files WHERE sha256 = ? AND NOT EXISTS (SELECT 1 FROM event_files WHERE sha256 = ?)
            AND NOT EXISTS (SELECT 1 FROM accounts WHERE avatar = ?)`,
          params: [write.sha256, write.sha256, write.sha256],
        },
        {
          sql: 'DELETE FROM uploads WHERE sha256 = ? AND NOT EXISTS (SELECT 1 FROM files WHERE sha256 = ?)',
          params: [write.sha256, write.sha256],
        },
      ];
    case 'invite':
      return [
        {
          sql: `INSERT INTO invites (code_hash, at, used_by) VALUES (?, ?, ?)
            ON CONFLICT (code_hash) DO UPDATE SET used_by = excluded.used_by`,
          params: [write.codeHash, write.at, write.usedBy],
        },
      ];
    case 'reset-code':
      if (write.codeHash === null)
        return [{ sql: 'DELETE FROM reset_codes WHERE user = ?', params: [write.user] }];
      return [
        {
          sql: `INSERT INTO reset_codes (user, code_hash, until) VALUES (?, ?, ?)
            ON CONFLICT (user) DO UPDATE SET code_hash = excluded.code_hash, until = excluded.until`,
          params: [write.user, write.codeHash, write.until],
        },
      ];
    case 'meta':
      return [
        {
          sql: 'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
          params: [write.key, write.value],
        },
      ];
    case 'log': {
      const { at, level, event, user, detail, actor, address } = write.entry;
      return [
        {
          sql: 'INSERT INTO log (at, level, event, user, detail, actor, address) VALUES (?, ?, ?, ?, ?, ?, ?)',
          params: [at, level, event, user, detail, actor, address],
        },
      ];
    }
    case 'delete-log':
      return [
        {
          sql: 'DELETE FROM log WHERE id IN (SELECT value FROM json_each(?))',
          params: [JSON.stringify(write.ids)],
        },
      ];
  }
}

/** The two users of a direct conversation as they are kept: the smaller id first. */
export function orderedPair(a: number, b: number): [number, number] {
  return a < b ? [a, b] : [b, a];
}

function update(table: string, { names, values }: ReturnType<typeof changes>, id: number): SqlStatement[] {
  if (names.length === 0) return [];
  const set = names.map((name) => `${name} = ?`).join(', ');
  return [{ sql: `UPDATE ${table} SET ${set} WHERE id = ?`, params: [...values, id] }];
}

function pair(
  table: string,
  other: string,
  present: boolean,
  [user, id, at]: [number, number, number],
): SqlStatement[] {
  if (!present) return [{ sql: `DELETE FROM ${table} WHERE user = ? AND ${other} = ?`, params: [user, id] }];
  const sql = `INSERT INTO ${table} (user, ${other}, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`;
  return [{ sql, params: [user, id, at] }];
}
