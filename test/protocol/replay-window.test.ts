// The replay window against a model that remembers everything.
import fc from 'fast-check';
import t from 'tap';
import { ReplayWindow, windowPackets } from '../../src/protocol/replay-window.js';

/** Offers indexes one after the other; says of each whether it was let in. */
function offer(window: ReplayWindow, indexes: readonly number[]): boolean[] {
  return indexes.map((index) => {
    const admitted = window.admits(index);
    if (admitted) window.mark(index);
    return admitted;
  });
}

t.test('lets each index in once', async (t) => {
  const window = new ReplayWindow();
  t.equal(window.highest, -1);
  t.same(offer(window, [5, 5, 3, 4, 3, 0, 0, 6, 5, -1]), [
    true,
    false,
    true,
    true,
    false,
    true,
    false,
    true,
    false,
    false,
  ]);
  t.equal(window.highest, 6);
});

t.test('lets in what is just new enough, and not what is too old', async (t) => {
  const window = new ReplayWindow();
  const highest = 3 * 65_536 + 100;
  t.same(offer(window, [highest, highest - windowPackets, highest - windowPackets + 1]), [true, false, true]);
  t.same(offer(window, [highest - windowPackets + 1, highest + 1, highest - windowPackets + 1]), [
    false,
    true,
    false,
  ]);
});

t.test('forgets all when an index is far ahead, and nothing when it is not', async (t) => {
  const window = new ReplayWindow();
  offer(window, [0, 1, 2]);
  t.same(offer(window, [windowPackets + 1, 2, 3, 1]), [true, false, true, false]);
  t.same(offer(window, [10 * windowPackets, 10 * windowPackets - 1, 9 * windowPackets + 1]), [
    true,
    true,
    true,
  ]);
  t.same(offer(window, [9 * windowPackets + 1, 9 * windowPackets]), [false, false]);
});

t.test('asking changes nothing', async (t) => {
  const window = new ReplayWindow();
  window.mark(10);
  t.ok(window.admits(1_000_000));
  t.ok(window.admits(1_000_000));
  t.equal(window.highest, 10);
});

t.test(
  'any order of indexes, from anywhere in 48 bits, is judged as by a model that forgets nothing',
  async () => {
    const step = fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: -40, max: 40 }) },
      { weight: 2, arbitrary: fc.integer({ min: -windowPackets - 5, max: windowPackets + 5 }) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 5 * windowPackets }) },
    );
    fc.assert(
      fc.property(fc.nat(2 ** 31), fc.array(step, { maxLength: 400 }), (start, steps) => {
        const window = new ReplayWindow();
        const base = start * 0x1_0000;
        const seen = new Set<number>();
        let highest = -1;
        return steps.every((ahead) => {
          const index = Math.max(0, (highest < 0 ? base : highest) + ahead);
          const expected = index > highest - windowPackets && !seen.has(index);
          const [admitted] = offer(window, [index]);
          if (expected) {
            seen.add(index);
            highest = Math.max(highest, index);
          }
          return admitted === expected && window.highest === highest;
        });
      }),
      { numRuns: 300 },
    );
  },
);
