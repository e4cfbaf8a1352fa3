// Tests of how much pictures are protected: by loss, only where asking again takes long, and never more than half.
import t from 'tap';
import { ParityDepth, repairsFor } from '../../../src/media/session/parity-depth.js';

const block = { ssrc: 1, fractionLost: 0, jitter: 0, lastSr: 0, delaySinceLastSr: 0 };

/** Reports of four seconds in which this share of 500 packets a second is lost. */
function reported(depth: ParityDepth, loss: number, from = 9, startMs = 0): void {
  for (let at = 0; at <= 12; at++) {
    const highestSequence = 70_000 + at * 150;
    depth.reported(
      from,
      { ...block, highestSequence, lost: Math.round(at * 150 * loss) },
      startMs + at * 300,
    );
  }
}

/** The same with a round trip that was measured just now. */
function repairsAt(depth: ParityDepth, rttMs: number, nowMs: number): number {
  depth.measured(rttMs, nowMs);
  return depth.repairs(20);
}

t.test('on a near way nothing is protected, on a far one as loss wants', async (t) => {
  const depth = new ParityDepth();
  t.equal(repairsAt(depth, 300, 0), 0, 'before any report of loss');
  reported(depth, 0.03);
  const far = depth.repairs(20);
  t.ok(far >= 3 && far <= 6, `${far} for 20 packets`);
  t.equal(repairsAt(depth, 60, 4_000), 0);
  t.equal(repairsAt(depth, 500, 8_000), 0, 'a queue makes no far way of a near one');
  t.equal(repairsAt(depth, 300, 20_000), far, 'but a move does');
  t.equal(repairsAt(depth, 90, 24_000), far, 'not back and forth around one round trip');
});

t.test('without loss nothing is protected', async (t) => {
  const depth = new ParityDepth();
  reported(depth, 0);
  t.equal(repairsAt(depth, 300, 4_000), 0);
});

t.test('the worst receiver counts, and none that has left', async (t) => {
  const depth = new ParityDepth();
  reported(depth, 0.1, 9);
  reported(depth, 0, 8);
  t.ok(repairsAt(depth, 300, 4_000) > 5);
  reported(depth, 0, 8, 20_000);
  t.equal(depth.repairs(20), 0);
});

t.test('depth grows with loss, up to half of the packets', async (t) => {
  for (const packets of [1, 2, 5, 12, 20]) {
    const depths = [0.01, 0.03, 0.1, 0.3].map((loss) => repairsFor(packets, loss));
    t.same(
      depths,
      [...depths].sort((a, b) => a - b),
      `${packets}: ${depths.join(' ')}`,
    );
    t.ok(depths.every((one) => one >= 1 && one <= Math.ceil(packets / 2)));
  }
});
