// Tickets of the participants of the relay's benchmark: the same in its process and at the generator, without a word between them.
import { encodeStun, stunAttribute, stunType } from '../src/protocol/stun.js';
import { ssrcsPerParticipant } from '../src/protocol/media-streams.js';
import type { RelayParticipant } from '../src/server/relay/relay-messages.js';

const keyBytes = 28;

/** Sender and receiver of each of so many calls, in turns. */
export function relayTickets(calls: number): RelayParticipant[] {
  return Array.from({ length: 2 * calls }, (_, at) => ({
    username: `participant ${at}`,
    password: `password of ${at}`,
    call: `call ${at >> 1}`,
    id: 1 + (at & 1),
    ssrc: (at + 1) * ssrcsPerParticipant,
    toRelay: new Uint8Array(keyBytes),
    fromRelay: new Uint8Array(keyBytes),
  }));
}

/** A binding request of a ticket; `counter` must grow. */
export function bindingRequest({ username, password }: RelayParticipant, counter: number): Buffer {
  const value = Buffer.alloc(8);
  value.writeBigUInt64BE(BigInt(counter));
  const attributes = [
    { type: stunAttribute.username, value: Buffer.from(username) },
    { type: stunAttribute.counter, value },
  ];
  const transactionId = Buffer.alloc(12, counter);
  return encodeStun({ type: stunType.bindingRequest, transactionId, attributes }, { integrityKey: password });
}
