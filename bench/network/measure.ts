// What somebody sees and hears of the other side in a stretch of a simulated call, and the figures that are made of it.
import { quantile } from '../statistics.js';

/** Pictures that the camera takes in a second. */
export const fps = 30;

/** A block of sound that never rests. */
export const tone = Int16Array.from({ length: 960 }, (_, at) => 6000 * Math.sin(at / 15));

export interface Seen {
  frames: number;
  latenciesMs: readonly number[];
  /** All that came from the network. */
  bytes: number;
  concealedMs: number;
}

/** What a worker is to do. */
export interface RowsOrder {
  loss: number;
  roundTripsMs: readonly number[];
  /** Bits a second in each direction; null for no limit. */
  rates: readonly (number | null)[];
  /** Milliseconds before those that count, and those. */
  stretches: { settleMs: number; measureMs: number };
}

export interface Figures {
  /** Of the pictures that the camera took. */
  shownPercent: number;
  latencyP95Ms: number;
  kbps: number;
  concealedPercent: number;
}

/** Of both sides, for each figure the worse; the rate is the mean. */
export function figuresOf(seen: readonly Seen[], measureMs: number): Figures {
  const taken = (fps * measureMs) / 1000;
  return {
    shownPercent: Math.min(100, ...seen.map(({ frames }) => (100 * frames) / taken)),
    latencyP95Ms: Math.max(...seen.map(({ latenciesMs }) => quantile(latenciesMs, 0.95))),
    kbps: seen.reduce((sum, { bytes }) => sum + bytes, 0) * (8 / measureMs / Math.max(1, seen.length)),
    concealedPercent: Math.max(...seen.map(({ concealedMs }) => (100 * concealedMs) / measureMs)),
  };
}
