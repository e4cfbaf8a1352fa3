// By which addresses this side might be reached directly, and which of the other side's are worth trying (RFC 8445, sections 5.1.1 and 5.1.3).
import { candidatePriority } from '../../protocol/ice.js';
import { maxCandidates, type WireCandidate } from '../../protocol/way-offer.js';
import type { MachineAddress } from '../session/outside.js';
import type { UdpBase } from '../session/udp-path.js';

/** One place is left for what the relay sees. */
const maxHosts = maxCandidates - 1;
const firstLocalPreference = 65_535;

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}

/** Addresses that are good on one wire alone, or are none of a machine. */
function isLocalOrNone(address: string): boolean {
  const [first = 0, second = 0] = address.split('.').map(Number);
  if (!address.includes(':')) return first === 0 || first >= 224 || (first === 169 && second === 254);
  return /^(fe[89ab]|ff)/i.test(address) || /^::(ffff:|$)/i.test(address);
}

function isUsable(address: string, base: Pick<UdpBase, 'family' | 'relay'>): boolean {
  if ((address.includes(':') ? 6 : 4) !== base.family || isLocalOrNone(address)) return false;
  // Only calls on one machine need loopback; elsewhere it would lead to a stranger's own services.
  return !isLoopback(address) || isLoopback(base.relay);
}

/** This side's candidates, the best first. */
export function ownCandidates(addresses: readonly MachineAddress[], base: UdpBase): WireCandidate[] {
  const hosts = addresses.filter(({ address }) => isUsable(address, base)).slice(0, maxHosts);
  const candidates = hosts.map(({ address }, at) => ({
    address,
    port: base.port,
    priority: candidatePriority('host', firstLocalPreference - at),
  }));
  const { mapped } = base;
  const isKnown = candidates.some(({ address, port }) => address === mapped?.address && port === mapped.port);
  if (!mapped || isKnown) return candidates;
  return [...candidates, { ...mapped, priority: candidatePriority('srflx', firstLocalPreference) }];
}

/** The other side's candidates that this side's socket can reach. */
export function worthTrying(candidates: readonly WireCandidate[], base: UdpBase): WireCandidate[] {
  return candidates.filter(({ address }) => isUsable(address, base));
}
