// Tests of groups in which one way is narrow, in virtual time: the others see and hear as before, and the slow one what its way carries.
import sharp from 'sharp';
import t, { type Test } from 'tap';
import { sizedPicture, virtualCall, type VirtualCall, type VirtualSide } from '../../support/virtual-call.js';

t.setTimeout(300_000);

const size = { width: 320, height: 240 };
const fps = 10;
const delayMs = 20;
const narrow = { delayMs, bitsPerSecond: 150_000 };

/** About 8 KB: noise, a little blurred. */
async function noisyJpeg(): Promise<Buffer> {
  let state = 1;
  const pixels = Buffer.alloc(size.width * size.height * 3).map(() => {
    state = (state * 1_103_515_245 + 12_345) & 0x7fff_ffff;
    return 100 + ((state >> 16) & 63);
  });
  const picture = sharp(pixels, { raw: { ...size, channels: 3 } }).blur(1.2);
  return picture.jpeg({ quality: 80, chromaSubsampling: '4:2:0', optimiseCoding: false }).toBuffer();
}
const jpeg = await noisyJpeg();
t.ok(Math.abs(jpeg.length - 8_000) < 600, `${jpeg.length} bytes a picture`);
const picture = await sizedPicture(jpeg, size);

/** What each side saw and heard of each other one in so many seconds. */
function watch(call: VirtualCall, seconds: number) {
  const concealed = ({ session }: VirtualSide): Map<number, number> =>
    new Map([...session.stats().received].map(([from, { audio }]) => [from, audio.concealedMs]));
  const before = call.sides.map((side) => ({ seen: side.frames.length, concealed: concealed(side) }));
  call.adapt(picture, seconds * 1000, 1000 / fps);
  return call.sides.map((side, at) => {
    const frames = side.frames.slice(before[at]!.seen);
    const others = [...side.session.people.keys()];
    return {
      /** Pictures a second, of each other one. */
      seen: new Map(others.map((id) => [id, frames.filter(({ from }) => from === id).length / seconds])),
      /** Of the untouched size. */
      untouched: (id: number) =>
        frames.every((one) => one.from !== id || one.jpeg.length >= jpeg.length - 600),
      concealed: new Map(
        [...concealed(side)].map(([id, ms]) => [
          id,
          (ms - before[at]!.concealed.get(id)!) / (seconds * 1000),
        ]),
      ),
    };
  });
}

const sum = (values: Iterable<number>): number => [...values].reduce((all, one) => all + one, 0);

/** The first side's way is narrow; whether the others see and hear each other as if it were not. */
function othersAreWell(t: Test, seen: ReturnType<typeof watch>): void {
  for (const [at, one] of seen.entries()) {
    if (at === 0) continue;
    for (const [from, rate] of one.seen) {
      if (from === 1) continue;
      if (rate < 0.95 * fps) t.fail(`${at + 1} sees ${rate} pictures a second of ${from}`);
      t.ok(one.untouched(from));
      t.ok(one.concealed.get(from)! <= 0.02);
    }
  }
}

/*
 * Of 150 kbit/s about 20 are reports, one voice needs about 70 with its headers, and a picture is 69 kbit: with one voice heard there is
 * room for 0.85 pictures a second, in silence for 1.8. Half of that must be reached.
 */
for (const { count, speakers, least, what } of [
  { count: 4, speakers: [4], least: 0.42, what: 'one speaks' },
  { count: 4, speakers: [1, 2, 3, 4], least: 0.42, what: 'all speak' },
  { count: 4, speakers: [], least: 0.9, what: 'nobody speaks' },
  { count: 8, speakers: [8], least: 0.42, what: 'one speaks' },
  { count: 8, speakers: [1, 2, 3, 4, 5, 6, 7, 8], least: 0.42, what: 'all speak' },
]) {
  t.test(`one of ${count} has 150 kbit/s, ${what}: nobody else notices, and it sees and hears`, async (t) => {
    const call = await virtualCall(count, { traits: Array.from({ length: count }, () => ({ delayMs })) });
    const stop = call.speak(speakers);
    const good = watch(call, 3);
    for (const { seen } of good) for (const rate of seen.values()) t.ok(rate >= 0.95 * fps);
    const { network } = call.sides[0]!;
    network.traits = narrow;
    othersAreWell(t, watch(call, 5));
    const seen = watch(call, 10);
    othersAreWell(t, seen);
    const [slow] = seen;
    const pictures = sum(slow!.seen.values());
    t.ok(pictures >= least, `it sees ${pictures} pictures a second`);
    t.ok(slow!.untouched(2) && slow!.untouched(count));
    for (const [from, share] of slow!.concealed) t.ok(share <= 0.05, `${share * 100} % made up of ${from}`);
    network.traits = { delayMs };
    othersAreWell(t, watch(call, 10));
    const after = watch(call, 2);
    othersAreWell(t, after);
    for (const [from, rate] of after[0]!.seen)
      t.ok(rate >= 0.9 * fps, `${rate} pictures a second of ${from}`);
    for (const { seen } of after) t.ok((seen.get(1) ?? fps) >= 0.9 * fps, 'it is seen as before');
    stop();
  });
}

t.test('pictures come whole through a way that is narrow and loses some', async (t) => {
  const call = await virtualCall(4, { traits: Array.from({ length: 4 }, () => ({ delayMs })) });
  const stop = call.speak([4]);
  watch(call, 3);
  call.sides[0]!.network.traits = { ...narrow, delayMs: 70, loss: 0.03 };
  watch(call, 6);
  const pictures = sum(watch(call, 12)[0]!.seen.values());
  t.ok(pictures >= 0.3, `${pictures} pictures a second`);
  stop();
});

t.test('where all ways are narrow, smaller pictures are sent rather than few', async (t) => {
  const call = await virtualCall(4, { traits: Array.from({ length: 4 }, () => ({ delayMs })) });
  const stop = call.speak([4]);
  watch(call, 3);
  for (const { network } of call.sides) network.traits = narrow;
  watch(call, 10);
  for (const { seen } of watch(call, 10)) {
    t.ok(sum(seen.values()) >= 5, `${sum(seen.values())} pictures a second of three`);
  }
  stop();
});

t.test('what was left out is neither lost nor asked for, and no freeze', async (t) => {
  const call = await virtualCall(4, { traits: Array.from({ length: 4 }, () => ({ delayMs })) });
  const stop = call.speak([4]);
  watch(call, 3);
  const [slow] = call.sides;
  slow!.network.traits = narrow;
  watch(call, 6);
  const figures = () => [...slow!.session.stats().received.values()];
  const [before, resent] = [figures(), call.relay.counters.resentPackets];
  watch(call, 10);
  const after = figures();
  t.ok(
    sum(after.map(({ video }) => video.lost)) - sum(before.map(({ video }) => video.lost)) <= 2,
    'pictures',
  );
  t.ok(sum(after.map(({ audio }) => audio.lost)) - sum(before.map(({ audio }) => audio.lost)) <= 5, 'sound');
  t.ok(
    call.relay.counters.resentPackets - resent < 60,
    `${call.relay.counters.resentPackets - resent} resent`,
  );
  stop();
});
