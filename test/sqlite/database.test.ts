// Every driver that this Node has keeps the promises of the one interface.
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { SqliteError, type Database, type SqliteDriver } from '../../src/sqlite/database.js';
import { migrate } from '../../src/sqlite/migrate.js';
import { availableDrivers, openDatabase } from '../../src/sqlite/open.js';
import { temporaryFolder, type Teardown } from '../support/temporary-folder.js';

async function temporaryPath(test: Teardown): Promise<string> {
  return join(await temporaryFolder(test), 'test.db');
}

async function open(test: Teardown, driver: SqliteDriver, path?: string): Promise<Database> {
  const database = await openDatabase(path ?? (await temporaryPath(test)), { driver });
  test.teardown(() => database.close());
  return database;
}

for (const driver of await availableDrivers()) {
  t.test(`${driver}: gives back every kind of value, and counts changes`, async (test) => {
    const database = await open(test, driver);
    test.equal(database.driver, driver);
    await database.exec('CREATE TABLE a (n INTEGER, s TEXT, b BLOB, z TEXT); CREATE TABLE unused (x)');
    const at = 1_790_000_000_123;
    const result = await database.run('INSERT INTO a VALUES (?, ?, ?, ?), (2, NULL, NULL, NULL)', [
      at,
      'é\n😀',
      new Uint8Array([0, 255]),
      null,
    ]);
    test.same(result, { changes: 2, lastId: 2 });
    const row = await database.get<{ n: number; s: string; b: Uint8Array; z: null }>('SELECT * FROM a');
    test.equal(row?.n, at);
    test.equal(row?.s, 'é\n😀');
    test.same([...row!.b], [0, 255]);
    test.equal(row?.z, null);
    test.equal((await database.all('SELECT n FROM a WHERE n = ?', [2])).length, 1);
    test.equal(await database.get('SELECT n FROM a WHERE n = 3'), undefined);
  });

  t.test(`${driver}: makes a private WAL database that survives a power cut`, async (test) => {
    const path = await temporaryPath(test);
    const database = await open(test, driver, path);
    await database.exec('CREATE TABLE a (n)');
    test.same(await database.get('PRAGMA journal_mode'), { journal_mode: 'wal' });
    test.same(await database.get('PRAGMA synchronous'), { synchronous: 2 });
    test.same(await database.get('PRAGMA foreign_keys'), { foreign_keys: 0 });
    test.same(await database.get('PRAGMA busy_timeout'), { timeout: 5000 });
    if (process.platform !== 'win32') {
      for (const suffix of ['', '-wal', '-shm']) test.equal((await stat(path + suffix)).mode & 0o777, 0o600);
    }
  });

  t.test(`${driver}: undoes a whole transaction when one statement fails`, async (test) => {
    const database = await open(test, driver);
    await database.exec('CREATE TABLE a (n UNIQUE)');
    await database.run('INSERT INTO a VALUES (1)');
    const failing = database.transaction([
      { sql: 'INSERT INTO a VALUES (?)', params: [2] },
      { sql: 'INSERT INTO a VALUES (?)', params: [1] },
      { sql: 'INSERT INTO a VALUES (?)', params: [3] },
    ]);
    await test.rejects(failing, { name: 'SqliteError', reason: 'constraint' });
    await test.rejects(database.transaction([{ sql: 'INSERT INTO nowhere VALUES (1)' }]), {
      name: 'SqliteError',
      reason: 'other',
    });
    await database.transaction([{ sql: 'INSERT INTO a VALUES (?)', params: [4] }]);
    test.same(await database.all('SELECT n FROM a ORDER BY n'), [{ n: 1 }, { n: 4 }]);
  });

  t.test(`${driver}: lets no statement into another one's transaction`, async (test) => {
    const database = await open(test, driver);
    await database.exec('CREATE TABLE a (n UNIQUE)');
    const calls: Promise<unknown>[] = [];
    const seen: Promise<{ n: number } | undefined>[] = [];
    for (let round = 0; round < 20; round++) {
      const bad = round % 2 === 1;
      const statements = [1, 2, 3].map((n) => ({
        sql: 'INSERT INTO a VALUES (?)',
        params: [bad ? 0 : round * 10 + n],
      }));
      calls.push(database.transaction(statements).catch(() => undefined));
      seen.push(database.get<{ n: number }>('SELECT count(*) AS n FROM a'));
      calls.push(database.run('INSERT INTO a VALUES (?)', [-round - 1]));
    }
    await Promise.all(calls);
    const counts = (await Promise.all(seen)).map((row) => row?.n);
    const expected = counts.map((_, round) => (Math.floor(round / 2) + 1) * 3 + round);
    test.same(counts, expected);
  });

  t.test(`${driver}: a full database says that it is full, and goes on`, async (test) => {
    const database = await open(test, driver);
    await database.exec('CREATE TABLE a (b BLOB)');
    await database.exec('PRAGMA max_page_count = 10');
    const big = { sql: 'INSERT INTO a VALUES (zeroblob(100000))' };
    await test.rejects(database.run(big.sql), { name: 'SqliteError', reason: 'full' });
    await test.rejects(database.transaction([{ sql: 'INSERT INTO a VALUES (1)' }, big]), {
      name: 'SqliteError',
      reason: 'full',
    });
    await database.run('INSERT INTO a VALUES (2)');
    test.same(await database.all('SELECT b FROM a'), [{ b: 2 }]);
  });

  t.test(
    `${driver}: a read-only connection sees what another has committed, and writes nothing`,
    async (test) => {
      const path = await temporaryPath(test);
      const writer = await open(test, driver, path);
      await writer.exec('CREATE TABLE a (n)');
      const reader = await openDatabase(path, { driver, readonly: true });
      test.teardown(() => reader.close());
      for (let n = 1; n <= 5; n++) {
        await writer.run('INSERT INTO a VALUES (?)', [n]);
        test.same(await reader.get('SELECT max(n) AS n FROM a'), { n });
      }
      await test.rejects(reader.run('INSERT INTO a VALUES (6)'), SqliteError);
      await test.rejects(openDatabase(`${path}-missing`, { driver, readonly: true }), SqliteError);
    },
  );

  t.test(`${driver}: refuses a file that is not a database`, async (test) => {
    const path = await temporaryPath(test);
    await writeFile(path, 'this is a text file and nothing else '.repeat(100));
    await test.rejects(openDatabase(path, { driver }), { code: 'database-damaged', details: { path } });
  });

  t.test(
    `${driver}: closing waits for what was asked, happens once, and refuses what comes after`,
    async (test) => {
      const path = await temporaryPath(test);
      const database = await openDatabase(path, { driver });
      await database.exec('CREATE TABLE a (n)');
      const writes = Array.from({ length: 50 }, (_, n) => database.run('INSERT INTO a VALUES (?)', [n]));
      const closing = database.close();
      test.equal(database.close(), closing);
      await closing;
      await Promise.all(writes);
      await test.rejects(database.get('SELECT 1'), { name: 'SqliteError', reason: 'other' });
      await test.rejects(database.transaction([]), { name: 'SqliteError' });
      const again = await open(test, driver, path);
      test.same(await again.get('SELECT count(*) AS n FROM a'), { n: 50 });
    },
  );

  t.test(`${driver}: more texts than the cache holds still work`, async (test) => {
    const database = await open(test, driver);
    for (let n = 0; n < 1000; n++) test.same(await database.get(`SELECT ${n % 450} AS n`), { n: n % 450 });
  });

  t.test(`${driver}: does not block the event loop while it works`, async (test) => {
    const database = await open(test, driver);
    const counting =
      'WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 1000000) SELECT count(*) AS n FROM c';
    const turns = { before: 0, finished: false };
    const slow = database.get(counting).then(() => (turns.finished = true));
    while (!turns.finished && turns.before < 10) {
      await new Promise((resolve) => setImmediate(resolve));
      turns.before++;
    }
    test.equal(turns.before, 10);
    await slow;
  });

  t.test(`${driver}: migrates step by step and refuses what is newer or another's`, async (test) => {
    const path = await temporaryPath(test);
    const database = await open(test, driver, path);
    const first = ['CREATE TABLE a (n INTEGER)', 'INSERT INTO a VALUES (1)'];
    const second = ['ALTER TABLE a ADD COLUMN s TEXT', "UPDATE a SET s = 'new'"];
    await migrate(database, path, { applicationId: 7, migrations: [first] });
    await test.rejects(
      migrate(database, path, {
        applicationId: 7,
        migrations: [first, ['ALTER TABLE a ADD COLUMN x', 'nonsense']],
      }),
    );
    test.same(await database.all('SELECT * FROM a'), [{ n: 1 }], 'a migration that fails leaves nothing');
    await migrate(database, path, { applicationId: 7, migrations: [first, second] });
    await migrate(database, path, { applicationId: 7, migrations: [first, second] });
    test.same(await database.all('SELECT n, s FROM a'), [{ n: 1, s: 'new' }]);
    await test.rejects(migrate(database, path, { applicationId: 7, migrations: [first] }), {
      code: 'database-newer',
    });
    await test.rejects(migrate(database, path, { applicationId: 8, migrations: [first, second] }), {
      code: 'database-damaged',
    });
  });
}

t.test('takes the driver from PYTALK_SQLITE, and says so when there is none', async (test) => {
  const path = await temporaryPath(test);
  const before = process.env['PYTALK_SQLITE'];
  test.teardown(() => {
    if (before === undefined) delete process.env['PYTALK_SQLITE'];
    else process.env['PYTALK_SQLITE'] = before;
  });
  for (const driver of await availableDrivers()) {
    process.env['PYTALK_SQLITE'] = driver;
    const database = await openDatabase(path);
    test.equal(database.driver, driver);
    await database.close();
  }
  process.env['PYTALK_SQLITE'] = 'no such driver';
  await test.rejects(openDatabase(path), { code: 'sqlite-missing' });
});
