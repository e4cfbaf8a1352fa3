// Tests of motion: what scores, what does not, and one picture in each pause; with a clock of the test's.
import sharp from 'sharp';
import t from 'tap';
import { MotionWatch } from '../../../src/cli/agent/motion.js';
import type { JpegFrame, SourceEvents } from '../../../src/media/media.js';
import { SceneScore, thumbnailOf } from '../../../src/media/scene-score.js';

/** A grey picture with noise of a few values, and a dark square of some size at `x`. */
async function picture(noise: number, square: number, x = 0): Promise<JpegFrame> {
  const [width, height] = [320, 240];
  const raw = Buffer.alloc(width * height);
  for (let at = 0; at < raw.length; at++) raw[at] = 128 + ((at * 7919 + noise * 104_729) % 7) - 3;
  for (let row = 0; row < square; row++) raw.fill(20, row * width + x, row * width + x + square);
  const jpeg = await sharp(raw, { raw: { width, height, channels: 1 } })
    .jpeg()
    .toBuffer();
  return { jpeg, width, height, capturedAt: 0 };
}

t.test('a new picture scores as ffmpeg counts: the mean difference, less what is steady', async (t) => {
  const scores = new SceneScore();
  const grey = (value: number): Buffer => Buffer.alloc(100, value);
  t.equal(scores.next(grey(0)), 0, 'the first one differs from nothing');
  t.equal(scores.next(grey(64)), 0.25);
  t.equal(scores.next(grey(128)), 0, 'as much as before');
  t.equal(scores.next(grey(128)), 0);
  t.equal(scores.next(grey(160)), 0.125);
  t.equal((await thumbnailOf((await picture(0, 0)).jpeg)).length, 160 * 120);
});

t.test(
  'something that comes into the picture is told once in a pause; noise and warming up are not',
  async (t) => {
    let nowMs = 0;
    const told: number[] = [];
    let events: SourceEvents<JpegFrame> | null = null;
    let isClosed = false;
    const watch = new MotionWatch({
      camera: {
        take: (given) => {
          events = given;
          return { label: 'it', close: async () => void (isClosed = true) };
        },
      },
      threshold: 0.01,
      pauseMs: 10_000,
      now: () => nowMs,
      moved: () => told.push(nowMs),
    });
    t.ok(events);
    const see = async (square: number, x = 0): Promise<void> => {
      nowMs += 250;
      await watch.look(await picture(nowMs, square, x));
    };
    await see(0);
    await see(120);
    await see(0);
    t.same(told, [], 'a camera that has just been opened measures the light');
    while (nowMs < 5_000) await see(0);
    t.same(told, [], 'noise is not motion');
    t.ok(watch.peak() < 0.005, `${watch.peak()}`);
    await see(60);
    t.same(told, [5_250]);
    t.ok(watch.peak() > 0.01);
    for (let x = 0; x < 200; x += 20) await see(60, x);
    t.equal(told.length, 1, 'not again so soon');
    while (nowMs < 16_000) await see(60, 200);
    await see(60, 20);
    t.equal(told.length, 2);
    const last = nowMs;
    nowMs += 60_001;
    t.equal(watch.peak(), 0, 'the peak is of the last minute');
    await watch.look(await picture(1, 0));
    t.equal(told.length, 2, `a gap begins anew, at ${last}`);
    await watch.close();
    t.ok(isClosed);
  },
);
