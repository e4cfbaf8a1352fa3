// The media of calls that goes through chat connections: whose it is, how much may come, and what may go.
import { limits } from '../../protocol/limits.js';
import type { MediaRates } from '../relay/relay-messages.js';
import type { Relay } from '../relay/relay.js';
import { TokenBucket } from '../relay/token-bucket.js';
import { PictureGate } from './picture-gate.js';

/** What a tunnel needs of a connection. */
export interface TunnelEnd {
  /** Queues a media datagram. */
  sendDatagram(bytes: Buffer): void;
  /** How long what was queued before waits for the socket, in milliseconds. */
  readonly datagramsWaitMs: number;
}

interface Tunnel {
  readonly username: string;
  readonly packets: TokenBucket;
  readonly bytes: TokenBucket;
  readonly gate: PictureGate;
  end: TunnelEnd | null;
}

export interface TunnelCounters {
  /** Datagrams of connections that are in no call. */
  stray: number;
  /** More than one may send. */
  limited: number;
  /** Left out, since a connection did not take its data in time. */
  thinned: number;
}

export class Tunnels {
  readonly counters: TunnelCounters = { stray: 0, limited: 0, thinned: 0 };
  readonly #relay: Pick<Relay, 'take'>;
  readonly #rates: MediaRates;
  readonly #now: () => number;
  readonly #byUsername = new Map<string, Tunnel>();
  readonly #byEnd = new Map<TunnelEnd, Tunnel>();

  /** `now`: milliseconds on a clock that never goes back. */
  constructor(relay: Pick<Relay, 'take' | 'onTunnelled'>, rates: MediaRates, now: () => number) {
    this.#relay = relay;
    this.#rates = rates;
    this.#now = now;
    relay.onTunnelled = (bytes, username) => this.#send(bytes, username);
  }

  /** The participant with this ticket is at this connection from now on. */
  attach(username: string, end: TunnelEnd): void {
    const tunnel = this.#byUsername.get(username) ?? this.#make(username);
    this.detach(username);
    tunnel.end = end;
    this.#byEnd.set(end, tunnel);
  }

  /** The participant has no connection for now. */
  detach(username: string): void {
    const tunnel = this.#byUsername.get(username);
    if (!tunnel?.end) return;
    this.#byEnd.delete(tunnel.end);
    tunnel.end = null;
  }

  /** The ticket is void. */
  remove(username: string): void {
    this.detach(username);
    this.#byUsername.delete(username);
  }

  /** A datagram came on a connection. The bytes are copied: they are valid during this call only. */
  received(end: TunnelEnd, bytes: Buffer): void {
    const tunnel = this.#byEnd.get(end);
    if (!tunnel) {
      this.counters.stray++;
      return;
    }
    const now = this.#now();
    // The relay counts again: here it is for this thread, on which the chat is.
    if (!tunnel.packets.take(1, now) || !tunnel.bytes.take(bytes.length, now)) {
      this.counters.limited++;
      return;
    }
    this.#relay.take(Uint8Array.from(bytes), tunnel.username);
  }

  #make(username: string): Tunnel {
    const now = this.#now();
    const { packets, bytes } = this.#rates;
    const tunnel: Tunnel = {
      username,
      packets: new TokenBucket(packets, now),
      bytes: new TokenBucket(bytes, now),
      gate: new PictureGate(),
      end: null,
    };
    this.#byUsername.set(username, tunnel);
    return tunnel;
  }

  #send(bytes: Buffer, username: string): void {
    const tunnel = this.#byUsername.get(username);
    if (!tunnel?.end) return;
    if (bytes.length <= limits.maxDatagramBytes && tunnel.gate.passes(bytes, tunnel.end.datagramsWaitMs)) {
      tunnel.end.sendDatagram(bytes);
    } else this.counters.thinned++;
  }
}
