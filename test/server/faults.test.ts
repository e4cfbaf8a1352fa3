// A full or failing disk, clients that do not read, and the server's own end: nothing acknowledged is lost.
import t from 'tap';
import { uuidv7 } from 'uuidv7';
import { limits } from '../../src/protocol/limits.js';
import { StorageError, type Storage } from '../../src/server/storage/storage.js';
import { startCore } from '../support/core.js';
import { makeGroup, numbers, openDirect, readLog, sendText } from '../support/conversing.js';
import type { WireClient } from '../support/wire-client.js';

/** A storage whose commits fail while `broken.with` is set. */
function breakable() {
  const broken: { with: Error | null; commits: number } = { with: null, commits: 0 };
  const wrap = (storage: Storage): Storage => ({
    ...storage,
    commit: (units) => {
      if (broken.with === null) return storage.commit(units);
      broken.commits++;
      return Promise.reject(broken.with);
    },
  });
  return { broken, wrap };
}

t.test(
  'a full disk says so instead of acknowledging, and the server goes on once there is space',
  async (t) => {
    const { broken, wrap } = breakable();
    const core = await startCore(t, { wrap });
    const [alice, bob] = await Promise.all([core.join(1), core.join(2)]);
    const conv = await openDirect(alice, 2);
    await sendText(alice, conv, 'fits');
    await bob.nextPush('event');
    broken.with = new StorageError('disk-full', 'database or disk is full');
    const ids = numbers(50).map(() => uuidv7());
    const results = await Promise.allSettled(
      ids.map((id, index) => sendText(index % 2 === 0 ? alice : bob, conv, `text ${index}`, id)),
    );
    for (const result of results) {
      if (result.status === 'fulfilled') t.fail('it was acknowledged');
      else if ((result.reason as { code?: string }).code !== 'disk-full') t.fail(String(result.reason));
    }
    const changes: Promise<unknown>[] = [
      alice.request('groups.create', { name: 'team', members: [2] }),
      alice.request('conversations.open', { user: 3 }),
      alice.request('conversations.set', { conv, muted: true }),
      alice.request('friends.add', { username: 'person2' }),
      alice.request('friends.block', { user: 3, blocked: true }),
      alice.request('profile.set', { bio: 'new' }),
    ];
    for (const change of changes) await t.rejects(change, { code: 'disk-full' });
    await Promise.all([alice.settled(), bob.settled()]);
    t.same([...alice.takePushes('conversation'), ...bob.pushes], [], 'nobody is told of what is not stored');
    t.match((await alice.request('conversations.list', {})).conversations, {
      length: 1,
      0: { muted: false },
    });
    t.equal((await readLog(bob, conv)).length, 1, 'reading works');
    broken.with = null;
    alice.takePushes('event');
    const stored = await Promise.all(
      ids.map((id, index) => sendText(index % 2 === 0 ? alice : bob, conv, '', id)),
    );
    t.same(
      stored.map(({ seq }) => seq).sort((a, b) => a - b),
      numbers(50, 2),
      'the same events again are stored, and no number is missing',
    );
    const log = await readLog(alice, conv);
    await bob.settled();
    t.same(bob.takePushes('event'), log.slice(1));
    t.equal(await makeGroup(alice, 'team', [2]).then((id) => id > 0), true);
    t.same(await core.storage.check(), []);
  },
);

t.test('a receipt that a full disk did not take is not lost for those who are connected', async (t) => {
  const { broken, wrap } = breakable();
  const core = await startCore(t, { wrap });
  const [alice, bob] = await Promise.all([core.join(1), core.join(2)]);
  const conv = await openDirect(alice, 2);
  await sendText(alice, conv, 'hi');
  broken.with = new StorageError('disk-full', 'full');
  await bob.request('receipt', { conv, read: 1 });
  t.match(await alice.nextPush('receipts'), { receipts: [{ user: 2, delivered: 1, read: 1 }] });
  await core.hub.committer.flushLazy();
  t.ok(broken.commits > 0);
  broken.with = null;
  await sendText(alice, conv, 'on');
});

t.test('an error that the storage cannot explain is told as one, without its details', async (t) => {
  const { broken, wrap } = breakable();
  const core = await startCore(t, { wrap });
  const alice = await core.join(1);
  const conv = await openDirect(alice, 2);
  broken.with = new StorageError('failed', 'disk I/O error');
  await t.rejects(sendText(alice, conv, 'x'), {
    code: 'storage-failed',
    message: 'the server cannot store it: disk I/O error',
  });
  broken.with = new TypeError('secret of the inside');
  await t.rejects(sendText(alice, conv, 'x'), { code: 'storage-failed', message: /internal error/ });
  broken.with = null;
  t.equal((await sendText(alice, conv, 'x')).seq, 1);
});

t.test('reads that fail are told as errors, and harm nothing else', async (t) => {
  let failing = false;
  const core = await startCore(t, {
    wrap: (storage) => ({
      ...storage,
      eventsAfter: (query, after) =>
        failing
          ? Promise.reject(new StorageError('failed', 'disk I/O error'))
          : storage.eventsAfter(query, after),
      conversation: (id) =>
        failing ? Promise.reject(new StorageError('failed', 'disk I/O error')) : storage.conversation(id),
    }),
  });
  const alice = await core.join(1);
  const conv = await openDirect(alice, 2);
  const get = () => alice.request('events.get', { conv, after: 0, limit: 1 });
  failing = true;
  await t.rejects(get(), { code: 'storage-failed' });
  failing = false;
  await get();
  await core.restart();
  const again = await core.join(1);
  failing = true;
  await t.rejects(sendText(again, conv, 'x'), { code: 'storage-failed' });
  failing = false;
  t.equal((await sendText(again, conv, 'x')).seq, 1, 'a conversation that could not be read can be later');
});

t.test('a client that never reads is dropped at its limit, and the others miss nothing', async (t) => {
  const core = await startCore(t);
  const [alice, bob, stuck] = (await Promise.all([1, 2, 3].map((id) => core.join(id)))) as [
    WireClient,
    WireClient,
    WireClient,
  ];
  const conv = await makeGroup(alice, 'team', [2, 3]);
  stuck.socket.pause();
  const payload = 'x'.repeat(limits.maxPayloadBytes);
  const connections = core.hub.connectionCount();
  let sent = 1;
  // The queue, and what the system's own buffers hold: it has to be more than both.
  while (core.hub.connectionCount() === connections && sent < 2000) {
    await Promise.all(numbers(20).map(() => alice.request('event.send', { conv, id: uuidv7(), payload })));
    sent += 20;
  }
  t.equal(core.hub.connectionCount(), connections - 1, `dropped after ${sent} events`);
  t.ok(sent * payload.length > limits.maxSendQueueBytes);
  await bob.settled();
  t.same(
    bob.takePushes('event').map(({ seq }) => seq),
    numbers(sent),
  );
  t.match(await alice.nextPush('presence', ({ user, online }) => user === 3 && !online), { user: 3 });
  stuck.socket.resume();
  await stuck.closed;
  const again = await core.join(3);
  const missed = await readLog(again, conv, sent - 10);
  t.equal(missed.length, 10, 'it comes back and asks for what it missed');
});

t.test(
  'stopping tells every client, finishes what is being stored, and acknowledges nothing else',
  async (t) => {
    let hold = false;
    let letThrough = (): void => undefined;
    let reached = (): void => undefined;
    const storing = new Promise<void>((resolve) => (reached = resolve));
    const core = await startCore(t, {
      wrap: (storage) => ({
        ...storage,
        commit: async (units) => {
          if (hold && units.flat().some((write) => write.do === 'event')) {
            hold = false;
            reached();
            await new Promise<void>((resolve) => (letThrough = resolve));
          }
          return storage.commit(units);
        },
      }),
    });
    const [alice, bob] = await Promise.all([core.join(1), core.join(2)]);
    const stranger = await core.stranger();
    const conv = await openDirect(alice, 2);
    hold = true;
    const sends = Promise.allSettled(numbers(30).map((i) => sendText(alice, conv, String(i))));
    await storing;
    const stopped = core.stop();
    for (const client of [alice, bob, stranger]) {
      t.equal((await client.nextPush('closing')).error.code, 'stopping');
      await client.closed;
    }
    letThrough();
    await stopped;
    const results = await sends;
    await core.restart();
    const log = await readLog(await core.join(2), conv);
    t.same(
      log.map(({ seq }) => seq),
      numbers(30),
      'what had come was stored',
    );
    for (const result of results) {
      if (result.status === 'fulfilled') t.ok(log.some(({ seq }) => seq === result.value.seq));
    }
  },
);

t.test('people who come and go leave nothing behind in memory', async (t) => {
  const core = await startCore(t, { people: 60 });
  const keeper = await core.join(1);
  const before = core.hub.connectionCount();
  let convs: number[] = [];
  for (const _ of numbers(5)) {
    const clients = await Promise.all(numbers(50, 2).map((id) => core.join(id)));
    convs = await Promise.all(clients.map((client) => openDirect(client, 1)));
    await Promise.all(clients.map((client) => client.destroy()));
  }
  while (core.hub.connectionCount() > before) await keeper.settled();
  t.equal(core.hub.roster.size, 1);
  await keeper.destroy();
  while (core.hub.connectionCount() > 0) await new Promise((resolve) => setImmediate(resolve));
  await core.hub.committer.drain();
  core.hub.sweep();
  t.equal(convs.length, 50);
  t.same(
    convs.filter((conv) => core.hub.loaded(conv)),
    [],
    'conversations without anybody connected are let go',
  );
});
