// State beside the log: receipts, typing, who is online, hiding, muting, clearing, blocking.
import t from 'tap';
import { startCore, type CoreOptions } from '../support/core.js';
import { makeGroup, numbers, openDirect, readLog, sendText } from '../support/conversing.js';
import type { Teardown } from '../support/temporary-folder.js';
import type { WireClient } from '../support/wire-client.js';

async function startTwo(test: Teardown, options: CoreOptions = {}) {
  const core = await startCore(test, options);
  const [alice, bob] = await Promise.all([core.join(1), core.join(2)]);
  const conv = await openDirect(alice, 2);
  return { core, alice, bob, conv };
}

async function viewOf(client: WireClient, conv: number) {
  const { conversations } = await client.request('conversations.list', {});
  return conversations.find(({ id }) => id === conv)!;
}

t.test('receipts reach the others, several at once, and only those that changed', async (t) => {
  const { core, alice, bob, conv } = await startTwo(t);
  for (const i of numbers(5)) await sendText(alice, conv, String(i));
  for (const i of numbers(5)) await bob.request('receipt', { conv, delivered: i, read: i - 1 });
  const told = await alice.nextPush('receipts');
  t.same(told, { conv, receipts: [{ user: 2, delivered: 5, read: 4 }] });
  t.same(alice.takePushes('receipts'), [], 'five receipts made one push');
  t.match(await viewOf(alice, conv), {
    members: [
      { user: 1, delivered: 0, read: 0 },
      { user: 2, delivered: 5, read: 4 },
    ],
  });
  t.equal((await viewOf(bob, conv)).unread, 1);
  await core.restart();
  const again = await core.join(1);
  t.match((await viewOf(again, conv)).members[1], { delivered: 5, read: 4 }, 'they survive a restart');
});

t.test(
  'what is read in private counts on the own devices, and the others see and hear nothing of it',
  async (t) => {
    const { core, alice, bob, conv } = await startTwo(t);
    const phone = await core.join(2);
    for (const i of numbers(4)) await sendText(alice, conv, String(i));
    await bob.request('receipt', { conv, delivered: 4 });
    t.same((await alice.nextPush('receipts')).receipts, [{ user: 2, delivered: 4, read: 0 }]);
    await phone.nextPush('receipts');
    await bob.request('receipt', { conv, read: 3, private: true });
    t.same((await phone.nextPush('receipts')).receipts, [{ user: 2, delivered: 4, read: 3 }]);
    t.equal((await viewOf(phone, conv)).unread, 1);
    t.match((await viewOf(phone, conv)).members[1], { read: 3 });
    t.match((await viewOf(alice, conv)).members[1], { delivered: 4, read: 0 });
    await alice.settled();
    t.same(alice.takePushes('receipts'), [], 'not even an empty message');
    await core.restart();
    const [aliceAgain, bobAgain] = await Promise.all([core.join(1), core.join(2)]);
    t.match((await viewOf(aliceAgain, conv)).members[1], { delivered: 4, read: 0 }, 'also after a restart');
    t.equal((await viewOf(bobAgain, conv)).unread, 1);
    await bobAgain.request('receipt', { conv, read: 4 });
    t.same(
      (await aliceAgain.nextPush('receipts')).receipts,
      [{ user: 2, delivered: 4, read: 4 }],
      'open again',
    );
  },
);

t.test('receipts never go back, and never past the end', async (t) => {
  const { alice, bob, conv } = await startTwo(t);
  for (const i of numbers(3)) await sendText(alice, conv, String(i));
  await bob.request('receipt', { conv, read: 3 });
  t.same((await alice.nextPush('receipts')).receipts, [{ user: 2, delivered: 3, read: 3 }]);
  await bob.request('receipt', { conv, read: 1, delivered: 2 });
  await bob.request('receipt', { conv, read: 1000, delivered: 1000 });
  await bob.request('receipt', { conv });
  t.match((await viewOf(alice, conv)).members[1], { delivered: 3, read: 3 });
  await sendText(alice, conv, '4');
  await bob.request('receipt', { conv, delivered: 4 });
  t.same(
    (await alice.nextPush('receipts')).receipts,
    [{ user: 2, delivered: 4, read: 3 }],
    'nothing was told in between',
  );
});

t.test('typing reaches the others who are connected, and is kept nowhere', async (t) => {
  const core = await startCore(t, { people: 4 });
  const [alice, bob, carol, dave] = await Promise.all([1, 2, 3, 4].map((id) => core.join(id)));
  const conv = await makeGroup(alice!, 'team', [2, 3]);
  await alice!.request('typing', { conv, on: true });
  await alice!.request('typing', { conv, on: false });
  for (const client of [bob!, carol!]) {
    t.same(await client.nextPush('typing'), { conv, user: 1, on: true });
    t.same(await client.nextPush('typing'), { conv, user: 1, on: false });
  }
  await Promise.all([alice!.settled(), dave!.settled()]);
  t.same([...alice!.takePushes('typing'), ...dave!.takePushes('typing')], []);
  t.equal((await readLog(alice!, conv)).length, 1);
});

t.test(
  'people of a conversation hear who comes and goes, once each, whatever the number of devices',
  async (t) => {
    const { core, alice, bob } = await startTwo(t, { people: 4, now: () => 5000 });
    const stranger = await core.join(4);
    await bob.request('conversations.list', {});
    alice.takePushes('presence');
    const second = await core.join(2);
    await bob.destroy();
    await alice.settled();
    t.same(alice.takePushes('presence'), [], 'a second device is no coming, the first leaving is no going');
    await second.destroy();
    t.same(await alice.nextPush('presence'), { user: 2, online: false, lastSeenAt: 5000 });
    const { presence } = await alice.request('conversations.list', {});
    t.same(presence, [{ user: 2, online: false, lastSeenAt: 5000 }]);
    await core.join(2);
    t.same(await alice.nextPush('presence'), { user: 2, online: true, lastSeenAt: null });
    await stranger.settled();
    t.same(stranger.takePushes('presence'), [], 'strangers hear nothing');
  },
);

t.test('a client that has gone before its login is done is not taken for online', async (t) => {
  let held: (() => void)[] = [];
  let hold = false;
  const { core, alice } = await startTwo(t, {
    people: 3,
    wrap: (storage) => ({
      ...storage,
      sessionByToken: async (hash) => {
        const session = await storage.sessionByToken(hash);
        if (hold) await new Promise<void>((resolve) => held.push(resolve));
        return session;
      },
    }),
  });
  await openDirect(alice, 3);
  const carol = await core.stranger();
  hold = true;
  carol.request('auth', { token: core.people[2]!.token }).catch(() => undefined);
  while (held.length === 0) await alice.settled();
  await carol.destroy();
  while (core.hub.connectionCount() > 2) await alice.settled();
  hold = false;
  for (const letThrough of held) letThrough();
  held = [];
  await alice.settled();
  const { presence } = await alice.request('conversations.list', {});
  t.match(
    presence.find(({ user }) => user === 3),
    { online: false },
  );
  t.equal(core.hub.roster.size, 2);
});

t.test("hiding is private, told to one's devices, and undone by the next message", async (t) => {
  const { core, alice, bob, conv } = await startTwo(t);
  const second = await core.join(1);
  await sendText(bob, conv, 'one');
  await alice.request('conversations.set', { conv, hidden: true });
  t.match(await second.nextPush('conversation'), { conversation: { id: conv, hidden: true } });
  await bob.settled();
  t.same(bob.takePushes('conversation'), []);
  t.equal((await viewOf(alice, conv)).hidden, true);
  await alice.request('receipt', { conv, read: 1 });
  await sendText(bob, conv, 'two');
  t.match(await second.nextPush('conversation', ({ conversation }) => !conversation.hidden), {
    conversation: { id: conv, unread: 1 },
  });
  t.equal((await viewOf(alice, conv)).hidden, false);
  // Hidden again at once: the undoing before must not be written later than this.
  await alice.request('conversations.set', { conv, hidden: true });
  await core.restart();
  const again = await core.join(1);
  t.equal((await viewOf(again, conv)).hidden, true);
});

t.test('a conversation that was hidden before a restart comes back too', async (t) => {
  const { core, alice, conv } = await startTwo(t);
  await alice.request('conversations.set', { conv, hidden: true });
  await core.restart();
  const bob = await core.join(2);
  await sendText(bob, conv, 'knock');
  const again = await core.join(1);
  t.equal((await viewOf(again, conv)).hidden, false);
  await core.restart();
  t.equal((await viewOf(await core.join(1), conv)).hidden, false);
});

t.test('muting and clearing are kept, and clearing does not go back', async (t) => {
  const { core, alice, bob, conv } = await startTwo(t);
  for (const i of numbers(3)) await sendText(bob, conv, String(i));
  await alice.request('conversations.set', { conv, muted: true, clearedSeq: 2 });
  await alice.request('conversations.set', { conv, clearedSeq: 1 });
  t.match(await viewOf(alice, conv), { muted: true, clearedSeq: 2 });
  await alice.request('conversations.set', { conv, clearedSeq: 99, muted: false });
  t.match(await viewOf(alice, conv), { muted: false, clearedSeq: 3 });
  await alice.request('conversations.set', { conv });
  t.match(await viewOf(bob, conv), { muted: false, clearedSeq: 0 }, 'it is the own copy alone');
  await core.restart();
  t.match(await viewOf(await core.join(1), conv), { muted: false, clearedSeq: 3 });
});

t.test('nothing passes between two of whom one has blocked the other', async (t) => {
  const { core, alice, bob, conv } = await startTwo(t);
  await sendText(alice, conv, 'before');
  await alice.request('friends.block', { user: 2, blocked: true });
  bob.takePushes('event');
  const check = async (alice: WireClient, bob: WireClient): Promise<void> => {
    await t.rejects(sendText(bob, conv, 'hello?'), { code: 'blocked', details: { name: 'person1' } });
    await t.rejects(sendText(alice, conv, 'hello?'), { code: 'blocked', details: { name: 'person2' } });
    await bob.request('typing', { conv, on: true });
    await bob.request('receipt', { conv, delivered: 1, read: 1 });
    await t.rejects(makeGroup(bob, 'trap', [1]), { code: 'blocked' });
    t.equal((await readLog(bob, conv)).length, 1, 'what was said before stays readable');
    await new Promise((resolve) => setTimeout(resolve, 150)); // longer than receipts are gathered
    await alice.settled();
    t.same(alice.takePushes('typing'), []);
    t.same(alice.takePushes('receipts'), []);
  };
  await check(alice, bob);
  await core.restart();
  const [alice2, bob2] = await Promise.all([core.join(1), core.join(2)]);
  await check(alice2, bob2);
  await alice2.request('friends.block', { user: 2, blocked: false });
  await sendText(bob2, conv, 'at last');
  t.equal((await alice2.nextPush('event')).seq, 2);
});

t.test('a block that comes while the other one is being checked holds from then on', async (t) => {
  let hold = false;
  let letThrough = (): void => undefined;
  let reached = (): void => undefined;
  const checking = new Promise<void>((resolve) => (reached = resolve));
  const { core, alice, bob, conv } = await startTwo(t, {
    wrap: (storage) => ({
      ...storage,
      blockedBy: async (user) => {
        const blocked = await storage.blockedBy(user);
        if (hold && user === 1) {
          hold = false;
          reached();
          await new Promise<void>((resolve) => (letThrough = resolve));
        }
        return blocked;
      },
    }),
  });
  t.equal(core.hub.loaded(conv)?.blocked, null);
  hold = true;
  const first = sendText(bob, conv, 'racing');
  await checking;
  await alice.request('friends.block', { user: 2, blocked: true });
  letThrough();
  await t.rejects(first, { code: 'blocked' });
  await t.rejects(sendText(bob, conv, 'after'), { code: 'blocked' });
});

t.test('nobody hears of somebody with whom there is a block, either way', async (t) => {
  const core = await startCore(t);
  const [alice, bob] = await Promise.all([core.join(1), core.join(2)]);
  await alice.request('friends.add', { username: 'person2' });
  await bob.request('friends.block', { user: 1, blocked: true });
  alice.takePushes('presence');
  alice.takePushes('user');
  await bob.request('profile.set', { bio: 'secret' });
  await bob.destroy();
  const again = await core.join(2);
  await again.request('ping', {});
  t.same((await alice.request('friends.list', {})).presence, []);
  t.same(alice.takePushes('presence'), []);
  t.same(alice.takePushes('user'), []);
  await again.request('friends.block', { user: 1, blocked: false });
  t.match((await alice.request('friends.list', {})).presence, [{ user: 2, online: true }]);
  await again.destroy();
  t.match(await alice.nextPush('presence'), { user: 2, online: false });
});
