// Begins, keeps and ends the thinning for one participant of a group, by what it says that its way carries.
import type { PacketRange } from '../../protocol/packet-numbers.js';
import { isReachable, type Peer } from './peer.js';
import type { RelayCounters } from './relay-counters.js';
import { Thinning, type ThinningParts } from './thinning.js';

/** A smaller call is never thinned: there its sender does all that is to be done. */
const minThinnedCall = 3;

/** Calls `run` once after `ms` milliseconds. */
export type Later = (ms: number, run: () => void) => void;

export interface ThinPeerParts {
  readonly counters: ThinningParts['counters'] & Pick<RelayCounters, 'forwardedPackets' | 'forwardedBytes'>;
  readonly later: Later;
  now(): number;
  sendTo(peer: Peer, bytes: Buffer): void;
  /** Tells a peer which packets of a stream were left out for it. */
  tellLeftOut(peer: Peer, ssrc: number, ranges: PacketRange[]): void;
}

/** A receiver's way carries so much of all others together, in bits a second. */
export function thin(peer: Peer, bps: number, parts: ThinPeerParts): void {
  if (peer.call.length < minThinnedCall) return;
  if (peer.thinning) {
    peer.thinning.setBudget(bps);
    return;
  }
  const { counters, later } = parts;
  const now = (): number => parts.now();
  const send = (bytes: Buffer): void => {
    if (peer.thinning === null || !isReachable(peer, now())) return;
    parts.sendTo(peer, bytes);
    counters.forwardedPackets++;
    counters.forwardedBytes += bytes.length;
  };
  const tell = (ssrc: number, ranges: PacketRange[]): void => parts.tellLeftOut(peer, ssrc, ranges);
  peer.thinning = new Thinning({ send, tell, later, now, counters }, bps);
}

/** Somebody has left the call: whoever is in it still may be too few. */
export function stopThinningIfFew(call: readonly Peer[]): void {
  if (call.length < minThinnedCall) for (const peer of call) peer.thinning = null;
}
