// Requests about events: sending, pages of the log, receipts, typing.
import { PytalkError } from '../../protocol/errors.js';
import { limits } from '../../protocol/limits.js';
import type { Reply, RequestBody } from '../../protocol/messages.js';
import { toLogEvent, visibleSeq, type ConversationState } from '../conversation-state.js';
import { sendEvent } from '../events.js';
import type { Handlers, ServerContext } from '../handler.js';
import type { Membership, PageQuery, StoredEvent, Storage } from '../storage/storage.js';

/** What a member may see of a conversation, a page of `limit` events at a time. */
function queryOf(state: ConversationState, member: Membership, limit: number): PageQuery {
  return {
    conv: state.row.id,
    firstSeq: member.firstSeq,
    lastSeq: visibleSeq(state, member),
    limit,
    budgetBytes: limits.pageBudgetBytes,
  };
}

async function page(
  { hub, storage }: ServerContext,
  user: number,
  body: RequestBody<'events.get'>,
): Promise<Reply<'events.get'>> {
  if ((body.after === undefined) === (body.before === undefined)) {
    throw new PytalkError('invalid', {
      details: { field: 'after', reason: 'give after or before, not both' },
    });
  }
  const { state, member } = await hub.memberOf(body.conv, user);
  const query = queryOf(state, member, body.limit);
  const events =
    body.after === undefined
      ? await storage.eventsBefore(query, body.before ?? 0)
      : await storage.eventsAfter(query, body.after);
  const pageEnd = events.at(-1)?.seq ?? query.lastSeq;
  const later = await updatesOfPage(storage, query, events, pageEnd);
  return { events: events.map(toLogEvent), ...later, firstSeq: query.firstSeq, lastSeq: query.lastSeq };
}

/** Updates after `after` of the messages among `events`. */
async function updatesOfPage(
  storage: Storage,
  query: PageQuery,
  events: readonly StoredEvent[],
  after: number,
): Promise<{ updates: Reply<'events.get'>['updates']; moreUpdates: boolean }> {
  const targets = events.filter((event) => event.class === 'message').map((event) => event.id);
  if (targets.length === 0 || after >= query.lastSeq) return { updates: [], moreUpdates: false };
  const { updates, more } = await updatesOf(
    storage,
    { ...query, limit: limits.maxPageEvents },
    targets,
    after,
  );
  return { updates, moreUpdates: more };
}

async function updatesOf(
  storage: Storage,
  query: PageQuery,
  targets: readonly string[],
  after: number,
): Promise<Reply<'events.updates'>> {
  // One more than is sent tells whether there are more.
  const found = await storage.updatesOf({ ...query, limit: query.limit + 1 }, targets, after);
  const sent = found.slice(0, query.limit);
  const more = found.length > query.limit || payloadBytes(sent) >= limits.pageBudgetBytes;
  return { updates: sent.map(toLogEvent), more };
}

/** UTF-8 bytes, which is what the storage's budget counts. */
function payloadBytes(events: readonly StoredEvent[]): number {
  return events.reduce((sum, { payload }) => sum + Buffer.byteLength(payload), 0);
}

export const eventHandlers = {
  'event.send': (context, session, body) => {
    context.rates.take('events', session.userId);
    return sendEvent(context.hub, session, body);
  },
  'events.get': (context, session, body) => page(context, session.userId, body),

  'events.updates': async ({ hub, storage }, session, body) => {
    const { state, member } = await hub.memberOf(body.conv, session.userId);
    return updatesOf(storage, queryOf(state, member, body.limit), body.targets, body.after);
  },

  'events.find': async (context, session, body) => {
    const event = await context.storage.eventById(body.id);
    const state = event && (await context.hub.conversation(event.conv));
    const member = state?.members.get(session.userId);
    if (!event || !state || !member || event.seq < member.firstSeq || event.seq > visibleSeq(state, member)) {
      throw new PytalkError('message-not-found', { details: { id: body.id } });
    }
    const query = queryOf(state, member, limits.maxPageEvents);
    return { event: toLogEvent(event), ...(await updatesOfPage(context.storage, query, [event], event.seq)) };
  },

  receipt: async ({ hub }, session, body) => {
    const { state, member } = await hub.memberOf(body.conv, session.userId);
    await hub.isBlocked(state);
    const { delivered = 0, read = 0, private: isPrivate = false } = body;
    hub.receipts.note(state, member, { delivered, read, isPrivate });
    return {};
  },

  typing: async (context, session, body) => {
    context.rates.take('typing', session.userId);
    const { hub } = context;
    const { state } = await hub.presentIn(body.conv, session.userId);
    if (await hub.isBlocked(state)) return {};
    const others = state.present.map((member) => member.user).filter((id) => id !== session.userId);
    hub.roster.push(others, 'typing', { conv: body.conv, user: session.userId, on: body.on });
    return {};
  },
} satisfies Pick<
  Handlers,
  'event.send' | 'events.get' | 'events.updates' | 'events.find' | 'receipt' | 'typing'
>;
