// A process for the durability test: commits without end, and says what has been acknowledged.
import { openStorage } from '../../../src/server/storage/open.js';
import type { SqliteDriver } from '../../../src/sqlite/database.js';
import { someEvent } from '../../support/storage.js';

const [dataDir = '', driver, first = '1'] = process.argv.slice(2);
const storage = await openStorage(dataDir, { driver: driver as SqliteDriver });
for (let seq = Number(first); ;) {
  const count = (seq % 5) + 1;
  const units = Array.from({ length: count }, (_, index) => [
    { do: 'event' as const, event: someEvent(1, seq + index) },
  ]);
  await storage.commit([
    ...units,
    ...(seq % 2 === 0 ? [[{ do: 'meta' as const, key: 'last', value: String(seq) }]] : []),
  ]);
  seq += count;
  process.stdout.write(`${seq - 1}\n`);
}
