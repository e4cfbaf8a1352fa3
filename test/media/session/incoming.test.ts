import t from 'tap';
import { Incoming } from '../../../src/media/session/incoming.js';
import { bytesInUse } from '../../support/hostile-datagrams.js';

t.test('it tells the rate of the last stretch, and the queue that all streams stand in', (t) => {
  const incoming = new Incoming();
  t.equal(incoming.bps(0), 0);
  t.equal(incoming.queueMs(0), null);
  for (let atMs = 0; atMs < 1_000; atMs += 10) {
    incoming.add(atMs, 1, 125, 40 + (atMs < 500 ? 0 : 30));
    incoming.add(atMs, 2, 125, 20 + (atMs < 500 ? 0 : 80));
    incoming.add(atMs, 3, 0, null);
  }
  t.equal(incoming.bps(990), 204_000, '51 times two packets in 500 ms');
  t.equal(incoming.bps(990, 100), 220_000, '11 times two in 100 ms');
  t.equal(incoming.queueMs(990), 30, 'the smaller one: the rest of the other is its own');
  incoming.comesAnotherWay();
  t.equal(incoming.queueMs(990), null);
  t.end();
});

t.test('it keeps no more than its window, also where nobody asks', (t) => {
  const incoming = new Incoming();
  const add = (from: number, to: number): void => {
    for (let atMs = from; atMs < to; atMs++) incoming.add(atMs, 1, 1_100, 20);
  };
  add(0, 10_000);
  const before = bytesInUse();
  add(10_000, 1_000_000);
  const growth = bytesInUse() - before;
  t.ok(growth < 1 << 20, `${growth} bytes more after a million packets`);
  t.end();
});
