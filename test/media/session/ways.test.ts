// Tests of the ways of media in virtual time: UDP cut both ways or one way, a chat connection that takes over, and the return.
import t from 'tap';
import type { NetworkTraits } from '../../support/bad-network.js';
import { numberedJpegs } from '../../support/media-pair.js';
import { concealedMs, longestGapMs, show, watch } from '../../support/shown-pictures.js';
import { sizedPicture, virtualCall } from '../../support/virtual-call.js';

t.setTimeout(200_000);

const picture = await sizedPicture((await numberedJpegs(1))[0]!);
const outageMs = 15_000;
/** What the clock of virtual time shows at first. */
const virtualStartMs = 1_000;

/** Two who talk over a good network, the first of them behind what a test does to it. */
async function talking(options: { delayMs?: number; seed?: number; loss?: number } = {}) {
  const { delayMs = 20, loss = 0, seed = 7 } = options;
  const good: NetworkTraits = { delayMs, loss };
  const call = await virtualCall(2, { traits: [good, { delayMs: 20 }], withTunnels: true, seed });
  const [alice, bob] = [call.sides[0]!, call.sides[1]!];
  alice.tunnel!.traits = bob.tunnel!.traits = { delayMs };
  const stop = call.speak();
  const times = { alice: watch(call, alice), bob: watch(call, bob) };
  show(call, 3_000);
  return { ...call, call, alice, bob, good, times, stop };
}

for (const [name, bad, roundTrips] of [
  ['both ways', { blocked: true }, [5, 150]],
  ['on the way up', { blocked: 'up' }, [60]],
  ['on the way down', { blocked: 'down' }, [60]],
  ['for long packets', { maxBytes: 600 }, [60]],
] as const satisfies readonly (readonly [string, NetworkTraits, readonly number[]])[]) {
  t.test(
    `UDP cut ${name} for 15 s: all is back within 3 s over the chat connection, then on UDP`,
    async (t) => {
      for (const delayMs of roundTrips) {
        const { call, time, alice, bob, good, times, stop } = await talking({ delayMs });
        t.equal(alice.session.stats().path, 'udp');
        t.equal(alice.tunnel!.suspected, 0);
        const cutAtMs = time.now();
        alice.network.traits = { ...good, ...bad };
        show(call, 3_000);
        const concealedBefore = [concealedMs(alice, 2), concealedMs(bob, 1)];
        show(call, outageMs - 3_000);
        t.equal(alice.session.stats().path, 'tcp');
        t.equal(bob.session.stats().path, 'udp', 'the other side stays where it is');
        t.equal(alice.tunnel!.suspected, 1, 'the chat connection, which may be dead as well, was looked at');
        t.equal(bob.tunnel!.suspected, 0);
        for (const [who, gaps] of Object.entries(times)) {
          const gapMs = longestGapMs(gaps, cutAtMs, cutAtMs + 3_000);
          t.ok(gapMs <= 2_950, `${who} saw nothing for ${Math.round(gapMs)} ms (round trip ${2 * delayMs})`);
          const laterMs = longestGapMs(gaps, cutAtMs + 3_000, cutAtMs + outageMs);
          t.ok(laterMs <= 400, `${who}: at most ${Math.round(laterMs)} ms between two pictures then`);
        }
        const concealed = [concealedMs(alice, 2), concealedMs(bob, 1)].map(
          (ms, at) => ms - concealedBefore[at]!,
        );
        t.ok(Math.max(...concealed) <= 200, `${concealed.join(' and ')} ms of sound made up afterwards`);

        const openAtMs = time.now();
        alice.network.traits = good;
        show(call, 8_000);
        t.equal(alice.session.stats().path, 'udp', 'back on UDP');
        const returnedMs = alice.paths.at(-1)!.atMs - openAtMs;
        t.ok(returnedMs <= 6_000, `after ${Math.round(returnedMs)} ms`);
        for (const [who, gaps] of Object.entries(times)) {
          const gapMs = longestGapMs(gaps, openAtMs, openAtMs + 8_000);
          t.ok(gapMs <= 300, `${who} saw at most ${Math.round(gapMs)} ms without a picture on the way back`);
        }
        const [up, down] = [alice.tunnel!.up.counters.passed, alice.tunnel!.down.counters.passed];
        show(call, 3_000);
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

t.test('where only 20 % are lost, UDP is not left', async (t) => {
  const { call, time, alice, stop } = await talking({ delayMs: 30, loss: 0.2 });
  show(call, 15_000);
  stop();
  // The rest without pictures, which would only take the machine's time.
  time.pass(600_000);
  t.same(
    alice.paths.map(({ path }) => path),
    ['udp'],
  );
});

t.test('a network that opens and closes again and again is left alone ever longer', async (t) => {
  const { call, alice, good, stop } = await talking();
  // It answers requests, also long ones, but passes hardly any media: the worst that can be.
  const returns: number[] = [];
  for (let seconds = 0; seconds < 90; seconds++) {
    const isTunnelled = alice.session.stats().path === 'tcp';
    alice.network.traits = { ...good, blocked: !isTunnelled };
    const before = alice.paths.filter(({ path }) => path === 'tcp').length;
    show(call, 1_000);
    if (alice.paths.filter(({ path }) => path === 'tcp').length > before) returns.push(seconds);
  }
  stop();
  t.ok(returns.length <= 7, `it was left ${returns.length} times in 90 s`);
});

t.test('a narrow chat connection carries what fits, never late, and the sound nearly whole', async (t) => {
  const { call, time, alice, bob, good, times, stop } = await talking();
  const narrow = { delayMs: 20, bitsPerSecond: 300_000 };
  alice.tunnel!.traits = narrow;
  alice.network.traits = { ...good, blocked: true };
  call.adapt(picture, 6_000);
  const concealedBefore = [concealedMs(alice, 2), concealedMs(bob, 1)];
  const [fromAlice, fromBob] = [bob.latencies.length, alice.latencies.length];
  const beganMs = time.now();
  call.adapt(picture, 10_000);
  stop();
  for (const [who, latencies] of [
    ['bob', bob.latencies.slice(fromAlice)],
    ['alice', alice.latencies.slice(fromBob)],
  ] as const) {
    const worst = Math.max(...latencies);
    t.ok(worst <= 1_000, `${who} saw pictures at most ${Math.round(worst)} ms late`);
    t.ok(latencies.length >= 30, `${who} saw ${latencies.length} pictures in 10 s`);
    t.ok(longestGapMs(times[who], beganMs, time.now()) <= 1_000);
  }
  const concealed = [concealedMs(alice, 2), concealedMs(bob, 1)].map((ms, at) => ms - concealedBefore[at]!);
  // By the seed 120 to 420.
  t.ok(Math.max(...concealed) <= 500, `${concealed.join(' and ')} ms of 10 s of sound made up`);
});

t.test('without any way nothing is hung up: what comes back first is taken', async (t) => {
  const { call, alice, bob, good, times, stop, time } = await talking();
  alice.network.traits = { ...good, blocked: true };
  alice.tunnel!.traits = { isLost: true };
  show(call, 10_000);
  t.equal(alice.paths.at(-1)!.path, null);
  alice.tunnel!.traits = {};
  let backMs = time.now();
  show(call, 3_000);
  t.ok(times.bob.find((atMs) => atMs > backMs)! - backMs <= 2_000, 'the chat connection');
  t.equal(alice.paths.at(-1)!.path, 'tcp');
  alice.tunnel!.traits = { isLost: true };
  show(call, 5_000);
  t.equal(alice.paths.at(-1)!.path, null);
  alice.network.traits = good;
  backMs = time.now();
  show(call, 3_000);
  t.ok(times.bob.find((atMs) => atMs > backMs)! - backMs <= 2_000, 'UDP, at its first answer');
  t.equal(alice.paths.at(-1)!.path, 'udp');
  t.equal(bob.paths.length, 1);
  stop();
});

t.test('an address that changes heals within two seconds, with the chat connection or without', async (t) => {
  for (const isLost of [false, true]) {
    const { call, alice, times, stop, time } = await talking({ delayMs: 150 });
    alice.tunnel!.traits = { isLost };
    alice.move();
    const movedMs = time.now();
    show(call, 4_000);
    stop();
    for (const [who, all] of Object.entries(times)) {
      const gapMs = longestGapMs(all, movedMs, movedMs + 4_000);
      t.ok(gapMs <= 2_000, `${who} saw nothing for ${Math.round(gapMs)} ms`);
    }
    t.equal(alice.session.stats().path, 'udp');
  }
});

for (const sleepMs of [5_000, 45_000]) {
  t.test(
    `whoever sleeps for ${sleepMs / 1000} s and wakes elsewhere is back within two seconds`,
    async (t) => {
      const { call, alice, times, stop, time } = await talking();
      alice.sleep(sleepMs);
      // Its chat connection is of the network in which it fell asleep.
      alice.tunnel!.traits = { isLost: true };
      show(call, sleepMs);
      alice.move();
      const wokeMs = time.now();
      show(call, 4_000);
      stop();
      for (const [who, all] of Object.entries(times)) {
        const gapMs = longestGapMs(all, wokeMs, wokeMs + 4_000);
        t.ok(gapMs <= 2_000, `${who} saw nothing for ${Math.round(gapMs)} ms after it woke`);
      }
    },
  );
}

t.test('whoever begins where UDP does not pass sees the other within 3 s', async (t) => {
  const call = await virtualCall(2, { traits: [{ blocked: true }], withTunnels: true });
  const [alice] = call.sides;
  t.equal(alice!.paths[0]!.path, 'tcp');
  t.ok(alice!.paths[0]!.atMs - virtualStartMs <= 3_000);
  show(call, 1_000);
  t.ok(alice!.frames.length >= 10);
});
