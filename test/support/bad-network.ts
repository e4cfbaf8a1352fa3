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
  blocked?: boolean;
}

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
  readonly counters = { passed: 0, lost: 0 };
  readonly #random: () => number;
  #count = 0;

  constructor(seed: number, traits: NetworkTraits) {
    this.#random = seededRandom(seed);
    this.traits = traits;
  }

  /** Takes one datagram on its way; `deliver` is called for each copy that comes through, with the wait before it. */
  pass(bytes: Buffer, deliver: (copy: Buffer, waitMs: number) => void): void {
    const { loss = 0, delayMs = 0, jitterMs = 0, duplicate = 0, blocked = false } = this.traits;
    if (blocked || this.#random() < loss) {
      this.counters.lost++;
      return;
    }
    this.counters.passed++;
    const copy = Buffer.from(bytes);
    if (this.flipEvery > 0 && ++this.#count % this.flipEvery === 0) {
      const at = Math.floor(this.#random() * copy.length);
      copy[at] = copy[at]! ^ (1 << Math.floor(this.#random() * 8));
    }
    for (let copies = this.#random() < duplicate ? 2 : 1; copies > 0; copies--) {
      deliver(copy, delayMs + this.#random() * jitterMs);
    }
  }
}
