// Keeps echo down where nobody cancels it: the microphone is turned down while the far side speaks.
const speaksAt = 0.3;
/** It stays down for a while after: a room answers late. */
const holdBlocks = 12;
const lowGain = 0.15;
/** Of the way to the wanted gain, for each block: down at once, up gently. */
const attack = 0.6;
const release = 0.12;

export class Ducker {
  #hold = 0;
  #gain = 1;

  /** `farLevel`: loudness of what the speaker plays in this block, 0 to 1. */
  process(samples: Int16Array, farLevel: number): Int16Array {
    this.#hold = farLevel >= speaksAt ? holdBlocks : Math.max(0, this.#hold - 1);
    const wanted = this.#hold > 0 ? lowGain : 1;
    const from = this.#gain;
    this.#gain += (wanted - from) * (wanted < from ? attack : release);
    if (from > 0.99 && this.#gain > 0.99) return samples;
    const change = (this.#gain - from) / samples.length;
    return samples.map((sample, at) => Math.round(sample * (from + change * at)));
  }
}
