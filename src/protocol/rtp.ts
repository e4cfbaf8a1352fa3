// RTP packets (RFC 3550, section 5.1) with the time of capture in their header extension; pure bytes and values.
import { ProtocolError } from './errors.js';
import { ntpBytes, readNtp, writeNtp } from './ntp.js';

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |V=2|P|X|  CC   |M|     PT      |       sequence number         |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                           timestamp                           |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                             SSRC                              |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |       0xBE    |    0xDE       |  length = 3 words             |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * | ID=1  | L=7   | abs-capture-time: NTP, 64 bits ...  | padding |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */

export interface RtpPacket {
  payloadType: number;
  marker: boolean;
  /** 16 bits. */
  sequenceNumber: number;
  /** 32 bits, in units of the payload's clock. */
  timestamp: number;
  ssrc: number;
  /** Milliseconds since 1970 on the sender's clock, with fractions (abs-capture-time); null when not there. */
  captureTimeMs: number | null;
  payload: Buffer;
}

/** The header before CSRCs and extension. */
export const rtpFixedBytes = 12;
const oneByteProfile = 0xbede;
const captureTimeId = 1;
/** Extension header, then one element of 9 bytes, padded to 12. */
const captureExtensionBytes = 16;

/** Encodes a packet; `csrcs`: SSRCs that it is about, at most 15. What does not fit its field is cut to it. */
export function encodeRtp(packet: RtpPacket & { csrcs?: readonly number[] }): Buffer {
  const { captureTimeMs, csrcs = [], payload } = packet;
  const extensionAt = rtpFixedBytes + 4 * csrcs.length;
  const headerBytes = extensionAt + (captureTimeMs === null ? 0 : captureExtensionBytes);
  const bytes = Buffer.allocUnsafe(headerBytes + payload.length);
  bytes[0] = (captureTimeMs === null ? 0x80 : 0x90) | csrcs.length;
  bytes[1] = (packet.marker ? 0x80 : 0) | (packet.payloadType & 0x7f);
  bytes.writeUInt16BE(packet.sequenceNumber & 0xffff, 2);
  bytes.writeUInt32BE(packet.timestamp >>> 0, 4);
  bytes.writeUInt32BE(packet.ssrc >>> 0, 8);
  for (const [at, csrc] of csrcs.entries()) bytes.writeUInt32BE(csrc >>> 0, rtpFixedBytes + 4 * at);
  if (captureTimeMs !== null) {
    bytes.writeUInt16BE(oneByteProfile, extensionAt);
    bytes.writeUInt16BE(3, extensionAt + 2);
    bytes[extensionAt + 4] = (captureTimeId << 4) | (ntpBytes - 1);
    writeNtp(bytes, extensionAt + 5, captureTimeMs);
    bytes.fill(0, extensionAt + 13, headerBytes);
  }
  payload.copy(bytes, headerBytes);
  return bytes;
}

/** Decodes a packet; `payload` is a view into `bytes`, without padding. Throws ProtocolError `bad-frame`. */
export function decodeRtp(bytes: Buffer): RtpPacket {
  const start = rtpHeaderBytes(bytes);
  let end = bytes.length;
  if (bytes.readUInt8(0) & 0x20) {
    const padding = bytes.readUInt8(end - 1);
    if (padding === 0 || start + padding > end) throw new ProtocolError('bad-frame');
    end -= padding;
  }
  const second = bytes.readUInt8(1);
  return {
    payloadType: second & 0x7f,
    marker: second >= 0x80,
    sequenceNumber: sequenceOf(bytes),
    timestamp: bytes.readUInt32BE(4),
    ssrc: ssrcOf(bytes),
    captureTimeMs: captureTimeOf(bytes, start),
    payload: bytes.subarray(start, end),
  };
}

/** Bytes of the header with CSRCs and extension. Throws ProtocolError `bad-frame` when they are not all there. */
export function rtpHeaderBytes(bytes: Buffer): number {
  if (bytes.length < rtpFixedBytes) throw new ProtocolError('bad-frame');
  const first = bytes.readUInt8(0);
  if (first >> 6 !== 2) throw new ProtocolError('bad-frame');
  let length = rtpFixedBytes + 4 * (first & 0x0f);
  if (first & 0x10) {
    if (bytes.length < length + 4) throw new ProtocolError('bad-frame');
    length += 4 + 4 * bytes.readUInt16BE(length + 2);
  }
  if (bytes.length < length) throw new ProtocolError('bad-frame');
  return length;
}

/** Looks for abs-capture-time among one-byte elements (RFC 8285, section 4.2); `end` is where the header ends. */
function captureTimeOf(bytes: Buffer, end: number): number | null {
  const first = bytes.readUInt8(0);
  const start = rtpFixedBytes + 4 * (first & 0x0f);
  if ((first & 0x10) === 0 || bytes.readUInt16BE(start) !== oneByteProfile) return null;
  let captureTimeMs: number | null = null;
  let pos = start + 4;
  while (pos < end) {
    const id = bytes.readUInt8(pos) >> 4;
    const length = (bytes.readUInt8(pos) & 0x0f) + 1;
    // Id 15 ends the elements; a byte of zero is padding, and id 0 with a length is not to be read on from.
    if (id === 15 || (id === 0 && length > 1)) break;
    if (id === 0) {
      pos += 1;
      continue;
    }
    if (pos + 1 + length > end) throw new ProtocolError('bad-frame');
    // 16 bytes when the estimated clock offset follows, which only mixers need.
    if (id === captureTimeId && (length === ntpBytes || length === 2 * ntpBytes)) {
      captureTimeMs ??= readNtp(bytes, pos + 1);
    }
    pos += 1 + length;
  }
  return captureTimeMs;
}

/** CSRCs of an RTP packet whose header is all there. */
export function csrcsOf(bytes: Buffer): number[] {
  const count = bytes.readUInt8(0) & 0x0f;
  return Array.from({ length: count }, (_, at) => bytes.readUInt32BE(rtpFixedBytes + 4 * at));
}

/** SSRC of an RTP packet, without a look at the rest; the caller has made sure of 12 bytes. */
export function ssrcOf(bytes: Buffer): number {
  return bytes.readUInt32BE(8);
}

/** Sequence number of an RTP packet, without a look at the rest; the caller has made sure of 12 bytes. */
export function sequenceOf(bytes: Buffer): number {
  return bytes.readUInt16BE(2);
}

/** Tells by the first byte (RFC 7983), then by the second (RFC 5761, section 4), what a datagram is. */
export function datagramKind(bytes: Buffer): 'stun' | 'rtp' | 'rtcp' | 'other' {
  const first = bytes[0];
  const second = bytes[1];
  if (first === undefined || second === undefined) return 'other';
  if (first < 4) return 'stun';
  if (first < 128 || first > 191) return 'other';
  return second >= 192 && second <= 223 ? 'rtcp' : 'rtp';
}

/** How far sequence number `a` is ahead of `b`, -32,768 to 32,767. */
export function sequenceDiff(a: number, b: number): number {
  return ((a - b) << 16) >> 16;
}

/** How far RTP timestamp `a` is ahead of `b`, as a signed 32-bit number. */
export function timestampDiff(a: number, b: number): number {
  return (a - b) | 0;
}
