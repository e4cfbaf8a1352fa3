// A group's call of real `pytalk call` processes in which one has a narrow way: the others see each other as before.
import t from 'tap';
import { registered } from '../support/cli-person.js';
import type { Program } from '../support/cli-program.js';
import { startCall, withoutDevices } from '../support/calling.js';
import { narrowHost, openNarrowWay } from '../support/narrow-way.js';
import { testServer } from '../support/server.js';
import { missing } from '../support/tools.js';

t.setTimeout(240_000);

const skip = process.platform === 'linux' ? missing('ffmpeg', '-version') : 'needs a second loopback address';
const small = [...withoutDevices, '--size', '320x240', '--fps', '10', '--stats', '-'];
const limitBps = 150_000;
const stretchMs = 3_000;

interface Seen {
  frames: number;
  atMs: number;
}

/** How many pictures of somebody have come; of the next line that passes. */
async function seen(one: Program, name: string, passes: (seen: Seen) => boolean): Promise<Seen> {
  let found: Seen = { frames: 0, atMs: 0 };
  await one.until(({ type, at, received }) => {
    if (type !== 'stats') return false;
    const figures = (received as Record<string, { video: { frames: number } } | undefined>)[name];
    found = { frames: figures?.video.frames ?? 0, atMs: Date.parse(at as string) };
    return passes(found);
  });
  return found;
}

/** Pictures a second of somebody, from `waitMs` after the next line on. */
async function rate(one: Program, name: string, waitMs: number): Promise<number> {
  const now = await seen(one, name, () => true);
  const from = await seen(one, name, ({ atMs }) => atMs >= now.atMs + waitMs);
  const to = await seen(one, name, ({ atMs }) => atMs >= from.atMs + stretchMs);
  return ((to.frames - from.frames) * 1000) / (to.atMs - from.atMs);
}

t.test('150 kbit/s for one of three lower the pictures of the others by nothing', { skip }, async (t) => {
  const server = await testServer(t);
  const way = await openNarrowWay({ tcp: server.tcp.port, udp: server.udp.port });
  t.teardown(() => way.close());
  const alice = await registered(t, server, 'alice');
  const bob = await registered(t, server, 'bob');
  const carol = await registered(t, server, 'carol', { host: narrowHost });
  await alice.does('groups', 'create', 'team', '--members', 'bob,carol');
  const first = startCall(t, alice, '#team', ...small);
  await first.until(({ type }) => type === 'ringing');
  const second = startCall(t, bob, '#team', ...small);
  const slow = startCall(t, carol, '#team', ...small);
  const isSeen = ({ frames }: Seen): boolean => frames > 10;
  await Promise.all([seen(first, 'bob', isSeen), seen(second, 'alice', isSeen), seen(slow, 'bob', isSeen)]);

  const both = (waitMs: number): Promise<number[]> =>
    Promise.all([rate(first, 'bob', waitMs), rate(second, 'alice', waitMs)]);
  const before = await both(0);
  t.equal(way.network.counters.lost, 0);
  const passedBytes = way.network.counters.passedBytes;
  t.ok(passedBytes > 0, 'the datagrams of the third pass there');
  way.network.traits = { bitsPerSecond: limitBps };
  const startedMs = performance.now();
  const limited = await both(2_000);
  const seconds = (performance.now() - startedMs) / 1000;
  const kbps = ((way.network.counters.passedBytes - passedBytes) * 8) / 1000 / seconds;
  t.ok(kbps < (2.2 * limitBps) / 1000, `${kbps} kbit/s both ways: it is narrow`);
  for (const [at, fps] of limited.entries()) {
    t.ok(fps >= 0.75 * before[at]!, `${fps} pictures a second, ${before[at]} before`);
  }
  await seen(slow, 'alice', ({ frames }) => frames > 0);
  for (const one of [slow, second, first]) {
    one.child.stdin!.write('{"do":"hangup"}\n');
    t.equal(await one.ended, 0, one.stderr);
  }
});
