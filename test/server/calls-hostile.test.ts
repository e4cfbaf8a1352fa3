// What calls may cost and tell: tickets, bounds, people who are no part of them, blocks, and a disk that is full.
import t from 'tap';
import { uuidv7 } from 'uuidv7';
import { limits } from '../../src/protocol/limits.js';
import { RunningCall } from '../../src/server/calls/running-call.js';
import { StorageError, type Storage } from '../../src/server/storage/storage.js';
import { callKey, callScene, entriesOf, lose, nextEntry, startCall, talking } from '../support/call-scene.js';
import { makeGroup, numbers, openDirect, sendText } from '../support/conversing.js';
import { plentifulRates } from '../support/core.js';

const notFound = { code: 'call-not-found' };

t.test('every participant has a ticket of their own, which is void when they leave', async (t) => {
  const scene = await callScene(t, { advertise: { host: 'relay.example.org', port: 4000 } });
  const { core, alice, bob, tickets } = scene;
  const carol = await core.join(3);
  const team = await makeGroup(alice, 'team', [2, 3]);
  const { state, ticket } = await startCall(alice, team, { media: 'video' });
  const { call } = state;
  t.match(ticket, { host: 'relay.example.org', port: 4000 });
  t.ok(ticket.username.length >= 16);
  t.ok(Buffer.from(ticket.password, 'base64url').length >= 24);
  t.equal(Buffer.from(ticket.toRelay, 'base64url').length, 28);
  t.not(ticket.toRelay, ticket.fromRelay);
  t.match(tickets.get(ticket.username), { call, id: 1, password: ticket.password });
  const second = await bob.request('call.accept', { call, key: callKey(2) });
  const third = await carol.request('call.accept', { call, key: callKey(3) });
  t.equal(tickets.size, 3);
  const ssrcs = third.state.participants.map(({ ssrc }) => ssrc);
  t.equal(new Set(ssrcs).size, 3);
  t.same(
    ssrcs.map((ssrc) => ssrc % 8),
    [0, 0, 0],
  );
  await bob.request('call.leave', { call });
  t.notOk(tickets.has(second.ticket.username));
  const back = await bob.request('call.accept', { call, key: callKey(2) });
  t.equal(back.participant, 4, 'a number is given once');
  t.not(back.ticket.username, second.ticket.username);
  for (const client of [alice, bob, carol])
    await client.request('call.leave', { call }).catch(() => undefined);
  t.ok(scene.isIdle());
});

t.test('nobody but who was called, and members of its group, learns that a call exists', async (t) => {
  const scene = await callScene(t, { people: 5 });
  const { core, alice, bob, conv } = scene;
  const [carol, eve] = await Promise.all([core.join(3), core.join(5)]);
  const call = await talking(scene);
  const team = await makeGroup(alice, 'team', [2, 3, 4]);
  const other = await core.join(1);
  const inTeam = await startCall(other, team, { users: [4] });
  const closedTo = [
    { client: eve, ids: [call, inTeam.state.call, uuidv7()] },
    { client: carol, ids: [call, uuidv7()] },
  ];
  for (const { client, ids } of closedTo) {
    for (const id of ids) {
      const asks: Promise<unknown>[] = [
        client.request('call.ringing', { call: id }),
        client.request('call.accept', { call: id, key: callKey() }),
        client.request('call.decline', { call: id }),
        client.request('call.leave', { call: id }),
        client.request('call.resume', { call: id, participant: 1 }),
        client.request('call.key', { call: id, to: 1, sealed: 'abc' }),
        client.request('call.set', { call: id, muted: true }),
      ];
      for (const ask of asks) await t.rejects(ask, notFound);
    }
  }
  await t.rejects(startCall(eve, conv), { code: 'conversation-not-found' });
  await t.rejects(startCall(carol, team), {
    code: 'call-running',
    details: { call: inTeam.state.call },
  });
  // Of a call in one's group one is told that it runs, and not what happens in it.
  for (const type of ['call.ringing', 'call.decline', 'call.leave'] as const)
    await t.rejects(carol.request(type, { call: inTeam.state.call }), notFound);
  await Promise.all([eve.settled(), carol.settled()]);
  const told = [...eve.pushes, ...carol.pushes].filter(({ type }) => type.startsWith('call.'));
  t.same(told, []);
  await t.rejects(
    bob.request('call.resume', { call, participant: 1 }),
    notFound,
    'the place of somebody else in the same call',
  );
  await t.rejects(bob.request('call.key', { call, to: 2, sealed: 'abc' }), notFound, 'to oneself');
  await t.rejects(bob.request('call.key', { call, to: 9, sealed: 'abc' }), notFound);
});

t.test('one connection is in one call', async (t) => {
  const scene = await callScene(t);
  const { core, alice, bob } = scene;
  const carol = await core.join(3);
  await talking(scene);
  const withCarol = await openDirect(alice, 3);
  await t.rejects(startCall(alice, withCarol), { code: 'in-call' });
  const second = await core.join(1);
  const { state } = await startCall(second, withCarol);
  await carol.nextPush('call.incoming');
  const third = await core.join(3);
  await t.rejects(bob.request('call.accept', { call: state.call, key: callKey() }), notFound);
  await third.request('call.accept', { call: state.call, key: callKey(3) });
  t.equal(core.context.calls.running.length, 2);
});

t.test('at most 8 calls ring at one person; for whoever else calls they are busy', async (t) => {
  const scene = await callScene(t, { people: 12 });
  const { core, bob } = scene;
  const callers = await Promise.all(numbers(9, 4).map((id) => core.join(id)));
  const calls: string[] = [];
  for (const caller of callers) {
    const { state } = await startCall(caller, await openDirect(caller, 2));
    calls.push(state.call);
  }
  t.match(await callers[8]!.nextPush('call.ended'), { call: calls[8], reason: 'busy' });
  t.match(await nextEntry(bob), { call: calls[8], outcome: 'busy' });
  await bob.settled();
  t.same(
    bob.takePushes('call.incoming').map(({ state }) => state.call),
    calls.slice(0, 8),
  );
  await bob.request('call.decline', { call: calls[0]! });
  const { state } = await startCall(callers[8]!, await openDirect(callers[8]!, 2));
  t.match(state.invited, [{ user: 2, state: 'calling' }]);
});

t.test('keys have bounds, and so have those kept for who is away', async (t) => {
  const scene = await callScene(t);
  const { core, alice, bob, conv } = scene;
  const key = callKey();
  const long = 'x'.repeat(limits.maxCallKeyChars + 1);
  for (const wrong of [
    { ...key, publicKey: long },
    { ...key, signature: long },
  ]) {
    await t.rejects(startCall(alice, conv, { key: wrong }), { code: 'invalid' });
  }
  const call = await talking(scene);
  const sealed = 'x'.repeat(limits.maxSealedKeyChars);
  await t.rejects(alice.request('call.key', { call, to: 2, sealed: `${sealed}x` }), { code: 'invalid' });
  await lose(core, bob);
  for (const i of numbers(100)) await alice.request('call.key', { call, to: 2, sealed: `key${i}` });
  const again = await core.join(2);
  await again.request('call.resume', { call, participant: 2 });
  await again.settled();
  await again.settled();
  t.same(
    again.takePushes('call.key').map((one) => one.sealed),
    numbers(64).map((i) => `key${i}`),
  );
  await lose(core, again);
  const twice = await core.join(2);
  await twice.request('call.resume', { call, participant: 2 });
  await twice.settled();
  await twice.settled();
  t.same(twice.takePushes('call.key'), [], 'they are handed on once');
});

t.test('too many calls and too many signals are refused; hanging up never is', async (t) => {
  const few = { burst: 2, perMinute: 0.01 };
  const scene = await callScene(t, {
    config: { rates: { ...plentifulRates, calls: few, callSignals: few } },
  });
  const { alice, bob, conv } = scene;
  const limited = { code: 'rate-limited' };
  const { call } = (await startCall(alice, conv)).state;
  await bob.request('call.accept', { call, key: callKey(2) });
  for (const i of [1, 2]) await alice.request('call.key', { call, to: 2, sealed: `key${i}` });
  await t.rejects(alice.request('call.key', { call, to: 2, sealed: 'abc' }), limited);
  await t.rejects(alice.request('call.set', { call, muted: true }), limited);
  await t.rejects(alice.request('call.resume', { call, participant: 1 }), limited);
  await alice.request('call.leave', { call });
  const second = (await startCall(alice, conv)).state.call;
  await alice.request('call.leave', { call: second });
  await t.rejects(startCall(alice, conv), limited);
  t.ok(scene.isIdle());
});

t.test('a call in which all numbers were given takes nobody in any more', async (t) => {
  const call = new RunningCall(uuidv7(), 1, 'audio', 1, 0);
  while (call.nextId() < limits.maxParticipantNumber - 1);
  t.ok(call.hasRoomFor());
  t.equal(call.nextId(), limits.maxParticipantNumber);
  t.notOk(call.hasRoomFor());
});

t.test('in a group, who blocks or is blocked is left out without a word', async (t) => {
  const scene = await callScene(t, { people: 4 });
  const { core, alice, bob } = scene;
  const [carol, dave] = await Promise.all([core.join(3), core.join(4)]);
  const team = await makeGroup(alice, 'team', [2, 3, 4]);
  await bob.request('friends.block', { user: 1, blocked: true });
  await alice.request('friends.block', { user: 3, blocked: true });
  const { state } = await startCall(alice, team);
  t.same(state.invited, [{ user: 4, state: 'calling' }]);
  await dave.request('call.decline', { call: state.call });
  t.match(await nextEntry(dave), { called: [4], outcome: 'declined' });
  await t.rejects(startCall(alice, team, { users: [2, 3] }), { code: 'call-nobody' });
  await t.rejects(startCall(alice, team, { users: [1] }), { code: 'call-nobody' });
  await Promise.all([bob.settled(), carol.settled()]);
  const rung = [bob, carol].flatMap((client) => client.takePushes('call.incoming'));
  t.same(rung, []);
});

t.test('a block between the two ends what rings, on both sides', async (t) => {
  for (const by of ['caller', 'callee'] as const) {
    const scene = await callScene(t);
    const { alice, bob, conv } = scene;
    const { call } = (await startCall(alice, conv)).state;
    await bob.nextPush('call.incoming');
    if (by === 'caller') await alice.request('friends.block', { user: 2, blocked: true });
    else await bob.request('friends.block', { user: 1, blocked: true });
    t.match(await bob.nextPush('call.ended'), { call, reason: 'cancelled' });
    await alice.nextPush('call.ended');
    t.match(await nextEntry(bob), { outcome: 'cancelled', called: [2] });
    t.ok(scene.isIdle());
  }
});

t.test('who hung up may come back while the call runs, and who was removed may not', async (t) => {
  const scene = await callScene(t);
  const { core, alice, bob } = scene;
  const carol = await core.join(3);
  const team = await makeGroup(alice, 'team', [2, 3]);
  const { call } = (await startCall(alice, team)).state;
  await bob.request('call.accept', { call, key: callKey(2) });
  await carol.request('call.accept', { call, key: callKey(3) });
  await alice.request('call.leave', { call });
  const back = await alice.request('call.accept', { call, key: callKey(1) });
  t.equal(back.participant, 4);
  t.match(
    back.state.participants.map(({ user }) => user),
    [2, 3, 1],
  );
  await alice.request('groups.remove', { conv: team, user: 3 });
  t.match(await carol.nextPush('call.ended'), { call });
  await t.rejects(carol.request('call.accept', { call, key: callKey(3) }), notFound);
  await alice.request('call.leave', { call });
  t.match(await bob.nextPush('call.ended'), { reason: 'hangup' });
  t.match(await nextEntry(bob), { outcome: 'answered', called: [2, 3], joined: [1, 2, 3] });
});

t.test('an account that leaves all its groups leaves their calls', async (t) => {
  const scene = await callScene(t);
  const { core, alice, bob } = scene;
  const carol = await core.join(3);
  const team = await makeGroup(alice, 'team', [2, 3]);
  const { call } = (await startCall(alice, team)).state;
  await bob.request('call.accept', { call, key: callKey(2) });
  await core.hub.leaveAllGroups(3);
  t.match(await carol.nextPush('call.ended'), { call, reason: 'cancelled' });
  await core.hub.leaveAllGroups(2);
  t.match(await alice.nextPush('call.ended'), { call, reason: 'hangup' });
  t.ok(scene.isIdle());
});

t.test('when several refuse, the last of them says how the call went', async (t) => {
  const scene = await callScene(t);
  const { core, alice, bob, timers } = scene;
  const carol = await core.join(3);
  const team = await makeGroup(alice, 'team', [2, 3]);
  const ring = async (): Promise<string> => (await startCall(alice, team)).state.call;

  let call = await ring();
  await bob.request('call.decline', { call });
  await carol.request('call.decline', { call, busy: true });
  t.match(await alice.nextPush('call.ended'), { call, reason: 'busy' });
  t.match(await nextEntry(alice), { outcome: 'busy' });

  call = await ring();
  await bob.request('call.decline', { call, busy: true });
  await carol.request('call.decline', { call });
  t.match(await alice.nextPush('call.ended'), { call, reason: 'declined' });

  call = await ring();
  await bob.request('call.decline', { call });
  timers.pass(45_000);
  t.match(await alice.nextPush('call.ended'), { call, reason: 'no-answer' });

  call = await ring();
  await bob.request('call.decline', { call });
  await alice.request('call.leave', { call });
  t.match(await carol.nextPush('call.ended', (end) => end.call === call), { reason: 'cancelled' });
  for (const outcome of ['declined', 'missed', 'cancelled']) t.match(await nextEntry(alice), { outcome });
  t.same(
    (await entriesOf(carol, team)).map(({ outcome }) => outcome),
    ['busy', 'declined', 'missed', 'cancelled'],
  );
  t.match(core.context.calls.counters, { busy: 1, declined: 1, missed: 1, cancelled: 1, answered: 0 });
});

t.test(
  'a full disk ends no call otherwise than it would end, and keeps no other from its entry',
  async (t) => {
    let full = false;
    const wrap = (storage: Storage): Storage => ({
      ...storage,
      commit: (units) =>
        full ? Promise.reject(new StorageError('disk-full', 'disk is full')) : storage.commit(units),
    });
    const scene = await callScene(t, { wrap });
    const { alice, bob, conv } = scene;
    const lost = await talking(scene);
    full = true;
    await bob.request('call.leave', { call: lost });
    t.match(await alice.nextPush('call.ended'), { call: lost, reason: 'hangup' });
    t.ok(scene.isIdle());
    await t.rejects(sendText(alice, conv, 'no space'), { code: 'disk-full' });
    full = false;
    const kept = await talking(scene);
    await bob.request('call.leave', { call: kept });
    t.match(await nextEntry(alice), { call: kept });
    const { seq } = await sendText(alice, conv, 'space');
    t.equal(seq, 2, 'the numbers have no gap');
  },
);
