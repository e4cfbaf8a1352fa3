// What the relay does with feedback: passes it to those whom it is about, and answers NACKs from its memory of packets.
import { streamOffset } from '../../protocol/media-streams.js';
import type { PacketRange } from '../../protocol/packet-numbers.js';
import { encodeRtcp, sendersOf, type RtcpPacket } from '../../protocol/rtcp.js';
import type { PacketMemory } from './packet-memory.js';
import { isOf, isReachable, type Peer } from './peer.js';
import type { RelayCounters } from './relay-counters.js';
import { thin, type Later } from './thin-peer.js';

/** The same packet is not sent again to the same receiver within this time: what was asked for twice is on its way. */
export const resendPauseMs = 20;

export interface FeedbackParts {
  counters: RelayCounters;
  memory: Pick<PacketMemory, 'find'>;
  /** Milliseconds on a clock that never goes back. */
  now(): number;
  later: Later;
  /** Sends one datagram the way that a participant has chosen. */
  sendTo(peer: Peer, bytes: Buffer): void;
}

export class Feedback {
  readonly #parts: FeedbackParts;

  constructor(parts: FeedbackParts) {
    this.#parts = parts;
  }

  /** Takes the RTCP packets of one datagram of a participant. */
  take(peer: Peer, packets: readonly RtcpPacket[]): void {
    const news = new Map<Peer, RtcpPacket[]>();
    for (const packet of packets) {
      if (sendersOf(packet).every((ssrc) => isOf(peer, ssrc))) this.#feedback(peer, packet, news);
      else this.#parts.counters.spoofed++;
    }
    const now = this.#parts.now();
    // One datagram each, however many packets came in one: nobody can make more of them than were sent.
    for (const [other, told] of news) {
      if (isReachable(other, now)) this.#parts.sendTo(other, other.toPeer.protect(encodeRtcp(told)));
    }
  }

  #thin(peer: Peer, bps: number): void {
    thin(peer, bps, { ...this.#parts, tellLeftOut: (...told) => this.#tellLeftOut(...told) });
  }

  /** Tells a peer which packets of a stream were left out for it. */
  #tellLeftOut(peer: Peer, ssrc: number, ranges: PacketRange[]): void {
    const maxRanges = 64;
    const told = encodeRtcp([{ kind: 'thin', ssrc, ranges: ranges.slice(0, maxRanges) }]);
    this.#parts.sendTo(peer, peer.toPeer.protect(told));
  }

  /** Collects in `news` what others are to be told. */
  #feedback(peer: Peer, packet: RtcpPacket, news: Map<Peer, RtcpPacket[]>): void {
    const tell = (other: Peer, told: RtcpPacket): void => {
      const before = news.get(other);
      if (before) before.push(told);
      else news.set(other, [told]);
    };
    const others = peer.call.filter((one) => one !== peer);
    switch (packet.kind) {
      case 'nack': {
        const { mediaSsrc, senderSsrc } = packet;
        const owner = others.find((other) => isOf(other, mediaSsrc));
        if (!owner) {
          this.#parts.counters.spoofed++;
          return;
        }
        const lost = this.#resend(peer, owner, mediaSsrc, packet.lost);
        if (lost.length > 0) tell(owner, { kind: 'nack', senderSsrc, mediaSsrc, lost });
        return;
      }
      case 'sender-report':
        peer.passedReports.passed(packet.ntpMs, this.#parts.now());
        for (const other of others) tell(other, { ...packet, reports: [] });
        this.#feedback(peer, { kind: 'receiver-report', ssrc: packet.ssrc, reports: packet.reports }, news);
        return;
      case 'receiver-report':
        // Blocks go to those whose streams they are about.
        for (const other of others) {
          const reports = packet.reports.filter(({ ssrc }) => isOf(other, ssrc));
          if (reports.length === 0) continue;
          tell(other, { ...packet, reports });
          const now = this.#parts.now();
          for (const report of reports) peer.figures.reported(report, other.passedReports, now);
        }
        return;
      case 'remb':
        // Of several senders together: that is for the relay, which thins their streams.
        if (packet.ssrcs.length > 1) this.#thin(peer, packet.bitsPerSecond);
        else
          for (const other of others) if (packet.ssrcs.some((ssrc) => isOf(other, ssrc))) tell(other, packet);
        return;
      // Only the relay says so.
      case 'thin':
        this.#parts.counters.spoofed++;
        return;
      case 'bye':
      case 'sdes':
        for (const other of others) tell(other, packet);
    }
  }

  /** Sends again what is still here of what a peer has missed; returns what its sender is to be asked for. */
  #resend(peer: Peer, owner: Peer, mediaSsrc: number, lost: readonly number[]): number[] {
    const now = this.#parts.now();
    const missing: number[] = [];
    const leftOut = peer.thinning?.leftOutOf(mediaSsrc, lost) ?? [];
    // The word about them was lost.
    if (leftOut.length > 0)
      this.#tellLeftOut(
        peer,
        mediaSsrc,
        leftOut.map((first) => ({ first, count: 1 })),
      );
    // The way has no room for all that there is: nobody is asked for more.
    const isNarrow =
      peer.thinning?.isNarrow === true && mediaSsrc !== owner.participant.ssrc + streamOffset.audio;
    for (const sequence of lost) {
      if (leftOut.includes(sequence)) continue;
      const key = mediaSsrc * 0x1_0000 + sequence;
      const resentAt = peer.resentAt.get(key) ?? null;
      if (resentAt !== null && now - resentAt < resendPauseMs) continue;
      if (!peer.resends.take(1, now)) {
        this.#parts.counters.limited++;
        break;
      }
      if (isNarrow && peer.thinning?.again(mediaSsrc, sequence) === true) continue;
      const bytes = this.#parts.memory.find(mediaSsrc, sequence, now);
      // What was of no use may have been changed on its way here, which the relay cannot tell: then its sender has a good one.
      if ((!bytes || resentAt !== null) && !isNarrow) missing.push(sequence);
      // What went through a tunnel has arrived, or there was no room for it.
      if (!bytes || peer.isTunnelled) continue;
      if (peer.thinning?.takesAgain(bytes.length * 8) === false) continue;
      peer.resentAt.set(key, now);
      this.#parts.sendTo(peer, bytes);
      this.#parts.counters.resentPackets++;
    }
    return missing;
  }
}
