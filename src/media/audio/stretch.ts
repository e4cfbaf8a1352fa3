// Makes a block of sound longer or shorter by one period, so that a buffer grows or shrinks unheard (WSOLA, Verhelst and Roelands 1993); pure.

/** Periods that a block may lose or repeat, in samples at 48 kHz: 2.5 ms to 10 ms, twice which fits into a block. */
const minPeriod = 120;
const maxPeriod = 480;
/** Sound that is less like itself is not stretched, unless it is so soft that nobody hears it. */
const minLikeness = 0.5;
const softRms = 200;

/** The distance at which the beginning of a block is most like what follows it; null when it is like nothing. */
function periodOf(samples: Int16Array): number | null {
  let best = { period: maxPeriod, likeness: -1 };
  let energy = 0;
  for (const sample of samples) energy += sample * sample;
  if (energy < softRms ** 2 * samples.length) return maxPeriod;
  // Every second sample and period will do to find it.
  for (let period = minPeriod; period <= maxPeriod; period += 2) {
    let product = 0;
    let first = 1;
    let second = 1;
    for (let at = 0; at < period; at += 2) {
      const a = samples[at] ?? 0;
      const b = samples[at + period] ?? 0;
      product += a * b;
      first += a * a;
      second += b * b;
    }
    const likeness = product / Math.sqrt(first * second);
    if (likeness > best.likeness) best = { period, likeness };
  }
  return best.likeness < minLikeness ? null : best.period;
}

/** `from` fading out while `to` fades in. */
function crossfade(from: Int16Array, to: Int16Array): Int16Array {
  return from.map((sample, at) => {
    const share = (at + 1) / (from.length + 1);
    return Math.round(sample * (1 - share) + (to[at] ?? 0) * share);
  });
}

/** The block without one period; as it was where that would be heard. */
export function shortened(samples: Int16Array): Int16Array {
  const period = periodOf(samples);
  if (period === null) return samples;
  const joined = crossfade(samples.subarray(0, period), samples.subarray(period, 2 * period));
  return concatenated([joined, samples.subarray(2 * period)]);
}

/** The block with one period twice; as it was where that would be heard. */
export function lengthened(samples: Int16Array): Int16Array {
  const period = periodOf(samples);
  if (period === null) return samples;
  const joined = crossfade(samples.subarray(period, 2 * period), samples.subarray(0, period));
  return concatenated([samples.subarray(0, period), joined, samples.subarray(period)]);
}

export function concatenated(parts: readonly Int16Array[]): Int16Array {
  const all = new Int16Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
