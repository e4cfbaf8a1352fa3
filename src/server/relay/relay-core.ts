// What the relay does with each datagram: binds addresses by ticket, passes media on unchanged, carries feedback; no sockets.
import { ProtocolError } from '../../protocol/errors.js';
import { decodeRtcp, encodeRtcp, sendersOf, type RtcpPacket } from '../../protocol/rtcp.js';
import { datagramKind, ssrcOf } from '../../protocol/rtp.js';
import { srtpOverheadBytes } from '../../protocol/srtp.js';
import { ssrcsPerParticipant } from '../../protocol/media-streams.js';
import { PacketMemory } from './packet-memory.js';
import { isOf, makePeer, type Peer, type PeerOptions } from './peer.js';
import { TokenBucket } from './token-bucket.js';
import type { RelayParticipant } from './relay-messages.js';
import { answerBinding, readBinding, type Binding } from './stun-binding.js';

export interface RelayCounters {
  /** Tickets that are good; those whose address is bound. */
  participants: number;
  bound: number;
  forwardedPackets: number;
  forwardedBytes: number;
  /** Packets sent again from memory, for a NACK. */
  resentPackets: number;
  /** Binding requests with a good ticket. */
  bindings: number;
  /** Binding requests without one. */
  stunAnswered: number;
  /** Datagrams that are nothing the relay knows. */
  malformed: number;
  /** From addresses that are not bound, with SSRCs of others, with a wrong ticket or tag. */
  spoofed: number;
  /** Requests and feedback that were here already. */
  replayed: number;
  /** More than one may send. */
  limited: number;
}

/** Binding requests without a ticket, of everybody together and of one address, and those with one, a second. */
const strangersRate = { burst: 2_000, perMinute: 120_000 };
const strangerPerSecond = 20;
/** A participant from whom no binding request has come for so long gets no more media. */
const bindingLifeMs = 30_000;
const maxMemoryBytes = 128 * 1024 * 1024;
/** The same packet is not sent again to the same receiver within this time: what was asked for twice is on its way. */
const resendPauseMs = 20;
/** Feedback of a whole call of eight has less than half of it. */
const maxRtcpBytes = 1_500;
const minRtpBytes = 12 + srtpOverheadBytes;

/** Sends one datagram. */
type Send = (bytes: Buffer, port: number, address: string) => void;

export class RelayCore {
  readonly counters: Omit<RelayCounters, 'participants' | 'bound'> = {
    forwardedPackets: 0,
    forwardedBytes: 0,
    resentPackets: 0,
    bindings: 0,
    stunAnswered: 0,
    malformed: 0,
    spoofed: 0,
    replayed: 0,
    limited: 0,
  };
  readonly #peerOptions: PeerOptions;
  readonly #send: Send;
  /** Milliseconds on a clock that never goes back. */
  readonly #now: () => number;
  readonly #byUsername = new Map<string, Peer>();
  /** Bound peers by address, then port: no string is built for a packet. */
  readonly #byAddress = new Map<string, Map<number, Peer>>();
  /** By first SSRC over 8, which makes it a small integer to V8. */
  readonly #bySsrc = new Map<number, Peer>();
  readonly #calls = new Map<string, Peer[]>();
  readonly #memory = new PacketMemory(maxMemoryBytes);
  readonly #strangers: TokenBucket;
  readonly #strangerCounts = new Map<string, number>();

  constructor(send: Send, now: () => number, peerOptions: PeerOptions) {
    this.#peerOptions = peerOptions;
    this.#send = send;
    this.#now = now;
    this.#strangers = new TokenBucket(strangersRate, now());
  }

  get participants(): number {
    return this.#byUsername.size;
  }

  get bound(): number {
    let count = 0;
    for (const ports of this.#byAddress.values()) count += ports.size;
    return count;
  }

  add(participant: RelayParticipant): void {
    this.remove(participant.username);
    const call = this.#calls.get(participant.call) ?? [];
    this.#calls.set(participant.call, call);
    const peer = makePeer(participant, call, this.#now(), this.#peerOptions);
    call.push(peer);
    this.#byUsername.set(participant.username, peer);
    this.#bySsrc.set(participant.ssrc / ssrcsPerParticipant, peer);
  }

  remove(username: string): void {
    const peer = this.#byUsername.get(username);
    if (!peer) return;
    this.#byUsername.delete(username);
    this.#bySsrc.delete(peer.participant.ssrc / ssrcsPerParticipant);
    this.#unbind(peer);
    peer.call.splice(peer.call.indexOf(peer), 1);
    if (peer.call.length === 0) this.#calls.delete(peer.participant.call);
  }

  /** Called about once a second: forgets what is too old to be of use. */
  sweep(): void {
    const now = this.#now();
    this.#strangerCounts.clear();
    this.#memory.sweep(now);
    for (const peer of this.#byUsername.values()) {
      for (const [key, at] of peer.resentAt) if (now - at > resendPauseMs) peer.resentAt.delete(key);
      if (peer.port !== 0 && now - peer.boundAt > bindingLifeMs) this.#unbind(peer);
    }
  }

  /** Takes one datagram. The bytes may be sent later and must not be written to any more. Never throws. */
  datagram(bytes: Buffer, address: string, port: number): void {
    switch (datagramKind(bytes)) {
      case 'rtp':
        this.#media(bytes, address, port);
        return;
      case 'rtcp':
        this.#control(bytes, address, port);
        return;
      case 'stun':
        this.#stun(bytes, address, port);
        return;
      case 'other':
        this.counters.malformed++;
    }
  }

  #media(bytes: Buffer, address: string, port: number): void {
    if (bytes.length < minRtpBytes) {
      this.counters.malformed++;
      return;
    }
    // By number, not by address: for each packet the address is a new string, whose hash would have to be computed.
    const ssrc = ssrcOf(bytes);
    const offset = ssrc % ssrcsPerParticipant;
    const peer = this.#bySsrc.get((ssrc - offset) / ssrcsPerParticipant);
    if (peer?.port !== port || peer.address !== address) {
      this.counters.spoofed++;
      return;
    }
    const now = this.#now();
    if (!peer.media.take(bytes.length, now)) {
      this.counters.limited++;
      return;
    }
    this.#memory.keep(bytes, ssrc, now);
    for (const other of peer.call) {
      if (other === peer || other.port === 0 || now - other.boundAt > bindingLifeMs) continue;
      this.#send(bytes, other.port, other.address);
      this.counters.forwardedPackets++;
      this.counters.forwardedBytes += bytes.length;
    }
  }

  #stun(bytes: Buffer, address: string, port: number): void {
    const binding = readBinding(bytes);
    if (!binding) {
      this.counters.malformed++;
      return;
    }
    if (binding.username === null) {
      this.#answerStranger(binding, bytes, address, port);
      return;
    }
    const peer = this.#byUsername.get(binding.username);
    if (!peer || !binding.isFrom(peer.participant.password) || binding.counter === null) {
      this.counters.spoofed++;
      return;
    }
    const isSameAddress = peer.port === port && peer.address === address;
    // The same request again, from where it came first, is a retransmission; anything else older is a replay.
    if (binding.counter < peer.counter || (binding.counter === peer.counter && !isSameAddress)) {
      this.counters.replayed++;
      return;
    }
    peer.counter = binding.counter;
    peer.boundAt = this.#now();
    if (!isSameAddress) this.#bind(peer, address, port);
    this.counters.bindings++;
    this.#send(answerBinding(binding, { address, port }, peer.participant.password), port, address);
  }

  #answerStranger(binding: Binding, bytes: Buffer, address: string, port: number): void {
    const answer = answerBinding(binding, { address, port }, null);
    // Never with more than came: nobody can be flooded through it.
    if (answer.length > bytes.length) {
      this.counters.malformed++;
      return;
    }
    const count = (this.#strangerCounts.get(address) ?? 0) + 1;
    if (count > strangerPerSecond || !this.#strangers.take(1, this.#now())) {
      this.counters.limited++;
      return;
    }
    this.#strangerCounts.set(address, count);
    this.counters.stunAnswered++;
    this.#send(answer, port, address);
  }

  #bind(peer: Peer, address: string, port: number): void {
    this.#unbind(peer);
    let ports = this.#byAddress.get(address);
    if (!ports) {
      ports = new Map<number, Peer>();
      this.#byAddress.set(address, ports);
    }
    const before = ports.get(port);
    // Somebody's earlier address that is another one's now, as behind a NAT.
    if (before) before.port = 0;
    ports.set(port, peer);
    peer.address = address;
    peer.port = port;
  }

  #unbind(peer: Peer): void {
    if (peer.port === 0) return;
    const ports = this.#byAddress.get(peer.address);
    if (ports?.get(peer.port) === peer) ports.delete(peer.port);
    if (ports?.size === 0) this.#byAddress.delete(peer.address);
    peer.port = 0;
  }

  #control(bytes: Buffer, address: string, port: number): void {
    if (bytes.length > maxRtcpBytes) {
      this.counters.malformed++;
      return;
    }
    const peer = this.#byAddress.get(address)?.get(port);
    if (!peer) {
      this.counters.spoofed++;
      return;
    }
    if (!peer.feedback.take(1, this.#now())) {
      this.counters.limited++;
      return;
    }
    const rtcp = peer.fromPeer.unprotect(bytes);
    if (!rtcp) {
      this.counters.replayed++;
      return;
    }
    let packets: RtcpPacket[];
    try {
      packets = decodeRtcp(rtcp);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.counters.malformed++;
      return;
    }
    const news = new Map<Peer, RtcpPacket[]>();
    for (const packet of packets) {
      if (sendersOf(packet).every((ssrc) => isOf(peer, ssrc))) this.#feedback(peer, packet, news);
      else this.counters.spoofed++;
    }
    // One datagram each, however many packets came in one: nobody can make more of them than were sent.
    for (const [other, told] of news) {
      if (other.port !== 0) this.#send(other.toPeer.protect(encodeRtcp(told)), other.port, other.address);
    }
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
          this.counters.spoofed++;
          return;
        }
        const lost = this.#resend(peer, owner, mediaSsrc, packet.lost);
        if (lost.length > 0) tell(owner, { kind: 'nack', senderSsrc, mediaSsrc, lost });
        return;
      }
      case 'sender-report':
        for (const other of others) tell(other, { ...packet, reports: [] });
        this.#feedback(peer, { kind: 'receiver-report', ssrc: packet.ssrc, reports: packet.reports }, news);
        return;
      case 'receiver-report':
        // Blocks go to those whose streams they are about.
        for (const other of others) {
          const reports = packet.reports.filter(({ ssrc }) => isOf(other, ssrc));
          if (reports.length > 0) tell(other, { ...packet, reports });
        }
        return;
      case 'remb':
        for (const other of others) if (packet.ssrcs.some((ssrc) => isOf(other, ssrc))) tell(other, packet);
        return;
      case 'bye':
      case 'sdes':
        for (const other of others) tell(other, packet);
    }
  }

  /** Sends again what is still here of what a peer has missed; returns what its sender is to be asked for. */
  #resend(peer: Peer, owner: Peer, mediaSsrc: number, lost: readonly number[]): number[] {
    const now = this.#now();
    const missing: number[] = [];
    for (const sequence of lost) {
      const key = mediaSsrc * 0x1_0000 + sequence;
      const resentAt = peer.resentAt.get(key) ?? null;
      if (resentAt !== null && now - resentAt < resendPauseMs) continue;
      if (!peer.resends.take(1, now)) {
        this.counters.limited++;
        break;
      }
      const bytes = this.#memory.find(mediaSsrc, sequence, now);
      // What was of no use may have been changed on its way here, which the relay cannot tell: then its sender has a good one.
      if (!bytes || resentAt !== null) missing.push(sequence);
      if (!bytes) continue;
      peer.resentAt.set(key, now);
      this.#send(bytes, peer.port, peer.address);
      this.counters.resentPackets++;
    }
    return missing;
  }
}
