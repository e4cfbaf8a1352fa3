// Tests of calls on the server: who rings, who may join, how each ends, what the log keeps; with timers of the test's.
import { uuidv7 } from 'uuidv7';
import t from 'tap';
import type { After } from '../../src/server/calls/calls.js';
import { startCore, type Core } from '../support/core.js';
import type { Teardown } from '../support/temporary-folder.js';
import type { WireClient } from '../support/wire-client.js';

const key = {
  publicKey: Buffer.alloc(32, 1).toString('base64url'),
  signature: Buffer.alloc(64, 2).toString('base64url'),
};

/** Timers that the test fires, by their length in milliseconds. */
function manualTimers() {
  const waiting = new Set<{ ms: number; run: () => void }>();
  const after: After = (ms, run) => {
    const timer = { ms, run };
    waiting.add(timer);
    return () => waiting.delete(timer);
  };
  const fire = (ms: number): void => {
    for (const timer of [...waiting]) {
      if (timer.ms !== ms) continue;
      waiting.delete(timer);
      timer.run();
    }
  };
  return { after, fire, waiting };
}

async function direct(core: Core, by: WireClient, user: number): Promise<number> {
  return (await by.request('conversations.open', { user })).conversation.id;
}

async function scene(test: Teardown, people = 3) {
  const timers = manualTimers();
  const core = await startCore(test, { people, after: timers.after });
  const [alice, bob] = await Promise.all([core.join(1), core.join(2)]);
  const conv = await direct(core, alice, 2);
  return { core, alice, bob, conv, timers };
}

/** The call's entry, once it is in the log. */
async function entry(client: WireClient): Promise<Record<string, unknown>> {
  const event = await client.nextPush('event', ({ payload }) => payload.includes('"kind":"call"'));
  t.equal(event.class, 'control');
  return JSON.parse(event.payload) as Record<string, unknown>;
}

t.test('a call rings, is taken, and its end is in the log', async (t) => {
  const { alice, bob, conv } = await scene(t);
  const call = uuidv7();
  const started = await alice.request('call.start', { call, conv, media: 'video', key });
  t.match(started, { participant: 1, ticket: { host: null, port: 9999 } });
  const { state } = await bob.nextPush('call.incoming');
  t.match(state, { call, by: 1, media: 'video', invited: [{ user: 2, state: 'calling' }] });
  await bob.request('call.ringing', { call });
  await alice.nextPush('call.state', ({ state: now }) => now.invited.some((one) => one.state === 'ringing'));
  const joined = await bob.request('call.accept', { call, key });
  t.equal(joined.state.participants.length, 2);
  t.not(joined.ticket.username, started.ticket.username);
  const both = (await alice.nextPush('call.state', ({ state: now }) => now.participants.length === 2)).state;
  t.equal(new Set(both.participants.map(({ ssrc }) => ssrc)).size, 2);
  await alice.request('call.key', { call, to: 2, sealed: 'abc' });
  t.same(await bob.nextPush('call.key'), { call, from: 1, sealed: 'abc' });
  await bob.request('call.set', { call, muted: true });
  await alice.nextPush('call.state', ({ state: now }) => now.participants.some(({ muted }) => muted));
  await bob.request('call.set', { call, recording: true });
  const told = await alice.nextPush('call.state', ({ state: now }) =>
    now.participants.some(({ recording }) => recording),
  );
  t.match(told.state.participants, [
    { user: 1, recording: false },
    { user: 2, recording: true, muted: true, screen: false },
  ]);
  await bob.request('call.set', { call, screen: true });
  const shown = await alice.nextPush('call.state', ({ state: now }) =>
    now.participants.some(({ screen }) => screen),
  );
  t.match(shown.state.participants, [
    { user: 1, screen: false },
    { user: 2, screen: true, recording: true },
  ]);
  await bob.request('call.leave', { call });
  t.match(await alice.nextPush('call.ended'), { call, reason: 'hangup' });
  t.match(await entry(alice), { kind: 'call', call, outcome: 'answered', called: [2], joined: [1, 2] });
});

t.test('declined, busy, cancelled and not answered each say so', async (t) => {
  const { alice, bob, conv, timers } = await scene(t);
  const ring = async (): Promise<string> => {
    const call = uuidv7();
    await alice.request('call.start', { call, conv, media: 'audio', key });
    await bob.nextPush('call.incoming');
    return call;
  };
  await bob.request('call.decline', { call: await ring() });
  t.match(await alice.nextPush('call.ended'), { reason: 'declined' });
  t.match(await entry(bob), { outcome: 'declined' });

  await bob.request('call.decline', { call: await ring(), busy: true });
  t.match(await alice.nextPush('call.ended'), { reason: 'busy' });
  t.match(await entry(bob), { outcome: 'busy' });

  await alice.request('call.leave', { call: await ring() });
  t.match(await bob.nextPush('call.ended', ({ reason }) => reason === 'cancelled'), { durationMs: 0 });
  t.match(await entry(bob), { outcome: 'cancelled' });

  await ring();
  timers.fire(45_000);
  t.match(await alice.nextPush('call.ended'), { reason: 'no-answer' });
  await bob.nextPush('call.ended', ({ reason }) => reason === 'no-answer');
  t.match(await entry(bob), { outcome: 'missed' });
  t.equal(timers.waiting.size, 0, 'no timer is left');
});

t.test('one device takes it, and the others stop ringing', async (t) => {
  const { core, alice, bob, conv } = await scene(t);
  const call = uuidv7();
  await alice.request('call.start', { call, conv, media: 'audio', key });
  const second = await core.join(2);
  await second.nextPush('call.incoming', ({ state }) => state.call === call);
  await second.request('call.accept', { call, key });
  t.match(await bob.nextPush('call.ended'), { call, reason: 'elsewhere' });
  await t.rejects(bob.request('call.accept', { call, key }), { code: 'call-not-found' });
});

t.test('who is in a call is busy for others', async (t) => {
  const { core, alice, bob, conv } = await scene(t);
  const call = uuidv7();
  await alice.request('call.start', { call, conv, media: 'audio', key });
  await bob.request('call.accept', { call, key });
  const carol = await core.join(3);
  const other = await direct(core, carol, 2);
  await carol.request('call.start', { call: uuidv7(), conv: other, media: 'audio', key });
  t.match(await carol.nextPush('call.ended'), { reason: 'busy' });
  await t.rejects(alice.request('call.start', { call: uuidv7(), conv: other, media: 'audio', key }), {
    code: 'conversation-not-found',
  });
  t.same(
    bob.pushes.filter(({ type, body }) => type === 'call.incoming' && body.state.by === 3),
    [],
  );
});

t.test('two who call each other at once find the same call', async (t) => {
  const { alice, bob, conv } = await scene(t);
  const [first, second] = [uuidv7(), uuidv7()];
  await alice.request('call.start', { call: first, conv, media: 'audio', key });
  await t.rejects(bob.request('call.start', { call: second, conv, media: 'audio', key }), {
    code: 'call-running',
    details: { call: first },
  });
});

t.test('a lost connection is forgiven for 20 s', async (t) => {
  const { core, alice, bob, conv, timers } = await scene(t);
  const call = uuidv7();
  const { ticket } = await alice.request('call.start', { call, conv, media: 'audio', key });
  await bob.request('call.accept', { call, key });
  await alice.destroy();
  await bob.nextPush('call.state', ({ state }) => state.participants.some(({ away }) => away));
  await bob.request('call.key', { call, to: 1, sealed: 'meanwhile' });
  const again = await core.join(1);
  const resumed = await again.request('call.resume', { call, participant: 1 });
  t.same(resumed.ticket, ticket, 'the ticket is still good');
  t.match(await again.nextPush('call.key'), { from: 2, sealed: 'meanwhile' });
  await again.destroy();
  await bob.nextPush('call.state', ({ state }) => state.participants.some(({ away }) => away));
  timers.fire(20_000);
  t.match(await bob.nextPush('call.ended'), { reason: 'hangup' });
  await t.rejects((await core.join(1)).request('call.resume', { call, participant: 1 }), {
    code: 'call-not-found',
  });
});

t.test('strangers learn nothing, and may do nothing', async (t) => {
  const { core, alice, conv } = await scene(t);
  const call = uuidv7();
  await alice.request('call.start', { call, conv, media: 'audio', key });
  const carol = await core.join(3);
  const refused = { code: 'call-not-found' };
  await t.rejects(carol.request('call.accept', { call, key }), refused);
  await t.rejects(carol.request('call.decline', { call }), refused);
  await t.rejects(carol.request('call.leave', { call }), refused);
  await t.rejects(carol.request('call.resume', { call, participant: 1 }), refused);
  await t.rejects(carol.request('call.key', { call, to: 1, sealed: 'abc' }), refused);
  await t.rejects(carol.request('call.start', { call, conv, media: 'audio', key }), { code: 'id-taken' });
  await t.rejects(carol.request('call.start', { call: uuidv7(), conv, media: 'audio', key }), {
    code: 'conversation-not-found',
  });
});

t.test('a block ends the call of the two, and lets no other begin', async (t) => {
  const { alice, bob, conv } = await scene(t);
  const call = uuidv7();
  await alice.request('call.start', { call, conv, media: 'audio', key });
  await bob.request('call.accept', { call, key });
  await bob.request('friends.block', { user: 1, blocked: true });
  await alice.nextPush('call.ended');
  await t.rejects(alice.request('call.start', { call: uuidv7(), conv, media: 'audio', key }), {
    code: 'blocked',
  });
});

t.test(
  'a group rings all its members, goes on while two are there, and ends with the last but one',
  async (t) => {
    const { core, alice, bob } = await scene(t, 10);
    const carol = await core.join(3);
    const { conversation } = await alice.request('groups.create', { name: 'team', members: [2, 3] });
    const call = uuidv7();
    await alice.request('call.start', { call, conv: conversation.id, media: 'video', key });
    await bob.request('call.accept', { call, key });
    await carol.request('call.accept', { call, key });
    await alice.request('call.leave', { call });
    await bob.nextPush('call.state', ({ state }) => state.participants.length === 2 && state.by === 1);
    await alice.request('groups.remove', { conv: conversation.id, user: 3 });
    t.match(await carol.nextPush('call.ended'), { reason: 'failed' });
    t.match(await bob.nextPush('call.ended'), { reason: 'hangup' });
    const large = await alice.request('groups.create', { name: 'large', members: [2, 3, 4, 5, 6, 7, 8, 9] });
    const everybody = { call: uuidv7(), conv: large.conversation.id, media: 'audio' as const, key };
    await t.rejects(alice.request('call.start', everybody), { code: 'call-too-many' });
    await alice.request('call.start', { ...everybody, users: [4, 5] });
  },
);

t.test('a server that stops tells those who talk, and writes the entry first', async (t) => {
  const { core, alice, bob, conv } = await scene(t);
  const call = uuidv7();
  await alice.request('call.start', { call, conv, media: 'audio', key });
  await bob.request('call.accept', { call, key });
  await core.context.calls.close();
  t.match(await alice.nextPush('call.ended'), { reason: 'failed' });
  t.match(await entry(bob), { outcome: 'answered' });
});
