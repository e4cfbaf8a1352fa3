// Tests of packets that the relay left out: not missing, not lost, not asked for, no gap between pictures, and silence where they were sound.
import t from 'tap';
import { AudioEncoder } from '../../../src/media/audio/encoder.js';
import { AudioReceiver } from '../../../src/media/audio/receiver.js';
import { Gaps } from '../../../src/media/session/gaps.js';
import { Reception } from '../../../src/media/session/reception.js';

t.test('gaps: told before the packet that shows them, they are none', (t) => {
  const gaps = new Gaps();
  gaps.arrived(65_530, 0);
  t.equal(gaps.leftOut(65_531, 20, 5), 20);
  const next = gaps.arrived(15, 10);
  t.equal(next, 0x1_0000 + 65_551);
  t.same(gaps.due(500, 1_000), []);
  t.equal(gaps.expected, 2);
  t.equal(gaps.nextSent(0x1_0000 + 65_531), next, 'it follows the one before');
  t.equal(gaps.lost, 0);
  t.end();
});

t.test('gaps: what was lost before or behind them is still missing', (t) => {
  const gaps = new Gaps();
  gaps.arrived(100, 0);
  t.equal(gaps.leftOut(103, 5, 1), 5);
  gaps.arrived(110, 2);
  t.same(gaps.due(200, 1_000), [101, 102, 108, 109]);
  t.equal(gaps.expected, 6);
  t.equal(gaps.nextSent(0x1_0000 + 101), 0x1_0000 + 101);
  t.end();
});

t.test('gaps: told too late or twice, they count once', (t) => {
  const gaps = new Gaps();
  gaps.arrived(100, 0);
  gaps.arrived(106, 1);
  t.equal(gaps.leftOut(101, 5, 2), 5);
  t.equal(gaps.leftOut(101, 5, 3), 0);
  t.ok(gaps.isEmpty);
  t.equal(gaps.expected, 2);
  t.same([gaps.leftOut(101, 0, 4), new Gaps().leftOut(7, 3, 0)], [0, 0], 'nothing, and nothing known yet');
  t.end();
});

t.test('reports count them neither as lost nor as sent', (t) => {
  const reception = new Reception(9, 90);
  reception.arrived(65_534, 0, 100, 0);
  reception.leftOut(20, 22);
  reception.arrived(21, 9_000, 100, 100);
  t.match(reception.block(200), { fractionLost: 0, lost: 0, highestSequence: 0x2_0015 });
  t.equal(reception.lost, 0);
  reception.arrived(23, 9_000, 100, 101);
  t.match(reception.block(300), { fractionLost: 128, lost: 1 });
  new Reception(9, 90).leftOut(1, 1);
  t.end();
});

t.test('sound that was left out is silence, not made up', (t) => {
  const samples = Int16Array.from({ length: 960 }, (_, at) => 6_000 * Math.sin(at / 15));
  const play = (isTold: boolean): number => {
    const encoder = new AudioEncoder();
    const receiver = new AudioReceiver();
    for (let block = 0; block < 200; block++) {
      const now = 1_000 + 20 * block;
      const sound = encoder.encode({ samples, capturedAt: now })!;
      const sequenceNumber = (65_500 + block) & 0xffff;
      if (block === 120 && isTold) receiver.leftOut((65_500 + 50) & 0xffff, 70);
      if (block < 50 || block >= 120) receiver.push({ ...sound, sequenceNumber, arrivedAtMs: now });
      receiver.pull(now);
    }
    return receiver.stats.concealedMs;
  };
  t.equal(play(true), 0);
  t.ok(play(false) >= 1_000, 'if nobody says so, it was lost');
  t.end();
});
