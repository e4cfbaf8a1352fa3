// A microphone of clicks whose moments this process knows, and the clicks found again in what a speaker would have played.
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { wavHeader } from '../../src/media/audio/wav.js';
import { run } from '../machine.js';

const samplesPerMs = 48;
const sampleBytes = 2;
const headerBytes = 44;
/** A block of sound: what the program takes and plays in one go. */
const blockMs = 20;
const clickMs = 6;
const clickHz = 1_500;
const loudness = 20_000;
/** Louder than this is a click and nothing else; quieter than the sound before it would be is no beginning of one. */
const threshold = 5_000;
/** Steps between clicks: never two alike in a row, so that one that is missing is noticed. */
const stepsMs = [910, 990, 1_070] as const;
/** No delay is as long as the least step: then each click that is heard belongs to the last one made. */
const maxDelayMs = 900;
const lookEveryMs = 1;

export interface ClickTrack {
  /** The path for `--mic file:`. */
  readonly path: string;
  /** Resolves once the program has read all of it, with the moment (`performance.now()`) before which it cannot have begun to play. */
  readonly begun: Promise<number>;
  /** When the clicks are, in milliseconds from the beginning. */
  readonly clicksMs: readonly number[];
}

/**
 * A pipe with `lengthMs` of clicks after `silenceMs`. A program that plays a file begins when it has it whole, and it has it whole
 * when this process closes the pipe: so nothing that the program says about time needs to be believed.
 */
export function clickTrack(
  folder: string,
  { silenceMs, lengthMs }: { silenceMs: number; lengthMs: number },
): ClickTrack {
  const path = join(folder, 'clicks.wav');
  run('mkfifo', [path]);
  const samples = new Int16Array((silenceMs + lengthMs) * samplesPerMs);
  const clicksMs: number[] = [];
  for (
    let atMs = silenceMs, step = 0;
    atMs + clickMs < silenceMs + lengthMs;
    atMs += stepsMs[step++ % stepsMs.length]!
  ) {
    clicksMs.push(atMs);
    for (let at = 0; at < clickMs * samplesPerMs; at++) {
      samples[atMs * samplesPerMs + at] = Math.round(
        loudness * Math.sin((2 * Math.PI * clickHz * at) / (samplesPerMs * 1000)),
      );
    }
  }
  const bytes = Buffer.concat([wavHeader(samples.byteLength), Buffer.from(samples.buffer)]);
  const feed = async (): Promise<number> => {
    const pipe = await open(path, 'w');
    try {
      await pipe.writeFile(bytes);
      return performance.now();
    } finally {
      await pipe.close();
    }
  };
  return { path, begun: feed(), clicksMs };
}

/** A click in the file of a speaker. */
export interface HeardClick {
  /** `performance.now()` when it would have left the speaker: its block was there, and is played from its beginning. */
  atMs: number;
}

/** Follows the growing file of a speaker. */
export class SpeakerTail {
  readonly clicks: HeardClick[] = [];
  readonly #path: string;
  #isClosed = false;
  readonly #done: Promise<void>;

  constructor(path: string) {
    this.#path = path;
    this.#done = this.#follow();
  }

  async #follow(): Promise<void> {
    const file = await this.#opened();
    if (!file) return;
    const chunk = Buffer.alloc(1 << 20);
    let pos = headerBytes;
    let quietSinceMs = 0;
    while (!this.#isClosed) {
      const { bytesRead } = await file.read(chunk, 0, chunk.length, pos);
      const nowMs = performance.now();
      const count = Math.floor(bytesRead / sampleBytes);
      for (let at = 0; at < count; at++) {
        const sampleMs = ((pos - headerBytes) / sampleBytes + at) / samplesPerMs;
        if (Math.abs(chunk.readInt16LE(at * sampleBytes)) < threshold) continue;
        if (sampleMs - quietSinceMs > blockMs) this.clicks.push({ atMs: nowMs + (sampleMs % blockMs) });
        quietSinceMs = sampleMs;
      }
      pos += count * sampleBytes;
      await sleep(lookEveryMs);
    }
    await file.close();
  }

  async #opened() {
    while (!this.#isClosed) {
      const file = await open(this.#path, 'r').catch(() => null);
      if (file) return file;
      await sleep(lookEveryMs);
    }
    return null;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#done;
  }
}

/**
 * From mouth to ear, in milliseconds, of each click that was heard. The moment of a click is when a real microphone would hear it, at the
 * earliest: what the program needed to begin counts against it. Throws when a sound was heard that is no click of these.
 */
export function clickDelays(
  clicksMs: readonly number[],
  begunMs: number,
  heard: readonly HeardClick[],
): number[] {
  return heard.map(({ atMs }) => {
    const made = clicksMs.findLast((ms) => begunMs + ms <= atMs);
    const delayMs = made === undefined ? Infinity : atMs - begunMs - made;
    if (delayMs > maxDelayMs)
      throw new Error(`a click was heard ${Math.round(delayMs)} ms after one was made`);
    return delayMs;
  });
}
