// Tickets for the relay: made for each participant when they join, void when they leave.
import { randomBytes, randomInt } from 'node:crypto';
import type { CallTicket } from '../../protocol/call-shapes.js';
import { ssrcsPerParticipant } from '../../protocol/media-streams.js';
import type { RelayParticipant } from '../relay/relay-messages.js';
import type { Relay } from '../relay/relay.js';

const masterKeyBytes = 28;

export class Tickets {
  readonly #relay: Pick<Relay, 'address' | 'add' | 'remove'>;
  readonly #advertise: { host: string; port: number } | null;
  /** First SSRCs of participants of calls under way. */
  readonly #ssrcs = new Set<number>();

  /** `advertise`: where clients reach the relay, when that is not where they reach the server. */
  constructor(
    relay: Pick<Relay, 'address' | 'add' | 'remove'>,
    advertise: { host: string; port: number } | null,
  ) {
    this.#relay = relay;
    this.#advertise = advertise;
  }

  /** Where clients reach the relay; `host` is null where that is the server's. */
  get place(): { host: string | null; port: number } {
    return {
      host: this.#advertise?.host ?? null,
      port: this.#advertise?.port ?? this.#relay.address.port,
    };
  }

  /** A ticket that is good from now on. */
  issue(call: string, id: number): RelayParticipant {
    const ticket = {
      username: randomBytes(15).toString('base64url'),
      password: randomBytes(24).toString('base64url'),
      call,
      id,
      ssrc: this.#freshSsrc(),
      toRelay: randomBytes(masterKeyBytes),
      fromRelay: randomBytes(masterKeyBytes),
    };
    this.#relay.add(ticket);
    return ticket;
  }

  revoke({ username, ssrc }: RelayParticipant): void {
    this.#relay.remove(username);
    this.#ssrcs.delete(ssrc);
  }

  /** The ticket as its owner gets it. */
  shown({ username, password, toRelay, fromRelay }: RelayParticipant): CallTicket {
    return {
      username,
      password,
      ...this.place,
      toRelay: Buffer.from(toRelay).toString('base64url'),
      fromRelay: Buffer.from(fromRelay).toString('base64url'),
      tunnel: true,
    };
  }

  #freshSsrc(): number {
    for (;;) {
      const ssrc = randomInt(0, 2 ** 32 / ssrcsPerParticipant) * ssrcsPerParticipant;
      if (this.#ssrcs.has(ssrc)) continue;
      this.#ssrcs.add(ssrc);
      return ssrc;
    }
  }
}
