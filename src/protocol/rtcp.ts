// RTCP packets (RFC 3550, section 6; NACK of RFC 4585, section 6.2.1; REMB; our THIN), several in one datagram; pure bytes and values.
import { isUtf8 } from 'node:buffer';
import { ProtocolError, PytalkError } from './errors.js';
import { readNtp, writeNtp } from './ntp.js';
import { packLost, readLost, readRanges, writeRanges, type PacketRange } from './packet-numbers.js';

/*
 * All begin with the same word; `length` counts the 32-bit words after it. The count is also the format (FMT) of feedback.
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |V=2|P|  count  |  packet type  |            length             |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */

/** How one stream arrives (RFC 3550, section 6.4.1). */
export interface ReportBlock {
  ssrc: number;
  /** Lost since the last report, in 256ths. */
  fractionLost: number;
  /** Lost since the beginning, signed 24 bits. */
  lost: number;
  /** Highest sequence number received, with the count of its cycles in the upper 16 bits. */
  highestSequence: number;
  /** In units of the stream's clock. */
  jitter: number;
  /** `compactNtp` of the last sender report; 0 when there was none. */
  lastSr: number;
  /** Since then, in 65,536ths of a second. */
  delaySinceLastSr: number;
}

export type RtcpPacket =
  | {
      kind: 'sender-report';
      ssrc: number;
      /** Milliseconds since 1970 on the sender's clock, with fractions. */
      ntpMs: number;
      /** The same moment on the clock of the stream. */
      rtpTimestamp: number;
      packetCount: number;
      octetCount: number;
      reports: ReportBlock[];
    }
  | { kind: 'receiver-report'; ssrc: number; reports: ReportBlock[] }
  | { kind: 'sdes'; ssrc: number; cname: string }
  | { kind: 'bye'; ssrcs: number[] }
  /** Asks for packets again; `lost` are sequence numbers in rising order, which may wrap around. */
  | { kind: 'nack'; senderSsrc: number; mediaSsrc: number; lost: number[] }
  /** What the way to `senderSsrc` can carry of these streams together (draft-alvestrand-rmcat-remb-03); exact to 18 bits. */
  | { kind: 'remb'; senderSsrc: number; bitsPerSecond: number; ssrcs: number[] }
  /** The relay left these packets of a stream out for this receiver: they are neither lost nor will they come (APP `THIN`). */
  | { kind: 'thin'; ssrc: number; ranges: PacketRange[] };

const packetType = {
  senderReport: 200,
  receiverReport: 201,
  sdes: 202,
  bye: 203,
  application: 204,
  transportFeedback: 205,
  payloadFeedback: 206,
};
const genericNack = 1;
/** Application layer feedback (RFC 4585, section 6.4), of which REMB is one by its name. */
const applicationFeedback = 15;
const rembName = 0x52_45_4d_42;
/** Of an APP packet (RFC 3550, section 6.7). */
const thinName = 0x54_48_49_4e;
const mantissaBits = 18;
const exponentBits = 6;
const maxRemb = 2 ** (mantissaBits + 2 ** exponentBits - 1);
const cnameItem = 1;
const headerBytes = 4;
const reportBytes = 24;
const maxCount = 31;

/**
 * Encodes packets into one datagram. It begins with a report, as each must (RFC 3550, section 6.1): an empty one of the first
 * packet's sender when there is none. Throws PytalkError `internal` for more than 31 reports or SSRCs, an empty NACK or BYE, or a CNAME over 255 bytes.
 */
export function encodeRtcp(packets: readonly RtcpPacket[]): Buffer {
  const [first] = packets;
  const isReport = first?.kind === 'sender-report' || first?.kind === 'receiver-report';
  const [ssrc] = first ? sendersOf(first) : [];
  const begin: RtcpPacket[] =
    ssrc === undefined || isReport ? [] : [{ kind: 'receiver-report', ssrc, reports: [] }];
  return Buffer.concat([...begin, ...packets].map(encodeOne));
}

/** The SSRCs in whose name a packet speaks: one, but for a BYE. */
export function sendersOf(packet: RtcpPacket): readonly number[] {
  if (packet.kind === 'bye') return packet.ssrcs;
  return [packet.kind === 'nack' || packet.kind === 'remb' ? packet.senderSsrc : packet.ssrc];
}

function encodeOne(packet: RtcpPacket): Buffer {
  switch (packet.kind) {
    case 'sender-report': {
      const bytes = frame(
        packetType.senderReport,
        packet.reports.length,
        24 + reportBytes * packet.reports.length,
      );
      bytes.writeUInt32BE(packet.ssrc, 4);
      writeNtp(bytes, 8, packet.ntpMs);
      bytes.writeUInt32BE(packet.rtpTimestamp >>> 0, 16);
      bytes.writeUInt32BE(packet.packetCount >>> 0, 20);
      bytes.writeUInt32BE(packet.octetCount >>> 0, 24);
      writeReports(bytes, 28, packet.reports);
      return bytes;
    }
    case 'receiver-report': {
      const bytes = frame(
        packetType.receiverReport,
        packet.reports.length,
        4 + reportBytes * packet.reports.length,
      );
      bytes.writeUInt32BE(packet.ssrc, 4);
      writeReports(bytes, 8, packet.reports);
      return bytes;
    }
    case 'sdes': {
      const name = Buffer.from(packet.cname);
      if (name.length > 255) throw new PytalkError('internal');
      // At least one zero byte ends the chunk, up to the next word.
      const bytes = frame(packetType.sdes, 1, 4 + 4 * Math.ceil((2 + name.length + 1) / 4));
      bytes.writeUInt32BE(packet.ssrc, 4);
      bytes[8] = cnameItem;
      bytes[9] = name.length;
      name.copy(bytes, 10);
      return bytes;
    }
    case 'bye': {
      if (packet.ssrcs.length === 0) throw new PytalkError('internal');
      const bytes = frame(packetType.bye, packet.ssrcs.length, 4 * packet.ssrcs.length);
      packet.ssrcs.forEach((ssrc, at) => bytes.writeUInt32BE(ssrc, 4 + 4 * at));
      return bytes;
    }
    case 'nack': {
      const pairs = packLost(packet.lost);
      if (pairs.length === 0) throw new PytalkError('internal');
      const bytes = frame(packetType.transportFeedback, genericNack, 8 + 4 * pairs.length);
      bytes.writeUInt32BE(packet.senderSsrc, 4);
      bytes.writeUInt32BE(packet.mediaSsrc, 8);
      pairs.forEach(({ first, following }, at) => {
        bytes.writeUInt16BE(first, 12 + 4 * at);
        bytes.writeUInt16BE(following, 14 + 4 * at);
      });
      return bytes;
    }
    case 'remb': {
      if (packet.ssrcs.length > 255 || packet.bitsPerSecond >= maxRemb) throw new PytalkError('internal');
      const bytes = frame(packetType.payloadFeedback, applicationFeedback, 16 + 4 * packet.ssrcs.length);
      bytes.writeUInt32BE(packet.senderSsrc, 4);
      bytes.writeUInt32BE(rembName, 12);
      bytes.writeUInt32BE(packet.ssrcs.length * 2 ** 24 + rembRate(packet.bitsPerSecond), 16);
      packet.ssrcs.forEach((ssrc, at) => bytes.writeUInt32BE(ssrc, 20 + 4 * at));
      return bytes;
    }
    case 'thin': {
      const bytes = frame(packetType.application, 0, 8 + 4 * packet.ranges.length);
      bytes.writeUInt32BE(packet.ssrc, 4);
      bytes.writeUInt32BE(thinName, 8);
      writeRanges(bytes, 12, packet.ranges);
      return bytes;
    }
  }
}

/** The exponent (6 bits) and mantissa (18 bits) of a rate, rounded down. */
function rembRate(bitsPerSecond: number): number {
  let [exponent, mantissa] = [0, Math.max(0, Math.floor(bitsPerSecond))];
  while (mantissa >= 2 ** mantissaBits) {
    mantissa = Math.floor(mantissa / 2);
    exponent++;
  }
  return exponent * 2 ** mantissaBits + mantissa;
}

/** Zeros with a header for `bodyBytes` more bytes. */
function frame(type: number, count: number, bodyBytes: number): Buffer {
  if (count > maxCount) throw new PytalkError('internal');
  const bytes = Buffer.alloc(headerBytes + bodyBytes);
  bytes[0] = 0x80 | count;
  bytes[1] = type;
  bytes.writeUInt16BE(bodyBytes / 4, 2);
  return bytes;
}

function writeReports(bytes: Buffer, start: number, reports: readonly ReportBlock[]): void {
  reports.forEach((report, at) => {
    const pos = start + reportBytes * at;
    bytes.writeUInt32BE(report.ssrc, pos);
    bytes.writeUInt8(Math.min(255, Math.max(0, report.fractionLost)), pos + 4);
    bytes.writeIntBE(Math.min(0x7f_ffff, Math.max(-0x80_0000, report.lost)), pos + 5, 3);
    bytes.writeUInt32BE(report.highestSequence >>> 0, pos + 8);
    bytes.writeUInt32BE(report.jitter >>> 0, pos + 12);
    bytes.writeUInt32BE(report.lastSr >>> 0, pos + 16);
    bytes.writeUInt32BE(report.delaySinceLastSr >>> 0, pos + 20);
  });
}

/** Decodes a datagram; packets of other types are left out. Throws ProtocolError `bad-frame`. */
export function decodeRtcp(bytes: Buffer): RtcpPacket[] {
  if (bytes.length === 0) throw new ProtocolError('bad-frame');
  const packets: RtcpPacket[] = [];
  let pos = 0;
  while (pos < bytes.length) {
    if (pos + headerBytes > bytes.length) throw new ProtocolError('bad-frame');
    const first = bytes.readUInt8(pos);
    const end = pos + headerBytes + 4 * bytes.readUInt16BE(pos + 2);
    if (first >> 6 !== 2 || end > bytes.length) throw new ProtocolError('bad-frame');
    // Only the last packet of a datagram may be padded (RFC 3550, section 6.4.1), by whole words.
    let padding = 0;
    if (first & 0x20) {
      padding = bytes.readUInt8(end - 1);
      const right =
        end === bytes.length && padding > 0 && padding % 4 === 0 && pos + headerBytes + padding <= end;
      if (!right) throw new ProtocolError('bad-frame');
    }
    const body = bytes.subarray(pos + headerBytes, end - padding);
    decodeOne(bytes.readUInt8(pos + 1), first & 0x1f, body, packets);
    pos = end;
  }
  return packets;
}

function decodeOne(type: number, count: number, body: Buffer, packets: RtcpPacket[]): void {
  switch (type) {
    case packetType.senderReport:
      need(body, 24 + reportBytes * count);
      packets.push({
        kind: 'sender-report',
        ssrc: body.readUInt32BE(0),
        ntpMs: readNtp(body, 4),
        rtpTimestamp: body.readUInt32BE(12),
        packetCount: body.readUInt32BE(16),
        octetCount: body.readUInt32BE(20),
        reports: readReports(body, 24, count),
      });
      break;
    case packetType.receiverReport:
      need(body, 4 + reportBytes * count);
      packets.push({
        kind: 'receiver-report',
        ssrc: body.readUInt32BE(0),
        reports: readReports(body, 4, count),
      });
      break;
    case packetType.sdes:
      decodeSdes(body, count, packets);
      break;
    case packetType.bye:
      need(body, 4 * count);
      // One that names nobody is valid, but useless (RFC 3550, section 6.6).
      if (count === 0) break;
      packets.push({
        kind: 'bye',
        ssrcs: Array.from({ length: count }, (_, at) => body.readUInt32BE(4 * at)),
      });
      break;
    case packetType.application:
      need(body, 8);
      if (count !== 0 || body.readUInt32BE(4) !== thinName) break;
      packets.push({ kind: 'thin', ssrc: body.readUInt32BE(0), ranges: readRanges(body, 8) });
      break;
    case packetType.transportFeedback:
      need(body, 8);
      if (count !== genericNack) break;
      need(body, 12);
      packets.push({
        kind: 'nack',
        senderSsrc: body.readUInt32BE(0),
        mediaSsrc: body.readUInt32BE(4),
        lost: readLost(body, 8),
      });
      break;
    case packetType.payloadFeedback: {
      need(body, 8);
      if (count !== applicationFeedback || body.length < 16 || body.readUInt32BE(8) !== rembName) break;
      const word = body.readUInt32BE(12);
      const ssrcCount = word >>> 24;
      need(body, 16 + 4 * ssrcCount);
      const exponent = (word >>> mantissaBits) & (2 ** exponentBits - 1);
      packets.push({
        kind: 'remb',
        senderSsrc: body.readUInt32BE(0),
        bitsPerSecond: (word & (2 ** mantissaBits - 1)) * 2 ** exponent,
        ssrcs: Array.from({ length: ssrcCount }, (_, at) => body.readUInt32BE(16 + 4 * at)),
      });
      break;
    }
    default:
      break;
  }
}

function need(body: Buffer, length: number): void {
  if (body.length < length) throw new ProtocolError('bad-frame');
}

function readReports(body: Buffer, start: number, count: number): ReportBlock[] {
  return Array.from({ length: count }, (_, at) => {
    const pos = start + reportBytes * at;
    return {
      ssrc: body.readUInt32BE(pos),
      fractionLost: body.readUInt8(pos + 4),
      lost: body.readIntBE(pos + 5, 3),
      highestSequence: body.readUInt32BE(pos + 8),
      jitter: body.readUInt32BE(pos + 12),
      lastSr: body.readUInt32BE(pos + 16),
      delaySinceLastSr: body.readUInt32BE(pos + 20),
    };
  });
}

/** Chunks of an SSRC and items, each chunk ended by a zero byte and padded to a word (RFC 3550, section 6.5). */
function decodeSdes(body: Buffer, count: number, packets: RtcpPacket[]): void {
  let pos = 0;
  for (let chunk = 0; chunk < count; chunk++) {
    if (pos + 4 > body.length) throw new ProtocolError('bad-frame');
    const ssrc = body.readUInt32BE(pos);
    pos += 4;
    let isNamed = false;
    for (;;) {
      if (pos >= body.length) throw new ProtocolError('bad-frame');
      const item = body.readUInt8(pos);
      if (item === 0) break;
      if (pos + 2 > body.length) throw new ProtocolError('bad-frame');
      const end = pos + 2 + body.readUInt8(pos + 1);
      if (end > body.length) throw new ProtocolError('bad-frame');
      const text = body.subarray(pos + 2, end);
      // One name for each, and what is no text is none: it would not fit any more when it is passed on.
      if (item === cnameItem && !isNamed && isUtf8(text)) {
        packets.push({ kind: 'sdes', ssrc, cname: text.toString('utf8') });
        isNamed = true;
      }
      pos = end;
    }
    pos = (pos + 4) & ~3;
  }
  if (pos !== body.length) throw new ProtocolError('bad-frame');
}
