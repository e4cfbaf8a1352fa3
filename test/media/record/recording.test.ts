// A recording from what a call sees and hears to the bytes of its file, in virtual time, without a network.
import { mkdtemp, readFile, rm, stat, writeFile, access } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { headBytes } from '../../../src/media/record/matroska.js';
import { Muxer } from '../../../src/media/record/muxer.js';
import { PersonClock } from '../../../src/media/record/person-clock.js';
import { RecordFile, type Disk } from '../../../src/media/record/record-file.js';
import { createRecording, Recording } from '../../../src/media/record/recording.js';
import { silentPacket, SoundTrack } from '../../../src/media/record/sound-track.js';
import { wholeJpeg } from '../../../src/media/record/whole-jpeg.js';
import { PytalkError } from '../../../src/protocol/errors.js';
import { standardDht } from '../../../src/protocol/jpeg-huffman.js';
import { encodeRed } from '../../../src/protocol/red.js';
import { buildJpeg } from '../../../src/protocol/rtp-jpeg.js';
import { child, readMatroska, uintOf } from '../../support/matroska.js';

const size = { width: 64, height: 48 };

function jpeg(scan: number): Buffer {
  const tables = Buffer.alloc(128, 1);
  return buildJpeg({ ...size, type: 1, restartInterval: 0, tables, scan: Buffer.of(scan) });
}

function opus(fill: number): Buffer {
  return Buffer.of(0x78, fill);
}

/** A file in memory, which may be full. */
function memoryDisk(room = Infinity) {
  let bytes = Buffer.alloc(0);
  const disk: Disk & { readonly bytes: Buffer; closed: boolean } = {
    closed: false,
    get bytes() {
      return bytes;
    },
    write: (data, offset, length, position) => {
      const fits = Math.min(length, Math.max(0, room - position));
      if (fits === 0) return Promise.reject(new Error('no space left on device'));
      const grown = Buffer.alloc(Math.max(bytes.length, position + fits));
      bytes.copy(grown);
      data.copy(grown, position, offset, offset + fits);
      bytes = grown;
      return Promise.resolve({ bytesWritten: fits });
    },
    truncate: (length) => {
      bytes = bytes.subarray(0, length);
      return Promise.resolve();
    },
    close: () => {
      disk.closed = true;
      return Promise.resolve();
    },
  };
  return disk;
}

/** Time turned by hand. */
function handTime() {
  let nowMs = 1_000_000;
  let timers: { atMs: number; run: () => void }[] = [];
  return {
    wallMs: () => nowMs,
    after: (ms: number, run: () => void) => {
      const timer = { atMs: nowMs + ms, run };
      timers.push(timer);
      return () => void (timers = timers.filter((one) => one !== timer));
    },
    pass(ms: number) {
      const untilMs = nowMs + ms;
      for (;;) {
        const next = timers.filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
        if (!next) break;
        nowMs = next.atMs;
        timers = timers.filter((one) => one !== next);
        next.run();
      }
      nowMs = untilMs;
    },
  };
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
}

async function folder(test: Test): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'pytalk-record-'));
  test.teardown(() => rm(path, { recursive: true }));
  return path;
}

t.test('pictures and sound of the same moment get the same time, whatever way they took', async (t) => {
  const time = handTime();
  const disk = memoryDisk();
  const recording = new Recording('', disk, { time, ended: (error) => t.fail(error.message) });
  const start = time.wallMs();
  for (let at = 0; at < 3_000; at += 20) {
    const captureTimeMs = 77_000 + at;
    // Sound comes after 30 ms; pictures, every fifth beat, after 400 ms more.
    const sound = { payloadType: 111, timestamp: 48 * at, payload: opus(at / 20), captureTimeMs };
    recording.sound(2, 'bob', { ...sound, capturedAt: start + at });
    const pictureAt = at - 400;
    if (pictureAt >= 0 && pictureAt % 100 === 0) {
      const capture = { captureTimeMs: 77_000 + pictureAt, capturedAt: start + pictureAt };
      recording.picture(2, 'bob', { ...size, ...capture, jpeg: jpeg(pictureAt / 100) });
    }
    time.pass(20);
  }
  await recording.close();
  const { tracks, blocks, durationMs } = readMatroska(disk.bytes);
  t.same(tracks.map(({ name, codec }) => [name, codec]).sort(), [
    ['bob', 'A_OPUS'],
    ['bob', 'V_MJPEG'],
  ]);
  const video = tracks.find(({ codec }) => codec === 'V_MJPEG')!.number;
  const pictures = blocks.filter(({ track }) => track === video);
  const sounds = blocks.filter(({ track }) => track !== video);
  t.equal(pictures.length, 26);
  t.ok(pictures.every(({ atMs }, at) => Math.abs(atMs - 100 * at) <= 2));
  t.ok(
    pictures.every(({ data }, at) => data.equals(jpeg(at))),
    'the very bytes that came',
  );
  t.equal(sounds.length, 150);
  t.ok(sounds.every(({ atMs, data }, at) => Math.abs(atMs - 20 * at) <= 2 && data.equals(opus(at))));
  t.ok(
    blocks.every(({ atMs }, at) => at === 0 || atMs >= blocks[at - 1]!.atMs),
    'in order of time, across tracks',
  );
  t.ok(durationMs !== null && durationMs > 2_900);
});

t.test('sound stays in step with the picture while the other clock is still being learned', async (t) => {
  const time = handTime();
  const disk = memoryDisk();
  const recording = new Recording('', disk, { time, ended: (error) => t.fail(error.message) });
  const start = time.wallMs();
  for (let at = 0; at < 8_000; at += 20) {
    // At first the offset is taken to be 200 ms more than it is; sound comes in spells.
    const capture = { captureTimeMs: 77_000 + at, capturedAt: start + at + (at < 1_000 ? 200 : 0) };
    const spell = at % 1_000 < 200;
    const mark = Math.floor(at / 1_000);
    const packet = { payloadType: 111, timestamp: 48 * at, payload: opus(mark), ...capture };
    if (spell) recording.sound(2, 'bob', packet);
    if (at % 40 === 0) recording.picture(2, 'bob', { ...size, ...capture, jpeg: jpeg(spell ? 1 : 0) });
    time.pass(20);
  }
  await recording.close();
  const { blocks } = readMatroska(disk.bytes);
  const lit = blocks.filter(({ data }) => data.equals(jpeg(1)));
  for (let mark = 0; mark < 8; mark++) {
    const click = blocks.find(({ data }) => data.equals(opus(mark)))!;
    const nearest = Math.min(...lit.map(({ atMs }) => Math.abs(atMs - click.atMs)));
    t.ok(nearest <= 3, `${nearest} ms`);
  }
});

t.test('who joins later gets tracks, in a file that is whole at every moment', async (t) => {
  const time = handTime();
  const disk = memoryDisk();
  const recording = new Recording('', disk, { time, ended: (error) => t.fail(error.message) });
  const now = (): { capturedAt: number; captureTimeMs: null } => ({
    capturedAt: time.wallMs(),
    captureTimeMs: null,
  });
  recording.picture(1, 'alice', { ...size, ...now(), jpeg: jpeg(1) });
  time.pass(10_000);
  await settled();
  t.same(
    readMatroska(disk.bytes).tracks.map(({ name }) => name),
    ['alice'],
  );
  recording.picture(2, 'bob', { ...size, ...now(), jpeg: jpeg(2) });
  time.pass(2_000);
  recording.gone(2);
  // The same person is another participant now.
  recording.picture(3, 'bob', { ...size, ...now(), jpeg: jpeg(3) });
  time.pass(2_000);
  await settled();
  // As if the process had been killed now, and one byte before.
  for (const bytes of [disk.bytes, disk.bytes.subarray(0, -1)]) {
    const { tracks, blocks } = readMatroska(bytes);
    t.same(
      tracks.map(({ number, name }) => [number, name]),
      [
        [1, 'alice'],
        [2, 'bob'],
      ],
    );
    const whole = [
      [1, 0],
      [2, 10_000],
      [2, 12_000],
    ];
    t.same(
      blocks.map(({ track, atMs }) => [track, atMs]),
      bytes === disk.bytes ? whole : whole.slice(0, 2),
    );
  }
  await recording.close();
  const { segment, clustersAt } = readMatroska(disk.bytes);
  const cuePoints = child(segment, 0x1c53bb6b)!.children;
  const segmentAt = segment.data.byteOffset - disk.bytes.byteOffset;
  t.same(
    cuePoints.map((point) => uintOf(child(child(point, 0xb7), 0xf1)) + segmentAt),
    clustersAt,
    'cues lead to the clusters',
  );
});

t.test('a full disk ends it once, with what was written still whole', async (t) => {
  const time = handTime();
  const disk = memoryDisk(headBytes + 3_000);
  const errors: PytalkError[] = [];
  const recording = new Recording('call.mkv', disk, { time, ended: (error) => errors.push(error) });
  for (let at = 0; at < 40; at++) {
    const capture = { captureTimeMs: null, capturedAt: time.wallMs() };
    recording.picture(1, 'alice', { ...size, ...capture, jpeg: jpeg(at) });
    time.pass(100);
    await settled();
  }
  t.equal(errors.length, 1);
  t.match(errors[0], { code: 'file-unwritable', details: { path: 'call.mkv', reason: /no space left/ } });
  const { blocks } = readMatroska(disk.bytes);
  t.ok(blocks.length >= 3);
  const last = blocks.at(-1)!.data;
  const endAt = last.byteOffset - disk.bytes.byteOffset + last.length;
  t.equal(endAt, disk.bytes.length, 'no half block is left');
  await recording.close();
  t.ok(disk.closed);
});

t.test(
  'a file that exists, or cannot be made, is refused, and a new one is for its owner alone',
  async (t) => {
    const dir = await folder(t);
    const options = { time: handTime(), ended: () => undefined };
    await writeFile(join(dir, 'old.mkv'), 'old');
    await t.rejects(createRecording(join(dir, 'old.mkv'), options), { code: 'file-exists' });
    t.equal(await readFile(join(dir, 'old.mkv'), 'utf8'), 'old');
    await t.rejects(createRecording(join(dir, 'no', 'new.mkv'), options), { code: 'file-unwritable' });
    const path = join(dir, 'new.mkv');
    const recording = await createRecording(path, options);
    recording.picture(1, 'alice', { ...size, jpeg: jpeg(1), capturedAt: 5, captureTimeMs: null });
    await recording.close();
    t.equal((await stat(path)).mode & 0o777, 0o600);
    t.equal(readMatroska(await readFile(path)).blocks.length, 1);
  },
);

t.test('a call that nobody took leaves no file', async (t) => {
  const path = join(await folder(t), 'call.mkv');
  const recording = await createRecording(path, { time: handTime(), ended: () => undefined });
  await recording.close();
  await t.rejects(access(path));
});

t.test('a second call goes on in the same file, a second after the first', async (t) => {
  const time = handTime();
  const disk = memoryDisk();
  const recording = new Recording('', disk, { time, ended: (error) => t.fail(error.message) });
  const picture = (): void => {
    const capture = { captureTimeMs: null, capturedAt: time.wallMs() };
    recording.picture(1, 'alice', { ...size, ...capture, jpeg: jpeg(1) });
  };
  picture();
  time.pass(500);
  picture();
  recording.pause();
  time.pass(3_600_000);
  picture();
  await recording.close();
  t.same(
    readMatroska(disk.bytes).blocks.map(({ atMs }) => atMs),
    [0, 500, 1_500],
  );
});

t.test('a disk that is too slow costs pictures, not memory', async (t) => {
  const time = handTime();
  const never = {
    write: () => new Promise<never>(() => undefined),
    truncate: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  const recording = new Recording('', never, { time, ended: () => undefined });
  const big = Buffer.alloc(4 * 1024 * 1024);
  const before = process.memoryUsage().arrayBuffers;
  for (let at = 0; at < 60; at++) {
    const capture = { captureTimeMs: null, capturedAt: time.wallMs() };
    recording.picture(1, 'alice', { ...size, ...capture, jpeg: Buffer.concat([big]) });
    time.pass(250);
  }
  t.ok(process.memoryUsage().arrayBuffers - before < 160 * 1024 * 1024);
});

t.test('the head holds the tracks of a group of 50 with the longest names', (t) => {
  const file = new RecordFile(memoryDisk(), () => undefined);
  const muxer = new Muxer(file, { startedAt: 0, app: 'PyTalk' });
  const numbers: (number | null)[] = [];
  for (let person = 0; person < 50; person++) {
    const name = '🙂'.repeat(30) + String(10 + person);
    numbers.push(muxer.track({ kind: 'pictures', name, width: 2040, height: 2040 }));
    numbers.push(muxer.track({ kind: 'sound', name }));
  }
  t.same(
    numbers,
    Array.from({ length: 100 }, (_, at) => at + 1),
  );
  t.equal(file.length, headBytes);
  t.end();
});

t.test('sound that did not come is filled with silence; what was lost is taken from redundancy', (t) => {
  const track = new SoundTrack();
  const data = (at: number): Buffer => opus(at);
  track.push({ payloadType: 111, timestamp: 0xffff_ff00, payload: data(0) }, 0);
  // Numbers 1 and 2 are lost; 2 rides along with 3. Then silence, and a packet that comes twice, out of order.
  const red = encodeRed([
    { payloadType: 111, timestampOffset: 960, data: data(2) },
    { payloadType: 111, timestampOffset: 0, data: data(3) },
  ]);
  const stamp = (block: number): number => (0xffff_ff00 + 960 * block) >>> 0;
  track.push({ payloadType: 63, timestamp: stamp(3), payload: red }, 60);
  track.push({ payloadType: 111, timestamp: stamp(7), payload: data(7) }, 140);
  track.push({ payloadType: 111, timestamp: stamp(6), payload: data(6) }, 120);
  track.push({ payloadType: 111, timestamp: stamp(6), payload: data(6) }, 120);
  const silent = silentPacket;
  const out = track.due(200);
  t.same(
    out.map(({ data: bytes }) => bytes),
    [data(0), silent, data(2), data(3), silent, silent, data(6), data(7), silent, silent].slice(
      0,
      out.length,
    ),
  );
  t.equal(out.length, 9);
  t.same(
    out.map(({ atMs }) => Math.round(atMs)),
    [0, 20, 40, 60, 80, 100, 120, 140, 160],
  );
  t.same(track.due(225).length, 1, 'silence goes on while nothing comes');
  t.same(track.due(60_000).length < 10, true, 'after a long sleep it is not made up for');
  t.end();
});

t.test('the other clock is followed slowly, and at once when it is far off', (t) => {
  const clock = new PersonClock();
  t.equal(clock.captured(null, 123), 123);
  t.equal(clock.captured(1_000, 5_000), 1_000);
  t.equal(clock.offsetMs, 4_000);
  clock.captured(2_000, 6_050);
  t.ok(Math.abs(clock.offsetMs - 4_000) < 1, 'a wobble of 50 ms moves nothing');
  clock.captured(3_000, 9_000);
  t.equal(clock.offsetMs, 6_000, 'a jump does');
  t.equal(clock.captured(null, 9_100), 3_100);
  t.end();
});

t.test('a picture without Huffman tables gets the standard ones, another one stays as it is', (t) => {
  const whole = jpeg(1);
  const at = whole.indexOf(standardDht);
  const bare = Buffer.concat([whole.subarray(0, at), whole.subarray(at + standardDht.length)]);
  t.ok(wholeJpeg(bare).equals(whole));
  t.equal(wholeJpeg(whole), whole);
  for (let length = 0; length < bare.length; length++) {
    t.doesNotThrow(() => wholeJpeg(bare.subarray(0, length)), `${length} bytes`);
  }
  t.end();
});
