// Spreads the packets of a picture over a few milliseconds, so that small buffers on the way do not overflow.
import type { Clock } from './outside.js';

/** Packets sent in one go, each millisecond or so: 13 kB, which the default buffer of a Linux socket holds many times. */
const burstPackets = 12;
const burstEveryMs = 1;
/** More pictures than this waiting: the oldest that has not begun is given up, the newest wins. */
const maxWaiting = 2;

export class Pacer {
  readonly #send: (packet: Buffer) => void;
  #frames: Buffer[][] = [];
  readonly #clock: Clock;
  #stopTimer: (() => void) | null = null;
  #isClosed = false;
  /** Pictures given up before any of them was sent. */
  dropped = 0;

  constructor(send: (packet: Buffer) => void, clock: Clock) {
    this.#send = send;
    this.#clock = clock;
  }

  /** Takes the packets of one picture, in order; they go out at once as far as the pace allows. */
  add(packets: readonly Buffer[]): void {
    if (this.#isClosed) return;
    if (this.#frames.length > maxWaiting) {
      // The first one may be on its way already.
      this.#frames.splice(1, 1);
      this.dropped++;
    }
    this.#frames.push([...packets]);
    if (!this.#stopTimer) this.#burst();
  }

  close(): void {
    this.#isClosed = true;
    this.#stopTimer?.();
    this.#frames = [];
  }

  #burst(): void {
    this.#stopTimer = null;
    let left = burstPackets;
    while (left > 0) {
      const [frame] = this.#frames;
      if (!frame) return;
      for (const packet of frame.splice(0, left)) {
        this.#send(packet);
        left--;
      }
      if (frame.length === 0) this.#frames.shift();
    }
    if (this.#frames.length > 0) this.#stopTimer = this.#clock.after(burstEveryMs, () => this.#burst());
  }
}
