// What was sent lately of one stream, as it went over the wire, for those who ask for it again.

const slots = 1024;
const maxAgeMs = 1_000;
/** Several who miss the same packet ask within moments: it is sent once. */
const pauseMs = 20;

interface Sent {
  sequence: number;
  bytes: Buffer;
  sentAtMs: number;
  resentAtMs: number;
}

export class SentPackets {
  readonly #packets = new Array<Sent | null>(slots).fill(null);
  /** Sequence number of the oldest that is kept; null before the first. */
  #oldest: number | null = null;

  /** Keeps one for as long as it is of use; they come in the order of their numbers. */
  keep(sequence: number, bytes: Buffer, nowMs: number): void {
    this.#forget(nowMs);
    const slot = sequence % slots;
    if (this.#packets[slot]) this.#oldest = next(sequence);
    this.#packets[slot] = { sequence, bytes, sentAtMs: nowMs, resentAtMs: -Infinity };
    this.#oldest ??= sequence;
  }

  /** A few bytes that are kept keep the whole block of memory from which they were cut. */
  #forget(nowMs: number): void {
    while (this.#oldest !== null) {
      const slot = this.#oldest % slots;
      const sent = this.#packets[slot];
      if (!sent || nowMs - sent.sentAtMs <= maxAgeMs) return;
      this.#packets[slot] = null;
      this.#oldest = next(this.#oldest);
    }
  }

  /** The packet, when it is worth being sent again now. */
  again(sequence: number, nowMs: number): Buffer | null {
    const sent = this.#packets[sequence % slots];
    if (sent?.sequence !== sequence) return null;
    if (nowMs - sent.sentAtMs > maxAgeMs || nowMs - sent.resentAtMs < pauseMs) return null;
    sent.resentAtMs = nowMs;
    return sent.bytes;
  }
}

function next(sequence: number): number {
  return (sequence + 1) & 0xffff;
}
