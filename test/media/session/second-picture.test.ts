// Tests of two pictures of one person at once, in virtual time: each whole and in order, together within what the way carries.
import t from 'tap';
import { budgetsOf } from '../../../src/media/session/picture-budget.js';
import { numberedJpegs } from '../../support/media-pair.js';
import { sizedPicture, virtualCall, type VirtualCall, type VirtualSide } from '../../support/virtual-call.js';

t.setTimeout(300_000);

const [jpeg, other] = await numberedJpegs(2);
const picture = await sizedPicture(jpeg!);
const screen = await sizedPicture(other!);

function isInOrder(frames: readonly { timestamp: number; captureTimeMs: number | null }[]): boolean {
  return frames.every((frame, at) => at === 0 || frame.captureTimeMs! > frames[at - 1]!.captureTimeMs!);
}

/** The worse of both sides over so many seconds. */
function watch(call: VirtualCall, seconds: number) {
  const heard = ({ id, session }: VirtualSide): number =>
    session.stats().received.get(3 - id)!.audio.concealedMs;
  const before = call.sides.map((side) => ({
    frames: side.frames.length,
    screens: side.screens.length,
    concealedMs: heard(side),
  }));
  call.adapt(picture, seconds * 1000);
  const worst = (of: (side: VirtualSide, at: number) => number): number =>
    Math.min(...call.sides.map((side, at) => of(side, at) / seconds));
  return {
    fps: worst((side, at) => side.frames.length - before[at]!.frames),
    screenFps: worst((side, at) => side.screens.length - before[at]!.screens),
    concealed: -worst((side, at) => (before[at]!.concealedMs - heard(side)) / 1000),
    screenWidth: Math.min(...call.sides.map((side) => side.screens.at(-1)?.width ?? 0)),
  };
}

t.test('both pictures come whole, in order and apart, with figures of their own', async (t) => {
  const call = await virtualCall(2, { traits: [{ delayMs: 30, loss: 0.03 }] });
  const [alice, bob] = [call.sides[0]!, call.sides[1]!];
  t.notOk('screen' in alice.session.stats().sent, 'without a second picture there are no figures of one');
  t.notOk('screen' in bob.session.stats().received.get(1)!);
  const stop = call.share(screen);
  const seen = watch(call, 5);
  t.ok(seen.fps >= 27, `${seen.fps} pictures a second`);
  t.ok(seen.screenFps >= 7, `${seen.screenFps} second pictures a second`);
  const sizes = (side: VirtualSide) => new Set(side.screens.map(({ jpeg: { length } }) => length));
  t.same([...sizes(bob)], [...sizes(alice)], 'all of one kind');
  t.not(bob.screens[0]!.jpeg.length, bob.frames[0]!.jpeg.length, 'and another one than the camera’s');
  t.ok(isInOrder(bob.frames) && isInOrder(bob.screens));
  const { sent } = alice.session.stats();
  const received = bob.session.stats().received.get(1)!;
  t.ok(sent.screen!.frames >= 35 && sent.screen!.frames <= 42, `${sent.screen!.frames} sent`);
  t.ok(sent.video.frames > 3 * sent.screen!.frames);
  t.match(received.screen, { width: 640, height: 480 });
  // Of six seeds at most one has any: two packets of one picture lost, and one of them asked for twice.
  t.ok(received.screen!.freezes <= 2, `${received.screen!.freezes} freezes`);
  t.ok(received.screen!.lost <= 1, `${received.screen!.lost} lost`);
  t.ok(received.screen!.latencyMs! < 400);
  stop();
});

t.test('what is lost of either is mended, by asking and by repair packets', async (t) => {
  const call = await virtualCall(2, { traits: [{ delayMs: 150, loss: 0.1 }] });
  const stop = call.share(screen);
  watch(call, 4);
  const seen = watch(call, 8);
  t.ok(seen.fps >= 15, `${seen.fps} pictures a second`);
  t.ok(seen.screenFps >= 4, `${seen.screenFps} second pictures a second`);
  const { video, screen: figures } = call.sides[1]!.session.stats().received.get(1)!;
  t.ok(video.recovered > 0, `${video.recovered} worked out of the camera’s`);
  t.ok(figures!.recovered > 0, `${figures!.recovered} worked out of the second picture’s`);
  stop();
});

for (const kbps of [200, 500, 1_000]) {
  t.test(`at ${kbps} kbit/s neither picture starves, and sound is whole`, async (t) => {
    const call = await virtualCall(2, { traits: [{ delayMs: 30 }] });
    const silence = call.speak();
    const stop = call.share(screen);
    watch(call, 2);
    call.sides[0]!.network.traits = { delayMs: 30, bitsPerSecond: kbps * 1000, queueMs: 400 };
    watch(call, 5);
    const seen = watch(call, 10);
    t.ok(seen.fps >= 4, `${seen.fps} pictures a second`);
    t.ok(seen.screenFps >= 1, `${seen.screenFps} second pictures a second`);
    t.ok(seen.concealed <= 0.05, `${seen.concealed * 100} % of the sound made up`);
    stop();
    watch(call, 5);
    const alone = watch(call, 5);
    t.ok(alone.fps >= 5, `${alone.fps} pictures a second once it is alone`);
    silence();
  });
}

t.test('a second picture alone has all that the way carries', async (t) => {
  const call = await virtualCall(2, { traits: [{ delayMs: 30, bitsPerSecond: 500_000, queueMs: 400 }] });
  const stop = call.share(screen);
  call.time.pass(8_000);
  const before = call.sides.map(({ screens }) => screens.length);
  call.time.pass(5_000);
  for (const [at, { screens }] of call.sides.entries()) {
    const fps = (screens.length - before[at]!) / 5;
    t.ok(fps >= 2, `${fps} pictures a second`);
  }
  stop();
});

t.test('shares of what the way carries', async (t) => {
  const load = (bps: number | null) => ({ isActive: bps !== null, bps: bps ?? 0 });
  const of = (bps: number | null, video: number | null, screen: number | null) =>
    budgetsOf(bps, { video: load(video), screen: load(screen) });
  t.same(of(null, 1e6, 1e6), { video: null, screen: null }, 'no limit');
  t.equal(of(1e6, 9e5, null).video, 1e6, 'the camera alone');
  t.equal(of(1e6, null, 9e5).screen, 1e6, 'the second picture alone');
  t.same(of(1e6, 6e5, 4e5), { video: 6e5, screen: 4e5 }, 'both, busy');
  t.same(of(1e6, 6e5, 0), { video: 8.5e5, screen: 4e5 }, 'a screen that stands still leaves its room');
});
