// Which packets of a stream have come already (RFC 3711, section 3.3.2): a bitmap over the newest 2,048 indexes.

export const windowPackets = 2048;
const bitsPerWord = 32;

/** Indexes are whole numbers up to 2^48. Ask `admits` first, check the packet's tag, then `mark`. */
export class ReplayWindow {
  /** A ring: the bit of index i is at i modulo the window. */
  readonly #seen = new Uint32Array(windowPackets / bitsPerWord);
  #highest = -1;

  /** The newest index marked; -1 before the first. */
  get highest(): number {
    return this.#highest;
  }

  /** False for an index that was marked before, or that is too old to know. */
  admits(index: number): boolean {
    if (index > this.#highest) return true;
    if (index < 0 || index <= this.#highest - windowPackets) return false;
    const slot = index % windowPackets;
    return ((this.#seen[Math.floor(slot / bitsPerWord)] ?? 0) & (1 << (slot % bitsPerWord))) === 0;
  }

  /** Takes note of an index that `admits` has admitted. */
  mark(index: number): void {
    if (index - this.#highest >= windowPackets) this.#seen.fill(0);
    else for (let skipped = this.#highest + 1; skipped < index; skipped++) this.#set(skipped, false);
    if (index > this.#highest) this.#highest = index;
    this.#set(index, true);
  }

  #set(index: number, seen: boolean): void {
    const slot = index % windowPackets;
    const word = Math.floor(slot / bitsPerWord);
    const bit = 1 << (slot % bitsPerWord);
    const bits = this.#seen[word] ?? 0;
    this.#seen[word] = seen ? bits | bit : bits & ~bit;
  }
}
