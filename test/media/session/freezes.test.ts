// Tests of what counts as a freeze: a picture that stands still though more was sent.
import t from 'tap';
import { Freezes } from '../../../src/media/session/freezes.js';

/** Thirty pictures a second for a second; the next would be number 30. */
function running(): Freezes {
  const freezes = new Freezes();
  for (let at = 0; at < 30; at++) freezes.shown(at * 33, at * 33 * 90, at > 0);
  return freezes;
}

t.test('an even stream has none, nor one that jitters', async (t) => {
  const freezes = running();
  freezes.shown(30 * 33 + 100, 30 * 33 * 90, true);
  t.equal(freezes.count, 0);
});

t.test('half a second without pictures that were sent is one, with its length', async (t) => {
  const lost = running();
  lost.shown(29 * 33 + 500, (29 * 33 + 500) * 90, false);
  t.equal(lost.count, 1);
  t.equal(lost.totalMs, 500);
  const late = running();
  late.shown(29 * 33 + 500, 30 * 33 * 90, true);
  t.equal(late.count, 1, 'also when they all come late');
});

t.test('a camera that was off is none', async (t) => {
  const freezes = running();
  freezes.shown(29 * 33 + 60_000, (29 * 33 + 60_000) * 90, true);
  t.equal(freezes.count, 0);
});
