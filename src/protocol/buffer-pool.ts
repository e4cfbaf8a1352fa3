// Buffers of one size that are used again: a transfer at full speed would else leave hundreds of megabytes a second to collect.

export class BufferPool {
  /** Bytes of each buffer. */
  readonly bytes: number;
  readonly #maxSpare: number;
  readonly #spare: Buffer[] = [];

  /** Keeps at most `maxSpare` for later; more are simply let go. */
  constructor(bytes: number, maxSpare: number) {
    this.bytes = bytes;
    this.#maxSpare = maxSpare;
  }

  /** A buffer with any content. */
  take(): Buffer {
    return this.takeSpare() ?? Buffer.allocUnsafeSlow(this.bytes);
  }

  /** The same, but only one that is there already. */
  takeSpare(): Buffer | undefined {
    return this.#spare.pop();
  }

  /** Gives a buffer back that nobody may look at any more; one of another size is let go. */
  give(buffer: Buffer): void {
    if (buffer.length === this.bytes && this.#spare.length < this.#maxSpare) this.#spare.push(buffer);
  }
}
