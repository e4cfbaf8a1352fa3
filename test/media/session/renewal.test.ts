// Tests of keys renewed in a running call, in virtual time: nobody misses a picture, and who left or has not come yet opens none.
import t, { type Test } from 'tap';
import { SenderKeys } from '../../../src/client/calls/sender-keys.js';
import type { NetworkTraits } from '../../support/bad-network.js';
import { numberedJpegs, numbersOf } from '../../support/media-pair.js';
import { virtualCall, type VirtualCall } from '../../support/virtual-call.js';

t.setTimeout(180_000);

const pictures = await numberedJpegs(90);
/** From one chat connection over the server to another. */
const signallingMs = 60;

/** A call whose people hand keys on as real ones do. `present` says who is in it; all others hear what the relay passes on, too. */
async function keyedCall(count: number, present: readonly number[], traits: NetworkTraits) {
  const ids = Array.from({ length: count }, (_, at) => at + 1);
  const rings = ids.map(
    (id) =>
      new SenderKeys({
        timers: { now: () => call.time.now(), after: (ms, run) => call.time.after(ms, run) },
        hand: (to, key) =>
          new Promise((resolve) => {
            call.time.after(signallingMs, () => call.sides[to - 1]!.session.setKey(id, key));
            call.time.after(2 * signallingMs, resolve);
          }),
        use: (key) => call.sides[id - 1]!.session.setOwnKey(key),
      }),
  );
  const call: VirtualCall = await virtualCall(count, {
    withKeys: false,
    keyOf: (id) => rings[id - 1]!.inUse,
    traits: ids.map(() => traits),
  });
  const follow = (people: readonly number[]): void => {
    for (const id of people) rings[id - 1]!.follow(people.filter((other) => other !== id));
  };
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 10) {
      call.time.pass(10);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  /** Shows these pictures at 30 a second. */
  const show = async (from: number, to: number): Promise<void> => {
    for (const jpeg of pictures.slice(from, to)) {
      call.show([jpeg], 3);
      await pass(30);
    }
  };
  follow(present);
  await pass(500);
  return { call, rings, follow, pass, show };
}

/** With jitter the end of the very first picture may overtake its beginning. */
function isWhole(t: Test, numbers: readonly number[]): void {
  t.ok(numbers[0]! <= 1);
  t.same(numbers, all(numbers[0]!, 90));
}

const all = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at);

for (const traits of [
  { delayMs: 40, jitterMs: 15 },
  { delayMs: 20, loss: 0.02 },
]) {
  t.test(`one of four leaves: ${JSON.stringify(traits)}`, async (t) => {
    const { call, rings, follow, pass, show } = await keyedCall(4, [1, 2, 3, 4], traits);
    const stop = call.speak();
    await show(0, 30);
    // The relay goes on passing everything to the one who has left, as one that works with them would.
    follow([1, 2, 3]);
    await show(30, 52);
    const [spy] = call.sides.slice(3);
    t.ok(rings.slice(0, 3).every(({ inUse }) => inUse.epoch === 1));
    await pass(300);
    const before = spy!.frames.length;
    let heard = 0;
    spy!.onSound = () => heard++;
    await show(52, 90);
    await pass(500);
    t.ok(before > 3 * 28, `the spy saw ${before} pictures before`);
    t.equal(spy!.frames.length, before, 'and none afterwards');
    t.equal(heard, 0, 'nor any sound');
    for (const side of call.sides.slice(0, 3)) {
      for (const other of [1, 2, 3].filter((id) => id !== side.id)) {
        const numbers = numbersOf(
          side.frames.filter(({ from }) => from === other),
          pictures,
        );
        if (traits.loss === undefined) isWhole(t, numbers);
        else t.ok(numbers.length >= 86, `${side.id} sees ${numbers.length} of ${other}`);
        const { concealedMs, lost } = side.session.stats().received.get(other)!.audio;
        if (traits.loss === undefined) t.match({ concealedMs, lost }, { lost: 0 });
        t.ok(concealedMs < 250, `${concealedMs} ms made up`);
      }
    }
    stop();
  });
}

t.test('one who joins opens nothing of before, and the others lose nothing', async (t) => {
  const { call, rings, follow, pass, show } = await keyedCall(4, [1, 2, 3], { delayMs: 40, jitterMs: 10 });
  const late = call.sides[3]!;
  await show(0, 30);
  follow([1, 2, 3, 4]);
  await show(30, 90);
  await pass(500);
  t.ok(rings.slice(0, 3).every(({ inUse }) => inUse.epoch === 1));
  t.equal(rings[3]!.inUse.epoch, 0);
  for (const other of [1, 2, 3]) {
    const numbers = numbersOf(
      late.frames.filter(({ from }) => from === other),
      pictures,
    );
    t.ok(numbers[0]! >= 30 && numbers[0]! <= 46, `the first one of ${other} is ${numbers[0]}`);
    t.same(numbers, all(numbers[0]!, 90));
    const seen = numbersOf(
      call.sides[other - 1]!.frames.filter(({ from }) => from === (other % 3) + 1),
      pictures,
    );
    isWhole(t, seen);
  }
});
