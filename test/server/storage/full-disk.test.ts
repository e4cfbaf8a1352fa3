// A full disk refuses a commit whole, says so, and nothing that was stored suffers.
import { join } from 'node:path';
import t from 'tap';
import { databaseName, openStorage, storageOver } from '../../../src/server/storage/open.js';
import { availableDrivers, openDatabase } from '../../../src/sqlite/open.js';
import { someEvent } from '../../support/storage.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { everything } from './storage-contract.js';

for (const driver of await availableDrivers()) {
  t.test(`${driver}: says that the disk is full instead of storing a part`, async (test) => {
    const dataDir = await temporaryFolder(test);
    await (await openStorage(dataDir, { driver })).close();
    const open = () => openDatabase(join(dataDir, databaseName), { driver });
    const writer = await open();
    const storage = await storageOver({ writer, reader: await open(), caretaker: await open() });
    test.teardown(() => storage.close());
    // SQLite answers with the same SQLITE_FULL when the file may not grow as when the disk cannot.
    await writer.exec('PRAGMA max_page_count = 100');
    const payload = 'x'.repeat(5000);
    let stored = 0;
    const fill = async (): Promise<void> => {
      for (;;) {
        const event = someEvent(1, stored + 1, { payload });
        await storage.commit([
          [{ do: 'event', event }],
          [{ do: 'meta', key: 'last', value: String(stored + 1) }],
        ]);
        stored++;
      }
    };
    await test.rejects(fill(), { name: 'StorageError', reason: 'disk-full' });
    test.ok(stored > 0);
    const many = Array.from({ length: 100 }, (_, index) => someEvent(1, stored + 1 + index, { payload }));
    const together = storage.commit(many.map((event) => [{ do: 'event', event }]));
    await test.rejects(together, { name: 'StorageError', reason: 'disk-full' });
    test.equal((await storage.eventsAfter(everything(1), 0)).length, stored);
    test.equal(await storage.meta('last'), String(stored));
    await writer.exec('PRAGMA max_page_count = 1000000');
    await storage.commit(many.map((event) => [{ do: 'event', event }]));
    test.same(await storage.check(), []);
  });
}
