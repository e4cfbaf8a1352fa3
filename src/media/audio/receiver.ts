// Sound of one person on its way in: an adaptive jitter buffer, redundancy taken apart, and what is missing made up.
import { Decoder } from '@evan/opus';
import { payloadType as payloadTypes } from '../../protocol/media-streams.js';
import { ProtocolError } from '../../protocol/errors.js';
import { decodeRed, type RedBlock } from '../../protocol/red.js';
import { sequenceDiff, timestampDiff } from '../../protocol/rtp.js';
import { blockMs, blockSamples } from '../media.js';
import { Concealment } from './concealment.js';

const unitsPerMs = 48;
/** How long sound waits at least and at most before it is played, so that what comes late still comes in time. */
const minDelayMs = 20;
const maxDelayMs = 240;
/** Above the lateness of nearly all packets: the timer that plays them is not exact either. */
const spareMs = 6;
/** Packets that the delay is judged by: about four seconds. */
const lateWindow = 200;
const lateShare = 0.97;
/** Blocks kept at most; a hostile sender cannot make us keep more. */
const maxBlocks = 64;
/** Further behind or ahead than this, the buffer begins anew. */
const resetMs = 600;
/** Of a block: nothing is played earlier than its time by more, as it would not be here yet. */
const earlyShare = 0.25;
/** Blocks between two that are left out to catch up, so that nobody hears it. */
const skipEvery = 8;

export interface SoundPacket {
  sequenceNumber: number;
  timestamp: number;
  payloadType: number;
  payload: Buffer;
  /** Milliseconds on a clock that never goes back; the same that `pull` is given. */
  arrivedAtMs: number;
}

export interface AudioReceiverStats {
  /** Sound made up in place of what was lost; silence that was not sent does not count. */
  concealedMs: number;
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
  #lateness: number[] = [];
  #origin: number | null = null;
  /** Arrival less sending of the earliest packets: the shortest way. */
  #shortestMs = Infinity;
  /** What is played next, in samples from the first block; null before anything is played. */
  #next: number | null = null;
  #newest = 0;
  /** Number of the packet whose block was played last; null before. */
  #playedSequence: number | null = null;
  /** Nothing was there to play: loss, or silence that was not sent; the next packet tells. */
  #undecidedMs = 0;
  #sinceSkip = 0;
  #concealedMs = 0;
  #late = 0;

  /** True while there is sound to be heard. */
  get isPlaying(): boolean {
    return this.#blocks.size > 0;
  }

  get stats(): AudioReceiverStats {
    const bufferMs =
      this.#next === null ? 0 : Math.max(0, (this.#newest + blockSamples - this.#next) / unitsPerMs);
    return { concealedMs: this.#concealedMs, bufferMs, late: this.#late, delayMs: this.#delayMs() };
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

  /** The next 20 ms; null when there is nothing to hear. Called every 20 ms. */
  pull(nowMs: number): Int16Array | null {
    if (this.#origin === null) return null;
    const due = this.#dueAt(nowMs);
    if (this.#next === null) {
      const [first] = [...this.#blocks.keys()].sort((a, b) => a - b);
      if (first === undefined || due < first) return null;
      this.#next = first;
    }
    this.#catchUp(due, this.#next);
    // More delay is wanted: the buffer fills while what was heard last goes on.
    if (this.#next - due > blockSamples * earlyShare)
      return this.#blocks.size === 0 ? null : this.#concealment.next();
    const place = this.#next;
    this.#next = place + blockSamples;
    const block = this.#blocks.get(place);
    this.#blocks.delete(place);
    if (block) {
      this.#playedSequence = block.sequence;
      return this.#decoded(block.data);
    }
    this.#count(place);
    return this.#concealment.next();
  }

  /** Counts a place for which nothing is there: as lost when numbers of packets are missing, else it was silence. */
  #count(place: number): void {
    let following: { at: number; sequence: number } | null = null;
    for (const [at, { sequence }] of this.#blocks) {
      if (at > place && (following === null || at < following.at)) following = { at, sequence };
    }
    if (following === null) this.#undecidedMs += blockMs;
    else if (this.#packetsBefore(following.sequence) > 0) this.#concealedMs += blockMs;
  }

  /** How many packets are missing between the one played last and this one. */
  #packetsBefore(sequence: number): number {
    return this.#playedSequence === null ? 0 : Math.max(0, sequenceDiff(sequence, this.#playedSequence) - 1);
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
    this.#shortestMs = Math.min(this.#shortestMs, wayMs);
    this.#lateness.push(wayMs);
    if (this.#lateness.length > lateWindow) {
      this.#lateness.shift();
      // Clocks drift: the shortest way is the shortest of late, not of long ago.
      this.#shortestMs = Math.min(...this.#lateness);
    }
    if (this.#undecidedMs > 0) {
      this.#concealedMs += Math.min(this.#undecidedMs, this.#packetsBefore(sequenceNumber) * blockMs);
      this.#undecidedMs = 0;
    }
    this.#newest = Math.max(this.#newest, place);
  }

  #delayMs(): number {
    const sorted = [...this.#lateness].sort((a, b) => a - b);
    const late = sorted[Math.floor((sorted.length - 1) * lateShare)] ?? this.#shortestMs;
    const lateMs = Number.isFinite(this.#shortestMs) ? late - this.#shortestMs : 0;
    return Math.min(maxDelayMs, Math.max(minDelayMs, lateMs + spareMs));
  }

  /** The place that should be played now. */
  #dueAt(nowMs: number): number {
    return (nowMs - this.#shortestMs - this.#delayMs()) * unitsPerMs;
  }

  /** Leaves blocks out when more sound waits than is needed. */
  #catchUp(due: number, next: number): void {
    const behind = due - next;
    this.#sinceSkip++;
    if (behind > (resetMs / 2) * unitsPerMs) {
      this.#skipTo(Math.floor(due / blockSamples) * blockSamples);
    } else if (behind > blockSamples * 1.5 && (this.#sinceSkip >= skipEvery || !this.#blocks.has(next))) {
      this.#skipTo(next + blockSamples);
    }
  }

  #skipTo(place: number): void {
    this.#sinceSkip = 0;
    this.#next = place;
    for (const old of this.#blocks.keys()) if (old < place) this.#blocks.delete(old);
  }

  #beginAnew(place: number): void {
    this.#blocks.clear();
    this.#next = null;
    this.#newest = place - blockSamples;
  }

  #decoded(data: Buffer): Int16Array | null {
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
    return this.#concealment.real(samples);
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
