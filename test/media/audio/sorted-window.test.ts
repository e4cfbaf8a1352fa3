import fc from 'fast-check';
import t from 'tap';
import { SortedWindow } from '../../../src/media/audio/sorted-window.js';

t.test('it says what sorting the last values anew would', (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 8 }),
      fc.array(fc.oneof(fc.double({ noNaN: true }), fc.integer({ min: 0, max: 3 }))),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (size, values, share) => {
        const window = new SortedWindow(size);
        values.forEach((value, at) => {
          window.push(value);
          const last = values.slice(Math.max(0, at + 1 - size), at + 1);
          const sorted = [...last].sort((a, b) => a - b);
          const expected = sorted[Math.floor((sorted.length - 1) * share)];
          if (window.at(share) !== expected) throw new Error(`${window.at(share)} and not ${expected}`);
          if (window.leastOfLast(2) !== Math.min(...last.slice(-2))) throw new Error('the least is another');
        });
      },
    ),
  );
  const empty = new SortedWindow(3);
  t.equal(empty.at(0.5), undefined);
  t.equal(empty.leastOfLast(3), Infinity);
  t.end();
});
