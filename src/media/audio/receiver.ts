// Sound of one person on its way in: a jitter buffer that grows and shrinks unheard, redundancy taken apart, and what is missing made up.
import { Decoder } from '@evan/opus';
import { payloadType as payloadTypes } from '../../protocol/media-streams.js';
import { ProtocolError } from '../../protocol/errors.js';
import { decodeRed, type RedBlock } from '../../protocol/red.js';
import { sequenceDiff, timestampDiff } from '../../protocol/rtp.js';
import { blockMs, blockSamples } from '../media.js';
import { Concealment } from './concealment.js';
import { SortedWindow } from './sorted-window.js';
import { concatenated, lengthened, shortened } from './stretch.js';

const unitsPerMs = 48;
/** How long sound waits at least and at most before it is played, so that what comes late still comes in time. */
const minDelayMs = 20;
const maxDelayMs = 400;
/** Above the lateness of nearly all packets: the timer that plays them is not exact either. */
const spareMs = 6;
/** Packets that the delay is judged by: about four seconds. */
const lateWindow = 200;
const lateShare = 0.97;
/** Packets in a row that are all so late stand in a queue: it is not waited until they are many. */
const standingPackets = 3;
/** Blocks kept at most; a hostile sender cannot make us keep more. */
const maxBlocks = 64;
/** Further behind or ahead than this, the buffer begins anew. */
const resetMs = 600;
/** Sound is made longer or shorter when it is played so much too early or too late. */
const earlyMs = 2;
const lateMs = 25;
/** This much too early or too late every block is stretched, else one in `stretchEvery`. */
const farOffMs = 50;
const stretchEvery = 3;
/** Nothing is made shorter for so many blocks after one was waited for: the next may be as late. */
const restBlocks = 50;
/** How long nothing may come before what is played goes on without it: what is only late is waited for. */
const maxStallMs = 240;
/** Stretches that were left out and are remembered. */
const maxLeftOut = 16;
/** What stands for sound that nobody hears. */
const unheard = new Int16Array(blockSamples);

export interface SoundPacket {
  sequenceNumber: number;
  timestamp: number;
  payloadType: number;
  payload: Buffer;
  /** Milliseconds on a clock that never goes back; the same that `pull` is given. */
  arrivedAtMs: number;
}

export interface AudioReceiverStats {
  /** Sound made up in place of what was lost, or too late; silence that was not sent does not count. */
  concealedMs: number;
  /** Sound that was added or left out, a period at a time, to wait longer or shorter. */
  stretchedMs: number;
  /** Sound that is here and waits. */
  bufferMs: number;
  /** Packets that came after their time. */
  late: number;
  /** From the arrival of a packet that is not late to its play-out. */
  delayMs: number;
}

export class AudioReceiver {
  readonly #decoder = new Decoder({ channels: 1, sample_rate: 48_000 });
  readonly #concealment = new Concealment();
  /** Encoded blocks by how far they are from the first one, in samples. */
  readonly #blocks = new Map<number, { data: Buffer; sequence: number }>();
  /** How late the last packets were against the earliest of them, in milliseconds. */
  readonly #lateness = new SortedWindow(lateWindow);
  #delay = minDelayMs;
  #origin: number | null = null;
  /** What is played next, in samples from the first block; null before anything is played. */
  #next: number | null = null;
  #newest = 0;
  /** Number of the packet whose block was played last; null before. */
  #playedSequence: number | null = null;
  /** What the relay left out for this receiver, oldest first. */
  #leftOut: { first: number; count: number }[] = [];
  /** Nothing was there to play, nor anything after it: late, lost, or silence that was not sent; the next packet tells. */
  #undecidedMs = 0;
  /** Decoded, and longer or shorter than whole blocks. */
  #samples: Int16Array = new Int16Array(0);
  #sinceStretch = 0;
  #stretchedSamples = 0;
  #concealedMs = 0;
  #late = 0;
  /** While nobody hears it nothing is decoded, which is most of the work; all else goes on, so that the figures stay true. */
  isHeard = true;

  /** True while there is sound to be heard. */
  get isPlaying(): boolean {
    return this.#blocks.size > 0;
  }

  get stats(): AudioReceiverStats {
    const bufferMs =
      this.#next === null ? 0 : Math.max(0, (this.#newest + blockSamples - this.#next) / unitsPerMs);
    const stretchedMs = this.#stretchedSamples / unitsPerMs;
    return {
      concealedMs: this.#concealedMs,
      stretchedMs,
      bufferMs,
      late: this.#late,
      delayMs: this.#delay,
    };
  }

  push(packet: SoundPacket): void {
    const blocks = blocksOf(packet);
    if (!blocks) return;
    if (this.#origin === null) {
      this.#origin = packet.timestamp;
      this.#newest = -blockSamples;
    }
    const place = this.#placeOf(packet.timestamp);
    const far = this.#next === null ? 0 : Math.abs(place - this.#next) / unitsPerMs;
    if (far > resetMs && place > this.#newest) this.#beginAnew(place);
    this.#judge(packet, place);
    for (const [index, { timestampOffset, data }] of blocks.entries()) {
      const sequence = (packet.sequenceNumber - (blocks.length - 1 - index)) & 0xffff;
      const at = place - timestampOffset;
      if (this.#next !== null && at < this.#next) {
        if (timestampOffset === 0) this.#late++;
        continue;
      }
      if (!this.#blocks.has(at) && this.#blocks.size < maxBlocks) this.#blocks.set(at, { data, sequence });
    }
  }

  /** So many packets from this number on were left out for this receiver: like silence that was not sent. */
  leftOut(first: number, count: number): void {
    // It is told more than once.
    const others = this.#leftOut.filter((one) => one.first !== first);
    this.#leftOut = [...others, { first, count }].slice(-maxLeftOut);
  }

  /** The next 20 ms; null when there is nothing to hear. Called every 20 ms. */
  pull(nowMs: number): Int16Array | null {
    if (this.#origin === null) return null;
    const due = this.#dueAt(nowMs);
    if (this.#next === null) {
      const [first] = [...this.#blocks.keys()].sort((a, b) => a - b);
      if (first === undefined || due < first) return null;
      this.#next = first;
    }
    this.#leaveOutSilence(due, this.#next);
    while (this.#samples.length < blockSamples) {
      const more = this.#nextBlock(due, this.#next);
      if (more) {
        this.#samples = concatenated([this.#samples, more]);
        continue;
      }
      if (this.#samples.length === 0) return null;
      this.#samples = concatenated([this.#samples, new Int16Array(blockSamples - this.#samples.length)]);
    }
    const block = this.#samples.slice(0, blockSamples);
    this.#samples = this.#samples.slice(blockSamples);
    return block;
  }

  /** The block at a place, longer or shorter as the time for it is; made up when it is not here; null when that has faded away. */
  #nextBlock(due: number, place: number): Int16Array | null {
    // By when it is taken, which is up to a block before it is heard: it must be here by then.
    const behindMs = (due - place) / unitsPerMs;
    const block = this.#blocks.get(place);
    if (block) {
      this.#next = place + blockSamples;
      this.#blocks.delete(place);
      this.#playedSequence = block.sequence;
      return this.#decoded(block.data, behindMs);
    }
    // Nothing after it is here either: it may only be late, and is played when it comes.
    const isStall = this.#blocks.size === 0;
    if (isStall) {
      this.#undecidedMs += blockMs;
      this.#sinceStretch = -restBlocks;
    }
    if (!isStall || this.#undecidedMs > maxStallMs) this.#next = place + blockSamples;
    if (!isStall) this.#count(place);
    return this.#concealment.next();
  }

  /** The next block that is here; null when none is. */
  #following(place: number): { at: number; sequence: number } | null {
    let following: { at: number; sequence: number } | null = null;
    for (const [at, { sequence }] of this.#blocks) {
      if (at >= place && (following === null || at < following.at)) following = { at, sequence };
    }
    return following;
  }

  /** Counts a place for which nothing is there: as lost when numbers of packets are missing, else it was silence. */
  #count(place: number): void {
    const following = this.#following(place);
    if (following && this.#packetsBefore(following.sequence) > 0) this.#concealedMs += blockMs;
  }

  /** How many packets are missing between the one played last and this one. */
  #packetsBefore(sequence: number): number {
    if (this.#playedSequence === null) return 0;
    const between = sequenceDiff(sequence, this.#playedSequence) - 1;
    return Math.max(0, between - this.#leftOutBefore(sequence));
  }

  /** How many of the packets between the one played last and this one were left out. */
  #leftOutBefore(sequence: number): number {
    const played = this.#playedSequence;
    if (played === null || this.#leftOut.length === 0) return 0;
    const between = sequenceDiff(sequence, played) - 1;
    let count = 0;
    for (const one of this.#leftOut) {
      const from = sequenceDiff(one.first, played);
      const to = Math.min(between, from + one.count - 1);
      count += Math.max(0, to - Math.max(1, from) + 1);
    }
    return count;
  }

  #placeOf(timestamp: number): number {
    const origin = this.#origin ?? timestamp;
    // The newest place leads, so that places go on growing when timestamps wrap around.
    const newest = (origin + this.#newest) >>> 0;
    return this.#newest + timestampDiff(timestamp, newest);
  }

  /** Notes how late a packet was, and decides whether what was missing before it was lost. */
  #judge({ sequenceNumber, arrivedAtMs }: SoundPacket, place: number): void {
    const wayMs = arrivedAtMs - place / unitsPerMs;
    this.#lateness.push(wayMs);
    this.#delay = this.#delayMs();
    if (this.#undecidedMs > 0) {
      // Sound that only came late counts as made up for as long as it was waited for; silence does not count.
      const wasLeftOut = this.#leftOutBefore(sequenceNumber) > 0;
      const isNext = !wasLeftOut && this.#next !== null && place - this.#next < blockSamples;
      const missing = isNext ? Infinity : this.#packetsBefore(sequenceNumber);
      this.#concealedMs += Math.min(this.#undecidedMs, missing * blockMs);
      this.#undecidedMs = 0;
    }
    this.#newest = Math.max(this.#newest, place);
  }

  /** Arrival less sending of the earliest packets: the shortest way of late, and not of long ago, as clocks drift. */
  get #shortestMs(): number {
    return this.#lateness.at(0) ?? Infinity;
  }

  #delayMs(): number {
    const late = this.#lateness.at(lateShare) ?? this.#shortestMs;
    const standing = this.#lateness.leastOfLast(standingPackets);
    const lateMs = Number.isFinite(this.#shortestMs) ? Math.max(late, standing) - this.#shortestMs : 0;
    return Math.min(maxDelayMs, Math.max(minDelayMs, lateMs + spareMs));
  }

  /** The place that should be played now. */
  #dueAt(nowMs: number): number {
    return (nowMs - this.#shortestMs - this.#delay) * unitsPerMs;
  }

  /** In silence, and when far too much waits, what is played next jumps to its time. */
  #leaveOutSilence(due: number, next: number): void {
    const behind = due - next + this.#samples.length;
    const following = this.#following(next);
    if (behind > (resetMs / 2) * unitsPerMs && following) {
      this.#skipTo(Math.floor((due + this.#samples.length) / blockSamples) * blockSamples);
    } else if (
      behind > 0 &&
      following &&
      following.at > next &&
      this.#packetsBefore(following.sequence) === 0
    ) {
      const places = Math.floor(Math.min(behind, following.at - next) / blockSamples);
      this.#skipTo(next + places * blockSamples);
    }
  }

  #skipTo(place: number): void {
    this.#next = place;
    for (const old of this.#blocks.keys()) if (old < place) this.#blocks.delete(old);
  }

  #beginAnew(place: number): void {
    this.#blocks.clear();
    this.#samples = new Int16Array(0);
    this.#next = null;
    this.#newest = place - blockSamples;
  }

  #decoded(data: Buffer, behindMs: number): Int16Array | null {
    if (!this.isHeard) return this.#stretched(this.#concealment.real(unheard), behindMs);
    let bytes: Uint8Array;
    try {
      bytes = this.#decoder.decode(data);
    } catch {
      // Bytes that are no Opus: as if they had not come.
      return this.#concealment.next();
    }
    // The coder may use its memory again.
    const samples = new Int16Array(blockSamples);
    const decoded = new Int16Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.byteLength / 2));
    samples.set(decoded.subarray(0, blockSamples));
    return this.#stretched(this.#concealment.real(samples), behindMs);
  }

  /** `behindMs`: how much too late the block is played. */
  #stretched(samples: Int16Array, behindMs: number): Int16Array {
    this.#sinceStretch++;
    const isEnough = behindMs < -earlyMs || behindMs > lateMs;
    const isTooSoon = this.#sinceStretch < stretchEvery && (behindMs > 0 || this.#sinceStretch > 0);
    if (!isEnough || (isTooSoon && Math.abs(behindMs) < farOffMs)) return samples;
    this.#sinceStretch = 0;
    const other = behindMs > 0 ? shortened(samples) : lengthened(samples);
    this.#stretchedSamples += Math.abs(other.length - samples.length);
    return other;
  }
}

/** The Opus blocks of a packet, newest last; null for what is neither RED nor Opus. */
function blocksOf({ payloadType, payload }: SoundPacket): RedBlock[] | null {
  if (payloadType === payloadTypes.opus) return [{ payloadType, timestampOffset: 0, data: payload }];
  if (payloadType !== payloadTypes.red) return null;
  try {
    return decodeRed(payload).filter(
      (block) => block.payloadType === payloadTypes.opus && block.data.length > 0,
    );
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}
