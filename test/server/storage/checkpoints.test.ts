// The write-ahead log is brought in beside the commits: the caretaker first, then the writer.
import t from 'tap';
import { Checkpoints } from '../../../src/server/storage/checkpoints.js';
import { SqliteError, type Database } from '../../../src/sqlite/database.js';

/** Stands for a connection: notes what it is asked, and answers when told. */
function connection(name: string, asked: string[], answer: () => Promise<void>): Database {
  const note = async (sql: string): Promise<undefined> => {
    asked.push(`${name}: ${sql}`);
    await answer();
    return undefined;
  };
  return {
    driver: 'sqlite3',
    exec: note,
    get: note,
    run: () => Promise.reject(new SqliteError('other', 'not asked here')),
    all: () => Promise.reject(new SqliteError('other', 'not asked here')),
    transaction: () => Promise.reject(new SqliteError('other', 'not asked here')),
    close: () => Promise.resolve(),
  };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const passive = 'PRAGMA wal_checkpoint(PASSIVE)';

t.test('a checkpoint starts after enough commits, one at a time', async (test) => {
  const asked: string[] = [];
  let finish: () => void = () => undefined;
  const slow = (): Promise<void> => new Promise((resolve) => (finish = resolve));
  const writer = connection('writer', asked, () => Promise.resolve());
  const checkpoints = new Checkpoints(writer, connection('caretaker', asked, slow));
  const commit = (times: number, units: number): void => {
    for (let n = 0; n < times; n++) checkpoints.committed(units);
  };
  commit(100, 1);
  test.same(asked, [], 'a few commits are not worth it');
  commit(200, 1);
  test.same(asked, [`caretaker: ${passive}`]);
  commit(2000, 64);
  test.same(asked, [`caretaker: ${passive}`], 'it is still running');
  finish();
  await settled();
  test.same(asked, [`caretaker: ${passive}`, `writer: ${passive}`]);
  commit(1, 1);
  test.equal(asked.length, 3, 'what was committed meanwhile counts');
});

t.test('a checkpoint that fails is tried again later', async (test) => {
  const asked: string[] = [];
  const failing = connection('caretaker', asked, () => Promise.reject(new SqliteError('full', 'disk full')));
  const checkpoints = new Checkpoints(failing, failing);
  for (let round = 1; round <= 3; round++) {
    for (let n = 0; n < 300; n++) checkpoints.committed(1);
    await settled();
    test.equal(asked.length, round);
  }
});
