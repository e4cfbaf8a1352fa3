// Counts how often, and for how long, somebody's picture stood still though more was sent (totalFreezesDuration of W3C webrtc-stats).
import { timestampDiff } from '../../protocol/rtp.js';

/** A freeze is longer than this many usual intervals, and than a usual one and so much more. */
const intervals = 3;
const moreMs = 150;
/** Of the newest interval in the usual one: the last 30 count. */
const memory = 1 / 30;
const unitsPerMs = 90;

export class Freezes {
  #last: { atMs: number; timestamp: number } | null = null;
  #usualMs: number | null = null;
  count = 0;
  totalMs = 0;

  /** A picture is shown. `follows`: nothing that was sent between it and the last one was lost. */
  shown(nowMs: number, timestamp: number, follows: boolean): void {
    const last = this.#last;
    this.#last = { atMs: nowMs, timestamp };
    if (!last) return;
    const intervalMs = nowMs - last.atMs;
    const usualMs = this.#usualMs ?? intervalMs;
    // A camera that was off, or pictures that were not sent, are no freeze of the way.
    const takenMs = follows ? timestampDiff(timestamp, last.timestamp) / unitsPerMs : 0;
    if (intervalMs > Math.max(intervals * usualMs, usualMs + moreMs) && takenMs < intervalMs - moreMs) {
      this.count++;
      this.totalMs += intervalMs;
      return;
    }
    this.#usualMs = usualMs + (Math.min(intervalMs, 1000) - usualMs) * memory;
  }
}
