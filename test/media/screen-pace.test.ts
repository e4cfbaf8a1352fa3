// Which pictures of a screen are sent.
import t from 'tap';
import { ScreenPace } from '../../src/media/screen-pace.js';
import { ownerOfScreen, screenOf } from '../../src/media/screen-number.js';

const everyMs = 1000 / 30;

/** How many of so many seconds of pictures are sent; `at` gives the one of each moment. */
function sent(seconds: number, at: (index: number) => Buffer): number {
  const pace = new ScreenPace();
  let count = 0;
  for (let index = 0; index < seconds * 30; index++) {
    if (!pace.takes(at(index), index * everyMs)) continue;
    pace.sent(at(index), index * everyMs);
    count++;
  }
  return count;
}

t.test('what moves is sent a few times a second, what stands still once a second', async (t) => {
  const moving = sent(10, (index) => Buffer.of(index & 0xff));
  t.ok(moving >= 70 && moving <= 80, `${moving} of what moves`);
  const still = sent(10, () => Buffer.of(1));
  t.ok(still >= 9 && still <= 11, `${still} of what stands still`);
  t.equal(
    sent(0.9, (index) => Buffer.of(index < 15 ? 1 : 2)),
    2,
    'a change at once',
  );
});

t.test('what was not sent after all is tried again', async (t) => {
  const pace = new ScreenPace();
  pace.sent(Buffer.of(1), 0);
  t.ok(pace.takes(Buffer.of(2), 200));
  t.ok(pace.takes(Buffer.of(2), 240));
  pace.sent(Buffer.of(2), 240);
  t.notOk(pace.takes(Buffer.of(2), 500));
});

t.test('numbers of second pictures are nobody else’s', async (t) => {
  t.same(
    [0, 1, 65_535].map((id) => ownerOfScreen(screenOf(id))),
    [0, 1, 65_535],
  );
  t.equal(ownerOfScreen(65_535), null);
});
