// Numbers out of samples: quantiles, the median with its spread, and how a figure is written.

/** The value below which the share `q` (0 to 1) of the samples lies, by nearest rank; NaN without samples. */
export function quantile(samples: readonly number[], q: number): number {
  const sorted = Float64Array.from(samples).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

/** The middle value, the mean of the two middle ones for an even count; NaN without samples. */
export function median(samples: readonly number[]): number {
  const sorted = Float64Array.from(samples).sort();
  const upper = sorted[sorted.length >> 1] ?? Number.NaN;
  if (sorted.length % 2 === 1) return upper;
  return (upper + (sorted[(sorted.length >> 1) - 1] ?? Number.NaN)) / 2;
}

/** `median (min–max)`; a dash when there is nothing to say. */
export function spread(samples: readonly number[], digits: number): string {
  const known = samples.filter((value) => !Number.isNaN(value));
  if (known.length === 0) return '–';
  const text = (value: number): string => formatNumber(value, digits);
  return `${text(median(known))} (${text(Math.min(...known))}–${text(Math.max(...known))})`;
}

/** A number with a fixed count of decimals, and commas between thousands. */
export function formatNumber(value: number, digits: number): string {
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** What a figure is measured against: at most or at least this much. */
export type Aim = { atMost: number } | { atLeast: number };

/** Whether the median of the samples reaches the aim; false without samples. */
export function meets(samples: readonly number[], aim: Aim): boolean {
  const value = median(samples.filter((sample) => !Number.isNaN(sample)));
  return 'atMost' in aim ? value <= aim.atMost : value >= aim.atLeast;
}
