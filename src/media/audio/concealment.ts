// Makes up sound for a block that did not come: the last pitch period goes on, and fades away.
import { blockSamples } from '../media.js';

/** Pitch of voices: 400 Hz to 67 Hz. */
const minPeriod = 120;
const maxPeriod = 720;
const historySamples = 2 * blockSamples;
/** Samples over which real sound takes over from made-up sound, so that nothing clicks. */
const crossfadeSamples = 120;
/** Of each made-up block to the one before it; after `maxBlocks` there is silence. */
const fadePerBlock = 0.7;
const maxBlocks = 5;

export class Concealment {
  readonly #history = new Int16Array(historySamples);
  #period = maxPeriod;
  #phase = 0;
  #blocks = 0;

  /** Takes a real block; returns it, joined to what was made up before it. */
  real(samples: Int16Array): Int16Array {
    let joined = samples;
    if (this.#blocks > 0) {
      const tail = this.#continued();
      joined = Int16Array.from(samples);
      for (let at = 0; at < crossfadeSamples; at++) {
        const share = at / crossfadeSamples;
        joined[at] = Math.round((samples[at] ?? 0) * share + (tail[at] ?? 0) * (1 - share));
      }
    }
    this.#blocks = 0;
    this.#remember(joined);
    return joined;
  }

  /** A made-up block; null once it has faded away. */
  next(): Int16Array | null {
    if (this.#blocks >= maxBlocks) return null;
    if (this.#blocks === 0) {
      this.#period = this.#findPeriod();
      this.#phase = 0;
    }
    const samples = this.#continued();
    this.#phase = (this.#phase + blockSamples) % this.#period;
    this.#blocks++;
    return samples;
  }

  #continued(): Int16Array {
    if (this.#blocks >= maxBlocks) return new Int16Array(blockSamples);
    const from = fadePerBlock ** this.#blocks;
    const to = this.#blocks === maxBlocks - 1 ? 0 : from * fadePerBlock;
    const samples = new Int16Array(blockSamples);
    const start = historySamples - this.#period;
    for (let at = 0; at < blockSamples; at++) {
      const sample = this.#history[start + ((this.#phase + at) % this.#period)] ?? 0;
      samples[at] = Math.round(sample * (from + ((to - from) * at) / blockSamples));
    }
    return samples;
  }

  #remember(samples: Int16Array): void {
    this.#history.copyWithin(0, samples.length);
    this.#history.set(samples, historySamples - samples.length);
  }

  /** The distance at which the newest sound is most like itself; every second sample will do. */
  #findPeriod(): number {
    const history = this.#history;
    const length = maxPeriod;
    const start = historySamples - length;
    let best = maxPeriod;
    let bestScore = -Infinity;
    for (let period = minPeriod; period <= maxPeriod; period += 2) {
      let product = 0;
      let energy = 1;
      for (let at = 0; at < length; at += 2) {
        const old = history[start - period + at] ?? 0;
        product += (history[start + at] ?? 0) * old;
        energy += old * old;
      }
      const score = product / Math.sqrt(energy);
      if (score > bestScore) {
        bestScore = score;
        best = period;
      }
    }
    return best;
  }
}
