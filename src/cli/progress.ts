// A progress bar for one transfer: done, rate and time left, drawn over itself on a terminal's stderr.
import type { Progress } from '../client/api.js';
import { sizeText } from './chat/message-text.js';
import { cleanLine } from './clean-text.js';
import type { Say } from './catalogue/translate.js';
import { fitted, padded } from './format/columns.js';
import type { Io } from './io.js';

const barCells = 20;
const nameCells = 24;
const drawEveryMs = 100;
/** The rate is that of the last seconds, not of all the time. */
const rateWindowMs = 3000;

interface Sample {
  atMs: number;
  done: number;
}

function timeLeft(bytes: number, bytesPerSecond: number): string {
  if (!(bytesPerSecond > 0)) return '--:--';
  const seconds = Math.ceil(bytes / bytesPerSecond);
  const minutes = Math.floor(seconds / 60);
  return `${minutes}:${String(seconds % 60).padStart(2, '0')}`;
}

/** The line for a state of things; pure. */
export function progressLine(
  label: string,
  progress: Progress,
  samples: readonly Sample[],
  say: Say,
): string {
  const { done, total } = progress;
  const part = total === 0 ? 1 : done / total;
  const filled = Math.round(part * barCells);
  const [first] = samples;
  const last = samples.at(-1);
  const elapsedMs = first && last ? last.atMs - first.atMs : 0;
  const rate = first && last && elapsedMs > 0 ? ((last.done - first.done) * 1000) / elapsedMs : 0;
  const name = padded(fitted(cleanLine(label), nameCells), nameCells);
  const bar = '█'.repeat(filled) + '░'.repeat(barCells - filled);
  const percent = `${Math.floor(part * 100)} %`.padStart(5);
  return `${name} ${bar} ${percent}  ${sizeText(done, say)}/${sizeText(total, say)}  ${sizeText(rate, say)}/s  ${timeLeft(total - done, rate)}`;
}

/** Draws while a transfer goes on; nothing where stderr is no terminal. The bar goes away at its end. */
export function progressBar(io: Io, say: Say, label: string): (progress: Progress) => void {
  if (io.stderr.isTTY !== true) return () => undefined;
  let samples: Sample[] = [];
  let drawnAtMs = 0;
  return (progress) => {
    const atMs = io.now();
    const isDone = progress.done >= progress.total;
    if (!isDone && atMs - drawnAtMs < drawEveryMs) return;
    drawnAtMs = atMs;
    samples = [...samples.filter((one) => atMs - one.atMs <= rateWindowMs), { atMs, done: progress.done }];
    const line = fitted(progressLine(label, progress, samples, say), (io.stderr.columns ?? 80) - 1);
    io.stderr.write(isDone ? '\r\x1b[K' : `\r\x1b[K${line}`);
  };
}
