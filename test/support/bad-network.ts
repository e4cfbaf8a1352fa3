// What a bad network does to datagrams: loses, delays, repeats, changes, queues and blocks them; always the same for the same seed.

export interface NetworkTraits {
  /** Share lost in each direction, 0 to 1. */
  loss?: number;
  /** Milliseconds in each direction. */
  delayMs?: number;
  /** Up to so many milliseconds more, for each datagram anew: datagrams overtake each other. */
  jitterMs?: number;
  /** Share that comes twice. */
  duplicate?: number;
  /** Nothing gets through; or nothing in one direction. */
  blocked?: boolean | Direction;
  /** Longer datagrams are lost. */
  maxBytes?: number;
  /** What each direction carries, in bits of UDP payload a second; unlimited without it. */
  bitsPerSecond?: number;
  /** How long a datagram may have to wait for those before it; longer, and it is dropped. */
  queueMs?: number;
}

export type Direction = 'up' | 'down';

/** A small generator of random numbers (mulberry32): the same for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export class BadNetwork {
  /** May be changed at any time. */
  traits: NetworkTraits;
  /** Changes one datagram in so many, in one bit; 0 for none. */
  flipEvery = 0;
  readonly counters = { passed: 0, lost: 0, passedBytes: 0 };
  readonly #random: () => number;
  readonly #now: () => number;
  /** When each direction has sent all that it was given. */
  readonly #freeAtMs = { up: 0, down: 0 };
  #count = 0;

  /** `now`: milliseconds on a clock that never goes back. */
  constructor(seed: number, traits: NetworkTraits, now: () => number) {
    this.#random = seededRandom(seed);
    this.#now = now;
    this.traits = traits;
  }

  /** Takes one datagram on its way; `deliver` is called for each copy that comes through, with the wait before it. */
  pass(bytes: Buffer, direction: Direction, deliver: (copy: Buffer, waitMs: number) => void): void {
    const { loss = 0, delayMs = 0, jitterMs = 0, duplicate = 0, blocked, maxBytes = Infinity } = this.traits;
    const isBlocked = blocked === true || blocked === direction || bytes.length > maxBytes;
    const queuedMs = this.#queuedMs(bytes, direction);
    if (isBlocked || this.#random() < loss || queuedMs === null) {
      this.counters.lost++;
      return;
    }
    this.counters.passed++;
    this.counters.passedBytes += bytes.length;
    const copy = Buffer.from(bytes);
    if (this.flipEvery > 0 && ++this.#count % this.flipEvery === 0) {
      const at = Math.floor(this.#random() * copy.length);
      copy[at] = copy[at]! ^ (1 << Math.floor(this.#random() * 8));
    }
    for (let copies = this.#random() < duplicate ? 2 : 1; copies > 0; copies--) {
      deliver(copy, queuedMs + delayMs + this.#random() * jitterMs);
    }
  }

  /** How long until this datagram has left; null when the queue has no room for it. */
  #queuedMs(bytes: Buffer, direction: Direction): number | null {
    const { bitsPerSecond, queueMs = 300 } = this.traits;
    if (bitsPerSecond === undefined) return 0;
    const now = this.#now();
    const waitMs = Math.max(0, this.#freeAtMs[direction] - now);
    if (waitMs > queueMs) return null;
    this.#freeAtMs[direction] = now + waitMs + (bytes.length * 8 * 1000) / bitsPerSecond;
    return this.#freeAtMs[direction] - now;
  }
}
