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
  csrcs?: readonly number[];
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

  /** The packet as it goes over the wire; `plain` gets the same before it was sealed. */
  seal({ timestamp, ...fields }: OutPayload, nowMs: number, plain?: Buffer[]): Buffer {
    const sequenceNumber = this.#sequence;
    this.#sequence = (this.#sequence + 1) & 0xffff;
    const rtpTimestamp = (timestamp + this.#timestampStart) >>> 0;
    const rtp = encodeRtp({ ...fields, sequenceNumber, timestamp: rtpTimestamp, ssrc: this.ssrc });
    plain?.push(rtp);
    const bytes = this.#srtp.protect(rtp);
    this.sent.keep(sequenceNumber, bytes, nowMs);
    this.packets++;
    this.octets += fields.payload.length;
    const { captureTimeMs } = fields;
    if (captureTimeMs !== null) this.last = { captureTimeMs, timestamp: rtpTimestamp };
    return bytes;
  }
}
