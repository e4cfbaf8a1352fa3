// Token buckets with a clock that the test moves.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import { PytalkError } from '../../src/protocol/errors.js';
import { readConfig } from '../../src/server/config.js';
import { addressKey, RateLimits, type RateKind } from '../../src/server/rate-limits.js';

/** Limits of one burst and rate for everything, and the clock's hand. */
async function limited(burst: number, perMinute: number) {
  const { rates } = await readConfig();
  const all = Object.fromEntries(Object.keys(rates).map((kind) => [kind, { burst, perMinute }]));
  const clock = { now: 1_790_000_000_000 };
  const limits = new RateLimits(all as typeof rates, () => clock.now);
  const take = (key: string | number = 'a', kind: RateKind = 'events'): number => {
    try {
      limits.take(kind, key);
      return 0;
    } catch (error) {
      if (!(error instanceof PytalkError) || error.code !== 'rate-limited') throw error;
      return error.retryAfterMs ?? -1;
    }
  };
  return { limits, clock, take };
}

t.test('lets a burst pass, then says how long to wait, and that is right', async (t) => {
  const { clock, take } = await limited(3, 6);
  t.same([take(), take(), take()], [0, 0, 0]);
  t.equal(take(), 10_000);
  clock.now += 4_000;
  t.equal(take(), 6_000);
  clock.now += 5_999;
  t.equal(take(), 1);
  clock.now += 1;
  t.equal(take(), 0);
  t.equal(take(), 10_000);
});

t.test('never holds more than the burst, however long it waits', async (t) => {
  const { clock, take } = await limited(2, 60);
  clock.now += 1e9;
  t.same([take(), take()], [0, 0]);
  t.ok(take() > 0);
});

t.test('keeps keys and kinds apart', async (t) => {
  const { take } = await limited(1, 1);
  t.equal(take('a'), 0);
  t.equal(take('b'), 0);
  t.equal(take('a', 'typing'), 0);
  t.ok(take('a') > 0);
});

t.test('gives back what was harmless', async (t) => {
  const { limits, take } = await limited(1, 1);
  take();
  t.ok(limits.isUsedUp('events', 'a'));
  limits.giveBack('events', 'a');
  limits.giveBack('events', 'a');
  t.equal(take(), 0);
  t.ok(take() > 0, 'but not more than was there');
});

t.test('a clock that goes back neither gives nor takes for long', async (t) => {
  const { clock, take } = await limited(1, 60);
  take();
  clock.now -= 3_600_000;
  t.equal(take(), 1000);
  clock.now += 1000;
  t.equal(take(), 0);
});

/** Bytes of the heap that something still refers to: what is only garbage would say nothing. */
function heapInUse(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

t.test('remembers a bounded number of keys, and who is limited stays limited for long', async (t) => {
  const { clock, take } = await limited(3, 1);
  for (let i = 0; i < 3; i++) take('busy');
  for (let i = 0; i < 15_000; i++) take(i);
  clock.now += 61_000;
  for (let i = 15_000; i < 40_000; i++) take(i);
  t.equal(take('busy'), 0, 'one token came back');
  t.ok(take('busy') > 0, 'and no more: it was not forgotten');
  const before = heapInUse();
  for (let i = 0; i < 300_000; i++) take(`stranger ${i}`);
  const grown = heapInUse() - before;
  t.ok(grown < 20e6, `${grown} bytes for 300,000 strangers`);
  t.equal(take('busy') > 0, true, 'the limits themselves are still held');
});

t.test('an IPv6 subscriber has one key, an IPv4 address one in both its forms', (t) => {
  t.equal(addressKey('192.0.2.7'), '192.0.2.7');
  t.equal(addressKey('::ffff:192.0.2.7'), '192.0.2.7');
  t.equal(addressKey('2001:db8:1:2:3:4:5:6'), addressKey('2001:db8:1:2::9'));
  t.not(addressKey('2001:db8:1:2::9'), addressKey('2001:db8:1:3::9'));
  t.equal(addressKey('::1'), '0:0:0:0');
  t.equal(addressKey('fe80::1%eth0'), 'fe80:0:0:0');
  t.end();
});
