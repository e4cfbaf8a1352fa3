// Who does what an administrator does, as that person's own program says: for the log.
import { isIP } from 'node:net';
import { userInfo } from 'node:os';

/** Longer names are cut. */
export const maxActorChars = 64;

export interface Actor {
  /** The name of the user of the operating system. */
  actor: string | null;
  /** From where, when that is another machine. */
  address: string | null;
}

/** Nobody is known to have done it. */
export const nobody: Actor = { actor: null, address: null };

/** Whoever has the right to the data folder could write anything into the log: it says who it was among friends. */
export function thisActor(): Actor {
  const { SUDO_USER, SSH_CONNECTION } = process.env;
  const [address = ''] = (SSH_CONNECTION ?? '').split(' ');
  const name = SUDO_USER === undefined || SUDO_USER === '' ? ownName() : SUDO_USER;
  return { actor: name?.slice(0, maxActorChars) ?? null, address: isIP(address) === 0 ? null : address };
}

/** A process in a container may run as a user that has no name. */
function ownName(): string | null {
  try {
    return userInfo().username;
  } catch {
    return null;
  }
}
