// How one stream arrives, as receiver reports tell its sender (RFC 3550, sections 6.4.1 and A.3, A.8).
import { sequenceDiff } from '../../protocol/rtp.js';
import { compactNtp } from '../../protocol/ntp.js';
import type { ReportBlock } from '../../protocol/rtcp.js';

/** Senders' reports that the clock of a sender is judged by. */
const clockSamples = 16;

export class Reception {
  readonly #ssrc: number;
  /** Units of the stream's clock in a millisecond. */
  readonly #unitsPerMs: number;
  #base: number | null = null;
  #highest = 0;
  #received = 0;
  /** Packets that the relay left out for this receiver. */
  #leftOut = 0;
  #expectedBefore = 0;
  #receivedBefore = 0;
  #jitter = 0;
  #transit: number | null = null;
  #lastSr = 0;
  #lastSrAtMs = 0;
  /** Arrival minus sending of senders' reports, newest last. */
  #delays: number[] = [];
  bytes = 0;

  constructor(ssrc: number, unitsPerMs: number) {
    this.#ssrc = ssrc;
    this.#unitsPerMs = unitsPerMs;
  }

  get packets(): number {
    return this.#received;
  }

  /** Packets that were sent and have not come, as far as their numbers tell; repeats count once as they are not told here. */
  get lost(): number {
    return this.#base === null ? 0 : Math.max(0, this.#expected - this.#received);
  }

  get #expected(): number {
    return this.#highest - (this.#base ?? this.#highest + 1) + 1 - this.#leftOut;
  }

  /** Notes a packet that had not come before. */
  arrived(sequence: number, timestamp: number, bytes: number, nowMs: number): void {
    if (this.#base === null) this.#base = this.#highest = 0x1_0000 + sequence;
    else this.#reach(sequence);
    this.#received++;
    this.bytes += bytes;
    const transit = (Math.round(nowMs * this.#unitsPerMs) - timestamp) | 0;
    if (this.#transit !== null) {
      const change = Math.abs((transit - this.#transit) | 0);
      this.#jitter += (change - this.#jitter) / 16;
    }
    this.#transit = transit;
  }

  #reach(sequence: number): void {
    const extended = this.#highest + sequenceDiff(sequence, this.#highest & 0xffff);
    this.#highest = Math.max(this.#highest, extended);
  }

  /** So many packets up to this number, of which nothing was known, were left out for this receiver. */
  leftOut(lastSequence: number, count: number): void {
    if (this.#base === null) return;
    this.#reach(lastSequence);
    this.#leftOut += count;
  }

  /** A sender report has come; times in milliseconds since 1970, each on its own side's clock. */
  reported(ntpMs: number, nowMs: number): void {
    this.#lastSr = compactNtp(ntpMs);
    this.#lastSrAtMs = nowMs;
    this.#delays.push(nowMs - ntpMs);
    if (this.#delays.length > clockSamples) this.#delays.shift();
  }

  /** How far the sender's clock is behind ours, in milliseconds, if a packet needs `oneWayMs`; null before a report. */
  clockOffsetMs(oneWayMs: number): number | null {
    return this.#delays.length === 0 ? null : Math.min(...this.#delays) - oneWayMs;
  }

  /** The block of the next report; null before the first packet. */
  block(nowMs: number): ReportBlock | null {
    if (this.#base === null) return null;
    const expected = this.#expected;
    const expectedNow = expected - this.#expectedBefore;
    const lostNow = expectedNow - (this.#received - this.#receivedBefore);
    this.#expectedBefore = expected;
    this.#receivedBefore = this.#received;
    const sinceSr = this.#lastSr === 0 ? 0 : (nowMs - this.#lastSrAtMs) / 1000;
    return {
      ssrc: this.#ssrc,
      fractionLost: expectedNow <= 0 || lostNow <= 0 ? 0 : Math.floor((lostNow * 256) / expectedNow),
      lost: expected - this.#received,
      highestSequence: this.#highest >>> 0,
      jitter: Math.round(this.#jitter),
      lastSr: this.#lastSr,
      delaySinceLastSr: Math.round(sinceSr * 65_536),
    };
  }
}
