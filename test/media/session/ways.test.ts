// Tests of the ways of media in virtual time: UDP cut both ways or one way, a chat connection that takes over, and the return.
import t from 'tap';
import type { NetworkTraits } from '../../support/bad-network.js';
import { numberedJpegs } from '../../support/media-pair.js';
import { sizedPicture, virtualCall, type VirtualCall, type VirtualSide } from '../../support/virtual-call.js';

t.setTimeout(120_000);

const picture = await sizedPicture((await numberedJpegs(1))[0]!);
const outageMs = 15_000;

/** The longest time without a picture within a stretch, in milliseconds. */
function longestGapMs(times: readonly number[], fromMs: number, toMs: number): number {
  const within = [fromMs, ...times.filter((atMs) => atMs > fromMs && atMs < toMs), toMs];
  return Math.max(...within.map((atMs, at) => atMs - (within[at - 1] ?? fromMs)));
}

/** When pictures come to a side, from now on. */
function watch({ time }: VirtualCall, side: VirtualSide): number[] {
  const times: number[] = [];
  const { frames } = side;
  const push = frames.push.bind(frames);
  frames.push = (...more) => {
    times.push(...more.map(() => time.now()));
    return push(...more);
  };
  return times;
}

/** Two who talk over a good network, the first of them behind what a test does to it. */
async function talking(options: { delayMs?: number; seed?: number; loss?: number } = {}) {
  const { delayMs = 20, loss = 0, seed = 7 } = options;
  const good: NetworkTraits = { delayMs, loss };
  const call = await virtualCall(2, { traits: [good, { delayMs: 20 }], withTunnels: true, seed });
  const [alice, bob] = [call.sides[0]!, call.sides[1]!];
  alice.tunnel!.traits = bob.tunnel!.traits = { delayMs };
  const stop = call.speak();
  const times = { alice: watch(call, alice), bob: watch(call, bob) };
  call.adapt(picture, 3_000);
  return { ...call, call, alice, bob, good, times, stop };
}

const concealedMs = (side: VirtualSide, from: number): number =>
  side.session.stats().received.get(from)!.audio.concealedMs;

for (const [name, bad] of [
  ['both ways', { blocked: true }],
  ['on the way up', { blocked: 'up' }],
  ['on the way down', { blocked: 'down' }],
  ['for long packets', { maxBytes: 600 }],
] as const satisfies readonly (readonly [string, NetworkTraits])[]) {
  t.test(
    `UDP cut ${name} for 15 s: all is back within 3 s over the chat connection, then on UDP`,
    async (t) => {
      for (const delayMs of [5, 150]) {
        const { call, time, alice, bob, good, times, stop } = await talking({ delayMs });
        t.equal(alice.session.stats().path, 'udp');
        const cutAtMs = time.now();
        alice.network.traits = { ...good, ...bad };
        call.adapt(picture, 3_000);
        const concealedBefore = [concealedMs(alice, 2), concealedMs(bob, 1)];
        call.adapt(picture, outageMs - 3_000);
        t.equal(alice.session.stats().path, 'tcp');
        t.equal(bob.session.stats().path, 'udp', 'the other side stays where it is');
        for (const [who, gaps] of Object.entries(times)) {
          const gapMs = longestGapMs(gaps, cutAtMs, cutAtMs + 3_000);
          t.ok(gapMs <= 2_950, `${who} saw nothing for ${Math.round(gapMs)} ms (round trip ${2 * delayMs})`);
          const laterMs = longestGapMs(gaps, cutAtMs + 3_000, cutAtMs + outageMs);
          t.ok(laterMs <= 300, `${who}: at most ${Math.round(laterMs)} ms between two pictures then`);
        }
        const concealed = [concealedMs(alice, 2), concealedMs(bob, 1)].map(
          (ms, at) => ms - concealedBefore[at]!,
        );
        t.ok(Math.max(...concealed) <= 200, `${concealed.join(' and ')} ms of sound made up afterwards`);

        const openAtMs = time.now();
        alice.network.traits = good;
        call.adapt(picture, 8_000);
        t.equal(alice.session.stats().path, 'udp', 'back on UDP');
        const returnedMs = alice.paths.at(-1)!.atMs - openAtMs;
        t.ok(returnedMs <= 6_000, `after ${Math.round(returnedMs)} ms`);
        for (const [who, gaps] of Object.entries(times)) {
          const gapMs = longestGapMs(gaps, openAtMs, openAtMs + 8_000);
          t.ok(gapMs <= 300, `${who} saw at most ${Math.round(gapMs)} ms without a picture on the way back`);
        }
        const [up, down] = [alice.tunnel!.up.counters.passed, alice.tunnel!.down.counters.passed];
        call.adapt(picture, 3_000);
        t.same(
          [alice.tunnel!.up.counters.passed, alice.tunnel!.down.counters.passed],
          [up, down],
          'the tunnel is left',
        );
        t.same(
          alice.paths.map(({ path }) => path).filter((path) => path !== null),
          ['udp', 'tcp', 'udp'],
        );
        stop();
      }
    },
  );
}
