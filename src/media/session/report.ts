// The compound RTCP packet of a participant: what it sends, how what it receives arrives, and its name (RFC 3550, section 6.1).
import type { ReportBlock, RtcpPacket } from '../../protocol/rtcp.js';
import type { OutStream } from './out-stream.js';
import type { RemotePerson } from './remote-person.js';

const reportEveryMs = 300;
const cname = 'pytalk';
const maxBlocks = 31;
const unitsPerMs = { pictures: 90, audio: 48 };

/** About three times a second, less often the more others there are, never in step with them (RFC 3550, section 6.2); `random` from 0 to 1. */
export function reportAfterMs(others: number, random: number): number {
  return reportEveryMs * Math.max(1, others / 2) * (0.75 + random / 2);
}

/** `wallMs`: milliseconds since 1970 on this side's clock. */
export function report(
  { pictures, audio }: { pictures: readonly OutStream[]; audio: OutStream },
  people: Iterable<RemotePerson>,
  wallMs: number,
): RtcpPacket[] {
  const blocks = [...people]
    .flatMap(({ pictures, audioReception }) =>
      [...pictures.map(({ reception }) => reception), audioReception].map((one) => one.block(wallMs)),
    )
    .filter((block): block is ReportBlock => block !== null)
    .slice(0, maxBlocks);
  const packets: RtcpPacket[] = [];
  for (const stream of [...pictures, audio]) {
    const units = stream === audio ? unitsPerMs.audio : unitsPerMs.pictures;
    if (!stream.last) continue;
    const sinceMs = wallMs - stream.last.captureTimeMs;
    packets.push({
      kind: 'sender-report',
      ssrc: stream.ssrc,
      ntpMs: wallMs,
      rtpTimestamp: (stream.last.timestamp + Math.round(sinceMs * units)) >>> 0,
      packetCount: stream.packets,
      octetCount: stream.octets,
      reports: packets.length === 0 ? blocks : [],
    });
  }
  if (packets.length === 0) packets.push({ kind: 'receiver-report', ssrc: audio.ssrc, reports: blocks });
  packets.push({ kind: 'sdes', ssrc: audio.ssrc, cname });
  return packets;
}

/**
 * Whether a packet shows that the way is open in both directions. A receiver report without blocks does not: any compound packet
 * may begin with one (RFC 3550, section 6.1).
 */
export function isReport(packet: RtcpPacket): boolean {
  if (packet.kind === 'receiver-report') return packet.reports.length > 0;
  return packet.kind === 'sender-report' || packet.kind === 'remb';
}
