// One stream that this side sends: numbers and times its packets, seals them, and remembers them for a while.
import { randomInt } from 'node:crypto';
import { encodeRtp } from '../../protocol/rtp.js';
import type { SrtpSender } from '../../protocol/srtp.js';
import { RateMeter } from './rate-meter.js';
import { SentPackets } from './sent-packets.js';

export interface OutPayload {
  payloadType: number;
  marker: boolean;
  /** On the stream's clock, from anywhere: a random start is added (RFC 3550, section 5.1). */
  timestamp: number;
  captureTimeMs: number | null;
  payload: Buffer;
}

export class OutStream {
  readonly ssrc: number;
  readonly sent = new SentPackets();
  readonly meter = new RateMeter();
  readonly #srtp: SrtpSender;
  readonly #timestampStart = randomInt(0, 2 ** 32);
  /** Below the middle, so that the first packets do not wrap around before a receiver knows the stream. */
  #sequence = randomInt(0, 0x7fff);
  packets = 0;
  octets = 0;
  /** Of the packet sent last: wall clock and stream clock, for sender reports. */
  last: { captureTimeMs: number; timestamp: number } | null = null;

  constructor(ssrc: number, srtp: SrtpSender) {
    this.ssrc = ssrc;
    this.#srtp = srtp;
  }

  /** The packet as it goes over the wire. */
  seal({ payloadType, marker, timestamp, captureTimeMs, payload }: OutPayload, nowMs: number): Buffer {
    const sequenceNumber = this.#sequence;
    this.#sequence = (this.#sequence + 1) & 0xffff;
    const rtpTimestamp = (timestamp + this.#timestampStart) >>> 0;
    const rtp = encodeRtp({
      payloadType,
      marker,
      sequenceNumber,
      timestamp: rtpTimestamp,
      ssrc: this.ssrc,
      captureTimeMs,
      payload,
    });
    const bytes = this.#srtp.protect(rtp);
    this.sent.keep(sequenceNumber, bytes, nowMs);
    this.packets++;
    this.octets += payload.length;
    if (captureTimeMs !== null) this.last = { captureTimeMs, timestamp: rtpTimestamp };
    return bytes;
  }
}
