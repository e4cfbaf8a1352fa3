// T: pictures in a terminal: bytes and CPU a frame for each way of drawing, on the same clip, beside mpv and timg where they are.
import { setTimeout as sleep } from 'node:timers/promises';
import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { JpegSplitter } from '../../src/media/capture/jpeg-splitter.js';
import { readAnswers, type Graphics } from '../../src/media/terminal/detect.js';
import { CallScreen } from '../../src/media/terminal/screen.js';
import { succeeds } from '../machine.js';
import type { Measured, Scenario } from '../scenario.js';

const execute = promisify(execFile);
const columns = 160;
const rows = 48;
const views = ['blocks', 'ascii', 'sixel', 'kitty', 'iterm2'] as const;

/** The clip as JPEGs of 640 by 480, as a call carries them. */
function clip(frames: number): Buffer[] {
  const source = ['-f', 'lavfi', '-i', 'testsrc2=size=640x480:rate=30', '-frames:v', String(frames)];
  const args = [
    '-loglevel',
    'error',
    ...source,
    '-c:v',
    'mjpeg',
    '-huffman',
    'default',
    '-q:v',
    '5',
    '-f',
    'mjpeg',
    '-',
  ];
  return new JpegSplitter().push(execFileSync('ffmpeg', args, { maxBuffer: 1 << 28 }));
}

/** Draws the clip with one view; bytes and CPU milliseconds a frame, decoding included. */
async function drawn(
  view: Graphics['view'],
  jpegs: readonly Buffer[],
): Promise<{ bytes: number; cpuMs: number }> {
  const graphics: Graphics = { ...readAnswers('', {}), view, colours: 'true' };
  let bytes = 0;
  let written = (): void => undefined;
  const screen = new CallScreen({
    write: (data) => {
      bytes += data.length;
      written();
      return true;
    },
    // One row for the name, one for the status line.
    columns,
    rows: rows + 2,
    graphics,
    now: () => performance.now(),
  });
  screen.setPerson(1, { name: 'clip', muted: true, camera: true });
  const show = async (jpeg: Buffer): Promise<void> => {
    const before = screen.stats.drawn;
    screen.picture(1, jpeg);
    // Asleep meanwhile: what is spent on waiting is no cost of drawing.
    while (screen.stats.drawn === before)
      await Promise.race([new Promise<void>((resolve) => (written = resolve)), sleep(5)]);
  };
  const [first] = jpegs;
  if (first) await show(first);
  bytes = 0;
  const cpu = process.cpuUsage();
  for (const jpeg of jpegs.slice(1)) await show(jpeg);
  const { user, system } = process.cpuUsage(cpu);
  const count = jpegs.length - 1;
  screen.close();
  return { bytes: bytes / count, cpuMs: (user + system) / 1000 / count };
}

/** What a player writes for the same clip in a terminal of the same size, and its CPU; NaN where it is not installed. */
async function player(
  name: 'mpv' | 'timg',
  file: string,
  frames: number,
): Promise<{ bytes: number; cpuMs: number }> {
  if (!succeeds(name, ['--version']) || !succeeds('script', ['--version'])) return { bytes: NaN, cpuMs: NaN };
  const command =
    name === 'mpv'
      ? `mpv --no-config --really-quiet --no-audio --untimed --vo=tct --vo-tct-width=${columns} --vo-tct-height=${rows} ${file}`
      : `timg -ph -g${columns}x${rows} --frames=${frames} ${file}`;
  const measured = `stty cols ${columns} rows ${rows + 2}; bash -c 'time -p ${command}' 2>${file}.time`;
  const { stdout } = await execute('script', ['-qec', measured, '/dev/null'], {
    maxBuffer: 1 << 30,
    encoding: 'buffer',
    env: { ...process.env, COLORTERM: 'truecolor', TERM: 'xterm-256color' },
  });
  const times = execFileSync('cat', [`${file}.time`]).toString();
  const seconds = ['user', 'sys'].reduce(
    (sum, kind) => sum + Number(new RegExp(`${kind} ([\\d.]+)`).exec(times)?.[1] ?? NaN),
    0,
  );
  return { bytes: stdout.length / frames, cpuMs: (seconds * 1000) / frames };
}

async function runOnce(frames: number): Promise<Measured> {
  const jpegs = clip(frames);
  const measured: Record<string, number> = {};
  for (const view of views) {
    const { bytes, cpuMs } = await drawn(view, jpegs);
    measured[`${view}: kB a frame`] = bytes / 1000;
    measured[`${view}: CPU ms a frame`] = cpuMs;
  }
  const folder = await mkdtemp(join(tmpdir(), 'pytalk-bench-clip-'));
  try {
    const file = join(folder, 'clip.mkv');
    const source = ['-f', 'lavfi', '-i', 'testsrc2=size=640x480:rate=30', '-frames:v', String(frames)];
    execFileSync('ffmpeg', ['-loglevel', 'error', ...source, '-c:v', 'mjpeg', '-q:v', '5', file]);
    for (const name of ['mpv', 'timg'] as const) {
      const { bytes, cpuMs } = await player(name, file, frames);
      measured[`${name}: kB a frame`] = bytes / 1000;
      measured[`${name}: CPU ms a frame`] = cpuMs;
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return measured;
}

export const terminalVideo: Scenario = {
  key: 'T',
  title: 'T Pictures in a terminal of 160x48',
  about:
    'ffmpeg’s testsrc2, 640x480, drawn as fast as it goes; CPU of this process with decoding. mpv (--vo=tct) and timg (-ph) draw the same clip where they are installed.',
  figures: [...views, 'mpv', 'timg'].flatMap((name) => [
    { name: `${name}: kB a frame`, digits: 1, ...(name === 'blocks' && { aim: { atMost: 25 } }) },
    { name: `${name}: CPU ms a frame`, digits: 1, ...(name === 'blocks' && { aim: { atMost: 3 } }) },
  ]),
  runOnce: ({ quick }) => runOnce(quick ? 30 : 150),
};
