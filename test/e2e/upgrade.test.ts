// What earlier versions have written opens with today's code: every row is there, and its people log in and go on.
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { connect } from '../../src/client/index.js';
import { openMigrated } from '../../src/client/cache.js';
import { cacheSchema, outboxSchema } from '../../src/client/cache-schema.js';
import { databaseName, openStorage } from '../../src/server/storage/open.js';
import { serverSchema } from '../../src/server/storage/schema.js';
import { openDatabase } from '../../src/sqlite/open.js';
import { frozenPassword } from '../support/frozen.js';
import { projectFile } from '../support/project.js';
import { testServer } from '../support/server.js';
import { temporaryFolder } from '../support/temporary-folder.js';

type Rows = Record<string, unknown>[];

/** All rows of all tables by name, with these columns alone where some are given. */
async function rowsOf(path: string, like?: Map<string, Rows>): Promise<Map<string, Rows>> {
  const database = await openDatabase(path, { readonly: true });
  try {
    const tables = await database.all<{ name: string }>(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'words%'",
    );
    const found = new Map<string, Rows>();
    for (const { name } of tables) {
      if (like && !like.has(name)) continue;
      const columns = Object.keys(like?.get(name)?.[0] ?? {}).join(', ');
      const rows = await database.all<Rows[number]>(`SELECT ${columns || '*'} FROM ${name}`);
      found.set(
        name,
        rows.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
      );
    }
    return found;
  } finally {
    await database.close();
  }
}

/** Lets what a home holds be of the server at another port. */
async function moveHome(home: string, server: string): Promise<void> {
  const path = join(home, 'session.json');
  const session = JSON.parse(await readFile(path, 'utf8')) as { server: string };
  await writeFile(path, JSON.stringify({ ...session, server }));
  for (const [name, column, table] of [
    ['cache.db', 'value', 'meta'],
    ['outbox.db', 'account', 'outbox'],
  ] as const) {
    const database = await openDatabase(join(home, name));
    const sql = `UPDATE ${table} SET ${column} = replace(${column}, ?, ?)`;
    t.ok((await database.run(sql, [session.server, server])).changes > 0);
    await database.close();
  }
}

const versions = (await readdir(projectFile('test', 'fixtures'))).filter((name) => /^v\d+$/.test(name));
t.equal(
  versions.length,
  serverSchema.migrations.length,
  'each version is frozen: node dist/test/support/freeze.js',
);

for (const version of versions) {
  t.test(`${version}: every row of the server is there, and the database is sound`, async (t) => {
    const dataDir = await temporaryFolder(t);
    const path = join(dataDir, databaseName);
    await cp(projectFile('test', 'fixtures', version, databaseName), path);
    const before = await rowsOf(path);
    for (const [name, rows] of before)
      if (name !== 'sqlite_sequence') t.ok(rows.length > 0, `${name} has rows`);
    const storage = await openStorage(dataDir);
    t.same(await storage.check(), []);
    await storage.close();
    t.same(await rowsOf(path, before), before);
  });

  t.test(`${version}: every row of the client’s copy and outbox is there`, async (t) => {
    const home = await temporaryFolder(t);
    for (const [name, schema] of [
      ['cache.db', cacheSchema],
      ['outbox.db', outboxSchema],
    ] as const) {
      const path = join(home, name);
      await cp(projectFile('test', 'fixtures', version, 'home', name), path);
      const before = await rowsOf(path);
      const database = await openMigrated(path, schema);
      t.match(await database.all('PRAGMA integrity_check'), [{ integrity_check: 'ok' }]);
      await database.close();
      t.same(await rowsOf(path, before), before);
    }
  });

  t.test(`${version}: people go on where they were, on their device and on a new one`, async (t) => {
    const dataDir = await temporaryFolder(t);
    const home = await temporaryFolder(t);
    await cp(projectFile('test', 'fixtures', version), dataDir, { recursive: true });
    await cp(join(dataDir, 'home'), home, { recursive: true });
    const server = await testServer(t, { dataDir, tls: false });
    const here = `127.0.0.1:${server.tcp.port}`;
    await moveHome(home, here);

    const old = await connect({ home, mode: 'live', tls: false });
    t.teardown(() => old.close());
    await old.drained();
    await old.synced();
    const texts = [
      'Hello Bob, how is it going?',
      'Fine!',
      null,
      'for the shop',
      null,
      null,
      'written on the train',
    ];
    const messages = await old.history('@bob');
    t.same(
      messages.map(({ text }) => text),
      texts,
    );
    t.match(messages[0]?.reactions, { '👍': ['bob'] });
    t.equal(messages[1]?.replyTo, messages[0]?.id);
    t.equal(messages[2]?.deleted, true);
    t.equal(messages[5]?.call?.outcome, 'cancelled');
    t.match(await old.search('shop'), [{ text: 'for the shop' }]);
    const [poll] = (await old.history('#crew')).filter(({ kind }) => kind === 'poll');
    t.match(poll?.poll?.options, [{ voters: ['bob'] }, { votes: 1 }]);

    const fresh = await connect({ home: await temporaryFolder(t), mode: 'live', tls: false, server: here });
    t.teardown(() => fresh.close());
    await fresh.login('alice', frozenPassword);
    await fresh.synced();
    t.same(
      (await fresh.history('@bob')).map(({ text }) => text),
      texts,
    );
    const file = await fresh.fetchFile(messages[3]?.id ?? '');
    t.equal(await readFile(file.path, 'utf8'), 'eggs, milk, bread\n');
    t.equal((await fresh.friends())[0]?.user.username, 'bob');
  });
}
