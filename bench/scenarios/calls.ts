// V: calls of two `pytalk call` processes through a server process: rate and cost, delay of pictures and sound, a bad way.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { withCall, type CallPair, type CallSide } from '../calls/call-pair.js';
import { clickDelays, clickTrack, SpeakerTail } from '../calls/click-track.js';
import { ClockCamera } from '../calls/clock-camera.js';
import { numberedPictures } from '../calls/numbered-pictures.js';
import { pictureFigures } from '../calls/picture-clock.js';
import { PictureSink } from '../calls/picture-sink.js';
import { measureTogether, type SharedCost } from '../machine.js';
import type { FigureSpec, Measured, Scenario } from '../scenario.js';
import { median, quantile } from '../statistics.js';
import { until } from '../waiting.js';

const fps = 30;
const key = 'V';
/** Of ten seconds of pictures none is like another. */
const pictureCount = 10 * fps;
/** After the beginning, when code is compiled and the way is learnt. */
const settleMs = 4_000;
const withoutDevices = ['--mic', 'test', '--speaker', 'none'];

function stretchMs(quick: boolean): number {
  return quick ? 3_000 : 10_000;
}

const costFigures: readonly FigureSpec[] = [
  { name: 'server, share of a core', digits: 2 },
  { name: 'generator, share of a core', digits: 2 },
  { name: 'others, share of a core', digits: 2 },
];

/** Waits for a stretch of the call; returns what it cost: server, caller, agent. */
async function stretch({ server, caller, agent }: CallPair, ms: number): Promise<SharedCost> {
  const finish = measureTogether([server.pid, caller.pid, agent.pid]);
  await sleep(ms);
  return finish();
}

function costMeasured({ shares, generator, disturbed }: SharedCost): Measured {
  return {
    'server, share of a core': shares[0] ?? NaN,
    'generator, share of a core': generator,
    'others, share of a core': disturbed,
  };
}

/** What one side received in the last `ms`: pictures a second, lost ones, share of the sound that was made up. */
async function receivedBy(
  side: CallSide,
  ms: number,
): Promise<{ fps: number; medianFps: number; lost: number; concealed: number; latencyMs: number }> {
  const lines = await side.received();
  const last = lines.at(-1);
  const first = last && lines.find(({ atMs }) => atMs >= last.atMs - ms - 100);
  if (!last || !first || first === last) throw new Error(`${side.username} has no figures`);
  const { video } = last;
  if (video.width !== 640 || video.height !== 480) throw new Error(`${video.width}x${video.height}`);
  if (last.path !== 'udp') throw new Error(`the path is ${last.path}`);
  const seconds = (last.atMs - first.atMs) / 1000;
  const stretchOfLines = lines.slice(lines.indexOf(first) + 1);
  return {
    fps: (video.frames - first.video.frames) / seconds,
    medianFps: median(stretchOfLines.map((line) => line.video.fps)),
    lost: video.lost - first.video.lost,
    concealed: (last.audio.concealedMs - first.audio.concealedMs) / 1000 / seconds,
    latencyMs: median(stretchOfLines.flatMap((line) => line.video.latencyMs ?? [])),
  };
}

// ---- V1 -----------------------------------------------------------------------------------------------------

const plainCall: Scenario = {
  key,
  title: 'V1 A call, 640x480 at 30 pictures a second both ways',
  about:
    '`call bob` and `call --answer --headless`, both with `--camera test --mic test` and `--stats`, each a process with its own home, over TLS and the relay of a `serve` process. ' +
    'Ten seconds from four seconds after the start. The CPU of a side is that of its process with all children, the ffmpeg that makes and encodes its pictures too; where there are two figures the worse one.',
  figures: [
    { name: 'pictures a second by --stats, median of the lines', digits: 0, aim: { atLeast: fps } },
    { name: 'pictures a second, over the whole stretch', digits: 2 },
    { name: 'pictures lost', digits: 0, aim: { atMost: 0 } },
    { name: 'calling side, share of a core', digits: 2, aim: { atMost: 0.6 } },
    { name: 'answering side, share of a core', digits: 2, aim: { atMost: 0.6 } },
    { name: 'latency by --stats, median ms', digits: 1 },
    ...costFigures,
  ],
  runOnce: ({ quick }) => {
    const options = ['--camera', 'test', ...withoutDevices];
    return withCall({ caller: options, agent: options }, async (pair) => {
      await sleep(settleMs);
      const cost = await stretch(pair, stretchMs(quick));
      const sides = await Promise.all(
        [pair.caller, pair.agent].map((side) => receivedBy(side, stretchMs(quick))),
      );
      return {
        'pictures a second by --stats, median of the lines': Math.min(...sides.map((one) => one.medianFps)),
        'pictures a second, over the whole stretch': Math.min(...sides.map((one) => one.fps)),
        'pictures lost': Math.max(...sides.map((one) => one.lost)),
        'calling side, share of a core': cost.shares[1] ?? NaN,
        'answering side, share of a core': cost.shares[2] ?? NaN,
        'latency by --stats, median ms': Math.max(...sides.map((one) => one.latencyMs)),
        ...costMeasured(cost),
      };
    });
  },
};

// ---- V2 -----------------------------------------------------------------------------------------------------

const pictureDelay: Scenario = {
  key,
  title: 'V2 From a picture to plain RTP',
  about:
    'The calling side’s camera is an HTTP server in this process, which sends 30 numbered JPEGs of 640x480 a second and notes when it hands each to the socket; the other side’s `--rtp-out` comes back to this process, ' +
    'which notes the last packet of each. One clock, both `call` processes and the server between; every picture that comes must be, byte for byte, one that went, in order, and once. Sound goes both ways meanwhile.',
  figures: [
    { name: 'picture to its last RTP packet, p50 ms', digits: 1 },
    { name: 'picture to its last RTP packet, p95 ms', digits: 1, aim: { atMost: 20 } },
    { name: 'picture to its last RTP packet, p99 ms', digits: 1 },
    { name: 'pictures shown, %', digits: 1 },
    { name: 'bytes of a picture, kB', digits: 0 },
    ...costFigures,
  ],
  runOnce: async ({ quick }) => {
    const pictures = await numberedPictures(pictureCount);
    const camera = await ClockCamera.open(pictures, fps);
    const sink = await PictureSink.open();
    const caller = ['--camera', camera.url, ...withoutDevices];
    const agent = ['--camera', 'none', ...withoutDevices, '--rtp-out', sink.address];
    try {
      return await withCall({ caller, agent }, async (pair) => {
        await until('pictures', () => sink.count > fps);
        await sleep(settleMs);
        const fromMs = performance.now();
        const cost = await stretch(pair, stretchMs(quick));
        const toMs = performance.now();
        await sleep(1_000);
        const shown = await sink.shown(pictures);
        const { latenciesMs, shownShare, anewShare } = pictureFigures(camera.handings, shown, {
          fromMs,
          toMs,
        });
        if (anewShare > 0) throw new Error('pictures were encoded anew');
        return {
          'picture to its last RTP packet, p50 ms': quantile(latenciesMs, 0.5),
          'picture to its last RTP packet, p95 ms': quantile(latenciesMs, 0.95),
          'picture to its last RTP packet, p99 ms': quantile(latenciesMs, 0.99),
          'pictures shown, %': shownShare * 100,
          'bytes of a picture, kB': median(pictures.jpegs.map(({ length }) => length)) / 1000,
          ...costMeasured(cost),
        };
      });
    } finally {
      await camera.close();
      await sink.close();
    }
  },
};

// ---- V3 -----------------------------------------------------------------------------------------------------

const goodWay = { delayMs: 30 };
const narrowWay = { delayMs: 30, bitsPerSecond: 200_000, queueMs: 400 };

/** What a side saw from a line to another, a second or more later. */
function between(first: FigureLine, last: FigureLine): { fps: number; concealed: number } {
  const seconds = (last.atMs - first.atMs) / 1000;
  return {
    fps: (last.video.frames - first.video.frames) / seconds,
    concealed: (last.audio.concealedMs - first.audio.concealedMs) / 1000 / seconds,
  };
}

type FigureLine = Awaited<ReturnType<CallSide['received']>>[number];

/** Waits, and returns the newest line of both sides. */
async function linesAfter({ caller, agent }: CallPair, ms: number): Promise<FigureLine[][]> {
  await sleep(ms);
  return Promise.all([caller, agent].map((side) => side.received()));
}

function lastOf(lines: readonly FigureLine[]): FigureLine {
  const last = lines.at(-1);
  if (!last) throw new Error('a side has no figures');
  return last;
}

const narrowCall: Scenario = {
  key,
  title: 'V3 A call whose way becomes 200 kbit/s for a while',
  about:
    'As V1, the calling side behind the seeded UDP proxy of `test/support` (60 ms of round trip). After five seconds the proxy carries 200 kbit/s each way for 13 s, of which the last eight count; ' +
    'then all again, and ten seconds later full quality is looked for. Of both sides the worse.',
  figures: [
    { name: 'pictures a second at 200 kbit/s', digits: 1, aim: { atLeast: 5 } },
    { name: 'latency at 200 kbit/s by --stats, worst second, ms', digits: 0, aim: { atMost: 800 } },
    { name: 'sound made up at 200 kbit/s, %', digits: 1, aim: { atMost: 5 } },
    { name: 'width ten seconds after, pixels', digits: 0, aim: { atLeast: 640 } },
    { name: 'pictures a second ten seconds after', digits: 1, aim: { atLeast: 27 } },
    ...costFigures,
  ],
  runOnce: () => {
    const options = ['--camera', 'test', ...withoutDevices];
    const network = { traits: goodWay, behind: 1 };
    return withCall({ caller: options, agent: options, network }, async (pair) => {
      const way = pair.network;
      if (!way) throw new Error('there is no proxy');
      await sleep(settleMs + 1_000);
      way.traits = narrowWay;
      const first = (await linesAfter(pair, 5_000)).map(lastOf);
      const narrow = await linesAfter(pair, 8_000);
      way.traits = goodWay;
      const lifted = (await linesAfter(pair, 10_000)).map(lastOf);
      const finish = measureTogether([pair.server.pid, pair.caller.pid, pair.agent.pid]);
      const after = (await linesAfter(pair, 3_000)).map(lastOf);
      const cost = finish();
      const held = narrow.map((lines, at) => between(first[at] ?? lastOf(lines), lastOf(lines)));
      const latencies = narrow.flatMap((lines, at) =>
        lines
          .filter(({ atMs }) => atMs > (first[at]?.atMs ?? 0))
          .flatMap(({ video }) => video.latencyMs ?? []),
      );
      const restored = after.map((last, at) => between(lifted[at] ?? last, last));
      return {
        'pictures a second at 200 kbit/s': Math.min(...held.map((one) => one.fps)),
        'latency at 200 kbit/s by --stats, worst second, ms': Math.max(...latencies),
        'sound made up at 200 kbit/s, %': 100 * Math.max(...held.map((one) => one.concealed)),
        'width ten seconds after, pixels': Math.min(...after.map(({ video }) => video.width)),
        'pictures a second ten seconds after': Math.min(...restored.map((one) => one.fps)),
        ...costMeasured(cost),
      };
    });
  },
};

// ---- V4 -----------------------------------------------------------------------------------------------------

const soundDelay: Scenario = {
  key,
  title: 'V4 From mouth to ear',
  about:
    'The calling side’s `--mic file:` is a pipe with clicks, one a second: the program can begin to play it only when this process has closed it, which is the zero of all times. The other side’s `--speaker file:` ' +
    'grows while this process looks at it every millisecond; a click counts from when its block of 20 ms is in the file, and its place in the block on top. What the program needs to begin counts as delay too. No pictures.',
  figures: [
    { name: 'mouth to ear, p50 ms', digits: 0 },
    { name: 'mouth to ear, p95 ms', digits: 0, aim: { atMost: 120 } },
    { name: 'mouth to ear, longest ms', digits: 0 },
    { name: 'clicks heard, %', digits: 1 },
    ...costFigures,
  ],
  runOnce: async ({ quick }) => {
    const folder = await mkdtemp(join(tmpdir(), 'pytalk-bench-clicks-'));
    const lengthMs = 2 * stretchMs(quick);
    const track = clickTrack(folder, { silenceMs: settleMs, lengthMs });
    const speaker = join(folder, 'speaker.wav');
    const tail = new SpeakerTail(speaker);
    const caller = ['--camera', 'none', '--mic', `file:${track.path}`, '--speaker', 'none'];
    const agent = ['--camera', 'none', '--mic', 'none', '--speaker', `file:${speaker}`];
    try {
      return await withCall({ caller, agent }, async (pair) => {
        const begunMs = await track.begun;
        const cost = await stretch(pair, begunMs + settleMs + lengthMs - performance.now());
        await sleep(500);
        const delaysMs = clickDelays(track.clicksMs, begunMs, tail.clicks);
        return {
          'mouth to ear, p50 ms': quantile(delaysMs, 0.5),
          'mouth to ear, p95 ms': quantile(delaysMs, 0.95),
          'mouth to ear, longest ms': Math.max(...delaysMs),
          'clicks heard, %': (delaysMs.length / track.clicksMs.length) * 100,
          ...costMeasured(cost),
        };
      });
    } finally {
      await tail.close();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

export const callScenarios: readonly Scenario[] = [plainCall, pictureDelay, narrowCall, soundDelay];
