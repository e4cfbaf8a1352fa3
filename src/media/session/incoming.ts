// What came lately: bytes for a rate, and how long the packets of each stream stand in queues. Keeps no more than its window, whoever asks or does not.
import { QueueDelay } from './queue-delay.js';

/** The longest stretch that can be asked for. */
const rateWindowMs = 500;

export class Incoming {
  /** By SSRC: a camera and a microphone are not equally far from the wire. */
  readonly #delays = new Map<number, QueueDelay>();
  readonly #packets: { atMs: number; bytes: number }[] = [];

  /** Notes a packet; `delayMs` is null when it does not tell how long it was on its way. */
  add(nowMs: number, ssrc: number, bytes: number, delayMs: number | null): void {
    while (nowMs - (this.#packets[0]?.atMs ?? nowMs) > rateWindowMs) this.#packets.shift();
    this.#packets.push({ atMs: nowMs, bytes });
    if (delayMs === null) return;
    let delay = this.#delays.get(ssrc);
    if (!delay) this.#delays.set(ssrc, (delay = new QueueDelay()));
    delay.add(nowMs, delayMs);
  }

  /** Bits a second over a stretch of at most `rateWindowMs`. */
  bps(nowMs: number, windowMs = rateWindowMs): number {
    const bytes = this.#packets.reduce((sum, one) => sum + (nowMs - one.atMs <= windowMs ? one.bytes : 0), 0);
    return (bytes * 8 * 1000) / windowMs;
  }

  /** The queue that all streams stand in, in milliseconds: the way's; null while nothing tells. */
  queueMs(nowMs: number): number | null {
    const queues = [...this.#delays.values()].flatMap((delay) => delay.ms(nowMs) ?? []);
    return queues.length === 0 ? null : Math.min(...queues);
  }

  /** What comes from now on takes another way: how long the old one took is no measure for it. */
  comesAnotherWay(): void {
    this.#delays.clear();
  }
}
