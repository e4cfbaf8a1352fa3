// What the relay knows of one stream that it thins for one receiver: which pictures pass, and what was left out.
import type { PacketRange } from '../../protocol/packet-numbers.js';

/** Pictures whose fate is remembered: their packets may come late or again. */
const maxDecided = 32;
/** What was left out is told when the next packet passes, or when it is so many ranges, or packets: numbers have 16 bits. */
const maxUntold = 30;
const maxCount = 4_000;
const maxTold = 64;
/** Packets that passed are remembered: their sender may send them again for others. */
const maxPassed = 128;
/** What was told the last times is told again: the word may have been lost. */
const toldAgain = 4;
/** What a stream may save up, in time of its part: a picture that comes now and then passes at once. */
const savedMs = 500;
/** Its debt is forgotten beyond so much, as parts change. */
const maxDebtMs = 15_000;

export class ThinnedStream {
  readonly ssrc: number;
  /** Of the newest picture; null before the first. */
  timestamp: number | null = null;
  /** Whether the newest picture is passed on, and whether this is its first packet. */
  isPassing = true;
  isFirst = false;
  /** When a new picture came the last time. */
  seenAt = -Infinity;
  /** Packets of it that wait to be sent. */
  held = 0;
  #decided: { timestamp: number; passes: boolean }[] = [];
  #untold: PacketRange[] = [];
  #told: PacketRange[] = [];
  readonly #passed = new Array<number | null>(maxPassed).fill(null);
  #passedCount = 0;
  #credit = 0;
  #creditAt: number | null = null;

  constructor(ssrc: number) {
    this.ssrc = ssrc;
  }

  /** Whether a picture passes; null when that is not decided. */
  decided(timestamp: number): boolean | null {
    this.isFirst = false;
    if (timestamp === this.timestamp) return this.isPassing;
    return this.#decided.find((one) => one.timestamp === timestamp)?.passes ?? null;
  }

  decide(timestamp: number, passes: boolean): void {
    this.#decided = this.#decided.filter((one) => one.timestamp !== timestamp);
    this.#decided.push({ timestamp, passes });
    if (this.#decided.length > maxDecided) this.#decided.shift();
    if (this.timestamp === null || ((timestamp - this.timestamp) | 0) >= 0) {
      this.isFirst = timestamp !== this.timestamp;
      this.timestamp = timestamp;
      this.isPassing = passes;
    }
  }

  /** Whether it has not used up its part, in bits a second. */
  hasCredit(part: number, now: number): boolean {
    const earned = (part * (now - (this.#creditAt ?? now))) / 1000;
    this.#creditAt = now;
    const debt = (part * maxDebtMs) / 1000;
    this.#credit = Math.min((part * savedMs) / 1000, Math.max(-debt, this.#credit) + earned);
    return this.#credit >= 0;
  }

  spend(bits: number): void {
    this.#credit -= bits;
  }

  /** Notes a packet that passes; false when it did so already. */
  pass(sequence: number): boolean {
    if (this.#passed.includes(sequence)) return false;
    this.#passed[this.#passedCount++ % maxPassed] = sequence;
    return true;
  }

  /** Notes a packet that is left out; true when it is time to tell what was. */
  leaveOut(sequence: number): boolean {
    const last = this.#untold.at(-1);
    if (last && ((last.first + last.count) & 0xffff) === sequence) last.count++;
    else this.#untold.push({ first: sequence, count: 1 });
    return this.#untold.length >= maxUntold || (this.#untold.at(-1)?.count ?? 0) >= maxCount;
  }

  /** What was left out and not told, after what was told last; empty when there is nothing to tell. */
  takeUntold(): PacketRange[] {
    const ranges = this.#untold;
    if (ranges.length === 0) return ranges;
    this.#untold = [];
    const again = this.#told.slice(-toldAgain);
    this.#told = [...this.#told, ...ranges].slice(-maxTold);
    return [...again, ...ranges];
  }

  wasLeftOut(sequence: number): boolean {
    return this.#told.some(({ first, count }) => ((sequence - first) & 0xffff) < count);
  }
}
