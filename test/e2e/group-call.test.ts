// A group's call of real `pytalk call` processes: members join one that runs, one leaves and comes back, and all streams go on.
import t from 'tap';
import { registered } from '../support/cli-person.js';
import type { Program } from '../support/cli-program.js';
import { startAgent, startCall, withoutDevices } from '../support/calling.js';
import { testServer } from '../support/server.js';
import { missing } from '../support/tools.js';

t.setTimeout(240_000);

const skip = missing('ffmpeg', '-version');
const small = [...withoutDevices, '--size', '320x240', '--fps', '10', '--stats', '-'];

interface Received {
  video: { frames: number; lost: number; width: number };
  audio: { packets: number };
}
type Streams = Record<string, Received>;

/** Frames of each of these that have come so far, once there are `more` of all than before. */
async function streams(
  one: Program,
  names: readonly string[],
  more: number,
  before?: Streams,
): Promise<Streams> {
  const line = await one.until(({ type, received }) => {
    if (type !== 'stats') return false;
    const now = received as Streams;
    return names.every(
      (name) => (now[name]?.video.frames ?? 0) >= (before?.[name]?.video.frames ?? 0) + more,
    );
  });
  return line['received'] as Streams;
}

t.test('three of a group talk, one leaves, one comes back by calling', { skip }, async (t) => {
  const server = await testServer(t);
  const [alice, bob, carol] = [
    await registered(t, server, 'alice'),
    await registered(t, server, 'bob'),
    await registered(t, server, 'carol'),
  ];
  await bob.does('friends', 'add', alice.phone);
  await alice.does('groups', 'create', 'team', '--members', 'bob,carol');
  const agent = await startAgent(t, bob, '--from', 'alice', ...small);
  // Carol is called by nobody.
  const first = startCall(t, alice, '#team', 'bob', ...small);
  t.match(await first.until(({ type }) => type === 'ringing'), { with: '#team', from: 'alice' });
  await first.until(({ type }) => type === 'connected');
  await streams(first, ['bob'], 10);

  const third = startCall(t, carol, '#team', ...small);
  const there: unknown[] = [];
  const joined = await third.until(({ type, user }) => {
    if (type === 'participant') there.push(user);
    return type === 'ringing' || type === 'connected';
  });
  t.match(joined, { type: 'connected', with: '#team' }, 'a call that runs is joined, and rings nobody');
  t.same(there.sort(), ['alice', 'bob'], 'who joins is told who is there, and so who records');
  await Promise.all([
    streams(third, ['alice', 'bob'], 10),
    streams(first, ['bob', 'carol'], 10),
    streams(agent, ['alice', 'carol'], 10),
  ]);

  const before = await streams(first, ['bob'], 1);
  third.child.stdin!.write('{"do":"hangup"}\n');
  t.equal(await third.ended, 0, third.stderr);
  const after = await streams(first, ['bob'], 30, before);
  t.notOk('carol' in after);
  // A machine that is busy sends them smaller.
  t.ok(after['bob']!.video.width > 0 && after['bob']!.video.width <= 320);
  t.ok(after['bob']!.video.lost <= before['bob']!.video.lost + 2, 'the new key costs no picture');
  await streams(agent, ['alice'], 10);

  const back = startCall(t, carol, '#team', ...small);
  await back.until(({ type }) => type === 'connected');
  await Promise.all([
    streams(back, ['alice', 'bob'], 20),
    streams(first, ['bob', 'carol'], 20),
    streams(agent, ['alice', 'carol'], 20),
  ]);
  first.child.stdin!.write('{"do":"hangup"}\n');
  t.equal(await first.ended, 0);
  await streams(back, ['bob'], 10);
  back.child.stdin!.write('{"do":"hangup"}\n');
  t.equal(await back.ended, 0);
  const [entry] = (await alice.does('history', '#team')).slice(-1);
  t.match(entry, { kind: 'call', call: { outcome: 'answered' } });
});
