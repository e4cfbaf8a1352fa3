// Spreads the packets of a picture over a few milliseconds, so that small buffers on the way do not overflow.

/** Packets sent in one go, each millisecond or so: 13 kB, which the default buffer of a Linux socket holds many times. */
const burstPackets = 12;
const burstEveryMs = 1;
/** More pictures than this waiting: the oldest that has not begun is given up, the newest wins. */
const maxWaiting = 2;

export class Pacer {
  readonly #send: (packet: Buffer) => void;
  #frames: Buffer[][] = [];
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  /** Pictures given up before any of them was sent. */
  dropped = 0;

  constructor(send: (packet: Buffer) => void) {
    this.#send = send;
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
    if (this.#timer === undefined) this.#burst();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#frames = [];
  }

  #burst(): void {
    this.#timer = undefined;
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
    if (this.#frames.length > 0) this.#timer = setTimeout(() => this.#burst(), burstEveryMs);
  }
}
