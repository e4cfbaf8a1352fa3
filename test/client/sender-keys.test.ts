// Tests of a device's own key in a call: who is given which, when it is used, and how little that costs when many come and go.
import t from 'tap';
import type { SenderKey } from '../../src/client/calls/call-keys.js';
import { SenderKeys } from '../../src/client/calls/sender-keys.js';
import { fakeTimers } from '../support/fake-timers.js';

/** Everybody's key, handed on at once unless `refuses`. */
function scene() {
  const timers = fakeTimers();
  const handed: { to: number; key: SenderKey; atMs: number }[] = [];
  const used: SenderKey[] = [];
  const state = { refuses: (_to: number): boolean => false };
  const keys = new SenderKeys({
    timers,
    hand: async (to, key) => {
      handed.push({ to, key, atMs: timers.now() });
      if (state.refuses(to)) throw new Error('refused');
    },
    use: (key) => used.push(key),
  });
  /** Lets time pass, and with it what waits for promises. */
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 50) {
      await new Promise((resolve) => setImmediate(resolve));
      timers.pass(Math.min(50, ms - passed));
    }
    await new Promise((resolve) => setImmediate(resolve));
  };
  const has = (to: number): number[] =>
    [...new Set(handed.filter((one) => one.to === to).map(({ key }) => key.epoch))].sort((a, b) => a - b);
  return { timers, handed, used, state, keys, pass, has };
}

t.test('who is there first gets the first key, and nothing is renewed', async (t) => {
  const { keys, pass, has, used, timers } = scene();
  keys.follow([2, 3]);
  await pass(5_000);
  keys.follow([2, 3]);
  t.same([has(2), has(3)], [[0], [0]]);
  t.same([used, timers.pending], [[], 0]);
  t.equal(keys.inUse.epoch, 0);
});

t.test('who leaves is given no further key, and who joins none that was used', async (t) => {
  const { keys, pass, has, used } = scene();
  keys.follow([2, 3]);
  await pass(1_000);
  keys.follow([2]);
  t.equal(keys.inUse.epoch, 0, 'not used before the others have it');
  await pass(400);
  t.same([keys.inUse.epoch, used.map(({ epoch }) => epoch)], [1, [1]]);
  t.same([has(2), has(3)], [[0, 1], [0]]);
  await pass(1_000);
  keys.follow([2, 4]);
  await pass(400);
  t.same([has(2), has(4)], [[0, 1, 2], [2]]);
  t.equal(keys.inUse.epoch, 2);
});

t.test('one who takes the place of another in the same moment costs one key', async (t) => {
  const { keys, pass, has } = scene();
  keys.follow([2, 3]);
  await pass(1_000);
  keys.follow([2, 4]);
  await pass(3_000);
  t.same([has(2), has(3), has(4)], [[0, 1], [0], [1]]);
});

t.test('eight who join within a second cost few keys', async (t) => {
  const { keys, pass, handed, has } = scene();
  const people: number[] = [];
  for (let id = 2; id <= 8; id++) {
    people.push(id);
    keys.follow(people);
    await pass(150);
  }
  await pass(3_000);
  t.ok(keys.inUse.epoch <= 3, `${keys.inUse.epoch} new keys`);
  t.ok(handed.length <= 18, `${handed.length} keys were handed on`);
  for (const id of people) t.equal(has(id).at(-1), keys.inUse.epoch);
});

t.test('coming and going without end stays below what the server allows', async (t) => {
  const { keys, pass, handed, timers } = scene();
  const others = [2, 3, 4, 5, 6, 7];
  const startMs = timers.now();
  for (let round = 0; round < 200; round++) {
    keys.follow(round % 2 === 0 ? [...others, 100 + round] : others);
    await pass(100);
  }
  await pass(2_000);
  const seconds = (timers.now() - startMs) / 1_000;
  t.ok(handed.length <= 300 + 10 * seconds, `${handed.length} in ${seconds} s`);
  t.ok(keys.inUse.epoch <= seconds / 0.8 + 1, `${keys.inUse.epoch} keys`);
  const knownToTheLast = handed.filter(({ to }) => to === 298).map(({ key }) => key.epoch);
  t.ok(keys.inUse.epoch > Math.max(...knownToTheLast), 'the last one who left does not know the key in use');
});

t.test('a key is not used before all who can see now have it', async (t) => {
  const { keys, pass, state } = scene();
  keys.follow([2, 3]);
  await pass(1_000);
  state.refuses = (to) => to === 2;
  keys.follow([2, 3, 4]);
  await pass(5_000);
  t.equal(keys.inUse.epoch, 0, 'one could not be told');
  state.refuses = () => false;
  keys.retry();
  await pass(400);
  t.equal(keys.inUse.epoch, 1);
});

t.test('who cannot be told any more holds nothing up once they have left', async (t) => {
  const { keys, pass, state } = scene();
  keys.follow([2, 3]);
  await pass(1_000);
  state.refuses = (to) => to === 2;
  keys.follow([2, 3, 4]);
  await pass(3_000);
  keys.follow([3, 4]);
  await pass(400);
  t.equal(keys.inUse.epoch, 1);
  await pass(1_000);
  t.equal(keys.inUse.epoch, 2, 'the one who left may have been told after all');
});

t.test('when all have left, the next one gets a fresh key at once', async (t) => {
  const { keys, pass, has, used } = scene();
  keys.follow([2]);
  await pass(1_000);
  keys.follow([]);
  t.equal(keys.inUse.epoch, 1);
  keys.follow([3]);
  await pass(100);
  t.same([has(2), has(3)], [[0], [1]]);
  t.same(
    used.map(({ epoch }) => epoch),
    [1],
  );
});

t.test('after its end it does nothing', async (t) => {
  const { keys, pass, handed, timers } = scene();
  keys.follow([2, 3]);
  await pass(1_000);
  keys.follow([2]);
  keys.close();
  keys.follow([2, 4]);
  await pass(3_000);
  t.equal(handed.filter(({ to }) => to === 4).length, 0);
  t.equal(timers.pending, 0);
});
