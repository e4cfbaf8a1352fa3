// Tests of calls over ways that carry too little, in virtual time: who sends adapts within seconds, sound first, and comes back.
import t from 'tap';
import { numberedJpegs } from '../../support/media-pair.js';
import { sizedPicture, virtualCall, type VirtualCall, type VirtualSide } from '../../support/virtual-call.js';

t.setTimeout(300_000);

const [jpeg] = await numberedJpegs(1);
const picture = await sizedPicture(jpeg!);

/** What the sides saw and heard in so many seconds, the worse of both for each figure. */
function watch(call: VirtualCall, seconds: number) {
  const [alice, bob] = [call.sides[0]!, call.sides[1]!];
  const concealed = (side: VirtualSide, from: number): number =>
    side.session.stats().received.get(from)!.audio.concealedMs;
  const before = [alice, bob].map((side) => {
    side.latencies.length = 0;
    return { frames: side.frames.length, concealedMs: concealed(side, side === alice ? 2 : 1) };
  });
  call.adapt(picture, seconds * 1000);
  const seen = [alice, bob].map((side, at) => ({
    fps: (side.frames.length - before[at]!.frames) / seconds,
    width: side.frames.at(-1)?.width ?? 0,
    concealed: (concealed(side, side === alice ? 2 : 1) - before[at]!.concealedMs) / (seconds * 1000),
    p95Ms: [...side.latencies].sort((a, b) => a - b)[Math.floor(side.latencies.length * 0.95)] ?? Infinity,
  }));
  return {
    fps: Math.min(...seen.map(({ fps }) => fps)),
    width: Math.min(...seen.map(({ width }) => width)),
    concealed: Math.max(...seen.map((one) => one.concealed)),
    p95Ms: Math.max(...seen.map(({ p95Ms }) => p95Ms)),
  };
}

for (const { bitsPerSecond, queueMs, seeds } of [
  { bitsPerSecond: 200_000, queueMs: 400, seeds: [1, 2] },
  { bitsPerSecond: 500_000, queueMs: 300, seeds: [1] },
  { bitsPerSecond: 2_000_000, queueMs: 200, seeds: [1] },
]) {
  t.test(`${bitsPerSecond / 1000} kbit/s are enough after 5 s, and all is back 10 s after`, async (t) => {
    for (const seed of seeds) {
      const call = await virtualCall(2, { traits: [{ delayMs: 30 }], seed });
      const { network } = call.sides[0]!;
      const stop = call.speak();
      const good = watch(call, 3);
      t.ok(good.fps >= 29, `${good.fps} pictures a second before`);
      t.equal(good.width, 640);
      network.traits = { delayMs: 30, bitsPerSecond, queueMs };
      watch(call, 5);
      const narrow = watch(call, 10);
      t.ok(narrow.fps >= 5, `${narrow.fps} pictures a second`);
      t.ok(narrow.p95Ms <= 800, `p95 ${narrow.p95Ms} ms`);
      t.ok(narrow.concealed <= 0.05, `${narrow.concealed * 100} % of the sound made up`);
      network.traits = { delayMs: 30 };
      watch(call, 10);
      const after = watch(call, 2);
      t.ok(after.fps >= 27, `${after.fps} pictures a second afterwards`);
      t.equal(after.width, 640, 'as they were');
      stop();
    }
  });
}

t.test('20 % loss is no congestion: 15 pictures a second and nearly all sound', async (t) => {
  for (const seed of [1, 2]) {
    const call = await virtualCall(2, { traits: [{ delayMs: 30 }], seed });
    const stop = call.speak();
    watch(call, 1);
    call.sides[0]!.network.traits = { delayMs: 30, loss: 0.2 };
    const lossy = watch(call, 10);
    t.ok(lossy.fps >= 15, `${lossy.fps} pictures a second`);
    t.ok(lossy.concealed <= 0.05, `${lossy.concealed * 100} % of the sound made up`);
    stop();
  }
});

t.test(
  '300 ms of round trip, 100 ms of jitter and 3 % loss show most pictures and lose hardly any sound',
  async (t) => {
    const call = await virtualCall(2, { traits: [{ delayMs: 150, jitterMs: 100, loss: 0.03 }] });
    const stop = call.speak();
    watch(call, 8);
    const far = watch(call, 8);
    t.ok(far.fps >= 0.95 * 30, `${far.fps} pictures a second`);
    t.ok(far.p95Ms <= 400, `p95 ${far.p95Ms} ms: nothing waited for an answer`);
    for (const side of call.sides) {
      const [received] = side.session.stats().received.values();
      t.ok(received!.video.recovered > 300, `${received!.video.recovered} packets were worked out`);
    }
    t.ok(far.concealed <= 0.03, `${far.concealed * 100} % of the sound made up`);
    stop();
  },
);

t.test('an outage of two seconds is no congestion: all is back within two more', async (t) => {
  const call = await virtualCall(2, { traits: [{ delayMs: 30 }] });
  const stop = call.speak();
  watch(call, 3);
  const { network } = call.sides[0]!;
  network.traits = { delayMs: 30, blocked: true };
  watch(call, 2);
  network.traits = { delayMs: 30 };
  watch(call, 2);
  const after = watch(call, 2);
  t.ok(after.fps >= 29, `${after.fps} pictures a second`);
  t.equal(after.width, 640);
  stop();
});

t.test('one slow receiver of three does not make the others see less', async (t) => {
  const call = await virtualCall(3, { traits: [{}, {}, {}] });
  const stop = call.speak();
  call.sides[2]!.network.traits = { bitsPerSecond: 2_000_000 };
  call.adapt(picture, 6_000);
  const before = call.sides[1]!.frames.filter(({ from }) => from === 1).length;
  call.adapt(picture, 3_000);
  const seen = call.sides[1]!.frames.filter(({ from }) => from === 1).length - before;
  t.ok(seen >= 85, `${seen} pictures in 3 s`);
  stop();
});
