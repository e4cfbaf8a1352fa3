// Simulated NATs, and the part of a virtual network that joins them: what two sides of a call can say to each other without a relay.
import type { SocketAddress } from '../../src/protocol/stun.js';

/**
 * `open`: no NAT; `cone`: one outer port for each inner one (RFC 4787: endpoint-independent mapping); `symmetric`: another one for
 * each address that is spoken with. Both NATs let in only what answers (address and port-dependent filtering).
 */
export type NatKind = 'open' | 'cone' | 'symmetric';

const text = ({ address, port }: SocketAddress): string => `${address} ${port}`;

export class VirtualNat {
  readonly kind: NatKind;
  /** Of the machine behind it, and its own. */
  readonly inner: string;
  readonly outer: string;
  #lastPort: number;
  readonly #outerPorts = new Map<string, number>();
  readonly #openings = new Map<number, { inner: number; to: Set<string> }>();

  constructor(
    kind: NatKind,
    { inner, outer, firstPort }: { inner: string; outer: string; firstPort: number },
  ) {
    this.kind = kind;
    this.inner = kind === 'open' ? outer : inner;
    this.outer = outer;
    this.#lastPort = firstPort;
  }

  /** A datagram goes out from this port of the machine; returns where it seems to come from. */
  out(port: number, to: SocketAddress): SocketAddress {
    if (this.kind === 'open') return { address: this.outer, port };
    const key = this.kind === 'cone' ? String(port) : `${port} ${text(to)}`;
    const outer = this.#outerPorts.get(key) ?? ++this.#lastPort;
    this.#outerPorts.set(key, outer);
    const opening = this.#openings.get(outer) ?? { inner: port, to: new Set() };
    this.#openings.set(outer, opening);
    opening.to.add(text(to));
    return { address: this.outer, port: outer };
  }

  /** A datagram comes in; returns the machine's port, or null for one that is stopped. */
  in(port: number, from: SocketAddress): number | null {
    if (this.kind === 'open') return port;
    const opening = this.#openings.get(port);
    return opening?.to.has(text(from)) === true ? opening.inner : null;
  }

  /** All openings are gone, as after a change of network. */
  forget(): void {
    this.#outerPorts.clear();
    this.#openings.clear();
  }
}

/** What a host of the network takes. */
interface Host {
  readonly nat: VirtualNat;
  take(bytes: Buffer, port: number, from: SocketAddress): void;
}

export class VirtualInternet {
  readonly #hosts: Host[] = [];
  /** Whether all are on one wire too, and reach each other by inner addresses. */
  isOneWire = false;

  join(host: Host): void {
    this.#hosts.push(host);
  }

  /** Sends from a port of a host; what has no way is lost. */
  send(from: VirtualNat, port: number, to: SocketAddress, bytes: Buffer): void {
    const near = this.isOneWire && this.#hosts.find(({ nat }) => nat.inner === to.address);
    if (near) {
      near.take(bytes, to.port, { address: from.inner, port });
      return;
    }
    const seen = from.out(port, to);
    const host = this.#hosts.find(({ nat }) => nat.outer === to.address);
    const inner = host?.nat.in(to.port, seen) ?? null;
    if (host && inner !== null) host.take(bytes, inner, seen);
  }
}
