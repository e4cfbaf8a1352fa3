// How one person's packets arrive, measured for the estimate of what their way carries: rate, loss, standing queue.
import { Incoming } from './incoming.js';
import { RateEstimate } from './rate-estimate.js';
import type { Gaps } from './gaps.js';

const lossWindowMs = 1_000;
/** A stretch with fewer packets tells nothing about loss. */
const minLossPackets = 40;

/** After an outage like this the way may be another, with another delay. */
const changeMs = 1_000;
/** Nothing at all for so long is an outage; what was lost in it, and what had waited, says nothing about room. */
const outageMs = 400;
const queueAfterOutageMs = 300;
const lossAfterOutageMs = 1_500;

/** How the way is that all senders share: a queue and a loss that they have in common. */
export interface WayMeasurement {
  readonly queueMs: number | null;
  readonly lossShare: number;
}
/** Only one sender: all is its own. */
export const nothingShared: WayMeasurement = { queueMs: null, lossShare: 0 };

export class Arrivals {
  readonly estimate = new RateEstimate();
  readonly #incoming = new Incoming();
  #incomingBps = 0;
  #lastMs = -Infinity;
  #outageEndedMs = -Infinity;
  #counts: { atMs: number; expected: number; lost: number }[] = [];

  /** Notes a packet that came for the first time; `delayMs` is null when it does not say when it was made. */
  add(nowMs: number, ssrc: number, bytes: number, delayMs: number | null): void {
    if (nowMs - this.#lastMs > outageMs) this.#outageEndedMs = nowMs;
    if (nowMs - this.#lastMs > changeMs) this.comesAnotherWay();
    this.#lastMs = nowMs;
    this.#incoming.add(nowMs, ssrc, bytes, delayMs);
  }

  /** What comes from now on takes another way: how long the old one took is no measure for it. */
  comesAnotherWay(): void {
    this.#incoming.comesAnotherWay();
  }

  /** All that came in the last stretch, in bits a second. */
  get incomingBps(): number {
    return this.#incomingBps;
  }

  /** Whether more comes than this, in bits a second. */
  isAbove(bps: number): boolean {
    return this.#incomingBps > 1.1 * bps;
  }

  /** Bits a second that their own way carries, beside the one that they share; null while no limit has been met. */
  update(nowMs: number, gaps: readonly Gaps[], rttMs: number, shared: WayMeasurement): number | null {
    const expected = gaps.reduce((sum, one) => sum + one.expected, 0);
    const lost = gaps.reduce((sum, one) => sum + one.lost, 0);
    this.#incomingBps = this.#incoming.bps(nowMs);
    this.#counts.push({ atMs: nowMs, expected, lost });
    while (nowMs - (this.#counts[0]?.atMs ?? nowMs) > lossWindowMs) this.#counts.shift();
    const first = this.#counts[0];
    const expectedNow = first ? expected - first.expected : 0;
    const sinceOutageMs = nowMs - this.#outageEndedMs;
    const tellsLoss = expectedNow >= minLossPackets && sinceOutageMs > lossAfterOutageMs;
    const queueMs = this.#incoming.queueMs(nowMs);
    return this.estimate.update({
      nowMs,
      queueMs:
        queueMs === null || sinceOutageMs < queueAfterOutageMs
          ? null
          : Math.max(0, queueMs - (shared.queueMs ?? 0)),
      incomingBps: this.#incomingBps,
      lossShare: first && tellsLoss ? Math.max(0, (lost - first.lost) / expectedNow - shared.lossShare) : 0,
      rttMs,
    });
  }
}
