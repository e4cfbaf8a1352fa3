// The last stretch of way to this side, which all senders of a group share: what it carries of them together, and each one's part.
import { nothingShared, type WayMeasurement } from './arrivals.js';
import { Incoming } from './incoming.js';
import { RateEstimate } from './rate-estimate.js';
import type { RemotePerson } from './remote-person.js';

/** With a queue the stretch is shorter: what came before the way became narrow is no measure for it. */
const shortWindowMs = 200;
const queuedMs = 50;
const lossWindowMs = 1_000;
/** A stretch with fewer packets, of all and of one, tells nothing about loss. */
const minLossPackets = 40;
const minLossPacketsOfOne = 20;
/** Nothing from anybody for so long is an outage, after which the way may be another. */
const outageMs = 1_000;
/** Whoever has sent no picture for so long sends none. */
const pictureLifeMs = 10_000;

interface Count {
  expected: number;
  lost: number;
}

export class SharedWay {
  readonly estimate = new RateEstimate({ isShared: true });
  readonly #incoming = new Incoming();
  #counts: { atMs: number; of: Map<number, Count> }[] = [];
  #lastMs = -Infinity;
  #incomingBps = 0;
  #measured = nothingShared;

  /** Notes a packet of anybody; `delayMs` is null when it does not tell how long it was on its way. */
  add(nowMs: number, ssrc: number, bytes: number, delayMs: number | null): void {
    if (nowMs - this.#lastMs > outageMs) this.comesAnotherWay();
    this.#lastMs = nowMs;
    this.#incoming.add(nowMs, ssrc, bytes, delayMs);
  }

  comesAnotherWay(): void {
    this.#incoming.comesAnotherWay();
  }

  /** Whether more comes than this, in bits a second. */
  isAbove(bps: number): boolean {
    return this.#incomingBps > 1.1 * bps;
  }

  /** What was measured at the last update. */
  get measured(): WayMeasurement {
    return this.#measured;
  }

  /** Bits a second that the way carries of all together; null while no limit has been met. */
  update(nowMs: number, people: Iterable<RemotePerson>, rttMs: number): number | null {
    const queueMs = this.#incoming.queueMs(nowMs);
    const wide = this.#incoming.bps(nowMs);
    this.#incomingBps =
      queueMs !== null && queueMs > queuedMs
        ? Math.min(wide, this.#incoming.bps(nowMs, shortWindowMs))
        : wide;
    this.#measured = { queueMs, lossShare: this.#lossShare(nowMs, people) };
    return this.estimate.update({ nowMs, ...this.#measured, incomingBps: this.#incomingBps, rttMs });
  }

  #lossShare(nowMs: number, people: Iterable<RemotePerson>): number {
    const of = new Map<number, Count>();
    for (const { id, gaps } of people) {
      const expected = gaps.reduce((sum, one) => sum + one.expected, 0);
      of.set(id, { expected, lost: gaps.reduce((sum, one) => sum + one.lost, 0) });
    }
    this.#counts.push({ atMs: nowMs, of });
    while (nowMs - (this.#counts[0]?.atMs ?? nowMs) > lossWindowMs) this.#counts.shift();
    const all = { expected: 0, lost: 0 };
    let least = Infinity;
    for (const [id, count] of of) {
      const before = this.#counts[0]?.of.get(id) ?? count;
      const [expected, lost] = [count.expected - before.expected, count.lost - before.lost];
      all.expected += expected;
      all.lost += lost;
      // What only one loses is lost before the ways meet.
      if (expected >= minLossPacketsOfOne) least = Math.min(least, lost / expected);
    }
    const share = all.expected >= minLossPackets ? all.lost / all.expected : 0;
    return Math.max(0, Math.min(share, least));
  }

  /**
   * What of it one sender may take, sound and pictures, in bits a second; null while no limit has been met. An even share of what sound
   * leaves, or what it takes now while nothing is left out.
   */
  shareOf(person: RemotePerson, people: ReadonlyMap<number, RemotePerson>, nowMs: number): number | null {
    const { bps } = this.estimate;
    if (bps === null) return null;
    const all = [...people.values()];
    const soundBps = (one: RemotePerson): number => one.audioMeter.kbps(nowMs) * 1000;
    const showing = all.filter(({ lastPictureMs }) => nowMs - lastPictureMs < pictureLifeMs).length;
    const sound = all.reduce((sum, one) => sum + soundBps(one), 0);
    const even = Math.max(0, bps - sound) / Math.max(1, showing) + soundBps(person);
    const isThinned = all.some(({ pictures }) => pictures.some((stream) => stream.isThinned(nowMs)));
    if (isThinned || this.#incomingBps === 0) return even;
    return Math.max(even, (bps * person.arrivals.incomingBps) / this.#incomingBps);
  }
}
