// Tests of joining a call that runs: by members who were not called, by who left, declined or missed it; and who may not.
import { uuidv7 } from 'uuidv7';
import t from 'tap';
import { callKey, callScene, entriesOf, lose, startCall, talking } from '../support/call-scene.js';
import { makeGroup, numbers } from '../support/conversing.js';
import type { WireClient } from '../support/wire-client.js';

const running = { code: 'call-running' };
const notFound = { code: 'call-not-found' };

/** Tries to call, and joins the call that runs instead, as clients do. */
async function join(client: WireClient, conv: number, fill = 9): Promise<string> {
  const error: unknown = await startCall(client, conv).catch((reason: unknown) => reason);
  t.match(error, running);
  const { call } = (error as { details: { call?: string } }).details;
  t.ok(call, 'the call is named');
  await client.request('call.accept', { call: call!, key: callKey(fill) });
  return call!;
}

/** The call that a client is told to run in a conversation, next. */
async function told(client: WireClient, conv: number, call: string | undefined): Promise<void> {
  await client.nextPush('conversation', ({ conversation: now }) => now.id === conv && now.call === call);
}

t.test('a member who was not called sees that a call runs, and joins it until it is full', async (t) => {
  const scene = await callScene(t, { people: 12 });
  const { core, alice, bob } = scene;
  const others = await Promise.all(numbers(10, 3).map((id) => core.join(id)));
  const team = await makeGroup(alice, 'team', numbers(11, 2));
  const { state } = await startCall(alice, team, { users: [2] });
  const { call } = state;
  await Promise.all([bob, ...others].map((client) => told(client, team, call)));
  await bob.request('call.accept', { call, key: callKey(2) });
  for (const client of others.slice(0, 6)) t.equal(await join(client, team), call);
  const last = (await alice.nextPush('call.state', ({ state: now }) => now.participants.length === 8)).state;
  t.same(last.participants.map(({ user }) => user).slice(2), [3, 4, 5, 6, 7, 8]);
  t.same(last.invited, [{ user: 2, state: 'joined' }], 'who joins uncalled was not called');
  await t.rejects(join(others[6]!, team), { code: 'call-full', details: { max: 8 } });
  await others[0]!.request('call.leave', { call });
  t.equal(await join(others[6]!, team), call, 'there is a place again');
  t.match((await others[7]!.request('conversations.list', {})).conversations, [{ id: team, call }]);

  for (const client of [alice, bob, ...others.slice(1, 7)])
    await client.request('call.leave', { call }).catch(() => 0);
  await told(others[7]!, team, undefined);
  const [entry] = await entriesOf(alice, team);
  t.match(entry, { called: [2], outcome: 'answered' });
  t.same(entry!.joined, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  t.ok(scene.isIdle());
});

t.test('who declined, missed or left a call joins it by calling', async (t) => {
  const scene = await callScene(t, { people: 5 });
  const { core, alice, bob, timers } = scene;
  const [carol, dave] = await Promise.all([core.join(3), core.join(4)]);
  const team = await makeGroup(alice, 'team', [2, 3, 4]);
  const { call } = (await startCall(alice, team)).state;
  await bob.request('call.accept', { call, key: callKey(2) });
  await carol.request('call.decline', { call });
  timers.pass(45_000);
  await dave.nextPush('call.ended', ({ reason }) => reason === 'no-answer');
  for (const client of [carol, dave]) t.equal(await join(client, team), call);
  await bob.request('call.leave', { call });
  t.equal(await join(bob, team), call);
  t.equal(core.context.calls.running.length, 1);
  await alice.nextPush('call.state', ({ state }) =>
    state.participants.some(({ id, user }) => user === 2 && id === 5),
  );
});

t.test(
  'a lost connection, a log-out and the end of a membership count for who joined uncalled too',
  async (t) => {
    const scene = await callScene(t, { people: 6 });
    const { core, alice, bob, timers } = scene;
    const [carol, dave] = await Promise.all([core.join(3), core.join(4)]);
    const team = await makeGroup(alice, 'team', [2, 3, 4, 5]);
    const { call } = (await startCall(alice, team, { users: [2] })).state;
    await bob.request('call.accept', { call, key: callKey(2) });
    await join(carol, team);
    await join(dave, team);
    await lose(core, carol);
    await alice.nextPush('call.state', ({ state }) => state.participants.some(({ away }) => away));
    timers.pass(20_000);
    await alice.nextPush('call.state', ({ state }) => state.participants.every(({ user }) => user !== 3));
    await alice.request('groups.remove', { conv: team, user: 4 });
    t.match(await dave.nextPush('call.ended'), { call, reason: 'failed' });
    await t.rejects(dave.request('call.accept', { call, key: callKey(4) }), notFound);
    const eve = await core.join(5);
    await alice.request('groups.remove', { conv: team, user: 5 });
    await alice.request('groups.add', { conv: team, users: [5] });
    await t.rejects(
      eve.request('call.accept', { call, key: callKey(5) }),
      notFound,
      'put out once, out of this call',
    );
    await t.rejects(startCall(eve, team), { ...running, details: {} });
  },
);

t.test('whoever blocks who began it, or is blocked by them, does not join', async (t) => {
  const scene = await callScene(t, { people: 5 });
  const { core, alice, bob } = scene;
  const [carol, dave] = await Promise.all([core.join(3), core.join(4)]);
  const team = await makeGroup(alice, 'team', [2, 3, 4]);
  await alice.request('friends.block', { user: 3, blocked: true });
  await dave.request('friends.block', { user: 1, blocked: true });
  const { call } = (await startCall(alice, team)).state;
  await bob.request('call.accept', { call, key: callKey(2) });
  for (const client of [carol, dave]) {
    const error: unknown = await startCall(client, team).catch((reason: unknown) => reason);
    t.match(error, running);
    t.same((error as { details: object }).details, {});
    await t.rejects(client.request('call.accept', { call, key: callKey(3) }), notFound);
  }
});

t.test('two who call each other: the later one joins, rung or not', async (t) => {
  const { alice, bob, conv, core } = await callScene(t);
  const { call } = (await startCall(alice, conv)).state;
  t.equal(await join(bob, conv), call);
  const second = await core.join(2);
  const error: unknown = await startCall(second, conv).catch((reason: unknown) => reason);
  t.match(error, running);
  t.same((error as { details: object }).details, {}, 'the account is in it with its other device');
});

t.test('a device that has begun anew takes part instead of what it was before', async (t) => {
  const scene = await callScene(t);
  const { core, alice, bob, conv } = scene;
  const call = await talking(scene);
  await lose(core, bob);
  const again = await core.join(2);
  const { participant, state } = await again.request('call.accept', { call, key: callKey(7) });
  t.equal(participant, 3);
  t.same(
    state.participants.map(({ id }) => id),
    [1, 3],
  );
  await alice.nextPush('call.state', ({ state: now }) => now.participants.some(({ id }) => id === 3));
  t.equal(scene.tickets.size, 2, 'the old ticket is void');
  scene.timers.pass(60_000);
  t.equal(core.context.calls.running.length, 1);
  await lose(core, again);
  const third = await core.join(2);
  t.equal(await join(third, conv), call);
});

t.test('a stranger, and the same id again, are not helped to join', async (t) => {
  const scene = await callScene(t, { people: 5 });
  const { core, alice } = scene;
  const eve = await core.join(5);
  const team = await makeGroup(alice, 'team', [2, 3]);
  const { call } = (await startCall(alice, team)).state;
  await t.rejects(startCall(eve, team), { code: 'conversation-not-found' });
  await t.rejects(eve.request('call.accept', { call, key: callKey(5) }), notFound);
  await t.rejects(eve.request('call.accept', { call: uuidv7(), key: callKey(5) }), notFound);
  const again = await startCall(alice, team, { call });
  t.equal(again.participant, 1, 'who began it may ask again');
});
