// A participant as the relay knows it: its keys, its address once proven, what it may send, and what it sent lately.
import { ssrcsPerParticipant } from '../../protocol/media-streams.js';
import { SrtcpReceiver, SrtcpSender } from '../../protocol/srtp.js';
import type { PacketCache } from './packet-cache.js';
import type { RelayParticipant } from './relay-messages.js';
import { TokenBucket } from './token-bucket.js';

/** What one participant may send, resends included: enough for 1080p, far from flooding anybody. */
const rates = {
  packets: { perSecond: 6_000, burst: 6_000 },
  bytes: { perSecond: 4_000_000, burst: 4_000_000 },
  feedback: { perSecond: 400, burst: 400 },
  resends: { perSecond: 2_000, burst: 1_000 },
} as const;
export interface Peer {
  readonly participant: RelayParticipant;
  readonly call: Peer[];
  readonly fromPeer: SrtcpReceiver;
  readonly toPeer: SrtcpSender;
  readonly packets: TokenBucket;
  readonly bytes: TokenBucket;
  readonly feedback: TokenBucket;
  readonly resends: TokenBucket;
  /** Recent packets, by offset of their SSRC. */
  readonly caches: (PacketCache | null)[];
  /** When packets were sent again to this peer, by SSRC and sequence number. */
  readonly resentAt: Map<number, number>;
  counter: bigint;
  address: string;
  port: number;
  boundAt: number;
}

/** Of the 2^31 indexes of a key, for each relay that uses it: 200 a second for a day. */
const indexesOfGeneration = 2 ** 24;

export function makePeer(participant: RelayParticipant, call: Peer[], now: number, generation: number): Peer {
  return {
    participant,
    call,
    fromPeer: new SrtcpReceiver(Buffer.from(participant.toRelay)),
    toPeer: new SrtcpSender(Buffer.from(participant.fromRelay), generation * indexesOfGeneration),
    packets: new TokenBucket(rates.packets, now),
    bytes: new TokenBucket(rates.bytes, now),
    feedback: new TokenBucket(rates.feedback, now),
    resends: new TokenBucket(rates.resends, now),
    caches: new Array<PacketCache | null>(ssrcsPerParticipant).fill(null),
    resentAt: new Map(),
    counter: -1n,
    address: '',
    port: 0,
    boundAt: -Infinity,
  };
}

/** Whether an SSRC is one of this participant's. */
export function isOf(peer: Peer, ssrc: number): boolean {
  const offset = ssrc - peer.participant.ssrc;
  return offset >= 0 && offset < ssrcsPerParticipant;
}
