// What a connection remembers between two steps of OPAQUE, and the last step of every way to log in.
import { PytalkError } from '../protocol/errors.js';
import type { Reply, RequestBody } from '../protocol/messages.js';
import type { Opened } from './accounts.js';
import type { ClientSession, ServerContext } from './handler.js';

export class RegisterStep {
  constructor(
    readonly user: number,
    readonly body: RequestBody<'register.start'>,
  ) {}
}

export class LoginStep {
  constructor(
    /** Null for a name that does not exist. */
    readonly account: { id: number; opaqueRecord: string } | null,
    /** What attempts are counted under. */
    readonly nameKey: string,
    readonly state: string,
  ) {}
}

export class ResetStep {
  constructor(
    readonly user: number,
    readonly nameKey: string,
    readonly code: string,
  ) {}
}

/** A password proved again by somebody who is logged in. */
export class ProofStep {
  constructor(
    readonly opaqueRecord: string,
    readonly state: string,
  ) {}
}

/** Takes the step that this connection has begun; null when it has begun another one or none. */
export function takeStep<T>(session: ClientSession, kind: new (...args: never[]) => T): T | null {
  const { pending } = session;
  session.pending = undefined;
  return pending instanceof kind ? pending : null;
}

/** Throws unless nobody is logged in on this connection. */
export function mustBeStranger(session: ClientSession): void {
  if (session.userId === 0) return;
  throw new PytalkError('invalid', {
    details: { field: 'type', reason: 'this connection is logged in already' },
  });
}

/** The error for a second step without its first. */
export function noFirstStep(request: string): PytalkError {
  return new PytalkError('invalid', { details: { field: 'type', reason: `${request} must come first` } });
}

/** Makes the connection the new session's, and tells its token. */
export function signInWith(
  { accounts }: ServerContext,
  session: ClientSession,
  opened: Opened,
): Reply<'login.finish'> {
  signIn(session, opened.session);
  return { ...accounts.signedInReply(opened.account, opened.session), token: opened.token };
}

/** Makes the connection a session's. Throws when it has gone, or is another's already. */
export function signIn(session: ClientSession, { id, user }: { id: number; user: number }): void {
  mustBeStranger(session);
  if (session.closed) throw new PytalkError('disconnected');
  session.signIn(user, id);
}
