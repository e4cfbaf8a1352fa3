// Requests about conversations and groups.
import { PytalkError } from '../../protocol/errors.js';
import { viewFor, visibleSeq } from '../conversation-state.js';
import { openDirect } from '../direct.js';
import { addMembers, createGroup, makeAdmin, removeMember, renameGroup } from '../groups.js';
import type { Handlers, ServerContext } from '../handler.js';
import type { Membership } from '../storage/storage.js';

async function list(context: ServerContext, userId: number) {
  const { hub, storage } = context;
  await hub.committer.flushLazy(); // what was just read is not unread
  const [ids, summaries] = await Promise.all([storage.conversationsOf(userId), storage.summaries(userId)]);
  const summaryOf = new Map(summaries.map((summary) => [summary.conv, summary]));
  const people = new Set<number>([userId]);
  const conversations = [];
  for (const id of ids) {
    const { state, member } = await hub.memberOf(id, userId);
    await hub.isBlocked(state);
    for (const one of state.members.keys()) people.add(one);
    conversations.push(viewFor(state, member, summaryOf.get(id) ?? { unread: 0, lastAt: null }));
  }
  const users = await hub.users([...people], userId);
  people.delete(userId);
  return { conversations, users, presence: await hub.presenceFor(userId, [...people]) };
}

/** Lists under way: a long one is much work, so one person's are made one after the other. */
const lists = new Map<number, Promise<unknown>>();

function oneByOne<T>(userId: number, make: () => Promise<T>): Promise<T> {
  const own = (lists.get(userId) ?? Promise.resolve()).then(make);
  const settled: Promise<void> = own
    .then(
      () => undefined,
      () => undefined,
    )
    .finally(() => {
      if (lists.get(userId) === settled) lists.delete(userId);
    });
  lists.set(userId, settled);
  return own;
}

export const conversationHandlers = {
  'conversations.list': (context, session) => oneByOne(session.userId, () => list(context, session.userId)),

  'conversations.open': async ({ hub, storage, rates }, session, body) => {
    rates.take('events', session.userId);
    if (body.user === session.userId) throw new PytalkError('yourself');
    const account = await storage.account(body.user);
    if (!account || account.deleted) {
      throw new PytalkError('user-not-found', { details: { name: account?.username ?? String(body.user) } });
    }
    const state = await openDirect(hub, session.userId, body.user);
    const { member } = await hub.memberOf(state.row.id, session.userId);
    const [conversation, [user]] = await Promise.all([
      hub.view(state, member),
      hub.users([body.user], session.userId),
    ]);
    if (!user) throw new PytalkError('user-not-found', { details: { name: account.username } });
    return { conversation, user };
  },

  'conversations.set': async ({ hub, rates }, session, body) => {
    rates.take('events', session.userId);
    const { state, member } = await hub.memberOf(body.conv, session.userId);
    const set: Partial<Pick<Membership, 'hidden' | 'muted' | 'clearedSeq'>> = {};
    if (body.hidden !== undefined) set.hidden = body.hidden;
    if (body.muted !== undefined) set.muted = body.muted;
    if (body.clearedSeq !== undefined) {
      set.clearedSeq = Math.max(member.clearedSeq, Math.min(body.clearedSeq, visibleSeq(state, member)));
    }
    await hub.committer.flushLazy();
    await hub.commit([{ do: 'membership', conv: body.conv, user: session.userId, set }]);
    if (set.hidden !== undefined && set.hidden !== member.hidden) state.hiddenCount += set.hidden ? 1 : -1;
    Object.assign(member, set);
    await hub.tellConversation(state, [session.userId], []);
    return {};
  },

  'groups.create': async ({ hub, rates }, session, body) => {
    rates.take('events', session.userId);
    rates.take('groups', session.userId);
    const state = await createGroup(hub, session.userId, body.name, body.members);
    const { member } = await hub.memberOf(state.row.id, session.userId);
    return { conversation: await hub.view(state, member) };
  },
  'groups.add': async ({ hub, rates }, session, body) => {
    rates.take('events', session.userId);
    rates.take('groups', session.userId);
    const { state } = await hub.presentIn(body.conv, session.userId);
    await addMembers(hub, state, session.userId, body.users);
    return {};
  },
  'groups.remove': async ({ hub, rates }, session, body) => {
    rates.take('events', session.userId);
    const { state } = await hub.presentIn(body.conv, session.userId);
    await removeMember(hub, state, session.userId, body.user);
    return {};
  },
  'groups.admin': async ({ hub, rates }, session, body) => {
    rates.take('events', session.userId);
    const { state } = await hub.presentIn(body.conv, session.userId);
    await makeAdmin(hub, state, session.userId, body.user);
    return {};
  },
  'groups.rename': async ({ hub, rates }, session, body) => {
    rates.take('events', session.userId);
    const { state } = await hub.presentIn(body.conv, session.userId);
    await renameGroup(hub, state, session.userId, body.name);
    return {};
  },
} satisfies Pick<
  Handlers,
  | 'conversations.list'
  | 'conversations.open'
  | 'conversations.set'
  | 'groups.create'
  | 'groups.add'
  | 'groups.remove'
  | 'groups.admin'
  | 'groups.rename'
>;
