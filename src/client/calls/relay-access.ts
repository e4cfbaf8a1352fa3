// Where a call's relay is and what this device proves itself with there, out of its ticket.
import type { CallTicket } from '../../protocol/call-shapes.js';
import type { RelayAccess } from '../call-api.js';

/** `serverHost`: for a relay that is where the server is. */
export function relayAccess(ticket: CallTicket, serverHost: string): RelayAccess {
  return {
    host: ticket.host ?? serverHost,
    port: ticket.port,
    username: ticket.username,
    password: ticket.password,
    toRelay: Buffer.from(ticket.toRelay, 'base64url'),
    fromRelay: Buffer.from(ticket.fromRelay, 'base64url'),
  };
}
