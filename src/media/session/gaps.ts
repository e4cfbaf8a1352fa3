// Which packets of a stream are missing, when to ask for them, and when they are given up; time is passed in.
import { sequenceDiff } from '../../protocol/rtp.js';

/** A packet may be overtaken by others on its way: it is asked for after this. */
const reorderMs = 4;
/** How long it takes at first until a packet that was asked for is here. */
const firstRecoveryMs = 40;
const recoveryShare = 0.2;
const minRepeatMs = 20;
/** Of the time until an answer: after it the question counts as lost. */
const repeatShare = 0.85;
/** Packets asked for at most; a longer hole is a pause of the network, which nothing mends. */
const maxMissing = 300;

interface Missing {
  sinceMs: number;
  nextAskMs: number;
  askedAtMs: number;
  asks: number;
}

export class Gaps {
  readonly #missing = new Map<number, Missing>();
  #highest: number | null = null;
  #recoveryMs = firstRecoveryMs;

  /** How long it has lately taken from asking for a packet until it came, in milliseconds. */
  get recoveryMs(): number {
    return this.#recoveryMs;
  }

  get isEmpty(): boolean {
    return this.#missing.size === 0;
  }

  /**
   * Notes a packet by its 16-bit sequence number. Returns the number with its rounds (from 0, growing without end), or
   * null for a packet that has come already or is far too old.
   */
  arrived(sequence: number, nowMs: number): number | null {
    if (this.#highest === null) {
      // Above zero, so that packets overtaken by the first one have numbers too.
      this.#highest = 0x1_0000 + sequence;
      return this.#highest;
    }
    const extended = this.#highest + sequenceDiff(sequence, this.#highest & 0xffff);
    if (extended > this.#highest) {
      const from = Math.max(this.#highest + 1, extended - maxMissing);
      for (let one = from; one < extended; one++) {
        this.#missing.set(one, { sinceMs: nowMs, nextAskMs: nowMs + reorderMs, askedAtMs: 0, asks: 0 });
      }
      this.#highest = extended;
      return extended;
    }
    const missing = this.#missing.get(extended);
    if (!missing) return null;
    this.#missing.delete(extended);
    // Of what was asked for twice nobody knows which question was answered (Karn's rule).
    if (missing.asks === 1) {
      this.#recoveryMs += (nowMs - missing.askedAtMs - this.#recoveryMs) * recoveryShare;
    }
    return extended;
  }

  /** The numbers to ask for now, as they are on the wire; those missing longer than `patienceMs` are given up. */
  due(nowMs: number, patienceMs: number): number[] {
    const due: number[] = [];
    for (const [extended, missing] of this.#missing) {
      if (nowMs - missing.sinceMs > patienceMs) {
        this.#missing.delete(extended);
      } else if (nowMs >= missing.nextAskMs) {
        due.push(extended & 0xffff);
        missing.askedAtMs = nowMs;
        missing.asks++;
        // Rather once too often than too late: an answer is one packet.
        missing.nextAskMs = nowMs + Math.max(minRepeatMs, this.#recoveryMs * repeatShare);
      }
    }
    return due;
  }

  /** Whether a number between the two (both not included) may still come. */
  isOpenBetween(after: number, before: number): boolean {
    for (const extended of this.#missing.keys()) if (extended > after && extended < before) return true;
    return false;
  }

  /** Forgets what is older than this: nobody waits for it any more. */
  dropBefore(extended: number): void {
    for (const one of this.#missing.keys()) if (one < extended) this.#missing.delete(one);
  }
}
