// Leaves whole pictures out for one receiver of a group whose way carries less than all others send; sound goes first. No sockets, the time is passed in.
import { rtpFixedBytes, sequenceOf, ssrcOf, timestampDiff } from '../../protocol/rtp.js';
import type { PacketRange } from '../../protocol/packet-numbers.js';
import { ssrcsPerParticipant, streamOffset } from '../../protocol/media-streams.js';
import { LoudSpeakers } from './loud-speakers.js';
import type { RelayCounters } from './relay-counters.js';
import { ThinnedStream } from './thinned-stream.js';

/** A receiver that has said nothing for so long gets everything again. */
const budgetLifeMs = 5_000;
/** With so much more room than is sent nothing is held back. */
const spare = 1.15;
/** What may go at once after a pause, and the debt that sound may make, in time of the whole budget. */
const burstMs = 50;
const maxDebtMs = 500;
/** While more than this waits, no other picture is begun. */
const maxBacklogMs = 100;
/** What has waited, or would have to, for so long comes too late, also the rest of a picture. */
const maxHeldMs = 8_000;
/** Packets that went lately, for those that get lost, and how long one is on its way before it is sent once more. */
const maxSent = 64;
const againMs = 300;
/** Less is not believed: no receiver says so. */
const minBps = 20_000;
/** Somebody who has sent no picture for so long has no part of the budget. */
const activeMs = 1_000;
/** Whoever speaks has so many parts, all others one. */
const speakersWeight = 3;
/** More than what sound leaves is shared out, as the budget of all holds in any case. */
const generosity = 1.1;

export interface ThinningParts {
  /** Sends a packet to the receiver. */
  send(bytes: Buffer): void;
  /** Tells the receiver what was left out for it. */
  tell(ssrc: number, ranges: PacketRange[]): void;
  /** Calls `run` once after `ms` milliseconds. */
  later(ms: number, run: () => void): void;
  /** Milliseconds on a clock that never goes back. */
  now(): number;
  readonly counters: Pick<RelayCounters, 'thinnedPackets' | 'thinnedPictures'>;
}

/** Bits a second over the last second, counted in tenths of it. */
class Meter {
  readonly #slots = new Float64Array(10);
  #slot = 0;

  add(bits: number, now: number): void {
    this.#turn(now);
    const at = this.#slot % 10;
    this.#slots[at] = (this.#slots[at] ?? 0) + bits;
  }

  bps(now: number): number {
    this.#turn(now);
    return this.#slots.reduce((sum, bits) => sum + bits, 0);
  }

  #turn(now: number): void {
    const slot = Math.floor(now / 100);
    for (let one = Math.max(this.#slot + 1, slot - 9); one <= slot; one++) this.#slots[one % 10] = 0;
    this.#slot = slot;
  }
}

export class Thinning {
  readonly #parts: ThinningParts;
  readonly #streams = new Map<number, ThinnedStream>();
  readonly #offered = new Meter();
  readonly #speakers = new LoudSpeakers();
  #bps: number;
  #saidAt: number;
  /** Bits that may go now; below 0 while what went is paid off. */
  #credit = 0;
  #creditAt: number;
  /** Packets of pictures that were begun, oldest first. */
  #held: { bytes: Buffer; at: number; stream: ThinnedStream; leftOut: PacketRange[] }[] = [];
  #heldBits = 0;
  #sent: { bytes: Buffer; at: number }[] = [];
  #isWaiting = false;

  /** `bps`: what the receiver's way carries of all others together, in bits a second. */
  constructor(parts: ThinningParts, bps: number) {
    this.#parts = parts;
    this.#bps = Math.max(minBps, bps);
    this.#saidAt = this.#creditAt = parts.now();
  }

  setBudget(bps: number): void {
    const now = this.#parts.now();
    this.#pay(now);
    this.#bps = Math.max(minBps, bps);
    this.#saidAt = now;
    // What was begun at a better time would block the way now.
    this.#giveUpWhatIsTooMuch();
  }

  /** Whether nothing has been said for so long that all may pass again. */
  isOver(now: number): boolean {
    return now - this.#saidAt > budgetLifeMs && this.#held.length === 0;
  }

  /** Takes a packet of another participant; false when it is to be passed on at once. */
  takes(bytes: Buffer, now: number): boolean {
    const ssrc = ssrcOf(bytes);
    const bits = bytes.length * 8;
    this.#offered.add(bits, now);
    this.#pay(now);
    const offset = ssrc % ssrcsPerParticipant;
    if (offset === streamOffset.audio) return this.#takesSound(ssrc, bytes, now);
    // Repair packets follow what they protect, and name it.
    const stream = this.#streamOf(offset === streamOffset.repair ? protectedBy(bytes, ssrc) : ssrc);
    if (offset === streamOffset.repair) {
      if (!stream.isPassing) {
        this.#parts.counters.thinnedPackets++;
        return true;
      }
    } else if (!this.#passes(stream, bytes, now)) {
      if (this.#leaveOut(stream, bytes) && stream.held === 0) this.#tell(stream, stream.takeUntold());
      return true;
    }
    const isWide = this.#isWide(now);
    if (!isWide) {
      if (offset !== streamOffset.repair && !stream.pass(sequenceOf(bytes))) return true;
      stream.spend(bits);
    }
    // Told before the packet that shows the gap, and not sooner: what goes before it may still wait.
    const leftOut = stream.isFirst ? stream.takeUntold() : [];
    const mayGo = this.#held.length === 0 && (this.#credit >= 0 || isWide);
    // The first packet of a picture tells the receiver how long the way takes, so it does not wait here.
    if (mayGo || (stream.isFirst && stream.held === 0 && offset !== streamOffset.repair)) {
      this.#tell(stream, leftOut);
      this.#credit -= bits;
      if (!isWide) this.#keep(bytes, now);
      return false;
    }
    this.#held.push({ bytes, at: now, stream, leftOut });
    stream.held++;
    this.#heldBits += bits;
    this.#giveUpWhatIsTooMuch();
    this.#wait();
    return true;
  }

  /** Of these packets of a stream, those that were left out. */
  leftOutOf(ssrc: number, sequences: readonly number[]): number[] {
    const stream = this.#streams.get(ssrc);
    return stream ? sequences.filter((sequence) => stream.wasLeftOut(sequence)) : [];
  }

  /** Whether pictures are left out now. */
  get isNarrow(): boolean {
    return !this.#isWide(this.#parts.now());
  }

  /** Whether a packet of so many bits may go to the receiver once more: there must be room for it, and then there is less. */
  takesAgain(bits: number): boolean {
    const now = this.#parts.now();
    this.#pay(now);
    if (!this.#isWide(now) && !this.#hasRoom()) return false;
    this.#credit -= bits;
    return true;
  }

  /** Sends a packet of a picture once more, before what waits; false when it is not here, or there is room for all. */
  again(ssrc: number, sequence: number): boolean {
    const now = this.#parts.now();
    const one = this.#sent.find(({ bytes }) => ssrcOf(bytes) === ssrc && sequenceOf(bytes) === sequence);
    if (!one || this.#isWide(now)) return false;
    if (now - one.at < againMs) return true;
    one.at = now;
    const stream = this.#streamOf(ssrc);
    this.#held.unshift({ bytes: one.bytes, at: now, stream, leftOut: [] });
    stream.held++;
    this.#heldBits += one.bytes.length * 8;
    this.#wait();
    return true;
  }

  #keep(bytes: Buffer, now: number): void {
    this.#sent = this.#sent.filter((one) => one.bytes !== bytes).slice(1 - maxSent);
    this.#sent.push({ bytes, at: now });
  }

  #takesSound(ssrc: number, bytes: Buffer, now: number): boolean {
    const bits = bytes.length * 8;
    const stream = this.#streamOf(ssrc);
    if (!this.#speakers.passes(ssrc, bits, this.#bps, now)) {
      if (this.#leaveOut(stream, bytes)) this.#tell(stream, stream.takeUntold());
      return true;
    }
    this.#tell(stream, stream.takeUntold());
    this.#credit -= bits;
    return false;
  }

  /** Whether the picture of a packet is passed on, decided at its first packet. */
  #passes(stream: ThinnedStream, bytes: Buffer, now: number): boolean {
    const timestamp = bytes.readUInt32BE(4);
    const decided = stream.decided(timestamp);
    if (decided !== null) return decided;
    // An older picture, or a packet of one that is long over.
    if (stream.timestamp !== null && timestampDiff(timestamp, stream.timestamp) < 0) return false;
    stream.seenAt = now;
    const passes = this.#isWide(now) || (this.#hasRoom() && this.#isTurn(stream, now));
    stream.decide(timestamp, passes);
    if (!passes) this.#parts.counters.thinnedPictures++;
    return passes;
  }

  /** As of the stream. */
  #leaveOut(stream: ThinnedStream, bytes: Buffer): boolean {
    this.#parts.counters.thinnedPackets++;
    return stream.leaveOut(sequenceOf(bytes));
  }

  #isWide(now: number): boolean {
    return this.#bps >= spare * this.#offered.bps(now) || now - this.#saidAt > budgetLifeMs;
  }

  #hasRoom(): boolean {
    return this.#heldBits - Math.min(0, this.#credit) <= (this.#bps * maxBacklogMs) / 1000;
  }

  /** Each stream has its part of what sound leaves. */
  #isTurn(stream: ThinnedStream, now: number): boolean {
    let weights = 0;
    for (const one of this.#streams.values()) {
      if (now - one.seenAt <= activeMs) weights += this.#weightOf(one, now);
    }
    const pictureBps = Math.max(0, this.#bps - this.#speakers.bps(now));
    const part = (generosity * pictureBps * this.#weightOf(stream, now)) / Math.max(1, weights);
    return stream.hasCredit(part, now);
  }

  #weightOf({ ssrc }: ThinnedStream, now: number): number {
    return this.#speakers.isSpeaking(ssrc - (ssrc % ssrcsPerParticipant), now) ? speakersWeight : 1;
  }

  #streamOf(ssrc: number): ThinnedStream {
    let stream = this.#streams.get(ssrc);
    if (!stream) this.#streams.set(ssrc, (stream = new ThinnedStream(ssrc)));
    return stream;
  }

  #tell({ ssrc }: ThinnedStream, ranges: PacketRange[]): void {
    if (ranges.length > 0) this.#parts.tell(ssrc, ranges);
  }

  #pay(now: number): void {
    const { burst, debt } = { burst: (this.#bps * burstMs) / 1000, debt: (this.#bps * maxDebtMs) / 1000 };
    const earned = (this.#bps * (now - this.#creditAt)) / 1000;
    this.#creditAt = now;
    this.#credit = Math.min(burst, Math.max(-debt, this.#credit) + earned);
  }

  #wait(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#parts.later(Math.max(1, (-this.#credit * 1000) / this.#bps), () => {
      this.#isWaiting = false;
      this.#release();
    });
  }

  /** Sends what waits, as far as there is room. */
  #release(): void {
    const now = this.#parts.now();
    this.#pay(now);
    const isWide = this.#isWide(now);
    while (this.#credit >= 0 || isWide) {
      const next = this.#held.shift();
      if (!next) return;
      const bits = next.bytes.length * 8;
      this.#heldBits -= bits;
      this.#credit -= bits;
      next.stream.held--;
      this.#tell(next.stream, next.leftOut);
      this.#keep(next.bytes, now);
      this.#parts.send(next.bytes);
    }
    const [oldest] = this.#held;
    if (!oldest) return;
    if (now - oldest.at > maxHeldMs) this.#giveUpHeld();
    else this.#wait();
  }

  #giveUpWhatIsTooMuch(): void {
    if (this.#heldBits > (this.#bps * maxHeldMs) / 1000) this.#giveUpHeld();
  }

  /** What waits is left out, with the rest of its pictures. */
  #giveUpHeld(): void {
    for (const { bytes, stream, leftOut } of this.#held) {
      stream.held = 0;
      this.#tell(stream, leftOut);
      if (ssrcOf(bytes) !== stream.ssrc) {
        this.#parts.counters.thinnedPackets++;
        continue;
      }
      const timestamp = bytes.readUInt32BE(4);
      if (stream.decided(timestamp) === true) this.#parts.counters.thinnedPictures++;
      stream.decide(timestamp, false);
      this.#leaveOut(stream, bytes);
    }
    this.#held = [];
    this.#heldBits = 0;
  }
}

/** The stream that a repair packet protects, its one CSRC; only of the same participant. */
function protectedBy(bytes: Buffer, ssrc: number): number {
  const csrc = ((bytes[0] ?? 0) & 0x0f) === 0 ? ssrc : bytes.readUInt32BE(rtpFixedBytes);
  return csrc - (csrc % ssrcsPerParticipant) === ssrc - (ssrc % ssrcsPerParticipant) ? csrc : ssrc;
}
