// Tests of which missing packets are waited for.
import t from 'tap';
import { Gaps } from '../../../src/media/session/gaps.js';

/** Packets up to 100, ten milliseconds apart; then one with another number, so much later. */
function afterHole(hole: number, silentMs: number) {
  const gaps = new Gaps();
  for (let number = 1; number <= 100; number++) if (number !== 99) gaps.arrived(number, number * 10);
  const nowMs = 1_000 + silentMs;
  gaps.arrived(101 + hole, nowMs);
  return { gaps, asked: gaps.due(nowMs + 60, 10_000) };
}

t.test('after an outage nobody waits for what was sent meanwhile', (t) => {
  const { gaps, asked } = afterHole(40, 500);
  t.same(asked, []);
  t.ok(gaps.isEmpty, 'nor for what was missing before');
  t.equal(gaps.lost, 41, 'all of it is lost');
  t.equal(gaps.arrived(142, 1_520) === null, false, 'and all goes on');
  t.end();
});

t.test('a hole without silence, and silence with a small hole, are asked for', (t) => {
  t.equal(afterHole(40, 100).asked.length, 41);
  t.equal(afterHole(3, 2_000).asked.length, 4, 'as where few pictures are sent');
  t.end();
});
