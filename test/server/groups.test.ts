// Groups: who is in, who decides, and who gets to see what.
import t from 'tap';
import { decodePayload } from '../../src/protocol/payload.js';
import type { LogEvent } from '../../src/protocol/shapes.js';
import { plentifulRates, startCore, type CoreOptions } from '../support/core.js';
import { makeGroup, numbers, openDirect, readLog, sendText } from '../support/conversing.js';
import type { WireClient } from '../support/wire-client.js';
import type { Teardown } from '../support/temporary-folder.js';

const control = (event: LogEvent) => decodePayload('control', event.payload);

/** A group `team` of the first people, the first its admin, all of them connected. */
async function startGroup(test: Teardown, size: number, options: CoreOptions = {}) {
  const core = await startCore(test, { people: Math.max(size, 4), ...options });
  const clients = await Promise.all(numbers(size).map((id) => core.join(id)));
  const conv = await makeGroup(clients[0]!, 'team', numbers(size));
  for (const client of clients) {
    await client.nextPush('conversation');
    await client.nextPush('event');
  }
  return { core, clients, conv };
}

async function viewOf(client: WireClient, conv: number) {
  const { conversations } = await client.request('conversations.list', {});
  return conversations.find(({ id }) => id === conv)!;
}

const membersSeenBy = async (client: WireClient, conv: number) =>
  (await viewOf(client, conv)).members.map(({ user, admin }) => (admin ? `${user}*` : String(user)));

t.test('a group is made, and its members hear of it before its first event', async (t) => {
  const core = await startCore(t);
  const [alice, bob] = await Promise.all([core.join(1), core.join(2)]);
  const { conversation } = await alice.request('groups.create', { name: 'Team', members: [2, 3, 2, 1] });
  t.match(conversation, { kind: 'group', name: 'Team', firstSeq: 1, lastSeq: 1, left: false });
  await bob.settled();
  const pushes = bob.pushes.filter(({ type }) => type !== 'presence');
  t.same(
    pushes.map(({ type }) => type),
    ['conversation', 'event'],
  );
  const told = await bob.nextPush('conversation');
  t.same(
    told.users.map(({ username }) => username),
    ['person1', 'person2', 'person3'],
  );
  t.same(
    told.conversation.members.map(({ user, admin }) => [user, admin]),
    [
      [1, true],
      [2, false],
      [3, false],
    ],
  );
  const created = await bob.nextPush('event');
  t.match(created, { class: 'control', seq: 1, from: 1 });
  t.same(control(created), { kind: 'created', name: 'Team', members: [1, 2, 3] });
});

t.test('a group has at most 50 members, its creator included', async (t) => {
  const core = await startCore(t, { people: 52 });
  const alice = await core.join(1);
  await t.rejects(makeGroup(alice, 'crowd', numbers(50, 2)), { code: 'group-full' });
  const conv = await makeGroup(alice, 'crowd', numbers(48, 2));
  await t.rejects(alice.request('groups.add', { conv, users: [50, 51] }), { code: 'group-full' });
  await alice.request('groups.add', { conv, users: [50] });
  await t.rejects(alice.request('groups.add', { conv, users: [51] }), { code: 'group-full' });
  t.equal((await viewOf(alice, conv)).members.length, 50);
});

t.test('two who add at once do not get past the limit', async (t) => {
  const core = await startCore(t, { people: 55 });
  const [alice, again] = await Promise.all([core.join(1), core.join(1)]);
  const conv = await makeGroup(alice, 'crowd', numbers(47, 2));
  const results = await Promise.allSettled([
    alice.request('groups.add', { conv, users: [49, 50] }),
    again.request('groups.add', { conv, users: [51, 52] }),
    again.request('groups.add', { conv, users: [53] }),
  ]);
  t.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
  t.equal((await viewOf(alice, conv)).members.length, 50);
});

t.test(
  'a name is unique whatever its case, and free again once it was changed or nobody is left',
  async (t) => {
    const { core, clients, conv } = await startGroup(t, 2);
    const [alice, bob] = clients as [WireClient, WireClient];
    await t.rejects(makeGroup(bob, 'TEAM', []), { code: 'name-taken', details: { name: 'TEAM' } });
    const other = await makeGroup(bob, 'other', []);
    await t.rejects(bob.request('groups.rename', { conv: other, name: 'Team' }), { code: 'name-taken' });
    await alice.request('groups.rename', { conv, name: 'Team' });
    await alice.request('groups.rename', { conv, name: 'squad' });
    const events = await Promise.all([bob.nextPush('event', (e) => e.conv === conv && e.seq === 3)]);
    t.same(control(events[0]), { kind: 'renamed', name: 'squad' });
    await makeGroup(bob, 'team', []);
    await bob.request('groups.remove', { conv: other, user: 2 });
    await makeGroup(alice, 'Other', []);
    const made = await Promise.allSettled(numbers(5).map(() => makeGroup(alice, 'race', [])));
    t.equal(made.filter(({ status }) => status === 'fulfilled').length, 1, 'of several at once one is made');
    for (const result of made)
      if (result.status === 'rejected') t.match(result.reason, { code: 'name-taken' });
    t.same(await core.storage.check(), []);
  },
);

t.test('somebody added sees the conversation from joining on', async (t) => {
  const { core, clients, conv } = await startGroup(t, 2);
  const [alice, bob] = clients as [WireClient, WireClient];
  const carol = await core.join(3);
  await sendText(alice, conv, 'before');
  await alice.request('groups.add', { conv, users: [3] });
  await sendText(bob, conv, 'after');
  const { conversation, users } = await carol.nextPush('conversation');
  t.match(conversation, { firstSeq: 3, left: false, unread: 0 });
  t.equal(users.length, 3);
  const [joined, after] = [await carol.nextPush('event'), await carol.nextPush('event')];
  t.same(control(joined), { kind: 'joined', users: [3] });
  t.equal(after.seq, 4);
  t.same(
    (await readLog(carol, conv)).map(({ seq }) => seq),
    [3, 4],
  );
  const page = await carol.request('events.get', { conv, before: 100, limit: 100 });
  t.match(page, { firstSeq: 3, lastSeq: 4 });
  t.equal(page.events.length, 2);
  const [before] = (await readLog(alice, conv)).slice(1);
  await t.rejects(carol.request('events.find', { id: before!.id }), { code: 'message-not-found' });
  await t.rejects(alice.request('groups.add', { conv, users: [3] }), { code: 'already-member' });
});

t.test('somebody removed gets the event of it and nothing later, and may read up to it', async (t) => {
  const { clients, conv } = await startGroup(t, 3);
  const [alice, bob, carol] = clients as [WireClient, WireClient, WireClient];
  await sendText(bob, conv, 'still here');
  await alice.request('groups.remove', { conv, user: 2 });
  await sendText(carol, conv, 'without bob');
  await sendText(alice, conv, 'quite');
  await bob.settled();
  const got = bob.takePushes('event');
  t.same(
    got.map(({ seq }) => seq),
    [2, 3],
  );
  t.same(control(got[1]!), { kind: 'left', user: 2 });
  t.match((await bob.nextPush('conversation')).conversation, { left: true, lastSeq: 3, members: [] });
  t.same(
    (await readLog(bob, conv)).map(({ seq }) => seq),
    [1, 2, 3],
  );
  const last = (await readLog(alice, conv)).at(-1)!;
  await t.rejects(bob.request('events.find', { id: last.id }), { code: 'message-not-found' });
  const updates = await bob.request('events.updates', { conv, targets: [got[0]!.id], after: 0, limit: 10 });
  t.same(updates.updates, []);
  t.match(await viewOf(bob, conv), { left: true, lastSeq: 3, members: [] });
  const ghostly: Promise<unknown>[] = [
    sendText(bob, conv, 'ghost'),
    bob.request('groups.rename', { conv, name: 'mine' }),
    bob.request('groups.remove', { conv, user: 2 }),
    bob.request('groups.add', { conv, users: [4] }),
    bob.request('groups.admin', { conv, user: 2 }),
    bob.request('typing', { conv, on: true }),
  ];
  for (const asked of ghostly) await t.rejects(asked, { code: 'not-in-group' });
  t.equal((await readLog(alice, conv)).length, 5);
});

t.test('what arrives while its sender is being removed is refused', async (t) => {
  let hold = false;
  let letThrough = (): void => undefined;
  let reached = (): void => undefined;
  const removing = new Promise<void>((resolve) => (reached = resolve));
  const { clients, conv } = await startGroup(t, 3, {
    wrap: (storage) => ({
      ...storage,
      commit: async (units) => {
        if (hold && units.flat().some((write) => write.do === 'leave')) {
          reached();
          await new Promise<void>((resolve) => (letThrough = resolve));
        }
        return storage.commit(units);
      },
    }),
  });
  const [alice, bob, carol] = clients as [WireClient, WireClient, WireClient];
  hold = true;
  const removed = alice.request('groups.remove', { conv, user: 2 });
  await removing;
  const late = sendText(bob, conv, 'too late');
  const fine = sendText(carol, conv, 'fine');
  await Promise.all([bob.settled(), carol.settled()]);
  letThrough();
  await removed;
  await t.rejects(late, { code: 'not-in-group' });
  t.equal((await fine).seq, 3, 'what shares its commit is stored all the same');
  t.same(
    (await readLog(alice, conv)).map(({ from }) => from),
    [1, 1, 3],
  );
  await bob.settled();
  t.same(
    bob.takePushes('event').map(({ seq }) => seq),
    [2],
  );
});

t.test('somebody who comes back sees only from then on', async (t) => {
  const { core, clients, conv } = await startGroup(t, 2);
  const [alice, bob] = clients as [WireClient, WireClient];
  await bob.request('groups.remove', { conv, user: 2 });
  await sendText(alice, conv, 'alone');
  await alice.request('groups.add', { conv, users: [2] });
  await sendText(bob, conv, 'back');
  const seqs = [4, 5];
  t.same(
    (await readLog(bob, conv)).map(({ seq }) => seq),
    seqs,
  );
  t.match(await viewOf(bob, conv), { firstSeq: 4, lastSeq: 5, left: false });
  await core.restart();
  const again = await core.join(2);
  t.same(
    (await readLog(again, conv)).map(({ seq }) => seq),
    seqs,
  );
});

t.test('only admins decide about others; everybody may leave', async (t) => {
  const { clients, conv } = await startGroup(t, 3);
  const [alice, bob, carol] = clients as [WireClient, WireClient, WireClient];
  for (const asked of [
    bob.request('groups.add', { conv, users: [4] }),
    bob.request('groups.remove', { conv, user: 3 }),
    bob.request('groups.rename', { conv, name: 'bobs' }),
    bob.request('groups.admin', { conv, user: 2 }),
  ]) {
    await t.rejects(asked, { code: 'not-group-admin' });
  }
  await t.rejects(alice.request('groups.remove', { conv, user: 4 }), { code: 'not-a-member' });
  await t.rejects(alice.request('groups.admin', { conv, user: 4 }), { code: 'not-a-member' });
  await t.rejects(alice.request('groups.add', { conv, users: [99] }), { code: 'user-not-found' });
  await alice.request('groups.admin', { conv, user: 2 });
  const promoted = await carol.nextPush('event');
  t.same(control(promoted), { kind: 'admin', user: 2 });
  await bob.request('groups.remove', { conv, user: 3 });
  t.same(await membersSeenBy(alice, conv), ['1*', '2*']);
  t.equal((await readLog(alice, conv)).length, 3, 'refusals left nothing in the log');
});

t.test('the oldest member becomes admin when the last admin leaves', async (t) => {
  const { core, clients, conv } = await startGroup(t, 4);
  const [alice, bob, carol, dave] = clients as [WireClient, WireClient, WireClient, WireClient];
  await bob.request('groups.remove', { conv, user: 2 });
  await alice.request('groups.add', { conv, users: [2] });
  await alice.request('groups.remove', { conv, user: 1 });
  const promoted = await dave.nextPush('event', (event) => control(event)?.kind === 'admin');
  t.same(control(promoted), { kind: 'admin', user: 3 }, 'bob had come back later than carol');
  t.same(await membersSeenBy(dave, conv), ['3*', '4', '2']);
  await carol.request('groups.rename', { conv, name: 'carols' });
  await core.restart();
  const later = await core.join(4);
  t.same(await membersSeenBy(later, conv), ['3*', '4', '2'], 'after a restart too');
});

t.test('a server that dies while the last admin leaves does not leave a group without one', async (t) => {
  let leaving = false;
  const { core, clients, conv } = await startGroup(t, 3, {
    wrap: (storage) => ({
      ...storage,
      commit: async (units) => {
        if (leaving && !units.flat().some((write) => write.do === 'leave')) {
          throw new Error('the server is gone');
        }
        return storage.commit(units);
      },
    }),
  });
  leaving = true;
  await clients[0]!.request('groups.remove', { conv, user: 1 }).catch(() => undefined);
  await core.stop();
  leaving = false;
  await core.restart();
  const bob = await core.join(2);
  t.same(await membersSeenBy(bob, conv), ['2*', '3']);
});

t.test('a direct conversation is no group', async (t) => {
  const core = await startCore(t);
  const alice = await core.join(1);
  const conv = await openDirect(alice, 2);
  for (const asked of [
    alice.request('groups.add', { conv, users: [3] }),
    alice.request('groups.remove', { conv, user: 2 }),
    alice.request('groups.remove', { conv, user: 1 }),
    alice.request('groups.rename', { conv, name: 'ours' }),
    alice.request('groups.admin', { conv, user: 1 }),
  ]) {
    await t.rejects(asked, { code: 'not-a-group' });
  }
  t.same(await readLog(alice, conv), []);
});

t.test('two who open their conversation at once get the same one', async (t) => {
  const core = await startCore(t);
  const [alice, bob] = await Promise.all([core.join(1), core.join(2)]);
  const ids = await Promise.all(
    numbers(10).map((i) => (i % 2 === 0 ? openDirect(alice, 2) : openDirect(bob, 1))),
  );
  t.equal(new Set(ids).size, 1);
  const results = await Promise.all([sendText(alice, ids[0]!, 'a'), sendText(bob, ids[0]!, 'b')]);
  t.same(results.map(({ seq }) => seq).sort(), [1, 2]);
  t.equal((await alice.request('conversations.list', {})).conversations.length, 1);
  await t.rejects(openDirect(alice, 1), { code: 'yourself' });
  await t.rejects(openDirect(alice, 99), { code: 'user-not-found' });
});

t.test('a change and the events around it reach everybody in the order of the log', async (t) => {
  const { clients, conv } = await startGroup(t, 4);
  const [alice, bob, carol, dave] = clients as [WireClient, WireClient, WireClient, WireClient];
  await Promise.all([
    ...numbers(40).map((i) => sendText(bob, conv, `bob ${i}`)),
    ...numbers(10).map(async () => {
      await alice.request('groups.remove', { conv, user: 4 }).catch(() => undefined);
      await alice.request('groups.add', { conv, users: [4] }).catch(() => undefined);
    }),
    ...numbers(10).map((i) => alice.request('groups.rename', { conv, name: `team${i}` })),
    ...numbers(40).map((i) => sendText(carol, conv, `carol ${i}`)),
  ]);
  const log = await readLog(alice, conv);
  t.same(
    log.map(({ seq }) => seq),
    numbers(log.length),
  );
  for (const client of [alice, bob, carol]) {
    await client.settled();
    t.same(client.takePushes('event'), log.slice(1));
  }
  await dave.settled();
  const seen = dave.takePushes('event');
  // Dave is told of his going and coming, and of exactly what happened while he was a member.
  const expected: number[] = [];
  let member = true;
  for (const event of log.slice(1)) {
    const what = event.class === 'control' ? control(event) : null;
    if (what?.kind === 'joined') member = true;
    if (member) expected.push(event.seq);
    if (what?.kind === 'left') member = false;
  }
  t.same(
    seen.map(({ seq }) => seq),
    expected,
  );
});

t.test('nobody can be put into more groups than a list of them can hold', async (t) => {
  const wrap: CoreOptions['wrap'] = (storage) => ({
    ...storage,
    groupCount: async (user) => (await storage.groupCount(user)) + 998,
  });
  const core = await startCore(t, { wrap });
  const [alice, bob] = await Promise.all([core.join(1), core.join(2)]);
  await openDirect(alice, 2);
  const first = await makeGroup(alice, 'first', [2]);
  await makeGroup(bob, 'second', []);
  const full = { code: 'groups-full', details: { name: 'person2', max: 1000 } };
  await t.rejects(makeGroup(alice, 'third', [2]), full);
  await t.rejects(makeGroup(bob, 'third', []), full);
  const third = await makeGroup(alice, 'third', [3]);
  await t.rejects(alice.request('groups.add', { conv: third, users: [2] }), full);
  await bob.request('groups.remove', { conv: first, user: 2 });
  await alice.request('groups.add', { conv: third, users: [2] });
});

t.test('groups are made, and people put into them, no faster than the server allows', async (t) => {
  const rates = { ...plentifulRates, groups: { burst: 2, perMinute: 1 } };
  const core = await startCore(t, { config: { rates }, now: () => 1_790_000_000_000 });
  const alice = await core.join(1);
  const conv = await makeGroup(alice, 'team', []);
  await alice.request('groups.add', { conv, users: [2] });
  await t.rejects(alice.request('groups.add', { conv, users: [3] }), { code: 'rate-limited' });
  await t.rejects(makeGroup(alice, 'more', []), { code: 'rate-limited' });
});
