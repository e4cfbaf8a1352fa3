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

  keep(sequence: number, bytes: Buffer, nowMs: number): void {
    this.#packets[sequence % slots] = { sequence, bytes, sentAtMs: nowMs, resentAtMs: -Infinity };
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
