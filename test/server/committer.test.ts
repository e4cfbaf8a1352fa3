// Group commit over a storage whose commits the test lets through one by one.
import t from 'tap';
import { Committer, type Item } from '../../src/server/committer.js';
import { StorageError, type Storage, type StoredEvent, type Unit } from '../../src/server/storage/storage.js';

interface Call {
  units: readonly Unit[];
  resolve: () => void;
  reject: (error: Error) => void;
}

/** The two methods of a storage that the committer uses. */
function fakeStorage(stored: StoredEvent[] = []): {
  storage: Storage;
  calls: Call[];
  next: () => Promise<Call>;
} {
  const calls: Call[] = [];
  let seen = 0;
  const storage = {
    commit: (units: readonly Unit[]) =>
      new Promise<void>((resolve, reject) => calls.push({ units, resolve, reject })),
    eventsByIds: (ids: readonly string[]) =>
      Promise.resolve(stored.filter((event) => ids.includes(event.id))),
  } as unknown as Storage;
  const next = async (): Promise<Call> => {
    while (calls.length <= seen) await new Promise((resolve) => setImmediate(resolve));
    return calls[seen++]!;
  };
  return { storage, calls, next };
}

/** A log with one counter, as a conversation has it. */
class Log {
  given = 0;
  readonly results: string[] = [];

  item(name: string, more: Partial<Item> = {}): Item {
    let seq = 0;
    return {
      build: () => {
        seq = ++this.given;
        return [{ do: 'meta', key: name, value: String(seq) }];
      },
      undo: () => {
        this.given--;
      },
      done: () => void this.results.push(`${name}=${seq}`),
      failed: (error) =>
        void this.results.push(
          `${name}!${error instanceof StorageError ? error.reason : (error as { code?: string }).code}`,
        ),
      ...more,
    };
  }
}

const names = (call: Call): string[] =>
  call.units.map((unit) => (unit[0]?.do === 'meta' ? `${unit[0].key}=${unit[0].value}` : '?'));

t.test('what arrives while a commit runs shares the next one', async (t) => {
  const { storage, next } = fakeStorage();
  const committer = new Committer(storage);
  const log = new Log();
  committer.add(log.item('a'));
  committer.add(log.item('b'));
  const first = await next();
  t.same(names(first), ['a=1', 'b=2']);
  for (const name of ['c', 'd', 'e']) committer.add(log.item(name));
  t.same(log.results, [], 'nothing is acknowledged before it is on disk');
  first.resolve();
  const second = await next();
  t.same(log.results, ['a=1', 'b=2']);
  t.same(names(second), ['c=3', 'd=4', 'e=5']);
  second.resolve();
  await committer.drain();
  t.same(committer.counters, { commits: 2, units: 5 });
});

t.test('a commit that fails leaves no gap: its numbers are given again', async (t) => {
  const { storage, next } = fakeStorage();
  const committer = new Committer(storage);
  const log = new Log();
  committer.add(log.item('a'));
  committer.add(log.item('b'));
  (await next()).reject(new StorageError('disk-full', 'database or disk is full'));
  await committer.drain();
  t.same(log.results, ['a!disk-full', 'b!disk-full']);
  committer.add(log.item('c'));
  const after = await next();
  t.same(names(after), ['c=1']);
  after.resolve();
  await committer.drain();
  t.same(log.results.at(-1), 'c=1');
});

t.test('an event that is stored already fails alone, the others of its batch go on together', async (t) => {
  const { storage, next } = fakeStorage([{ id: 'dup' } as StoredEvent]);
  const committer = new Committer(storage);
  const log = new Log();
  committer.add(log.item('a', { eventId: 'x' }));
  committer.add(log.item('b', { eventId: 'dup' }));
  committer.add(log.item('c', { eventId: 'y' }));
  (await next()).reject(new StorageError('constraint', 'UNIQUE'));
  const again = await next();
  t.same(names(again), ['a=1', 'c=2']);
  again.resolve();
  await committer.drain();
  t.same(log.results, ['b!constraint', 'a=1', 'c=2']);
});

t.test('when nobody knows which unit is refused, each is tried alone', async (t) => {
  const { storage, next } = fakeStorage();
  const committer = new Committer(storage);
  const log = new Log();
  for (const name of ['a', 'b', 'c']) committer.add(log.item(name));
  (await next()).reject(new StorageError('constraint', 'UNIQUE'));
  (await next()).resolve();
  (await next()).reject(new StorageError('constraint', 'UNIQUE'));
  const last = await next();
  t.same(names(last), ['c=2']);
  last.resolve();
  await committer.drain();
  t.same(log.results, ['a=1', 'b!constraint', 'c=2']);
});

t.test('a change of members commits alone, and what follows waits until it is told', async (t) => {
  const { storage, next } = fakeStorage();
  const committer = new Committer(storage);
  const log = new Log();
  let told = (): void => undefined;
  committer.add(log.item('a'));
  committer.add(
    log.item('change', {
      alone: true,
      done: () => {
        log.results.push('change');
        return new Promise<void>((resolve) => {
          told = () => {
            log.results.push('told');
            resolve();
          };
        });
      },
    }),
  );
  committer.add(log.item('b'));
  const first = await next();
  t.same(names(first), ['a=1']);
  first.resolve();
  const second = await next();
  t.same(names(second), ['change=2']);
  second.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  t.same(log.results, ['a=1', 'change']);
  told();
  const third = await next();
  t.same(names(third), ['b=3']);
  third.resolve();
  await committer.drain();
  t.same(log.results, ['a=1', 'change', 'told', 'b=3']);
});

t.test(
  'lazy writes with one key are stored once, with the last value, at the latest when draining',
  async (t) => {
    const { storage, next } = fakeStorage();
    const committer = new Committer(storage);
    committer.lazily('k', { do: 'meta', key: 'k', value: '1' });
    committer.lazily('k', { do: 'meta', key: 'k', value: '2' });
    committer.lazily('l', { do: 'meta', key: 'l', value: '3' });
    const drained = committer.drain();
    const call = await next();
    t.same(call.units, [
      [
        { do: 'meta', key: 'k', value: '2' },
        { do: 'meta', key: 'l', value: '3' },
      ],
    ]);
    call.resolve();
    await drained;
  },
);

t.test('whoever flushes lazy writes that are on their way already waits for them', async (t) => {
  const { storage, next } = fakeStorage();
  const committer = new Committer(storage);
  committer.lazily('k', { do: 'meta', key: 'k', value: '1' });
  const order: string[] = [];
  const flushed = [1, 2].map(() => committer.flushLazy().then(() => order.push('flushed')));
  const call = await next();
  await new Promise((resolve) => setImmediate(resolve));
  order.push('stored');
  call.resolve();
  await Promise.all(flushed);
  t.same(order, ['stored', 'flushed', 'flushed']);
});

t.test('no more than 1024 units share a commit', async (t) => {
  const { storage, next } = fakeStorage();
  const committer = new Committer(storage);
  const log = new Log();
  for (let i = 0; i < 1500; i++) committer.add(log.item(String(i)));
  const first = await next();
  t.equal(first.units.length, 1024);
  first.resolve();
  const second = await next();
  t.equal(second.units.length, 476);
  second.resolve();
  await committer.drain();
  t.equal(log.results.length, 1500);
});
