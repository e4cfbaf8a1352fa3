// Every statement of the storage reaches its rows through an index.
import { join } from 'node:path';
import t from 'tap';
import { databaseName, openStorage, storageOver } from '../../../src/server/storage/open.js';
import type { Storage, Write } from '../../../src/server/storage/storage.js';
import type { Database } from '../../../src/sqlite/database.js';
import { openDatabase } from '../../../src/sqlite/open.js';
import { someAccount, someEvent, someGroup, someSession } from '../../support/storage.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { everything } from './storage-contract.js';

/** Tables that grow with use, and that only `check` and what lists a whole table may read from end to end. */
const large = [
  'accounts',
  'sessions',
  'contacts',
  'blocks',
  'members',
  'events',
  'event_files',
  'uploads',
  'log',
];
const wholeTable = [
  /^PRAGMA/,
  /GROUP BY conv HAVING/,
  /FROM accounts ORDER BY id$/,
  /count\(\*\) FROM accounts/,
  /FROM uploads .* GROUP BY user$/,
  /^SELECT id FROM log WHERE at </,
];

/** Notes the text of every statement that passes. */
function recording(database: Database, texts: Set<string>): Database {
  const note = (sql: string): string => {
    texts.add(sql);
    return sql;
  };
  return {
    driver: database.driver,
    exec: (sql) => database.exec(sql),
    run: (sql, params) => database.run(note(sql), params),
    all: (sql, params) => database.all(note(sql), params),
    get: (sql, params) => database.get(note(sql), params),
    transaction: (statements) => {
      for (const { sql } of statements) note(sql);
      return database.transaction(statements);
    },
    close: () => database.close(),
  };
}

const writes: Write[] = [
  { do: 'event', event: someEvent(1, 1, { files: ['a'], class: 'update', target: 'x' }) },
  { do: 'erase', conv: 1, target: 'x', by: 'none' },
  ...someGroup(1, [1, 2]),
  { do: 'rename-conversation', conv: 1, name: 'a', nameKey: 'a' },
  { do: 'leave', conv: 1, user: 1, leftSeq: 1 },
  { do: 'membership', conv: 1, user: 1, set: { read: 1 } },
  ...[1, 2, 3, 4].map((user): Write => ({ do: 'membership', conv: 1, user, set: { delivered: 1 } })),
  { do: 'create-account', account: someAccount(1) },
  { do: 'account', id: 1, set: { disabled: true } },
  { do: 'hold-phone', phone: '1', until: 1 },
  { do: 'create-session', session: someSession(1, 1) },
  { do: 'session', id: 1, set: { lastSeenAt: 1 } },
  { do: 'delete-session', id: 1 },
  { do: 'delete-sessions', user: 1, except: 1 },
  { do: 'friend', user: 1, friend: 2, added: true, at: 1 },
  { do: 'friend', user: 1, friend: 2, added: false, at: 1 },
  { do: 'block', user: 1, other: 2, blocked: true, at: 1 },
  { do: 'block', user: 1, other: 2, blocked: false, at: 1 },
  { do: 'file', sha256: 'a', size: 1, user: 1, at: 1 },
  { do: 'delete-file', sha256: 'a' },
  { do: 'invite', codeHash: 'a', at: 1, usedBy: null },
  { do: 'reset-code', user: 1, codeHash: 'a', until: 1 },
  { do: 'reset-code', user: 1, codeHash: null, until: 1 },
  { do: 'meta', key: 'a', value: 'a' },
  { do: 'log', entry: { at: 1, level: 30, event: 'a', user: null, detail: '', actor: null, address: null } },
  { do: 'delete-log', ids: [1] },
  ...(['messages', 'files', 'calls'] as const).map((kind): Write => ({
    do: 'erase-old',
    kind,
    old: { conv: 1, after: 0, through: 9 },
  })),
  { do: 'delete-account', id: 1 },
];

/** A call of every question; what a new method adds to the interface does not compile without one here. */
const questions: Record<
  Exclude<keyof Storage, 'driver' | 'commit' | 'close' | 'backup' | 'compact'>,
  (storage: Storage) => Promise<unknown>
> = {
  lastIds: (storage) => storage.lastIds(),
  meta: (storage) => storage.meta('a'),
  account: (storage) => storage.account(1),
  accounts: (storage) => storage.accounts([1, 2]),
  accountByName: (storage) => storage.accountByName('a'),
  accountByPhone: (storage) => storage.accountByPhone('1'),
  phoneTaken: (storage) => storage.phoneTaken('1', 1),
  listAccounts: (storage) => storage.listAccounts(),
  sessionByToken: (storage) => storage.sessionByToken('a'),
  sessionsOf: (storage) => storage.sessionsOf(1),
  invite: (storage) => storage.invite('a'),
  resetCode: (storage) => storage.resetCode(1),
  friendsOf: (storage) => storage.friendsOf(1),
  ownersWithFriend: (storage) => storage.ownersWithFriend([1], 2),
  blockedBy: (storage) => storage.blockedBy(1),
  blockersOf: (storage) => storage.blockersOf(1),
  conversation: (storage) => storage.conversation(1),
  directBetween: (storage) => storage.directBetween(1, 2),
  groupByName: (storage) => storage.groupByName('a'),
  conversationsOf: (storage) => storage.conversationsOf(1),
  groupCount: (storage) => storage.groupCount(1),
  summaries: (storage) => Promise.all([storage.summaries(1), storage.summaries(1, 1)]),
  eventsAfter: (storage) => storage.eventsAfter(everything(1), 0),
  eventsBefore: (storage) => storage.eventsBefore(everything(1), 9),
  updatesOf: (storage) => storage.updatesOf(everything(1), ['a'], 0),
  eventById: (storage) => storage.eventById('a'),
  eventsByIds: (storage) => storage.eventsByIds(['a']),
  file: (storage) => storage.file('a'),
  mayFetch: (storage) => storage.mayFetch(1, 'a'),
  usage: (storage) => storage.usage(1),
  usages: (storage) => storage.usages(),
  filesAfter: (storage) => storage.filesAfter('', 1),
  oldEvents: (storage) => storage.oldEvents('messages', 1),
  oldLogEntries: (storage) => storage.oldLogEntries(true, 1),
  unreferencedFiles: (storage) => storage.unreferencedFiles(1),
  log: (storage) => storage.log(1, null),
  statistics: (storage) => storage.statistics(),
  envelopes: (storage) => storage.envelopes(1, 1),
  listConversations: (storage) => storage.listConversations(),
  check: (storage) => storage.check(),
};

t.test('no statement reads a large table from end to end', async (test) => {
  const dataDir = await temporaryFolder(test);
  await (await openStorage(dataDir)).close();
  const open = () => openDatabase(join(dataDir, databaseName));
  const texts = new Set<string>();
  const connections = { writer: await open(), reader: await open(), caretaker: await open() };
  const storage = await storageOver({
    writer: recording(connections.writer, texts),
    reader: recording(connections.reader, texts),
    caretaker: recording(connections.caretaker, texts),
  });
  test.teardown(() => storage.close());
  for (const write of writes) await storage.commit([[write]]);
  await storage.commit([writes.slice(0, 1).map((write) => ({ ...write, event: someEvent(1, 2) }) as Write)]);
  for (const ask of Object.values(questions)) await ask(storage);
  test.ok(texts.size > 60, `${texts.size} statements were seen`);
  for (const sql of texts) {
    if (wholeTable.some((pattern) => pattern.test(sql))) continue;
    const plan = await connections.reader.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`);
    const scans = plan.filter(({ detail }) =>
      large.some((table) => new RegExp(`^SCAN ${table}\\b`).test(detail)),
    );
    test.same(scans, [], sql.replace(/\s+/g, ' ').slice(0, 160));
  }
});

t.test('the check above would notice a scan', async (test) => {
  const dataDir = await temporaryFolder(test);
  await (await openStorage(dataDir)).close();
  const database = await openDatabase(join(dataDir, databaseName));
  test.teardown(() => database.close());
  for (const where of ['events WHERE payload = ?', 'members WHERE read = ?', 'sessions WHERE device = ?']) {
    const plan = await database.all<{ detail: string }>(`EXPLAIN QUERY PLAN SELECT * FROM ${where}`);
    test.match(plan[0]?.detail, /^SCAN (events|members|sessions)\b/);
  }
});
