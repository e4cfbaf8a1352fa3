// The media of calls that goes through chat connections: whose it is, how much may come, and what may go.
import type { MediaDatagram } from '../../protocol/frame.js';
import { limits } from '../../protocol/limits.js';
import { MediaAllowance } from '../relay/media-allowance.js';
import type { MediaRates, RelayParticipant } from '../relay/relay-messages.js';
import type { Relay } from '../relay/relay.js';
import { PictureGate } from './picture-gate.js';

/** What a tunnel needs of a connection. */
export interface TunnelEnd {
  /** Queues a media datagram for the participant with this first SSRC. */
  sendDatagram(ssrc: number, bytes: Buffer): void;
  /** How long what was queued before waits for the socket, in milliseconds. */
  readonly datagramsWaitMs: number;
}

type TunnelTicket = Pick<RelayParticipant, 'username' | 'ssrc'>;

interface Tunnel {
  readonly ticket: TunnelTicket;
  readonly media: MediaAllowance;
  readonly gate: PictureGate;
  end: TunnelEnd | null;
}

export interface TunnelCounters {
  /** Datagrams for whom the connection does not speak. */
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
  /** By first SSRC, which no two participants share. */
  readonly #bySsrc = new Map<number, Tunnel>();

  /** `now`: milliseconds on a clock that never goes back. */
  constructor(relay: Pick<Relay, 'take' | 'onTunnelled'>, rates: MediaRates, now: () => number) {
    this.#relay = relay;
    this.#rates = rates;
    this.#now = now;
    relay.onTunnelled = (bytes, username) => this.#send(bytes, username);
  }

  /** The participant with this ticket is at this connection from now on. */
  attach(ticket: TunnelTicket, end: TunnelEnd): void {
    const tunnel = this.#byUsername.get(ticket.username) ?? this.#make(ticket);
    tunnel.end = end;
  }

  /** The participant has no connection for now. */
  detach({ username }: TunnelTicket): void {
    const tunnel = this.#byUsername.get(username);
    if (tunnel) tunnel.end = null;
  }

  /** The ticket is void. */
  remove({ username, ssrc }: TunnelTicket): void {
    this.#byUsername.delete(username);
    this.#bySsrc.delete(ssrc);
  }

  /** A datagram came on a connection. Its bytes are copied: they are valid during this call only. */
  received(end: TunnelEnd, { ssrc, bytes }: MediaDatagram): void {
    const tunnel = this.#bySsrc.get(ssrc);
    // Nobody speaks for a participant but its own connection.
    if (tunnel?.end !== end) {
      this.counters.stray++;
      return;
    }
    const now = this.#now();
    // The relay counts again: here it is for this thread, on which the chat is.
    if (!tunnel.media.take(bytes.length, now)) {
      this.counters.limited++;
      return;
    }
    this.#relay.take(Uint8Array.from(bytes), tunnel.ticket.username);
  }

  #make(ticket: TunnelTicket): Tunnel {
    const media = new MediaAllowance(this.#rates, this.#now());
    const tunnel: Tunnel = { ticket, media, gate: new PictureGate(), end: null };
    this.#byUsername.set(ticket.username, tunnel);
    this.#bySsrc.set(ticket.ssrc, tunnel);
    return tunnel;
  }

  #send(bytes: Buffer, username: string): void {
    const tunnel = this.#byUsername.get(username);
    if (!tunnel?.end) return;
    if (bytes.length <= limits.maxDatagramBytes && tunnel.gate.passes(bytes, tunnel.end.datagramsWaitMs)) {
      tunnel.end.sendDatagram(tunnel.ticket.ssrc, bytes);
    } else this.counters.thinned++;
  }
}
