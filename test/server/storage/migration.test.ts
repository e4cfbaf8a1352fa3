// Databases of earlier versions open with every row; those that cannot be opened are named and left alone.
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { databaseName, openStorage } from '../../../src/server/storage/open.js';
import { availableDrivers, openDatabase } from '../../../src/sqlite/open.js';
import { someAccount, someEvent, someEventId, someMember, someSession } from '../../support/storage.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { everything } from './storage-contract.js';

/** Written by version 1 and frozen: it has rows in every table. This file runs in dist/test/server/storage. */
const versionOne = fileURLToPath(new URL('../../../../test/fixtures/server-v1.db', import.meta.url));

for (const driver of await availableDrivers()) {
  t.test(`${driver}: a database of version 1 keeps all that was in it`, async (test) => {
    const dataDir = await temporaryFolder(test);
    await copyFile(versionOne, join(dataDir, databaseName));
    const storage = await openStorage(dataDir, { driver });
    test.teardown(() => storage.close());
    const avatar = 'a'.repeat(64);
    const file = 'b'.repeat(64);
    test.same(
      await storage.account(1),
      someAccount(1, { role: 'admin', bio: 'Hello', avatar, lastSeenAt: 5 }),
    );
    test.same(
      (await storage.listAccounts()).map((account) => account.deleted),
      [false, false, true],
    );
    test.same(await storage.sessionByToken('token1'), someSession(1, 1));
    test.same(await storage.lastIds(), { user: 3, conversation: 2, session: 2 });
    test.ok(await storage.phoneTaken('1000000003', 99));
    test.same(await storage.invite('invitation'), { usedBy: 2 });
    test.same(await storage.resetCode(2), { codeHash: 'reset', until: 100 });
    test.same(await storage.friendsOf(1), [2]);
    test.same(await storage.blockedBy(2), [3]);
    test.equal(await storage.directBetween(1, 2), 1);
    const group = await storage.conversation(2);
    test.equal(group?.row.name, 'Group2');
    test.same(group?.members, [someMember(2, 1, { admin: true, read: 2, delivered: 3 }), someMember(2, 2)]);
    test.same(await storage.eventsAfter(everything(2), 0), [
      someEvent(2, 1, { files: [file] }),
      someEvent(2, 2, { class: 'update', target: someEventId(2, 1), from: 2 }),
      someEvent(2, 3, { class: 'control', payload: '{}' }),
    ]);
    test.equal((await storage.updatesOf(everything(2), [someEventId(2, 1)], 0)).length, 1);
    test.ok(await storage.mayFetch(2, file));
    test.equal(await storage.usage(1), 30);
    test.equal(await storage.meta('setup'), 'secret');
    test.match(await storage.log(9, null), [
      { id: 1, at: 7, level: 30, event: 'started', user: null, detail: '{}' },
    ]);
    test.same(await storage.check(), []);
    await storage.commit([[{ do: 'event', event: someEvent(2, 4) }]]);
  });

  t.test(`${driver}: a database made by a newer version is refused and stays as it is`, async (test) => {
    const dataDir = await temporaryFolder(test);
    const path = join(dataDir, databaseName);
    await (await openStorage(dataDir, { driver })).close();
    const database = await openDatabase(path, { driver });
    await database.exec('PRAGMA user_version = 999');
    await database.close();
    const bytes = await readFile(path);
    await test.rejects(openStorage(dataDir, { driver }), { code: 'database-newer', details: { path } });
    test.ok(bytes.equals(await readFile(path)));
  });

  t.test(`${driver}: a file that is no database, or another program's, is refused`, async (test) => {
    const dataDir = await temporaryFolder(test);
    const path = join(dataDir, databaseName);
    await writeFile(
      path,
      'not a database at all, but long enough to have a header of one hundred bytes'.repeat(9),
    );
    await test.rejects(openStorage(dataDir, { driver }), { code: 'database-damaged', details: { path } });
    const other = join(await temporaryFolder(test), databaseName);
    const database = await openDatabase(other, { driver });
    await database.exec('CREATE TABLE accounts (id)');
    await database.close();
    await test.rejects(openStorage(join(other, '..'), { driver }), { code: 'database-damaged' });
  });

  t.test(`${driver}: a folder that is not there is named`, async (test) => {
    const dataDir = join(await temporaryFolder(test), 'missing');
    const path = join(dataDir, databaseName);
    await test.rejects(openStorage(dataDir, { driver }), { code: 'home-unusable', details: { path } });
  });

  t.test(`${driver}: damage inside the file is found by the check`, async (test) => {
    const dataDir = await temporaryFolder(test);
    const path = join(dataDir, databaseName);
    const storage = await openStorage(dataDir, { driver });
    const events = Array.from({ length: 500 }, (_, index) =>
      someEvent(1, index + 1, { payload: 'x'.repeat(500) }),
    );
    await storage.commit([events.map((event) => ({ do: 'event' as const, event }))]);
    await storage.close();
    const bytes = await readFile(path);
    bytes.fill(0xff, 200 * 1024, 240 * 1024);
    await writeFile(path, bytes);
    const damaged = await openStorage(dataDir, { driver });
    test.teardown(() => damaged.close());
    const found = await damaged.check().catch((error: unknown) => [String(error)]);
    test.ok(found.length > 0);
  });
}
