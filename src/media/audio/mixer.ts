// Adds sounds together without distortion, and measures how loud they are; pure functions on 16-bit samples.
import { blockSamples } from '../media.js';

const fullScale = 32_767;
/** Up to here sound passes unchanged; above it is bent softly towards the full scale. */
const knee = 24_000;

/** Root mean square, 0 to 32,768. */
export function rms(samples: Int16Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return Math.sqrt(sum / Math.max(1, samples.length));
}

/** Loudness as a meter shows it, 0 to 1: -60 dB of full scale is 0. */
export function level(samples: Int16Array): number {
  const loudness = rms(samples);
  if (loudness < 1) return 0;
  return Math.min(1, Math.max(0, 1 + (20 * Math.log10(loudness / fullScale)) / 60));
}

/** Keeps a sum within 16 bits. */
function limited(value: number): number {
  const size = Math.abs(value);
  if (size <= knee) return Math.round(value);
  const over = (size - knee) / (fullScale - knee);
  const bent = knee + (fullScale - knee) * Math.tanh(over);
  return Math.round(value < 0 ? -bent : bent);
}

/** One block out of several, times `volume`; null when there is nothing to hear. */
export function mix(blocks: readonly Int16Array[], volume: number): Int16Array | null {
  if (blocks.length === 0 || volume === 0) return null;
  const [only] = blocks;
  if (blocks.length === 1 && volume === 1 && only) return only;
  const mixed = new Int16Array(blockSamples);
  for (let at = 0; at < blockSamples; at++) {
    let sum = 0;
    for (const block of blocks) sum += block[at] ?? 0;
    mixed[at] = limited(sum * volume);
  }
  return mixed;
}
