// Buffers of one size that are used again: a transfer at full speed would else leave hundreds of megabytes a second to collect.

/** What is kept for later at most; more are simply let go. */
const maxSpare = 40;

export class BufferPool {
  readonly #bytes: number;
  readonly #spare: Buffer[] = [];

  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /** A buffer with any content. */
  take(): Buffer {
    return this.#spare.pop() ?? Buffer.allocUnsafeSlow(this.#bytes);
  }

  /** Gives a buffer back that `take` gave: nobody may look at it any more. */
  give(buffer: Buffer): void {
    if (this.#spare.length < maxSpare) this.#spare.push(buffer);
  }
}
