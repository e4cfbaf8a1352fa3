// Who is called when a conversation is called: members who may be, and not more than a call holds.
import { PytalkError } from '../../protocol/errors.js';
import { limits } from '../../protocol/limits.js';
import { presentMember, type ConversationState } from '../conversation-state.js';
import type { ClientSession } from '../handler.js';
import type { Hub } from '../hub.js';
import type { RunningCall } from './running-call.js';

const maxCalled = limits.maxCallParticipants - 1;

/**
 * The people to ring: those named, or all other members. Rejects with `blocked` (a direct conversation),
 * `not-a-member`, `call-too-many` or `call-nobody`. Of a group, who blocks or is blocked is left out without a word.
 */
export async function whomToCall(
  hub: Hub,
  state: ConversationState,
  caller: number,
  named: readonly number[] | undefined,
): Promise<number[]> {
  const others = state.present.map((member) => member.user).filter((id) => id !== caller);
  for (const user of named ?? []) {
    if (presentMember(state, user)) continue;
    const account = await hub.storage.account(user);
    throw new PytalkError('not-a-member', { details: { name: account?.username ?? String(user) } });
  }
  const wanted = [...new Set(named ?? others)].filter((id) => id !== caller);
  if (wanted.length > maxCalled) {
    throw new PytalkError('call-too-many', { details: { members: state.present.length, max: maxCalled } });
  }
  const allowed: number[] = [];
  for (const user of wanted) {
    const account = await hub.storage.account(user);
    if (!account || account.deleted) continue;
    if (state.row.kind === 'direct' || !(await hub.blocksBetween(caller, user))) allowed.push(user);
  }
  // Last, for what is asked above takes time, and a block that comes later ends the call.
  if (await hub.isBlocked(state)) {
    const [other] = await hub.users(
      [...state.members.keys()].filter((id) => id !== caller),
      caller,
    );
    throw new PytalkError('blocked', { details: { name: other?.username ?? '' } });
  }
  if (allowed.length === 0) throw new PytalkError('call-nobody');
  return allowed;
}

/** Those who may still be called after a wait. Throws `not-in-group` when the caller has left, or `call-nobody`. */
export function stillMembers(state: ConversationState, caller: number, users: readonly number[]): number[] {
  if (!presentMember(state, caller)) throw new PytalkError('not-in-group');
  const still = users.filter((user) => presentMember(state, user));
  if (still.length === 0) throw new PytalkError('call-nobody');
  return still;
}

/**
 * Whether somebody may take part in a call that runs: who began it or was called, and of a group every member, unless they were
 * put out of the call, or there is a block between them and whoever began it.
 */
async function mayTakePart(hub: Hub, call: RunningCall, user: number): Promise<boolean> {
  if (call.isBarred(user)) return false;
  if (call.concerns(user)) return true;
  const blocked = hub.blocksBetween(call.by, user);
  const state = await hub.conversation(call.conv);
  if ((await blocked) || !state || !presentMember(state, user)) return false;
  // Who has left meanwhile was barred then.
  return !call.isOver && !call.isBarred(user);
}

/** Rejects with `call-not-found` unless they may: a stranger learns nothing. */
export async function mustTakePart(hub: Hub, call: RunningCall, session: ClientSession): Promise<void> {
  if (!(await mayTakePart(hub, call, session.userId))) throw new PytalkError('call-not-found');
  if (session.closed) throw new PytalkError('disconnected');
}

/** Why no other call may begin where this one runs. It is named to those who may join it. */
export async function runsAlready(hub: Hub, call: RunningCall, session: ClientSession): Promise<PytalkError> {
  const own = call.memberOf(session.userId);
  const isElsewhere = own && (own.connection !== null || own.sessionId !== session.sessionId);
  const mayJoin = !isElsewhere && (await mayTakePart(hub, call, session.userId));
  return new PytalkError('call-running', { details: mayJoin ? { call: call.id } : {} });
}
