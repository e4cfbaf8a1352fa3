// The newest packets of one stream, as they came, to be sent again to who has missed one.

const slots = 512;
/** A packet older than this comes too late wherever it is sent. */
const maxAgeMs = 1_000;

/** Bytes of all caches together. */
export interface CacheBudget {
  bytes: number;
  readonly maxBytes: number;
}

export class PacketCache {
  readonly #budget: CacheBudget;
  readonly #packets = new Array<Buffer | null>(slots).fill(null);
  readonly #sequences = new Uint16Array(slots);
  readonly #times = new Float64Array(slots);

  constructor(budget: CacheBudget) {
    this.#budget = budget;
  }

  /** Keeps a packet in place of the one 512 before it; not when all caches are full. */
  keep(sequence: number, bytes: Buffer, now: number): void {
    const slot = sequence % slots;
    this.#drop(slot);
    if (this.#budget.bytes + bytes.length > this.#budget.maxBytes) return;
    this.#budget.bytes += bytes.length;
    this.#packets[slot] = bytes;
    this.#sequences[slot] = sequence;
    this.#times[slot] = now;
  }

  /** The packet with this sequence number, when it is here and of use. */
  find(sequence: number, now: number): Buffer | null {
    const slot = sequence % slots;
    const bytes = this.#packets[slot] ?? null;
    const isIt = this.#sequences[slot] === sequence && now - (this.#times[slot] ?? 0) <= maxAgeMs;
    return isIt ? bytes : null;
  }

  dropOld(now: number): void {
    for (let slot = 0; slot < slots; slot++) {
      if (now - (this.#times[slot] ?? 0) > maxAgeMs) this.#drop(slot);
    }
  }

  clear(): void {
    for (let slot = 0; slot < slots; slot++) this.#drop(slot);
  }

  #drop(slot: number): void {
    const bytes = this.#packets[slot];
    if (!bytes) return;
    this.#budget.bytes -= bytes.length;
    this.#packets[slot] = null;
  }
}
