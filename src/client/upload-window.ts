// How much of an upload may be under way: enough to fill the line, little enough that a message never waits long.
import { limits } from '../protocol/limits.js';
import type { Timers } from './timers.js';

/** A message behind what is under way waits about this long. */
const targetDelayMs = 100;
const minBytes = 128 * 1024;

export class UploadWindow {
  readonly #timers: Timers;
  #acknowledged = 0;
  #startedAt = 0;
  #startedOffset = 0;
  /** Begins small: the first acknowledgements tell how fast the line is. */
  #bytes = minBytes * 2;
  #waiting: { start: number; end: number; wake: () => void } | null = null;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Data bytes of the next chunk. */
  get chunkBytes(): number {
    return Math.min(limits.maxChunkBytes, Math.floor(this.#bytes / 2));
  }

  startAt(offset: number): void {
    this.#acknowledged = this.#startedOffset = offset;
    this.#startedAt = this.#timers.now();
  }

  acknowledged(offset: number): void {
    this.#acknowledged = Math.max(this.#acknowledged, offset);
    this.#measure();
    if (this.#waiting && this.#fits(this.#waiting.start, this.#waiting.end)) {
      this.#waiting.wake();
      this.#waiting = null;
    }
  }

  /** Lets go whoever waits. */
  open(): void {
    this.#waiting?.wake();
    this.#waiting = null;
  }

  /** Resolves when the bytes from `start` to `end` may be sent after everything before them. */
  async roomFor(start: number, end: number): Promise<void> {
    if (this.#fits(start, end)) return;
    await new Promise<void>((wake) => (this.#waiting = { start, end, wake }));
  }

  /** A chunk was cut before the window shrank: with nothing else under way it goes all the same. */
  #fits(start: number, end: number): boolean {
    return end - this.#acknowledged <= this.#bytes || this.#acknowledged >= start;
  }

  #measure(): void {
    const now = this.#timers.now();
    const ms = Math.max(1, now - this.#startedAt);
    const bytesPerMs = (this.#acknowledged - this.#startedOffset) / ms;
    const wanted = Math.max(minBytes, Math.floor(bytesPerMs * targetDelayMs));
    // At most doubled at a time, so that one quick acknowledgement proves nothing.
    this.#bytes = Math.min(limits.uploadWindowBytes, 2 * this.#bytes, wanted);
    if (ms < 1000) return;
    this.#startedAt = now;
    this.#startedOffset = this.#acknowledged;
  }
}
