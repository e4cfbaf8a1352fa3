// What the relay does with feedback: passes it to those whom it is about, and answers NACKs from its memory of packets.
import { encodeRtcp, type ReportBlock, type RtcpPacket } from '../../protocol/rtcp.js';
import { isOf, isReachable, type Peer } from './peer.js';

/** The same packet is not sent again to the same receiver within this time: what was asked for twice is on its way. */
export const resendPauseMs = 20;

export interface FeedbackParts {
  counters: { spoofed: number; limited: number; resentPackets: number };
  /** Milliseconds on a clock that never goes back. */
  now(): number;
  /** Sends one datagram the way that a participant has chosen. */
  sendTo(peer: Peer, bytes: Buffer): void;
  /** Whose stream this is. */
  ownerOf(ssrc: number): Peer | undefined;
}

export class Feedback {
  readonly #parts: FeedbackParts;

  constructor(parts: FeedbackParts) {
    this.#parts = parts;
  }

  /** Takes one RTCP packet of a participant. */
  take(peer: Peer, packet: RtcpPacket): void {
    switch (packet.kind) {
      case 'nack':
        this.#resend(peer, packet.mediaSsrc, packet.lost, packet.senderSsrc);
        return;
      case 'sender-report':
        if (!isOf(peer, packet.ssrc)) {
          this.#parts.counters.spoofed++;
          return;
        }
        this.#tellOthers(peer, { ...packet, reports: [] });
        this.#tellOwners(peer, packet.ssrc, packet.reports);
        return;
      case 'receiver-report':
        this.#tellOwners(peer, packet.ssrc, packet.reports);
        return;
      case 'remb':
        for (const other of peer.call) {
          if (other !== peer && packet.ssrcs.some((ssrc) => isOf(other, ssrc))) this.#tell(other, packet);
        }
        return;
      case 'bye':
      case 'sdes':
        this.#tellOthers(peer, packet);
    }
  }

  #tellOthers(peer: Peer, packet: RtcpPacket): void {
    for (const other of peer.call) if (other !== peer) this.#tell(other, packet);
  }

  /** Reports go to those whose streams they are about. */
  #tellOwners(peer: Peer, ssrc: number, reports: readonly ReportBlock[]): void {
    for (const other of peer.call) {
      const own = other === peer ? [] : reports.filter((report) => isOf(other, report.ssrc));
      if (own.length > 0) this.#tell(other, { kind: 'receiver-report', ssrc, reports: own });
    }
  }

  #tell(peer: Peer, packet: RtcpPacket): void {
    if (isReachable(peer, this.#parts.now()))
      this.#parts.sendTo(peer, peer.toPeer.protect(encodeRtcp([packet])));
  }

  /** Sends again what is still here; the rest is asked of its sender. */
  #resend(peer: Peer, mediaSsrc: number, lost: readonly number[], senderSsrc: number): void {
    const owner = this.#parts.ownerOf(mediaSsrc);
    if (!owner || owner === peer || owner.call !== peer.call) {
      this.#parts.counters.spoofed++;
      return;
    }
    const offset = mediaSsrc - owner.participant.ssrc;
    const cache = owner.caches[offset] ?? null;
    const now = this.#parts.now();
    const missing: number[] = [];
    for (const sequence of lost) {
      const key = mediaSsrc * 0x1_0000 + sequence;
      const resentAt = peer.resentAt.get(key) ?? null;
      if (resentAt !== null && now - resentAt < resendPauseMs) continue;
      if (!peer.resends.take(1, now)) {
        this.#parts.counters.limited++;
        break;
      }
      const bytes = cache?.find(sequence, now);
      // What was of no use may have been changed on its way here, which the relay cannot tell: then its sender has a good one.
      if (!bytes || resentAt !== null) missing.push(sequence);
      // What went through a tunnel has arrived, or there was no room for it.
      if (!bytes || peer.isTunnelled) continue;
      peer.resentAt.set(key, now);
      this.#parts.sendTo(peer, bytes);
      this.#parts.counters.resentPackets++;
    }
    if (missing.length > 0) this.#tell(owner, { kind: 'nack', senderSsrc, mediaSsrc, lost: missing });
  }
}
