// Tests of the direct way in virtual time: found behind simulated NATs, not where one is symmetric, left when it fails, and taken again.
import t from 'tap';
import { encodeCheck, encodeCheckAnswer } from '../../../src/protocol/ice.js';
import { encodeWayOffer } from '../../../src/protocol/way-offer.js';
import { HostileDatagrams } from '../../support/hostile-datagrams.js';
import { concealedMs, longestGapMs, pictureEveryMs, show, watch } from '../../support/shown-pictures.js';
import { VirtualNat, type NatKind } from '../../support/virtual-nat.js';
import { virtualCall, type VirtualCall } from '../../support/virtual-call.js';

t.setTimeout(200_000);

const pathsOf = (call: VirtualCall): string[] => call.sides.map(({ session }) => session.stats().path);

/** Two who talk by a relay 40 ms away, and could do so directly in half the time. */
async function talking(nats: readonly (NatKind | null)[], more: { loss?: number; directMs?: number } = {}) {
  const { loss = 0, directMs = 20 } = more;
  const traits = [
    { delayMs: 20, loss },
    { delayMs: 20, loss },
  ];
  const directTraits = { delayMs: directMs, loss };
  const call = await virtualCall(2, { traits, nats, directTraits, withTunnels: true });
  const [alice, bob] = [call.sides[0]!, call.sides[1]!];
  const stop = call.speak();
  const times = { alice: watch(call, alice), bob: watch(call, bob) };
  return { ...call, call, alice, bob, times, stop, directTraits };
}

for (const [one, other] of [
  ['open', 'open'],
  ['cone', 'cone'],
  ['open', 'symmetric'],
] as const) {
  t.test(`two behind ${one} and ${other} NATs talk directly, and nobody sees the change`, async (t) => {
    const { call, time, alice, bob, relay, times, stop } = await talking([one, other]);
    const beganMs = time.now();
    show(call, 6_000);
    t.same(pathsOf(call), ['direct', 'direct']);
    for (const side of [alice, bob]) {
      const tookMs = side.paths.find(({ path }) => path === 'direct')!.atMs - beganMs;
      t.ok(tookMs <= 3_000, `after ${Math.round(tookMs)} ms`);
      t.ok(Math.abs(side.session.stats().rttMs! - 40) < 5, 'the round trip is that of the direct way');
    }
    const forwarded = relay.counters.forwardedPackets;
    show(call, 4_000);
    t.equal(relay.counters.forwardedPackets, forwarded, 'nothing goes by the relay');
    stop();
    for (const [who, all] of Object.entries(times)) {
      const gapMs = longestGapMs(all, beganMs + 300, time.now());
      t.ok(gapMs <= 200, `${who} saw at most ${Math.round(gapMs)} ms without a picture`);
    }
    t.ok(concealedMs(alice, 2) + concealedMs(bob, 1) <= 200, 'hardly any sound was made up');
  });
}

for (const [name, nats] of [
  ['where both NATs differ by whom is spoken with', ['symmetric', 'symmetric']],
  ['where one of two NATs does', ['cone', 'symmetric']],
  ['when the caller wants the relay only', [null, 'cone']],
  ['when the one who was called wants the relay only', ['open', null]],
] as const) {
  t.test(`the relay is used ${name}`, async (t) => {
    const { call, alice, bob, stop, direct } = await talking(nats);
    show(call, 20_000);
    t.same(pathsOf(call), ['udp', 'udp']);
    t.notOk([...alice.paths, ...bob.paths].some(({ path }) => path === 'direct'));
    t.ok(alice.frames.length > 280 && bob.frames.length > 280);
    if (!nats.includes('symmetric' as never)) t.equal(direct.counters.passed, 0, 'nobody is asked');
    stop();
  });
}

t.test('two on one wire talk by their own addresses, whatever NAT they are behind', async (t) => {
  const { call, internet, relay, stop } = await talking(['symmetric', 'symmetric']);
  internet.isOneWire = true;
  show(call, 15_000);
  t.same(pathsOf(call), ['direct', 'direct']);
  const { forwardedPackets } = relay.counters;
  show(call, 2_000);
  t.equal(relay.counters.forwardedPackets, forwardedPackets);
  stop();
  await Promise.all(call.sides.map(({ session }) => session.close()));
  t.same(pathsOf(call), ['direct', 'direct'], 'as the figures say after the end');
});

t.test('a direct way that is cut is left within a second and a half, and taken again later', async (t) => {
  const { call, time, alice, bob, times, stop, direct, directTraits } = await talking(['cone', 'cone']);
  show(call, 6_000);
  t.same(pathsOf(call), ['direct', 'direct']);
  for (const blocked of [true, 'up', 'down'] as const) {
    const cutMs = time.now();
    direct.traits = { ...directTraits, blocked };
    show(call, 2_000);
    t.same(pathsOf(call), ['udp', 'udp'], `blocked: ${blocked}`);
    const concealedBefore = [concealedMs(alice, 2), concealedMs(bob, 1)];
    show(call, 8_000);
    for (const [who, all] of Object.entries(times)) {
      const gapMs = longestGapMs(all, cutMs, time.now());
      t.ok(gapMs <= 1_500, `${who} saw nothing for ${Math.round(gapMs)} ms`);
      const laterMs = longestGapMs(all, cutMs + 2_000, time.now());
      t.ok(laterMs <= 300, `${who}: at most ${Math.round(laterMs)} ms between two pictures then`);
    }
    const concealed = [concealedMs(alice, 2), concealedMs(bob, 1)].map((ms, at) => ms - concealedBefore[at]!);
    t.ok(Math.max(...concealed) <= 200, `${concealed.join(' and ')} ms of sound made up afterwards`);
    direct.traits = directTraits;
    const openMs = time.now();
    show(call, 40_000);
    t.same(pathsOf(call), ['direct', 'direct'], 'taken again');
    for (const [who, all] of Object.entries(times)) {
      const gapMs = longestGapMs(all, openMs, time.now());
      t.ok(gapMs <= 300, `${who} saw at most ${Math.round(gapMs)} ms without a picture on the way back`);
    }
  }
  stop();
});

t.test('when a third joins, all goes by the relay; when they have left, directly again', async (t) => {
  const { call, time, alice, bob, times, stop } = await talking(['cone', 'cone']);
  show(call, 6_000);
  t.same(pathsOf(call), ['direct', 'direct']);
  const joinedMs = time.now();
  const carol = call.join();
  t.same(pathsOf(call), ['udp', 'udp', 'udp'], 'at once');
  await new Promise((resolve) => setImmediate(resolve));
  show(call, 4_000);
  t.ok(carol.frames.length > 60, 'who sees both others');
  t.ok(alice.frames.some(({ from }) => from === carol.id));
  await call.leave(carol);
  show(call, 6_000);
  t.same(pathsOf(call), ['direct', 'direct']);
  for (const [who, all] of Object.entries(times)) {
    const gapMs = longestGapMs(all, joinedMs, time.now());
    t.ok(gapMs <= 300, `${who} saw at most ${Math.round(gapMs)} ms without a picture`);
  }
  t.ok(bob.frames.length > 0);
  stop();
});

t.test('a direct way that is much longer than that by the relay is not used', async (t) => {
  const { call, stop } = await talking(['open', 'open'], { directMs: 90 });
  show(call, 10_000);
  t.same(pathsOf(call), ['udp', 'udp']);
  stop();
});

t.test('a direct way that long packets do not pass is not used', async (t) => {
  const { call, stop, direct, directTraits } = await talking(['open', 'open']);
  direct.traits = { ...directTraits, maxBytes: 600 };
  show(call, 15_000);
  t.same(pathsOf(call), ['udp', 'udp']);
  stop();
});

t.test('on a direct way that loses packets they are asked for again, of the other one', async (t) => {
  const { call, relay, alice, bob, times, time, stop } = await talking(['open', 'open'], { loss: 0.05 });
  show(call, 8_000);
  t.same(pathsOf(call), ['direct', 'direct']);
  const [fromMs, before] = [time.now(), { alice: alice.frames.length, bob: bob.frames.length }];
  const { forwardedPackets } = relay.counters;
  show(call, 20_000);
  stop();
  t.same(pathsOf(call), ['direct', 'direct'], 'five in a hundred lost do not close it');
  t.equal(relay.counters.forwardedPackets, forwardedPackets);
  const shown = [alice.frames.length - before.alice, bob.frames.length - before.bob];
  t.ok(Math.min(...shown) >= 290, `${shown.join(' and ')} of 303 pictures`);
  for (const all of Object.values(times)) t.ok(longestGapMs(all, fromMs, time.now()) <= 400);
});

t.test(
  'what is cut to the relay meanwhile does not touch a direct way, and no other socket is opened',
  async (t) => {
    const { call, time, alice, bob, times, stop } = await talking(['cone', 'cone']);
    show(call, 6_000);
    const cutMs = time.now();
    alice.network.traits = { delayMs: 20, blocked: true };
    show(call, 15_000);
    t.same(pathsOf(call), ['direct', 'direct']);
    for (const [who, all] of Object.entries(times)) {
      t.ok(longestGapMs(all, cutMs, time.now()) <= 150, `${who} saw nothing of it`);
    }
    t.equal(alice.paths.at(-1)!.path, 'direct');
    t.equal(bob.paths.at(-1)!.path, 'direct');
    stop();
  },
);

t.test('an address that changes heals within two seconds, and the way is direct again', async (t) => {
  const { call, time, alice, times, stop } = await talking(['cone', 'cone']);
  show(call, 6_000);
  const movedMs = time.now();
  alice.move();
  show(call, 25_000);
  for (const [who, all] of Object.entries(times)) {
    const gapMs = longestGapMs(all, movedMs, time.now());
    t.ok(gapMs <= 2_000, `${who} saw nothing for ${Math.round(gapMs)} ms`);
  }
  t.same(pathsOf(call), ['direct', 'direct']);
  stop();
});

t.test('datagrams of strangers change nothing, and get no answer', async (t) => {
  const { call, time, alice, bob, internet, times, stop } = await talking(['open', 'open']);
  const heard: Buffer[] = [];
  const eve = new VirtualNat('open', { inner: '', outer: '203.0.113.99', firstPort: 1 });
  internet.join({ nat: eve, take: (bytes) => heard.push(bytes) });
  show(call, 6_000);
  t.same(pathsOf(call), ['direct', 'direct']);
  const hostile = new HostileDatagrams(3);
  const id = Buffer.alloc(12, 7);
  const forged = {
    ...{ transactionId: id, username: 'abcdefgh:hgfedcba', priority: 1, tieBreaker: 1n },
    ...{ isControlling: true, isNomination: true, paddingBytes: 0 },
  };
  const samples = [
    encodeCheck(forged, 'a password that eve has guessed'),
    encodeCheckAnswer(forged, { address: eve.outer, port: 5 }, 'a password that eve has guessed'),
    Buffer.concat([Buffer.of(0x80, 26), Buffer.alloc(200, 1)]),
    Buffer.concat([Buffer.of(0x80, 200), Buffer.alloc(60, 1)]),
  ];
  const beganMs = time.now();
  for (let count = 0; count < 200; count++) {
    for (let each = 0; each < 50; each++) {
      const side = hostile.pick([alice, bob]);
      const bytes = hostile.random() < 0.3 ? hostile.noise() : hostile.mutant(hostile.pick(samples));
      side.receive(bytes, { address: eve.outer, port: 5 });
      // The same as if it came from the other side of the call.
      const other = side === alice ? bob : alice;
      side.receive(bytes, { address: `203.0.113.${other.id}`, port: 50_001 + 100 * other.id });
    }
    show(call, pictureEveryMs);
  }
  stop();
  t.same(heard, [], 'eve got nothing');
  t.same(pathsOf(call), ['direct', 'direct']);
  for (const all of Object.values(times)) t.ok(longestGapMs(all, beganMs, time.now()) <= 150);
});

t.test('offers that are not whole, or old, change nothing', async (t) => {
  const { call, alice, bob, stop } = await talking(['open', 'open']);
  show(call, 6_000);
  const rtcpKey = Buffer.alloc(28, 1).toString('base64url');
  const credentials = { ufrag: 'abcdefgh', password: 'abcdefghijklmnopqrstuvwx', rtcpKey };
  alice.session.offerCame(bob.id, Buffer.from('{'));
  alice.session.offerCame(bob.id, encodeWayOffer({ ...credentials, number: 1, candidates: [] }));
  alice.session.offerCame(99, encodeWayOffer({ ...credentials, number: 2 ** 50, candidates: [] }));
  show(call, 4_000);
  t.same(pathsOf(call), ['direct', 'direct']);
  stop();
});
