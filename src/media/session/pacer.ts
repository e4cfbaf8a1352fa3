// Spreads the packets of a picture over a few milliseconds, or as the way carries them, so that buffers on the way do not overflow.
import type { Clock } from './outside.js';

/** Packets a millisecond while no limit is known: 13 kB, which the default buffer of a Linux socket holds many times. */
const usualPerMs = 12;
const burstEveryMs = 1;
/** A timer that comes late is made up for, up to so much: buffers must hold what then goes out in one go. */
const maxCatchUpMs = 3;
/** More pictures than this waiting: the oldest that has not begun is given up, the newest wins. */
const maxWaiting = 2;
/** Above the rate that the way carries, so that a picture is not held back for long (as GCC paces). */
const paceFactor = 2.5;
/** Packets in one go while the way is narrow. */
const narrowPackets = 3;
/** What would take longer to send than this, now that the way is narrower, comes too late: also the rest of a picture. */
const maxBacklogMs = 250;

export class Pacer<T> {
  readonly #send: (packet: T) => number;
  readonly #clock: Clock;
  #frames: T[][] = [];
  #stopTimer: (() => void) | null = null;
  #bps: number | null = null;
  #isClosed = false;
  readonly #perMs: number;
  /** Pictures given up before they were sent. */
  dropped = 0;

  /** `send` returns the bytes that went over the wire. A packet that is given up was never handed to it. */
  constructor(send: (packet: T) => number, clock: Clock, packetsPerMs = usualPerMs) {
    this.#send = send;
    this.#clock = clock;
    this.#perMs = packetsPerMs;
  }

  /** What the way carries, in bits a second; null while not known. `packetBytes`: of one that waits, about. */
  setRate(bps: number | null, packetBytes: number): void {
    const isNarrower = bps !== null && (this.#bps === null || bps < this.#bps);
    this.#bps = bps;
    const waiting = this.#frames.reduce((sum, frame) => sum + frame.length, 0);
    if (!isNarrower || (waiting * packetBytes * 8 * 1000) / (bps * paceFactor) <= maxBacklogMs) return;
    this.dropped += this.#frames.length;
    this.#frames = [];
  }

  /** Takes the packets of one picture, in order; they go out at once as far as the pace allows. */
  add(packets: readonly T[]): void {
    if (this.#isClosed) return;
    if (this.#frames.length > maxWaiting) {
      // The first one may be on its way already.
      this.#frames.splice(1, 1);
      this.dropped++;
    }
    this.#frames.push([...packets]);
    if (!this.#stopTimer) this.#burst(burstEveryMs);
  }

  close(): void {
    this.#isClosed = true;
    this.#stopTimer?.();
    this.#frames = [];
  }

  /** `sinceMs`: since the last burst. */
  #burst(sinceMs: number): void {
    const atMs = this.#clock.now();
    this.#stopTimer = null;
    let left = this.#bps === null ? Math.round(this.#perMs * Math.min(maxCatchUpMs, sinceMs)) : narrowPackets;
    let bits = 0;
    while (left > 0) {
      const [frame] = this.#frames;
      if (!frame) break;
      for (const packet of frame.splice(0, left)) {
        bits += 8 * this.#send(packet);
        left--;
      }
      if (frame.length === 0) this.#frames.shift();
    }
    const waitMs = this.#bps === null ? 0 : (bits * 1000) / (this.#bps * paceFactor);
    if (this.#frames.length > 0 || waitMs > burstEveryMs) {
      this.#stopTimer = this.#clock.after(Math.max(burstEveryMs, waitMs), () =>
        this.#burst(Math.max(burstEveryMs, this.#clock.now() - atMs)),
      );
    }
  }
}
