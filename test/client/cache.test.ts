// The local copy on disk: damage, other accounts, failures while writing, what a cursor means after them.
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { Cache } from '../../src/client/cache.js';
import { CacheWriter } from '../../src/client/cache-writer.js';
import { CachedSource } from '../../src/client/cached-source.js';
import { Directory } from '../../src/client/directory.js';
import type { MessageSource } from '../../src/client/message-source.js';
import { systemTimers } from '../../src/client/timers.js';
import type { Conversation, LogEvent } from '../../src/protocol/shapes.js';
import { openDatabase } from '../../src/sqlite/open.js';
import { startCore } from '../support/core.js';
import { clientAt, homeOf } from '../support/homes.js';
import { temporaryFolder } from '../support/temporary-folder.js';

function event(seq: number, payload = '{"kind":"text","text":"x"}'): LogEvent {
  const id = `00000000-0000-7000-8000-${String(seq).padStart(12, '0')}`;
  return { conv: 1, seq, id, from: 2, at: seq, payload };
}

t.test('a damaged copy is set aside and fetched again; the outbox beside it stays', async (t) => {
  const core = await startCore(t, { people: 2 });
  const home = await homeOf(t, core.people[0]!, core.port);
  const first = await clientAt(t, home);
  await first.send('person2', { text: 'kept by the server' });
  await first.drained();
  await first.close();
  await writeFile(join(home, 'cache.db'), 'this is no database, whatever its name says'.repeat(100));
  const one = await clientAt(t, home);
  await one.synced();
  t.match(await one.history('person2'), [{ text: 'kept by the server' }]);
  const files = await readdir(home);
  t.ok(files.includes('cache.db.damaged'));
  t.ok(files.includes('outbox.db'));
});

t.test('events go in once, however often they come, and arrival grows', async (t) => {
  const cache = await Cache.open(join(await temporaryFolder(t), 'cache.db'), '1@server');
  t.teardown(() => cache.close());
  await cache.write({ events: [event(1), event(2)] });
  await cache.write({ events: [event(2), event(3)] });
  t.same(await cache.all(1, 0, 100, 100, true), [event(1), event(2), event(3)]);
  t.same(
    (await cache.arrivedAfter(0, 100, 100)).map(({ event: { seq } }) => seq),
    [1, 2, 3],
  );
  const last = await cache.lastArrival();
  await cache.forgetEvents();
  await cache.write({ events: [event(9)] });
  t.ok((await cache.lastArrival()) > last, 'no number is used twice');
});

t.test('an event keeps all its parts', async (t) => {
  const cache = await Cache.open(join(await temporaryFolder(t), 'cache.db'), '1@server');
  t.teardown(() => cache.close());
  const whole: LogEvent = {
    ...event(5),
    class: 'update',
    target: event(1).id,
    files: ['a'.repeat(64), 'b'.repeat(64)],
    payload: '{"quotes":"\\"\'","emoji":"👍"}',
  };
  await cache.write({ events: [whole, { ...event(6), class: 'control' }] });
  t.same(await cache.all(1, 0, 100, 100, false), [whole, { ...event(6), class: 'control' }]);
  t.same(await cache.updatesOf([event(1).id]), [whole]);
});

t.test('the copy of another account is emptied', async (t) => {
  const path = join(await temporaryFolder(t), 'cache.db');
  const first = await Cache.open(path, '1@server');
  await first.write({ events: [event(1)], words: new Map([[event(1).id, 'secret']]) });
  t.equal((await first.search(['secret'], null, 10)).length, 1);
  await first.close();
  const same = await Cache.open(path, '1@server');
  t.equal((await same.all(1, 0, 9, 9, true)).length, 1);
  await same.close();
  const other = await Cache.open(path, '2@server');
  t.same(await other.all(1, 0, 9, 9, true), []);
  t.same(await other.search(['secret'], null, 10), []);
  await other.close();
});

t.test('a newer program has used the home: it is said, and nothing is thrown away', async (t) => {
  const path = join(await temporaryFolder(t), 'cache.db');
  await (await Cache.open(path, '1@server')).close();
  const database = await openDatabase(path);
  await database.exec('PRAGMA user_version = 99');
  await database.close();
  await t.rejects(Cache.open(path, '1@server'), { code: 'database-newer' });
});

t.test('a write that fails tells, and what is taken afterwards is written', async (t) => {
  const cache = await Cache.open(join(await temporaryFolder(t), 'cache.db'), '1@server');
  t.teardown(() => cache.close());
  const directory = new Directory(() => undefined);
  const conversation: Conversation = {
    id: 1,
    kind: 'group',
    name: 'g',
    members: [],
    firstSeq: 1,
    lastSeq: 0,
    lastAt: null,
    left: false,
    unread: 0,
    hidden: false,
    muted: false,
    clearedSeq: 0,
  };
  directory.putConversation(conversation);
  const remote = {} as MessageSource;
  const source = new CachedSource({ cache, directory, remote, isOnline: () => false, isWhole: () => true });
  const written: number[] = [];
  let failures = 0;
  const write = cache.write.bind(cache);
  cache.write = () => Promise.reject(new Error('disk full'));
  const writer = new CacheWriter({
    cache,
    source,
    directory,
    timers: systemTimers,
    onWritten: (events) => {
      written.push(...events.map(({ seq }) => seq));
      return Promise.resolve();
    },
    onFailed: () => {
      failures++;
    },
  });
  writer.add([event(1)]);
  await writer.flushed();
  t.same([failures, written], [1, []]);
  cache.write = write;
  writer.add([event(1), event(2)]);
  await writer.flushed();
  t.same([failures, written], [1, [1, 2]]);
  await writer.close();
  t.equal(
    (await cache.held()).get(1)?.high,
    2,
    'the conversation was written too, though its first write failed',
  );
});
