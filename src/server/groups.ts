// Changes of who is in a group and what it is called: each is a control event, stored with the change itself.
import { PytalkError } from '../protocol/errors.js';
import { limits } from '../protocol/limits.js';
import { nameKey } from '../protocol/names.js';
import { carryOut } from './control-event.js';
import {
  makeState,
  newMembership,
  presentMember,
  refreshPresent,
  type ConversationState,
} from './conversation-state.js';
import type { Hub } from './hub.js';
import { StorageError, type Membership, type Write } from './storage/storage.js';

/** Runs checks and change of one conversation without another one's in between. */
function exclusively<T>(state: ConversationState, change: () => Promise<T>): Promise<T> {
  state.busy++;
  const result = state.changing.then(change).finally(() => state.busy--);
  state.changing = result.catch(() => undefined);
  return result;
}

function presentIds(state: ConversationState): number[] {
  return state.present.map((member) => member.user);
}

/** Finds people who may be put into a group by `by`, who may be among them. */
async function checkPeople(hub: Hub, by: number, users: readonly number[]): Promise<void> {
  const accounts = new Map((await hub.storage.accounts(users)).map((account) => [account.id, account]));
  const max = limits.maxGroups;
  for (const id of users) {
    const account = accounts.get(id);
    if (!account || account.deleted)
      throw new PytalkError('user-not-found', { details: { name: String(id) } });
    const details = { name: account.username };
    if (id !== by && (await hub.blocksBetween(by, id))) throw new PytalkError('blocked', { details });
    if ((await hub.storage.groupCount(id)) >= max)
      throw new PytalkError('groups-full', { details: { ...details, max } });
  }
}

function nameTaken(error: unknown, name: string): unknown {
  const taken = error instanceof StorageError && error.reason === 'constraint';
  return taken ? new PytalkError('name-taken', { details: { name }, cause: error }) : error;
}

export async function createGroup(
  hub: Hub,
  by: number,
  name: string,
  others: readonly number[],
): Promise<ConversationState> {
  const users = [...new Set([by, ...others])];
  if (users.length > limits.maxGroupMembers) {
    throw new PytalkError('group-full', { details: { max: limits.maxGroupMembers } });
  }
  const key = nameKey(name);
  if ((await hub.storage.groupByName(key)) !== null)
    throw new PytalkError('name-taken', { details: { name } });
  await checkPeople(hub, by, users);
  const at = hub.now();
  const row = { id: hub.newConversationId(), kind: 'group' as const, name, createdAt: at };
  const members = users.map((user) => newMembership(row.id, user, user === by, at, 1));
  const state = makeState(row, 0, members);
  try {
    await carryOut(hub, {
      state,
      by,
      payload: { kind: 'created', name, members: users },
      writes: () => [
        { do: 'create-conversation', conversation: row, nameKey: key, pair: null },
        ...members.map((membership) => ({ do: 'join' as const, membership })),
      ],
      apply: () => hub.keep(state),
      tell: async (deliver) => {
        await hub.tellConversation(state, users, users);
        deliver();
      },
    });
  } catch (error) {
    throw nameTaken(error, name);
  }
  return state;
}

function requireAdmin(state: ConversationState, by: number): void {
  if (state.row.kind !== 'group') throw new PytalkError('not-a-group');
  const member = presentMember(state, by);
  if (!member) throw new PytalkError('not-in-group');
  if (!member.admin) throw new PytalkError('not-group-admin');
}

export function addMembers(
  hub: Hub,
  state: ConversationState,
  by: number,
  ids: readonly number[],
): Promise<void> {
  return exclusively(state, () => add(hub, state, by, ids));
}

async function add(hub: Hub, state: ConversationState, by: number, ids: readonly number[]): Promise<void> {
  requireAdmin(state, by);
  const users = [...new Set(ids)];
  await checkPeople(hub, by, users);
  for (const user of users) {
    if (presentMember(state, user)) {
      const account = await hub.storage.account(user);
      throw new PytalkError('already-member', { details: { name: account?.username ?? String(user) } });
    }
  }
  if (state.present.length + users.length > limits.maxGroupMembers) {
    throw new PytalkError('group-full', { details: { max: limits.maxGroupMembers } });
  }
  let added: Membership[] = [];
  await carryOut(hub, {
    state,
    by,
    payload: { kind: 'joined', users },
    writes: (seq) => {
      added = users.map((user) => newMembership(state.row.id, user, false, hub.now(), seq));
      return added.map((membership) => ({ do: 'join', membership }));
    },
    apply: () => {
      for (const membership of added) {
        state.members.set(membership.user, membership);
        hub.indexMember(state, membership.user);
      }
    },
    tell: async (deliver) => {
      await hub.tellConversation(state, users, presentIds(state));
      const before = presentIds(state).filter((id) => !users.includes(id));
      await hub.tellConversation(state, before, users);
      deliver();
    },
  });
}

/** Removes a member, or lets one leave; the oldest member becomes admin when the last admin has gone. */
export function removeMember(hub: Hub, state: ConversationState, by: number, user: number): Promise<void> {
  return exclusively(state, () => remove(hub, state, by, user));
}

async function remove(hub: Hub, state: ConversationState, by: number, user: number): Promise<void> {
  if (state.row.kind !== 'group') throw new PytalkError('not-a-group');
  if (by !== user) requireAdmin(state, by);
  const member = presentMember(state, user);
  if (!member) {
    if (by === user) throw new PytalkError('not-in-group');
    const account = await hub.storage.account(user);
    throw new PytalkError('not-a-member', { details: { name: account?.username ?? String(user) } });
  }
  const rest = state.present.filter((one) => one.user !== user);
  const heir = rest.some((one) => one.admin) ? undefined : rest[0];
  let leftSeq = 0;
  await carryOut(hub, {
    state,
    by,
    payload: { kind: 'left', user },
    writes: (seq) => {
      leftSeq = seq;
      const writes: Write[] = [{ do: 'leave', conv: state.row.id, user, leftSeq }];
      // In the same commit, so that no crash leaves a group without an admin; the event that tells of it follows.
      if (heir) writes.push({ do: 'membership', conv: state.row.id, user: heir.user, set: { admin: true } });
      // Nobody is left: the name may be used again.
      if (rest.length === 0) {
        writes.push({
          do: 'rename-conversation',
          conv: state.row.id,
          name: state.row.name ?? '',
          nameKey: `\u0000${state.row.id}`,
        });
      }
      return writes;
    },
    apply: () => {
      if (heir) heir.admin = true;
    },
    tell: async (deliver) => {
      deliver(); // while the one who leaves is still among those who hear it
      member.leftSeq = leftSeq;
      member.admin = false;
      refreshPresent(state);
      await hub.tellConversation(state, [...presentIds(state), user], []);
    },
  });
  hub.excluded(state.row.id, user);
  // Leaving is done; that this event cannot be stored is no reason to say otherwise.
  if (heir) await promote(hub, state, heir.user, heir.user).catch(() => undefined);
}

async function promote(hub: Hub, state: ConversationState, by: number, user: number): Promise<void> {
  await carryOut(hub, {
    state,
    by,
    payload: { kind: 'admin', user },
    writes: () => [{ do: 'membership', conv: state.row.id, user, set: { admin: true } }],
    apply: () => {
      const member = state.members.get(user);
      if (member) member.admin = true;
    },
    tell: async (deliver) => {
      await hub.tellConversation(state, presentIds(state), []);
      deliver();
    },
  });
}

export function makeAdmin(hub: Hub, state: ConversationState, by: number, user: number): Promise<void> {
  return exclusively(state, () => checkAndPromote(hub, state, by, user));
}

async function checkAndPromote(hub: Hub, state: ConversationState, by: number, user: number): Promise<void> {
  requireAdmin(state, by);
  const member = presentMember(state, user);
  if (!member) {
    const account = await hub.storage.account(user);
    throw new PytalkError('not-a-member', { details: { name: account?.username ?? String(user) } });
  }
  if (!member.admin) await promote(hub, state, by, user);
}

export function renameGroup(hub: Hub, state: ConversationState, by: number, name: string): Promise<void> {
  return exclusively(state, () => rename(hub, state, by, name));
}

async function rename(hub: Hub, state: ConversationState, by: number, name: string): Promise<void> {
  requireAdmin(state, by);
  const key = nameKey(name);
  const holder = await hub.storage.groupByName(key);
  if (holder !== null && holder !== state.row.id) throw new PytalkError('name-taken', { details: { name } });
  try {
    await carryOut(hub, {
      state,
      by,
      payload: { kind: 'renamed', name },
      writes: () => [{ do: 'rename-conversation', conv: state.row.id, name, nameKey: key }],
      apply: () => {
        state.row = { ...state.row, name };
      },
      tell: async (deliver) => {
        await hub.tellConversation(state, presentIds(state), []);
        deliver();
      },
    });
  } catch (error) {
    throw nameTaken(error, name);
  }
}

/** Leaves every group, for an account that is deleted. */
export async function leaveEverything(hub: Hub, user: number): Promise<void> {
  for (const id of await hub.storage.conversationsOf(user)) {
    const state = await hub.conversation(id);
    if (state?.row.kind === 'group' && presentMember(state, user)) await removeMember(hub, state, user, user);
  }
}
