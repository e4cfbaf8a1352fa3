// What the relay does with each datagram: binds addresses by ticket, passes media on unchanged, carries feedback; no sockets.
import { randomBytes } from 'node:crypto';
import { countCrossed } from '../../protocol/binding-traffic.js';
import { ProtocolError } from '../../protocol/errors.js';
import { decodeRtcp, type RtcpPacket } from '../../protocol/rtcp.js';
import { datagramKind, ssrcOf } from '../../protocol/rtp.js';
import { srtpOverheadBytes } from '../../protocol/srtp.js';
import { ssrcsPerParticipant } from '../../protocol/media-streams.js';
import { Feedback, resendPauseMs } from './feedback.js';
import { PacketMemory } from './packet-memory.js';
import { bindingLifeMs, isOf, isReachable, makePeer, waysOf, type Peer, type PeerOptions } from './peer.js';
import { stopThinningIfFew, type Later } from './thin-peer.js';
import { TokenBucket } from './token-bucket.js';
import { emptyCounters } from './relay-counters.js';
import type { RelayParticipant } from './relay-messages.js';
import type { Way } from './way-figures.js';
import { answerParticipant, answerStranger, readBinding, type Binding } from './stun-binding.js';

/** Binding requests without a ticket, of everybody together and of one address, and those with one, a second. */
const strangersRate = { burst: 2_000, perMinute: 120_000 };
const strangerPerSecond = 20;
const maxMemoryBytes = 128 * 1024 * 1024;
/** Feedback of a whole call of eight has less than half of it. */
const maxRtcpBytes = 1_500;
const proofBytes = 8;
const minRtpBytes = 12 + srtpOverheadBytes;

/** Sends one datagram. */
type Send = (bytes: Buffer, port: number, address: string) => void;
/** Sends one datagram through the chat connection of a participant. */
type SendTunnelled = (bytes: Buffer, username: string) => void;

/** A tunnel has no address. */
const tunnelEnd = { address: '0.0.0.0', port: 0 };

export class RelayCore {
  readonly counters = emptyCounters();
  readonly #peerOptions: PeerOptions;
  readonly #send: Send;
  readonly #sendTunnelled: SendTunnelled;
  /** Milliseconds on a clock that never goes back. */
  readonly #now: () => number;
  readonly #byUsername = new Map<string, Peer>();
  /** Bound peers by address, then port: no string is built for a packet. */
  readonly #byAddress = new Map<string, Map<number, Peer>>();
  /** By first SSRC over 8, which makes it a small integer to V8. */
  readonly #bySsrc = new Map<number, Peer>();
  readonly #calls = new Map<string, Peer[]>();
  readonly #memory = new PacketMemory(maxMemoryBytes);
  readonly #feedback: Feedback;
  readonly #strangers: TokenBucket;
  readonly #strangerCounts = new Map<string, number>();

  constructor(
    { send, sendTunnelled, later }: { send: Send; sendTunnelled: SendTunnelled; later: Later },
    now: () => number,
    peerOptions: PeerOptions,
  ) {
    this.#peerOptions = peerOptions;
    this.#send = send;
    this.#sendTunnelled = sendTunnelled;
    this.#now = now;
    this.#feedback = new Feedback({
      counters: this.counters,
      now,
      later,
      sendTo: (peer, bytes) => this.#sendTo(peer, bytes),
      memory: this.#memory,
    });
    this.#strangers = new TokenBucket(strangersRate, now());
  }

  get participants(): number {
    return this.#byUsername.size;
  }

  get bound(): number {
    return [...this.#byAddress.values()].reduce((count, ports) => count + ports.size, 0);
  }

  /** How each participant's media comes and goes, by the username of its ticket. */
  get ways(): Record<string, Way> {
    return waysOf(this.#byUsername, this.#now());
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
    peer.thinning = null;
    peer.call.splice(peer.call.indexOf(peer), 1);
    stopThinningIfFew(peer.call);
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
      if (now - peer.tunnelledAt > bindingLifeMs) peer.isTunnelled = false;
      if (peer.thinning?.isOver(now) === true) peer.thinning = null;
    }
  }

  /** Takes one datagram. The bytes may be sent later and must not be written to any more. Never throws. */
  datagram(bytes: Buffer, address: string, port: number): void {
    switch (datagramKind(bytes)) {
      case 'rtp':
        this.#media(bytes, address, port);
        return;
      case 'rtcp':
        this.#feedbackFrom(bytes, address, port);
        return;
      case 'stun':
        this.#stun(bytes, address, port);
        return;
      case 'other':
        this.counters.malformed++;
    }
  }

  /** Takes one datagram that came through the chat connection of this participant. Never throws. */
  tunnelled(bytes: Buffer, username: string): void {
    const peer = this.#byUsername.get(username);
    if (!peer) {
      this.counters.spoofed++;
      return;
    }
    this.counters.tunnelledIn++;
    switch (datagramKind(bytes)) {
      case 'rtp':
        if (bytes.length < minRtpBytes) this.counters.malformed++;
        else if (!isOf(peer, ssrcOf(bytes))) this.counters.spoofed++;
        else this.#pass(peer, bytes);
        return;
      case 'rtcp':
        this.#control(peer, bytes);
        return;
      case 'stun':
        this.#bindTunnel(peer, bytes);
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
    countCrossed(peer.traffic.up, bytes.length);
    this.#pass(peer, bytes);
  }

  /** Passes a participant's media on, as far as it may send. */
  #pass(peer: Peer, bytes: Buffer): void {
    const now = this.#now();
    if (!peer.media.take(bytes.length, now)) {
      this.counters.limited++;
      return;
    }
    this.#memory.keep(bytes, ssrcOf(bytes), now);
    for (const other of peer.call) {
      if (other === peer || !isReachable(other, now)) continue;
      if (other.thinning?.takes(bytes, now) === true) continue;
      this.#sendTo(other, bytes);
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
    else if (peer.proof !== null && binding.proof?.equals(peer.proof) === true) peer.proof = null;
    this.#choose(peer, binding.counter, binding.isChoice, false);
    this.counters.bindings++;
    const { traffic, proof, participant } = peer;
    const answer = answerParticipant(binding, { address, port }, participant.password, { traffic, proof });
    this.#send(answer, port, address);
  }

  /** Over a chat connection nothing can be replayed, and who it is is known; the request says that the tunnel is wanted. */
  #bindTunnel(peer: Peer, bytes: Buffer): void {
    const { password, username } = peer.participant;
    const binding = readBinding(bytes);
    if (binding?.username !== username || binding.counter === null || !binding.isFrom(password)) {
      this.counters.spoofed++;
      return;
    }
    if (!peer.feedback.take(1, this.#now())) {
      this.counters.limited++;
      return;
    }
    peer.tunnelledAt = this.#now();
    this.#choose(peer, binding.counter, binding.isChoice, true);
    this.counters.bindings++;
    this.counters.tunnelledOut++;
    this.#sendTunnelled(answerParticipant(binding, tunnelEnd, password), username);
  }

  /** The newest choice holds, however late an older one comes. */
  #choose(peer: Peer, counter: bigint, isChoice: boolean, isTunnelled: boolean): void {
    if (!isChoice || counter <= peer.chosenBy) return;
    peer.chosenBy = counter;
    peer.isTunnelled = isTunnelled;
  }

  #sendTo(peer: Peer, bytes: Buffer): void {
    if (peer.isTunnelled) {
      this.counters.tunnelledOut++;
      this.#sendTunnelled(bytes, peer.participant.username);
    } else if (peer.port !== 0) {
      // Who asks may write another's address into the request: nobody can be flooded through it.
      if (peer.proof !== null && !peer.unproved.take(bytes.length, this.#now())) {
        this.counters.limited++;
        return;
      }
      countCrossed(peer.traffic.down, bytes.length);
      this.#send(bytes, peer.port, peer.address);
    }
  }

  #answerStranger(binding: Binding, bytes: Buffer, address: string, port: number): void {
    const answer = answerStranger(binding, { address, port });
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
    peer.proof = randomBytes(proofBytes);
  }

  #unbind(peer: Peer): void {
    if (peer.port === 0) return;
    const ports = this.#byAddress.get(peer.address);
    if (ports?.get(peer.port) === peer) ports.delete(peer.port);
    if (ports?.size === 0) this.#byAddress.delete(peer.address);
    peer.port = 0;
  }

  #feedbackFrom(bytes: Buffer, address: string, port: number): void {
    const peer = this.#byAddress.get(address)?.get(port);
    if (!peer) {
      this.counters.spoofed++;
      return;
    }
    countCrossed(peer.traffic.up, bytes.length);
    this.#control(peer, bytes);
  }

  #control(peer: Peer, bytes: Buffer): void {
    if (bytes.length > maxRtcpBytes) {
      this.counters.malformed++;
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
    this.#feedback.take(peer, packets);
  }
}
