// Whether the key of somebody in a call is theirs: signed by the identity that this device knows.
import type { Participant } from '../../protocol/call-shapes.js';
import { PytalkError } from '../../protocol/errors.js';
import type { Core } from '../core.js';
import type { People } from '../people.js';
import { isSigned } from './call-keys.js';

/** Rejects with `key-changed` or `key-invalid` unless it is. */
export async function checkCallKey(
  { core, people }: { core: Core; people: People },
  call: string,
  { user, key }: Participant,
): Promise<void> {
  if (user === core.me?.id) return;
  await people.ensure([user]);
  const name = core.directory.nameOf(user);
  const contact = core.contacts.of(user);
  if (contact?.changed === true) throw new PytalkError('key-changed', { details: { name } });
  if (!contact || !isSigned(call, user, key, contact.publicKey)) {
    throw new PytalkError('key-invalid', { details: { name } });
  }
}
