// What the benchmark says about its samples is right.
import t from 'tap';
import { meets, median, quantile, spread } from '../../bench/statistics.js';

const shuffled = Array.from({ length: 1000 }, (_, i) => (i * 617) % 1000);

t.test('takes quantiles by rank, whatever the order of the samples', async (t) => {
  t.equal(quantile(shuffled, 0.5), 500);
  t.equal(quantile(shuffled, 0.99), 990);
  t.equal(quantile(shuffled, 1), 999, 'the greatest is not beyond the end');
  t.equal(quantile([7], 0.99), 7);
});

t.test('sorts numbers as numbers', async (t) => {
  t.equal(quantile([10, 9, 100], 0), 9);
  t.equal(median([10, 9, 100]), 10);
});

t.test('takes the mean of the two middle samples when their count is even', async (t) => {
  t.equal(median([4, 1, 3, 2]), 2.5);
});

t.test('leaves the samples as they were', async (t) => {
  const samples = [3, 1, 2];
  median(samples);
  quantile(samples, 0.5);
  t.same(samples, [3, 1, 2]);
});

t.test('says nothing about no samples', async (t) => {
  t.ok(Number.isNaN(median([])));
  t.ok(Number.isNaN(quantile([], 0.5)));
  t.equal(spread([], 1), '–');
  t.notOk(meets([], { atMost: 1 }), 'an aim that was not measured is not met');
});

t.test('writes the median between the least and the greatest', async (t) => {
  t.equal(spread([1250.4, 980, 3000], 0), '1,250 (980–3,000)');
  t.equal(spread([1, Number.NaN, 2], 1), '1.5 (1.0–2.0)', 'a run without the figure does not count');
});

t.test('holds the median against an aim from either side', async (t) => {
  t.ok(meets([1, 2, 9], { atMost: 2 }));
  t.notOk(meets([1, 3, 9], { atMost: 2 }));
  t.ok(meets([1, 2, 9], { atLeast: 2 }));
  t.notOk(meets([1, 1, 9], { atLeast: 2 }));
});
