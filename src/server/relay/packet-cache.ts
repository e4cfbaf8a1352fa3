// The newest packets of one stream, to be sent again to who has missed one; their bytes are in the memory of all streams.
import type { PacketMemory } from './packet-memory.js';

const slots = 512;
/** A packet older than this comes too late wherever it is sent. */
export const maxPacketAgeMs = 1_000;

export class PacketCache {
  readonly #memory: PacketMemory;
  readonly #sequences = new Uint16Array(slots);
  readonly #times = new Float64Array(slots).fill(-Infinity);
  readonly #positions = new Float64Array(slots);
  readonly #lengths = new Uint16Array(slots);

  constructor(memory: PacketMemory) {
    this.#memory = memory;
  }

  /** Keeps a copy of a packet in place of the one 512 before it. */
  keep(sequence: number, bytes: Uint8Array, now: number): void {
    const slot = sequence % slots;
    this.#sequences[slot] = sequence;
    this.#times[slot] = now;
    this.#positions[slot] = this.#memory.keep(bytes, now);
    this.#lengths[slot] = bytes.length;
  }

  /** A copy of the packet with this sequence number, when it is here and of use. */
  find(sequence: number, now: number): Buffer | null {
    const slot = sequence % slots;
    const isIt = this.#sequences[slot] === sequence && now - (this.#times[slot] ?? 0) <= maxPacketAgeMs;
    return isIt ? this.#memory.copy(this.#positions[slot] ?? 0, this.#lengths[slot] ?? 0) : null;
  }
}
