// Which packets of a stream are missing, when to ask for them, and when they are given up; time is passed in.
import { sequenceDiff } from '../../protocol/rtp.js';

/** A packet may be overtaken by others on its way: it is asked for after this at least, and at most; between them as late as they come. */
const minReorderMs = 4;
const maxReorderMs = 60;
/** Where repair packets come by themselves there is time: what is only late is not asked for. */
const maxProtectedReorderMs = 150;
/** What was worked out and may come after all is remembered for so many packets. */
const maxRecovered = 256;
/** What came sooner after it was asked for than this share of the time of an answer was on its way already. */
const answerShare = 0.7;
/** The relay answers within its round trip and so much more, or not at all. */
const answerSlackMs = 15;
const reorderDecay = 0.98;
/** How long it takes at first until a packet that was asked for is here. */
const firstRecoveryMs = 40;
const recoveryShare = 0.2;
const minRepeatMs = 20;
/** Of the time until an answer: after it the question counts as lost. */
const repeatShare = 0.85;
/** Where more than this share is lost each question goes out twice, this much apart: whoever gets both answers once. */
const lossyShare = 0.05;
const twinMs = 10;
const lossMemory = 0.005;
/** Stretches that were left out and are remembered. */
const maxLeftOut = 64;
/** Packets asked for at most; a longer hole is a pause of the network, which nothing mends. */
const maxMissing = 300;
/** After nothing for so long, a hole of so many packets was an outage or a change of way: what was sent meanwhile is old, and nobody waits for it. */
const outageMs = 400;
const outagePackets = 30;

/** Milliseconds from a question to its answer. */
export interface RoundTrips {
  readonly relayMs: number;
  readonly senderMs: number;
}
const noRoundTrips: RoundTrips = { relayMs: 0, senderMs: 0 };

function isAnswer(sinceMs: number, { relayMs, senderMs }: RoundTrips): boolean {
  const isOfRelay = sinceMs >= answerShare * relayMs && sinceMs <= relayMs + answerSlackMs;
  return isOfRelay || sinceMs >= answerShare * senderMs;
}

interface Missing {
  sinceMs: number;
  /** When the same question goes out once more, as it may be lost itself. */
  repeatAtMs: number;
  nextAskMs: number;
  askedAtMs: number;
  firstAskedAtMs: number;
  asks: number;
}

/** Whether a packet that was missed was only overtaken, as far as that can be told. */
function cameByItself({ asks, askedAtMs }: Missing, nowMs: number, rtt: RoundTrips): boolean {
  return asks === 0 || (asks === 1 && !isAnswer(nowMs - askedAtMs, rtt));
}

export class Gaps {
  readonly #missing = new Map<number, Missing>();
  #highest: number | null = null;
  #first = 0;
  #lastMs = 0;
  #reorderMs = minReorderMs;
  /** Of the last few hundred packets. */
  #lossShare = 0;
  /** Packets that did not come by themselves, whether they came when they were asked for or not. */
  lost = 0;
  /** Worked out of repair packets, by when they were missed: they may only have been overtaken. */
  readonly #recovered = new Map<number, number>();
  /** What the relay left out for this receiver, oldest first; both ends included. */
  readonly #leftOut: { from: number; to: number }[] = [];
  #leftOutCount = 0;
  /** Whether repair packets come too. */
  isProtected = false;
  #recoveryMs = firstRecoveryMs;
  #senderMs = 0;

  /** How long it takes from asking for a packet until it comes, in milliseconds: as lately, and no less than its sender is away. */
  get recoveryMs(): number {
    return Math.max(this.#recoveryMs, this.#senderMs);
  }

  /** How much later than their successors packets come that come by themselves, in milliseconds. */
  get reorderMs(): number {
    return this.#reorderMs;
  }

  /** Packets that were sent here, as far as their numbers tell. */
  get expected(): number {
    return this.#highest === null ? 0 : this.#highest - this.#first + 1 - this.#leftOutCount;
  }

  get isEmpty(): boolean {
    return this.#missing.size === 0;
  }

  /** Whether a packet is ahead of all that came: neither overtaken nor sent again. */
  isAhead(sequence: number): boolean {
    return this.#highest === null || sequenceDiff(sequence, this.#highest & 0xffff) > 0;
  }

  /**
   * Notes a packet by its 16-bit sequence number. Returns the number with its rounds (from 0, growing without end), or
   * null for a packet that has come already or is far too old.
   * `rtt`: of the relay, and of the sender, who may each have answered.
   */
  arrived(sequence: number, nowMs: number, rtt: RoundTrips = noRoundTrips): number | null {
    this.#senderMs = rtt.senderMs;
    const silentMs = nowMs - this.#lastMs;
    this.#lastMs = nowMs;
    if (this.#highest === null) {
      // Above zero, so that packets overtaken by the first one have numbers too.
      this.#highest = this.#first = 0x1_0000 + sequence;
      return this.#highest;
    }
    const extended = this.#extend(sequence);
    if (extended > this.#highest) {
      const hole = extended - this.#highest - 1;
      if (silentMs >= outageMs && hole >= outagePackets) this.#giveUp(hole);
      else this.#miss(this.#highest + 1, extended, nowMs);
      this.#highest = extended;
      this.#lossShare -= this.#lossShare * lossMemory;
      return extended;
    }
    const missing = this.#missing.get(extended);
    if (!missing) {
      this.#cameAfterAll(extended, nowMs);
      return null;
    }
    this.#missing.delete(extended);
    if (cameByItself(missing, nowMs, rtt)) {
      this.#learnReorder(nowMs - missing.sinceMs);
      return extended;
    }
    this.#reorderMs = Math.max(minReorderMs, this.#reorderMs * reorderDecay);
    this.#count();
    // Of what was asked for twice nobody knows which question was answered (Karn's rule): then it can only have taken longer.
    const sinceFirstMs = Math.min(nowMs - missing.firstAskedAtMs, 1.2 * rtt.senderMs + answerSlackMs);
    if (missing.asks === 1 || sinceFirstMs > this.#recoveryMs) {
      this.#recoveryMs += (sinceFirstMs - this.#recoveryMs) * recoveryShare;
    }
    return extended;
  }

  /** Everything from one number up to but not including another one is missing from now on. */
  #miss(from: number, to: number, nowMs: number): void {
    for (let one = Math.max(from, to - maxMissing); one < to; one++) {
      this.#missing.set(one, {
        sinceMs: nowMs,
        nextAskMs: nowMs + Math.min(this.#reorderMs, this.isProtected ? Infinity : maxReorderMs),
        askedAtMs: 0,
        firstAskedAtMs: 0,
        asks: 0,
        repeatAtMs: Infinity,
      });
    }
  }

  /**
   * Notes that so many packets from a 16-bit number on were left out for this receiver: nothing is lost, and nothing will come.
   * Returns how many of them that is news of.
   */
  leftOut(first: number, count: number, nowMs: number): number {
    if (this.#highest === null || count === 0) return 0;
    const from = this.#extend(first);
    const to = from + count - 1;
    let news = 0;
    for (const missing of this.#missing.keys()) {
      if (missing < from || missing > to) continue;
      this.#missing.delete(missing);
      news++;
    }
    if (to > this.#highest) {
      this.#miss(this.#highest + 1, from, nowMs);
      news += to - Math.max(this.#highest, from - 1);
      this.#highest = to;
    }
    if (news === 0) return 0;
    this.#leftOutCount += news;
    this.#leftOut.push({ from, to });
    if (this.#leftOut.length > maxLeftOut) this.#leftOut.shift();
    return news;
  }

  /** The first number from this one on that was not left out. */
  nextSent(extended: number): number {
    let next = extended;
    for (const { from, to } of this.#leftOut) if (from <= next && next <= to) next = to + 1;
    return next;
  }

  /** Whether a packet that comes now was sent once and not again, as far as that can be told; to be asked before `arrived`. */
  isFirstSending(sequence: number, nowMs: number, rtt: RoundTrips = noRoundTrips): boolean {
    if (this.#highest === null || this.isAhead(sequence)) return true;
    const extended = this.#extend(sequence);
    const missing = this.#missing.get(extended);
    return missing ? cameByItself(missing, nowMs, rtt) : this.#recovered.has(extended);
  }

  /** Notes a packet that was worked out of repair packets: it counts as lost, unless it comes after all. As `arrived`. */
  recovered(sequence: number, nowMs: number): number | null {
    const isAhead = this.isAhead(sequence);
    const sinceMs = isAhead ? nowMs : this.#missing.get(this.#extend(sequence))?.sinceMs;
    if (sinceMs === undefined) return null;
    const extended = isAhead ? this.arrived(sequence, nowMs) : this.#extend(sequence);
    if (extended === null) return null;
    const asks = this.#missing.get(extended)?.asks ?? 0;
    this.#missing.delete(extended);
    this.#count();
    if (asks > 0) return extended;
    this.#recovered.set(extended, sinceMs);
    const [oldest] = this.#recovered.keys();
    if (this.#recovered.size > maxRecovered && oldest !== undefined) this.#recovered.delete(oldest);
    return extended;
  }

  #extend(sequence: number): number {
    const highest = this.#highest ?? 0;
    return highest + sequenceDiff(sequence, highest & 0xffff);
  }

  #cameAfterAll(extended: number, nowMs: number): void {
    const sinceMs = this.#recovered.get(extended);
    if (sinceMs === undefined) return;
    this.#recovered.delete(extended);
    this.lost--;
    this.#lossShare = Math.max(0, this.#lossShare - lossMemory);
    this.#learnReorder(nowMs - sinceMs);
  }

  #learnReorder(lateMs: number): void {
    this.#reorderMs = Math.max(minReorderMs, this.#reorderMs * reorderDecay, 1.1 * lateMs);
    this.#reorderMs = Math.min(this.isProtected ? maxProtectedReorderMs : maxReorderMs, this.#reorderMs);
  }

  /** The numbers to ask for now, as they are on the wire, if any are to be; those missing longer than `patienceMs` are given up. */
  due(nowMs: number, patienceMs: number, asks = true): number[] {
    const due: number[] = [];
    for (const [extended, missing] of this.#missing) {
      if (nowMs - missing.sinceMs > patienceMs) {
        this.#missing.delete(extended);
        this.#count();
      } else if (!asks) {
        continue;
      } else if (nowMs >= missing.nextAskMs) {
        due.push(extended & 0xffff);
        missing.askedAtMs = nowMs;
        if (missing.asks === 0) missing.firstAskedAtMs = nowMs;
        missing.asks++;
        missing.repeatAtMs = this.#lossShare > lossyShare ? nowMs + twinMs : Infinity;
        // Rather once too often than too late: an answer is one packet.
        missing.nextAskMs = nowMs + Math.max(minRepeatMs, this.#recoveryMs * repeatShare);
      } else if (nowMs >= missing.repeatAtMs) {
        missing.repeatAtMs = Infinity;
        due.push(extended & 0xffff);
      }
    }
    return due;
  }

  /** Neither what was missing nor so many packets more are waited for. */
  #giveUp(hole: number): void {
    for (let count = this.#missing.size + Math.min(hole, maxMissing); count > 0; count--) this.#count();
    this.#missing.clear();
  }

  #count(): void {
    this.lost++;
    this.#lossShare += lossMemory;
  }

  /** Whether a number between the two (both not included) may still come. */
  isOpenBetween(after: number, before: number): boolean {
    for (const extended of this.#missing.keys()) if (extended > after && extended < before) return true;
    return false;
  }

  /** Forgets what is older than this: nobody waits for it any more. */
  dropBefore(extended: number): void {
    for (const [one, { asks }] of this.#missing) {
      if (one >= extended) continue;
      this.#missing.delete(one);
      if (asks > 0) this.#count();
    }
  }
}
