// Sends again what receivers have missed, within a share of a way that is narrow.
import type { OutStream } from './out-stream.js';

const share = 0.3;

export class Resends {
  readonly #send: (bytes: Buffer) => void;
  /** Bits that may be sent again now. */
  #credit = 0;
  #lastMs = 0;

  constructor(send: (bytes: Buffer) => void) {
    this.#send = send;
  }

  /** `bps`: what the way carries, in bits a second; null for enough. */
  answer(stream: OutStream, lost: readonly number[], bps: number | null, nowMs: number): void {
    if (bps !== null) {
      const earned = bps * share * ((nowMs - this.#lastMs) / 1000);
      this.#credit = Math.min(bps * share, this.#credit + earned);
      this.#lastMs = nowMs;
    }
    for (const sequence of lost) {
      if (bps !== null && this.#credit <= 0) return;
      const bytes = stream.sent.again(sequence, nowMs);
      if (!bytes) continue;
      this.#send(bytes);
      this.#credit -= bytes.length * 8;
    }
  }
}
