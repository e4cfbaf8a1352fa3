// A participant as the relay knows it: its keys, its ways once proven, what it may send, and what it sent lately.
import type { BindingTraffic } from '../../protocol/binding-traffic.js';
import { ssrcsPerParticipant } from '../../protocol/media-streams.js';
import { SrtcpReceiver, SrtcpSender } from '../../protocol/srtp.js';
import { MediaAllowance } from './media-allowance.js';
import type { MediaRates, RelayParticipant } from './relay-messages.js';
import type { Thinning } from './thinning.js';
import { PassedReports, WayFigures, type Way } from './way-figures.js';
import { TokenBucket } from './token-bucket.js';

export interface Peer {
  // First what is touched for every packet, so that it lies side by side.
  address: string;
  port: number;
  boundAt: number;
  /** Whether its media goes through its chat connection, and when it last said so there. */
  isTunnelled: boolean;
  tunnelledAt: number;
  /** What must be given back from its address, for it may be somebody else's who never asked; null once it was. */
  proof: Buffer | null;
  /** What is left out for this peer; null while its way carries all. */
  thinning: Thinning | null;
  /** Counter of the request that chose the way. */
  chosenBy: bigint;
  /** What crossed between its address and here. */
  readonly traffic: BindingTraffic;
  readonly call: Peer[];
  readonly media: MediaAllowance;
  readonly participant: RelayParticipant;
  readonly fromPeer: SrtcpReceiver;
  readonly toPeer: SrtcpSender;
  readonly feedback: TokenBucket;
  readonly resends: TokenBucket;
  readonly unproved: TokenBucket;
  /** When packets were sent again to this peer, by SSRC and sequence number. */
  readonly resentAt: Map<number, number>;
  counter: bigint;
  readonly figures: WayFigures;
  /** Of its sender reports. */
  readonly passedReports: PassedReports;
}

/** A participant from whom no binding request has come by a way for so long gets no more media by it. */
export const bindingLifeMs = 30_000;

/** How a participant comes into a relay: with the rates it has, and how many relays there were before. */
export interface PeerOptions {
  rates: MediaRates;
  generation: number;
}

/** Of the 2^31 indexes of a key, for each relay that uses it: 200 a second for a day. */
const indexesOfGeneration = 2 ** 24;

export function makePeer(
  participant: RelayParticipant,
  call: Peer[],
  now: number,
  { rates, generation }: PeerOptions,
): Peer {
  return {
    address: '',
    port: 0,
    boundAt: -Infinity,
    isTunnelled: false,
    tunnelledAt: -Infinity,
    proof: null,
    thinning: null,
    chosenBy: -1n,
    traffic: { up: { all: 0, long: 0 }, down: { all: 0, long: 0 } },
    call,
    media: new MediaAllowance(rates, now),
    participant,
    fromPeer: new SrtcpReceiver(Buffer.from(participant.toRelay)),
    toPeer: new SrtcpSender(Buffer.from(participant.fromRelay), generation * indexesOfGeneration),
    feedback: new TokenBucket(rates.feedback, now),
    resends: new TokenBucket(rates.resends, now),
    unproved: new TokenBucket(rates.unproved, now),
    resentAt: new Map(),
    counter: -1n,
    figures: new WayFigures(),
    passedReports: new PassedReports(),
  };
}

/** Whether an SSRC is one of this participant's. */
export function isOf(peer: Peer, ssrc: number): boolean {
  const offset = ssrc - peer.participant.ssrc;
  return offset >= 0 && offset < ssrcsPerParticipant;
}

/** Whether there is a way on which it can be sent something. */
export function isReachable(peer: Peer, now: number): boolean {
  return peer.isTunnelled || (peer.port !== 0 && now - peer.boundAt <= bindingLifeMs);
}

/** How each participant's media comes and goes, and how well, by the username of its ticket. */
export function waysOf(peers: ReadonlyMap<string, Peer>, now: number): Record<string, Way> {
  return Object.fromEntries(
    [...peers].map(([username, peer]) => {
      const way = peer.isTunnelled ? 'tcp' : peer.port === 0 ? 'none' : 'udp';
      return [username, { way, ...peer.figures.told(now) }];
    }),
  );
}
