// One person's sound as a recording wants it: Opus packets in order, each once, on the clock of their capture, silence where none came.
import { payloadType as payloadTypes } from '../../protocol/media-streams.js';
import { ProtocolError } from '../../protocol/errors.js';
import { decodeRed } from '../../protocol/red.js';
import { timestampDiff } from '../../protocol/rtp.js';
import { blockMs, blockSamples } from '../media.js';

const unitsPerMs = 48;
/** 20 ms of silence, one channel, in Opus' own words (RFC 6716, section 3.1: configuration 31, code 0). */
export const silentPacket = Buffer.from('f8fffe', 'hex');
/** Times of capture wobble, sound does not: its clock follows them slowly, and anew when it is this far from them. */
const followShare = 0.02;
const maxOffMs = 100;
/** A longer gap (a machine that slept) stays one. */
const maxFillMs = 5_000;
/** Blocks kept at most; a hostile sender cannot make us keep more. */
const maxWaiting = 256;

export interface RecordedSound {
  readonly payloadType: number;
  /** RTP timestamp, 48 kHz. */
  readonly timestamp: number;
  readonly payload: Buffer;
}

export class SoundTrack {
  /** Encoded blocks by their place: samples since the first one. */
  readonly #waiting = new Map<number, Buffer>();
  #newest: { place: number; timestamp: number } | null = null;
  /** When place 0 was captured. */
  #originMs = 0;
  /** The place that is written next; null before the first. */
  #next: number | null = null;

  /** Takes a packet, whose newest block was captured at `atMs`. */
  push(packet: RecordedSound, atMs: number): void {
    const blocks = blocksOf(packet);
    if (blocks.length === 0) return;
    const { timestamp } = packet;
    const place = this.#newest ? this.#newest.place + timestampDiff(timestamp, this.#newest.timestamp) : 0;
    const seenMs = atMs - place / unitsPerMs;
    const offMs = this.#newest ? seenMs - this.#originMs : Infinity;
    this.#originMs = Math.abs(offMs) > maxOffMs ? seenMs : this.#originMs + offMs * followShare;
    if (!this.#newest || place > this.#newest.place) this.#newest = { place, timestamp };
    for (const { timestampOffset, data } of blocks) {
      const at = place - timestampOffset;
      const isLate = this.#next !== null && at < this.#next;
      if (!isLate && this.#waiting.size < maxWaiting) this.#waiting.set(at, data);
    }
  }

  /** What was captured before `untilMs` and has not been handed out, in order, with silence in its gaps. */
  due(untilMs: number): { atMs: number; data: Buffer }[] {
    if (!this.#newest) return [];
    const places = [...this.#waiting.keys()].filter((at) => this.#timeOf(at) < untilMs).sort((a, b) => a - b);
    const out: { atMs: number; data: Buffer }[] = [];
    for (const place of places) {
      this.#fillUp(place, out);
      out.push({ atMs: this.#timeOf(place), data: this.#waiting.get(place) ?? silentPacket });
      this.#waiting.delete(place);
      this.#next = place + blockSamples;
    }
    if (untilMs !== Infinity) this.#fillUp((untilMs - blockMs - this.#originMs) * unitsPerMs, out);
    return out;
  }

  #timeOf(place: number): number {
    return this.#originMs + place / unitsPerMs;
  }

  /** Silence up to this place, not over it. */
  #fillUp(place: number, out: { atMs: number; data: Buffer }[]): void {
    if (this.#next === null) return;
    if (place - this.#next > maxFillMs * unitsPerMs) {
      this.#next += Math.floor((place - this.#next) / blockSamples) * blockSamples;
    }
    for (; this.#next + blockSamples <= place; this.#next += blockSamples) {
      out.push({ atMs: this.#timeOf(this.#next), data: silentPacket });
    }
  }
}

function blocksOf({ payloadType, payload }: RecordedSound): { timestampOffset: number; data: Buffer }[] {
  if (payloadType === payloadTypes.opus) return [{ timestampOffset: 0, data: payload }];
  if (payloadType !== payloadTypes.red) return [];
  try {
    return decodeRed(payload).filter(
      ({ payloadType: inner, data }) => inner === payloadTypes.opus && data.length > 0,
    );
  } catch (error) {
    if (error instanceof ProtocolError) return [];
    throw error;
  }
}
