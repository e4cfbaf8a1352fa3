// What the way from one sender carries, as its receiver estimates it: the controllers of GCC (draft-ietf-rmcat-gcc-02) over LEDBAT's delay.

/** A standing queue of so much means that more is sent than the way carries; below the other bound there is room. */
const overuseMs = 50;
const roomMs = 20;
/** A queue like this must be emptied, not only kept from growing. */
const longQueueMs = 300;
const decrease = 0.78;
const drain = 0.6;
/** Loss above the usual that counts as congestion even where no queue shows: some routers drop instead. */
const congestionLoss = 0.1;
const minBps = 40_000;
const longPacketBits = 9_600;
/** Growth in a second: near the rate at which it was too much the last time, and elsewhere; between them it rises slowly. */
const nearGrowth = 1.1;
const farGrowth = 2.2;
const nearFrom = 0.6;
const nearTo = 1.1;
const growthSlope = 1.5;
/** A queue that is so much shorter than so many updates before empties. */
const emptiesMs = 20;
const trendUpdates = 4;
/** After less was asked for, what is measured still tells of before, for so long and a round trip more. */
const settleMs = 350;
/** Grows no further beyond what really comes, near the limit and elsewhere: what is not sent proves nothing. */
const headroom = { near: 1.2, far: 1.5, bps: 20_000 };
/** Loss is counted over the last second, in which a queue may have overflowed. */
const lossMemoryMs = 1_000;

export interface RateMeasurement {
  nowMs: number;
  /** Standing queue; null when nothing came lately. */
  queueMs: number | null;
  /** What came in the last stretch, all of this sender's streams. */
  incomingBps: number;
  /** Share of packets lost on the way in the last second, before any was sent again. */
  lossShare: number;
  /** Round trip; 0 while not known. */
  rttMs: number;
}

export class RateEstimate {
  /**
   * Whether several senders share the way. Then more may come than was asked for, as sound is not thinned, and what comes without a
   * queue the way carries; and each packet stands behind one of another sender now and then, which is no standing queue.
   */
  readonly #isShared: boolean;
  /** Bits a second; null while no limit has been met. */
  #bps: number | null = null;
  /** What came when it was too much the last time; null when that is long ago. */
  #limitBps: number | null = null;
  /** The standing queue at the last updates, oldest first. */
  readonly #queues: number[] = [];
  #settledAtMs = -Infinity;
  #lastMs: number | null = null;
  /** Loss that stays the same however much is sent: radio, not congestion. */
  #usualLoss = 0;
  #lossBefore: { share: number; atMs: number } | null = null;

  constructor({ isShared = false } = {}) {
    this.#isShared = isShared;
  }

  get bps(): number | null {
    return this.#bps;
  }

  /** True while less is asked for than before and the queue still empties: nothing more should be put into it. */
  isCongested(nowMs: number): boolean {
    return nowMs < this.#settledAtMs;
  }

  /** Called several times a second; returns the estimate. */
  update({ nowMs, queueMs, incomingBps, lossShare, rttMs }: RateMeasurement): number | null {
    const sinceMs = this.#lastMs === null ? 0 : nowMs - this.#lastMs;
    this.#lastMs = nowMs;
    this.#learnLoss(lossShare, nowMs, rttMs);
    if (queueMs !== null) {
      this.#queues.push(queueMs);
      if (this.#queues.length > trendUpdates) this.#queues.shift();
    }
    if (nowMs < this.#settledAtMs || queueMs === null) return this.#bps;
    // While it is tried whether less is lost when less is sent, loss alone changes nothing more.
    const isLossy =
      !this.#lossBefore &&
      nowMs > this.#settledAtMs + lossMemoryMs &&
      lossShare > this.#usualLoss + congestionLoss;
    const packetMs = this.#isShared && this.#bps !== null ? (longPacketBits * 1000) / this.#bps : 0;
    if ((queueMs > overuseMs + packetMs && !this.#empties(queueMs)) || isLossy) {
      const factor = queueMs > longQueueMs ? drain : decrease;
      // Never up: what comes may be a burst that had waited.
      this.#bps = Math.max(minBps, Math.min(this.#bps ?? Infinity, factor * incomingBps));
      this.#limitBps = incomingBps;
      this.#settledAtMs = nowMs + settleMs + rttMs;
      if (isLossy && queueMs <= overuseMs + packetMs) this.#lossBefore = { share: lossShare, atMs: nowMs };
      return this.#bps;
    }
    if (this.#bps !== null && queueMs < roomMs + packetMs / 2) this.#grow(this.#bps, sinceMs, incomingBps);
    return this.#bps;
  }

  /** Whether the queue gets shorter by itself: then little enough is sent already. */
  #empties(queueMs: number): boolean {
    return queueMs < (this.#queues[0] ?? 0) - emptiesMs;
  }

  #grow(bps: number, sinceMs: number, incomingBps: number): void {
    if (this.#isShared && bps < incomingBps) {
      this.#bps = incomingBps;
      return;
    }
    const growth = this.#growth(bps);
    const room = growth < farGrowth ? headroom.near : headroom.far;
    if (bps <= room * incomingBps + headroom.bps) this.#bps = bps * growth ** (sinceMs / 1000);
  }

  #growth(bps: number): number {
    const ratio = this.#limitBps === null ? Infinity : bps / this.#limitBps;
    if (ratio < nearFrom) return farGrowth;
    return Math.min(farGrowth, nearGrowth + Math.max(0, ratio - nearTo) * growthSlope);
  }

  /** Loss that did not become less when less was sent is not for want of room. */
  #learnLoss(lossShare: number, nowMs: number, rttMs: number): void {
    const before = this.#lossBefore;
    if (before && nowMs - before.atMs > 1_000 + settleMs + rttMs) {
      this.#lossBefore = null;
      if (lossShare > 0.6 * before.share) this.#usualLoss = Math.max(this.#usualLoss, lossShare);
    }
    // What was usual is forgotten when it has not been seen for a while.
    if (lossShare < this.#usualLoss) this.#usualLoss += (lossShare - this.#usualLoss) * 0.02;
  }
}
