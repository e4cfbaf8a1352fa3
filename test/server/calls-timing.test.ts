// Calls at bad moments: everything at once, connections lost at each stage, logouts, and the end of the server.
import t from 'tap';
import { uuidv7 } from 'uuidv7';
import { decodeJson, FrameDecoder } from '../../src/protocol/frame.js';
import { limits } from '../../src/protocol/limits.js';
import { hashToken } from '../../src/server/codes.js';
import {
  callKey,
  callScene,
  entriesOf,
  lose,
  nextEntry,
  startCall,
  storageGate,
  talking,
  type CallScene,
} from '../support/call-scene.js';
import { makeGroup, openDirect, sendText } from '../support/conversing.js';
import type { WireClient } from '../support/wire-client.js';

/** Rings at Bob's. */
async function ringing({ alice, bob, conv }: CallScene): Promise<string> {
  const { state } = await startCall(alice, conv);
  await bob.nextPush('call.incoming', ({ state: rings }) => rings.call === state.call);
  return state.call;
}

function isAway(client: WireClient, call: string, away: boolean) {
  return client.nextPush(
    'call.state',
    ({ state }) => state.call === call && state.participants.some((one) => one.away) === away,
  );
}

const notFound = { code: 'call-not-found' };

t.test('one device declines and another accepts at once: the first of them counts', async (t) => {
  const scene = await callScene(t);
  const { core, alice, bob, conv } = scene;
  const second = await core.join(2);
  for (const acceptsFirst of [true, false]) {
    const call = await ringing(scene);
    const asks = [
      () => second.request('call.accept', { call, key: callKey(2) }),
      () => bob.request('call.decline', { call }),
    ];
    if (!acceptsFirst) asks.reverse();
    const results = await Promise.allSettled(asks.map((ask) => ask()));
    const accepted = results[acceptsFirst ? 0 : 1]!.status === 'fulfilled';
    if (accepted) {
      t.equal((await bob.nextPush('call.ended', (end) => end.call === call)).reason, 'elsewhere');
      await second.request('call.leave', { call });
    }
    const expected = accepted ? ['hangup', 'answered'] : ['declined', 'declined'];
    t.equal((await alice.nextPush('call.ended', (end) => end.call === call)).reason, expected[0]);
    t.match(await nextEntry(alice), { call, outcome: expected[1] });
    t.ok(scene.isIdle(), 'nothing is left of it');
  }
  t.equal((await entriesOf(alice, conv)).length, 2);
});

t.test(
  'the caller gives up while the other accepts: both hear the same, and it is in the log once',
  async (t) => {
    const scene = await callScene(t);
    const { alice, bob, conv } = scene;
    for (const [first, second] of [
      [alice, bob],
      [bob, alice],
    ] as const) {
      const call = await ringing(scene);
      const act = (client: WireClient): Promise<unknown> =>
        client === alice
          ? alice.request('call.leave', { call })
          : bob.request('call.accept', { call, key: callKey(2) });
      const [, accepted] = await Promise.allSettled([act(first), act(second)]).then((results) =>
        first === alice ? results : results.reverse(),
      );
      const { outcome } = await nextEntry(alice);
      t.equal(outcome, accepted!.status === 'fulfilled' ? 'answered' : 'cancelled');
      const { reason } = await bob.nextPush('call.ended', (end) => end.call === call);
      t.equal(reason, outcome === 'answered' ? 'hangup' : 'cancelled');
      t.ok(scene.isIdle());
    }
    t.equal((await entriesOf(alice, conv)).length, 2);
  },
);

t.test('both hang up at once: the call ends once', async (t) => {
  const scene = await callScene(t);
  const { alice, bob, conv } = scene;
  const call = await talking(scene);
  const results = await Promise.allSettled([
    alice.request('call.leave', { call }),
    bob.request('call.leave', { call }),
  ]);
  t.same(
    results.map(({ status }) => status).sort(),
    ['fulfilled', 'rejected'],
    'for the later one it is over',
  );
  t.match(await nextEntry(bob), { outcome: 'answered', joined: [1, 2] });
  await Promise.all([alice.settled(), bob.settled()]);
  t.equal((await entriesOf(alice, conv)).length, 1);
  t.ok(scene.isIdle());
});

t.test('two who call each other in the same moment have one call', async (t) => {
  const scene = await callScene(t);
  const { alice, bob, conv } = scene;
  const [fromAlice, fromBob] = await Promise.allSettled([startCall(alice, conv), startCall(bob, conv)]);
  const [won, lost, late] =
    fromAlice.status === 'fulfilled' ? [fromAlice, fromBob, bob] : [fromBob, fromAlice, alice];
  if (won.status !== 'fulfilled' || lost.status !== 'rejected') throw new Error('both have, or neither has');
  const { call } = won.value.state;
  t.match(lost.reason, { code: 'call-running', details: { call } });
  const { state } = await late.request('call.accept', { call, key: callKey(2) });
  t.equal(state.participants.length, 2);
});

t.test(
  'a call that is begun again gets the same answer, at once or after the connection was lost',
  async (t) => {
    const scene = await callScene(t);
    const { core, alice, bob, conv, tickets } = scene;
    const call = uuidv7();
    const [first, second] = await Promise.all([
      startCall(alice, conv, { call }),
      startCall(alice, conv, { call }),
    ]);
    t.same(second, first);
    t.equal(core.context.calls.running.length, 1);
    t.equal(tickets.size, 1);
    await alice.destroy();
    const again = await core.join(1);
    const { state, ...rest } = await startCall(again, conv, { call });
    const { state: _, ...before } = first;
    t.same(rest, before);
    t.match(state.participants, [{ id: 1, away: false }]);
    await bob.request('call.accept', { call, key: callKey(2) });
    const told = await again.nextPush('call.state', (push) => push.state.participants.length === 2);
    t.equal(told.state.call, call, 'what happens goes to the new connection');
    await t.rejects(startCall(bob, conv, { call }), { code: 'id-taken' });
  },
);

t.test('a caller who goes while the request is carried out leaves no call behind', async (t) => {
  const gate = storageGate();
  const scene = await callScene(t, { wrap: gate.wrap });
  const { core, alice, bob, conv } = scene;
  const waits = gate.hold('account');
  const start = startCall(alice, conv);
  await waits;
  await lose(core, alice);
  gate.open();
  await t.rejects(start, { code: 'disconnected' });
  await bob.settled();
  t.same(bob.takePushes('call.incoming'), []);
  t.ok(scene.isIdle());
});

t.test('who is removed while the request is carried out is not called, and does not call', async (t) => {
  const gate = storageGate();
  const scene = await callScene(t, { wrap: gate.wrap });
  const { core, alice, bob } = scene;
  const carol = await core.join(3);
  const team = await makeGroup(alice, 'team', [2, 3]);
  let waits = gate.hold('account');
  const start = startCall(alice, team);
  await waits;
  const removed = alice.request('groups.remove', { conv: team, user: 3 });
  await carol.nextPush('conversation', ({ conversation }) => conversation.left);
  gate.open();
  const { state } = await start;
  t.same(state.invited, [{ user: 2, state: 'calling' }]);
  await removed;
  await alice.request('call.leave', { call: state.call });
  waits = gate.hold('account');
  const fromBob = startCall(bob, team);
  await waits;
  const left = bob.request('groups.remove', { conv: team, user: 2 });
  await bob.nextPush('conversation', ({ conversation }) => conversation.left);
  gate.open();
  await t.rejects(fromBob, { code: 'not-in-group' });
  await left;
  await carol.settled();
  t.same(carol.takePushes('call.incoming'), []);
  t.ok(scene.isIdle());
});

t.test(
  'a caller whose connection is lost while it rings may come back, and is forgotten after 20 s',
  async (t) => {
    const scene = await callScene(t);
    const { core, alice, bob, conv, timers } = scene;
    const call = await ringing(scene);
    await alice.destroy();
    const again = await core.join(1);
    const { state } = await again.request('call.resume', { call, participant: 1 });
    t.match(state, { participants: [{ away: false }], invited: [{ state: 'calling' }] });
    timers.pass(20_000);
    t.equal(core.context.calls.running.length, 1, 'the old connection counts no more');
    await again.destroy();
    await scene.bob.settled();
    timers.pass(19_999);
    t.equal(core.context.calls.running.length, 1);
    timers.pass(1);
    t.match(await bob.nextPush('call.ended'), { call, reason: 'cancelled', durationMs: 0 });
    t.match(await nextEntry(bob), { outcome: 'cancelled', called: [2], joined: [1] });
    t.equal((await entriesOf(bob, conv)).length, 1);
    t.ok(scene.isIdle());
  },
);

t.test('it goes on ringing when the device that rings is lost, and rings where one logs in', async (t) => {
  const scene = await callScene(t);
  const { core, alice, bob } = scene;
  const call = await ringing(scene);
  await bob.request('call.ringing', { call });
  await bob.destroy();
  // Frame by frame: the answer to the login comes first, for before it the client does not know who it is.
  const again = await core.stranger();
  const seen: unknown[] = [];
  const decoder = new FrameDecoder(limits.maxServerFrameBytes);
  again.socket.on('data', (data: Buffer) =>
    decoder.push(data, ({ payload }) => void seen.push(decodeJson(payload))),
  );
  await again.request('auth', { token: core.people[1]!.token });
  t.match((await again.nextPush('call.incoming')).state, { call, invited: [{ state: 'ringing' }] });
  const order = seen.map((frame) => (frame as { type?: string }).type ?? 'answer');
  t.same(order, ['answer', 'call.incoming']);
  await again.request('call.accept', { call, key: callKey(2) });
  await alice.nextPush('call.state', ({ state }) => state.participants.length === 2);
  const late = await core.join(2);
  await late.settled();
  await late.settled();
  t.same(late.takePushes('call.incoming'), [], 'what was taken rings no more');
});

t.test('an accept whose answer was lost is asked again by the same device alone', async (t) => {
  const scene = await callScene(t);
  const { core, alice, bob } = scene;
  const call = await ringing(scene);
  const first = await bob.request('call.accept', { call, key: callKey(2) });
  const other = await core.join(2);
  await t.rejects(other.request('call.accept', { call, key: callKey(2) }), notFound, 'the first still talks');
  await bob.destroy();
  await isAway(alice, call, true);
  const second = await other.request('call.accept', { call, key: callKey(2) });
  t.equal(second.participant, first.participant);
  t.same(second.ticket, first.ticket);
  t.match((await isAway(alice, call, false)).state.participants, { length: 2 });
});

t.test('both connections lost: the call ends when neither comes back', async (t) => {
  const scene = await callScene(t);
  const { core, alice, bob, conv, timers } = scene;
  const call = await talking(scene);
  await alice.destroy();
  await isAway(bob, call, true);
  timers.pass(10_000);
  await lose(core, bob);
  const reader = await core.join(2);
  timers.pass(10_000);
  t.match(await nextEntry(reader), { outcome: 'answered', joined: [1, 2] });
  t.ok(scene.isIdle(), 'one alone, and away, is no call');
  await t.rejects(reader.request('call.resume', { call, participant: 2 }), notFound);
  t.equal((await entriesOf(reader, conv)).length, 1);
});

t.test('rings for 45 s and not a moment longer; who has accepted goes on', async (t) => {
  const scene = await callScene(t);
  const { core, alice, bob, conv, timers } = scene;
  const carol = await core.join(3);
  const call = await ringing(scene);
  timers.pass(44_999);
  t.equal(core.context.calls.running.length, 1);
  timers.pass(1);
  t.match(await alice.nextPush('call.ended'), { call, reason: 'no-answer' });
  t.match(await bob.nextPush('call.ended'), { call, reason: 'no-answer' });
  t.match(await nextEntry(bob), { outcome: 'missed', durationMs: 0 });
  t.equal((await entriesOf(bob, conv)).length, 1);
  t.ok(scene.isIdle());

  const team = await makeGroup(alice, 'team', [2, 3]);
  const { state } = await startCall(alice, team);
  await bob.request('call.accept', { call: state.call, key: callKey(2) });
  timers.pass(45_000);
  t.match(await carol.nextPush('call.ended'), { call: state.call, reason: 'no-answer' });
  const told = await bob.nextPush('call.state', (push) => push.state.invited[1]?.state === 'no-answer');
  t.equal(told.state.participants.length, 2);
  const late = await carol.request('call.accept', { call: state.call, key: callKey(3) });
  t.equal(late.participant, 3, 'who has missed it may still join');
});

t.test('a device that is logged out is out of its call at once, connected or not', async (t) => {
  const scene = await callScene(t);
  const { core, alice, bob } = scene;
  const everywhere = () => core.context.accounts.endSessions(2, () => []);
  let call = await talking(scene);
  await everywhere();
  t.match(await alice.nextPush('call.ended'), { call, reason: 'hangup' });
  await bob.closed;
  t.ok(scene.isIdle());
  await core.restart();
  // The same with a new login, while it is away.
  await core.hub.commit([
    {
      do: 'create-session',
      session: {
        id: 77,
        user: 2,
        tokenHash: hashToken('new'),
        device: 'test',
        address: '127.0.0.1',
        createdAt: 1,
        lastSeenAt: 1,
      },
    },
  ]);
  const [caller, callee] = await Promise.all([core.join(1), core.stranger()]);
  await callee.request('auth', { token: 'new' });
  const conv = await openDirect(caller, 2);
  call = await talking({ ...scene, alice: caller, bob: callee, conv });
  await callee.destroy();
  await isAway(caller, call, true);
  await everywhere();
  t.match(await caller.nextPush('call.ended'), { call, reason: 'hangup' });
  t.ok(scene.isIdle(), 'nobody waits for a device that cannot come back');
});

t.test('an account that is disabled while it rings does not answer any more', async (t) => {
  const scene = await callScene(t);
  const { core, alice } = scene;
  const call = await ringing(scene);
  await core.context.accounts.endSessions(2, () => [{ do: 'account', id: 2, set: { disabled: true } }], {
    code: 'account-disabled',
  });
  t.match(await alice.nextPush('call.ended'), { call, reason: 'no-answer' });
  t.match(await nextEntry(alice), { outcome: 'missed' });
  t.ok(scene.isIdle());
});

t.test('other devices that are logged out do not stop the ringing', async (t) => {
  const scene = await callScene(t);
  const { core, alice, bob } = scene;
  const call = await ringing(scene);
  await core.context.accounts.endSessions(2, () => []);
  await bob.closed;
  await alice.settled();
  await alice.settled();
  t.equal(core.context.calls.running.length, 1, 'the person may log in again in time');
  await alice.request('call.leave', { call });
});

t.test('a server that stops ends its calls, writes their entries, and lets none begin', async (t) => {
  const gate = storageGate();
  const scene = await callScene(t, { wrap: gate.wrap, people: 6 });
  const { core, alice, bob, conv } = scene;
  const [carol, dave, eve] = await Promise.all([core.join(3), core.join(4), core.join(5)]);
  const talked = await talking(scene);
  const withCarol = await openDirect(dave, 3);
  const { state: rings } = await startCall(dave, withCarol);
  await carol.nextPush('call.incoming');
  const withMallory = await openDirect(eve, 6);
  const waits = gate.hold('account');
  const late = startCall(eve, withMallory);
  await waits;
  const closing = core.context.calls.close();
  gate.open();
  await t.rejects(late, { code: 'stopping' });
  await closing;
  t.ok(scene.isIdle());
  await core.stop();
  for (const client of [alice, bob, dave]) {
    await client.closed;
    const kinds = client.pushes.filter(({ type }) => ['call.ended', 'event', 'closing'].includes(type));
    t.same(
      kinds.map(({ type }) => type),
      ['call.ended', 'event', 'closing'],
      'the end, its entry, and the end of the connection',
    );
  }
  t.match(await alice.nextPush('call.ended'), { call: talked, reason: 'failed' });
  t.match(await dave.nextPush('call.ended'), { call: rings.call, reason: 'failed' });
  await core.restart();
  const again = await core.join(1);
  t.match(await entriesOf(again, conv), [{ call: talked, outcome: 'answered' }]);
  t.match(await entriesOf(await core.join(3), withCarol), [{ call: rings.call, outcome: 'cancelled' }]);
});

t.test('the entry of a call shares its commit with what else is sent, and keeps its order', async (t) => {
  const gate = storageGate();
  const scene = await callScene(t, { wrap: gate.wrap });
  const { core, alice, bob, conv } = scene;
  const call = await talking(scene);
  await core.hub.committer.flushLazy();
  const waits = gate.hold('commit');
  const first = sendText(alice, conv, 'one');
  await waits;
  const before = gate.counts.commits;
  const second = sendText(alice, conv, 'two');
  const left = alice.request('call.leave', { call });
  const third = sendText(alice, conv, 'three');
  await left;
  await bob.nextPush('call.ended');
  // Nothing of `third` is answered before its commit; a later request on the same connection shows that it has arrived.
  await alice.settled();
  gate.open();
  await Promise.all([first, second, third]);
  t.match(await nextEntry(bob), { call });
  t.equal(gate.counts.commits, before + 1);
  t.same((await entriesOf(bob, conv)).length, 1);
});
