// One direction of a chat connection in virtual time: nothing is lost or overtaken, but what waits makes the rest wait.
import type { VirtualTime } from './virtual-time.js';

export interface StreamTraits {
  /** Milliseconds to the other end. */
  delayMs?: number;
  /** What it carries; unlimited without it. */
  bitsPerSecond?: number;
  /** Connection lost: nothing passes. */
  isLost?: boolean;
}

/** What an operating system takes of a stream before the program notices that it is slow. */
const kernelBytes = 16 * 1024;

export class VirtualStream {
  /** May be changed at any time. */
  traits: StreamTraits = {};
  readonly counters = { passed: 0, maxWaitMs: 0 };
  readonly #time: VirtualTime;
  readonly #deliver: (bytes: Buffer) => void;
  #freeAtMs = 0;

  constructor(time: VirtualTime, deliver: (bytes: Buffer) => void) {
    this.#time = time;
    this.#deliver = deliver;
  }

  /** How long what was written last waits until the operating system takes it. */
  get waitMs(): number {
    const { bitsPerSecond } = this.traits;
    const kernelMs = bitsPerSecond === undefined ? 0 : (kernelBytes * 8 * 1000) / bitsPerSecond;
    return Math.max(0, this.#freeAtMs - this.#time.now() - kernelMs);
  }

  write(bytes: Buffer): void {
    const { delayMs = 0, bitsPerSecond, isLost = false } = this.traits;
    if (isLost) return;
    const copy = Buffer.from(bytes);
    const sendMs = bitsPerSecond === undefined ? 0 : (bytes.length * 8 * 1000) / bitsPerSecond;
    this.#freeAtMs = Math.max(this.#freeAtMs, this.#time.now()) + sendMs;
    this.counters.passed++;
    this.counters.maxWaitMs = Math.max(this.counters.maxWaitMs, this.waitMs);
    this.#time.after(this.#freeAtMs - this.#time.now() + delayMs, () => this.#deliver(copy));
  }
}
