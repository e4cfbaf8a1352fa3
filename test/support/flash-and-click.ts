// Light and sound that begin at the same moments, and how far apart they are in a recording, as ffmpeg plays it.
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { readMatroska } from './matroska.js';

export const everyMs = 1_000;
export const flashMs = 200;
const clickMs = 40;
const seconds = 9;

/** A picture of one grey, 320x240, as RTP/JPEG carries it. */
export function plain(level: number): Promise<Buffer> {
  return sharp({
    create: { width: 320, height: 240, channels: 3, background: { r: level, g: level, b: level } },
  })
    .jpeg({ chromaSubsampling: '4:2:0', optimiseCoding: false })
    .toBuffer();
}

/** A click of 1 kHz at each full second; `at` in samples of 48 kHz. */
export function clickSample(at: number): number {
  const isOn = (at / 48) % everyMs < clickMs;
  return isOn ? Math.round(12_000 * Math.sin((2 * Math.PI * 1_000 * at) / 48_000)) : 0;
}

/** A microphone's file: a click at each full second, silence between. */
export function clickFile(): Buffer {
  const samples = seconds * 48_000;
  const wav = Buffer.alloc(44 + 2 * samples);
  wav.write('RIFF', 0);
  wav.writeUInt32LE(wav.length - 8, 4);
  wav.write('WAVEfmt ', 8);
  for (const [at, value] of [16, 0x0001_0001, 48_000, 96_000, 0x0010_0002].entries())
    wav.writeUInt32LE(value, 16 + 4 * at);
  wav.write('data', 36);
  wav.writeUInt32LE(2 * samples, 40);
  for (let at = 0; at < samples; at++) wav.writeInt16LE(clickSample(at), 44 + 2 * at);
  return wav;
}

/** Beginnings of light in a file's stream of pictures, as ffmpeg sees it, in milliseconds. */
function flashesIn(file: string, stream: number): number[] {
  const filters = 'scale=16:16,signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=-';
  const argv = ['-v', 'error', '-i', file, '-map', `0:v:${stream}`, '-vsync', 'passthrough', '-copyts'];
  const out = execFileSync('ffmpeg', [...argv, '-vf', filters, '-f', 'null', '-'], { encoding: 'utf8' });
  const found: number[] = [];
  let isLit = true;
  for (const [, time, level] of out.matchAll(/pts_time:([\d.]+)\s+lavfi\.signalstats\.YAVG=([\d.]+)/g)) {
    const nowLit = Number(level) > 128;
    if (nowLit && !isLit) found.push(Number(time) * 1000);
    isLit = nowLit;
  }
  return found;
}

/** Beginnings of clicks in a file's stream of sound. */
function clicksIn(file: string, stream: number): number[] {
  // Sound is put where its timestamps say; else ffmpeg lets it be 100 ms off.
  const filter = 'aresample=async=1:min_hard_comp=0.01:first_pts=0';
  const argv = ['-v', 'error', '-i', file, '-map', `0:a:${stream}`, '-af', filter];
  const out = execFileSync('ffmpeg', [...argv, '-f', 's16le', '-ac', '1', '-ar', '48000', '-'], {
    maxBuffer: 64 * 1024 * 1024,
  });
  const found: number[] = [];
  let lastLoud = -Infinity;
  for (let at = 0; at < out.length / 2; at++) {
    if (Math.abs(out.readInt16LE(2 * at)) < 3_000) continue;
    if (at - lastLoud > 48 * 300) found.push(at / 48);
    lastLoud = at;
  }
  return found;
}

/** The number of a person's stream among those of its kind, as ffmpeg counts them. */
async function streamOf(file: string, name: string, codec: string): Promise<number> {
  const { tracks } = readMatroska(await readFile(file));
  const same = tracks.filter((track) => track.codec === codec);
  return same.findIndex((track) => track.name === name);
}

/** How much later each flash's click is, in milliseconds, and when the clicks are. */
export async function offsets(file: string, name: string): Promise<{ apart: number[]; clicks: number[] }> {
  const flashes = flashesIn(file, await streamOf(file, name, 'V_MJPEG'));
  const clicks = clicksIn(file, await streamOf(file, name, 'A_OPUS'));
  const apart = flashes.flatMap((flash) => {
    const [nearest] = clicks.map((click) => click - flash).sort((a, b) => Math.abs(a) - Math.abs(b));
    return nearest !== undefined && Math.abs(nearest) < everyMs / 2 ? [nearest] : [];
  });
  return { apart, clicks };
}
