// Datagrams of somebody who means harm: random bytes, and real ones with bytes changed, cut or made longer; the same for the same seed.
import { runInNewContext } from 'node:vm';
import { setFlagsFromString } from 'node:v8';
import { seededRandom } from './bad-network.js';

const poolBytes = 1 << 20;
const maxRandomBytes = 1_400;

export class HostileDatagrams {
  /** 0 to 1. */
  readonly random: () => number;
  readonly #pool = Buffer.allocUnsafe(poolBytes);

  constructor(seed: number) {
    this.random = seededRandom(seed);
    for (let at = 0; at < poolBytes; at += 4) this.#pool.writeUInt32LE(this.random() * 2 ** 32, at);
  }

  below(count: number): number {
    return Math.floor(this.random() * count);
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }

  /** Nothing but noise; every second one begins like a packet of those that are told apart. */
  noise(): Buffer {
    const from = this.below(poolBytes - maxRandomBytes);
    const bytes = Buffer.from(this.#pool.subarray(from, from + this.below(this.below(maxRandomBytes))));
    if (bytes.length > 1 && this.random() < 0.5) {
      bytes[0] = this.pick([0x00, 0x80, 0x81, 0x90]);
      bytes[1] = this.pick([0x01, 26, 111, 154, 200, 201, 202, 205, 206]);
    }
    return bytes;
  }

  /** A copy with up to four bytes or a stretch changed, maybe cut or made longer. What is before `from` stays. */
  mutant(of: Buffer, from = 0): Buffer {
    const cut = this.random();
    const length = cut < 0.2 ? from + this.below(of.length - from + 1) : of.length;
    const more = cut > 0.9 ? this.below(40) : 0;
    const bytes = Buffer.allocUnsafe(length + more);
    of.copy(bytes, 0, 0, length);
    this.#pool.copy(bytes, length, this.below(poolBytes - more));
    const room = bytes.length - from;
    if (room === 0) return bytes;
    // Most of what is read first is at the beginning.
    for (let changes = this.below(5); changes > 0; changes--) {
      const reach = this.random() < 0.5 ? Math.min(room, 24) : room;
      bytes[from + this.below(reach)] = this.pick([0, 1, 0x7f, 0x80, 0xff, this.below(256)]);
    }
    return bytes;
  }
}

/** Bytes in use, on the heap and beside it, once all garbage is gone. */
export function bytesInUse(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
