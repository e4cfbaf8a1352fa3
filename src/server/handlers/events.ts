// Requests about events: sending, pages of the log, receipts, typing.
import { PytalkError } from '../../protocol/errors.js';
import { limits } from '../../protocol/limits.js';
import type { Reply, RequestBody } from '../../protocol/messages.js';
import { toLogEvent, visibleSeq } from '../conversation-state.js';
import { sendEvent } from '../events.js';
import type { Handlers, ServerContext } from '../handler.js';
import type { PageQuery, StoredEvent } from '../storage/storage.js';

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
  const query: PageQuery = {
    conv: body.conv,
    firstSeq: member.firstSeq,
    lastSeq: visibleSeq(state, member),
    limit: body.limit,
    budgetBytes: limits.pageBudgetBytes,
  };
  const events =
    body.after === undefined
      ? await storage.eventsBefore(query, body.before ?? 0)
      : await storage.eventsAfter(query, body.after);
  const pageEnd = events.at(-1)?.seq ?? query.lastSeq;
  const later = await updates({ hub, storage }, query, events, pageEnd);
  return { events: events.map(toLogEvent), ...later, firstSeq: query.firstSeq, lastSeq: query.lastSeq };
}

/** Updates after `after` of the messages among `events`. */
async function updates(
  { storage }: Pick<ServerContext, 'hub' | 'storage'>,
  query: PageQuery,
  events: readonly StoredEvent[],
  after: number,
): Promise<{ updates: Reply<'events.get'>['updates']; moreUpdates: boolean }> {
  const targets = events.filter((event) => event.class === 'message').map((event) => event.id);
  if (targets.length === 0 || after >= query.lastSeq) return { updates: [], moreUpdates: false };
  const limit = limits.maxPageEvents;
  const found = await storage.updatesOf({ ...query, limit: limit + 1 }, targets, after);
  const sent = found.slice(0, limit);
  return {
    updates: sent.map(toLogEvent),
    moreUpdates: found.length > limit || payloadBytes(sent) >= limits.pageBudgetBytes,
  };
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
    const query: PageQuery = {
      conv: body.conv,
      firstSeq: member.firstSeq,
      lastSeq: visibleSeq(state, member),
      limit: body.limit + 1,
      budgetBytes: limits.pageBudgetBytes,
    };
    const found = await storage.updatesOf(query, body.targets, body.after);
    const sent = found.slice(0, body.limit);
    return {
      updates: sent.map(toLogEvent),
      more: found.length > body.limit || payloadBytes(sent) >= limits.pageBudgetBytes,
    };
  },

  'events.find': async (context, session, body) => {
    const event = await context.storage.eventById(body.id);
    const state = event && (await context.hub.conversation(event.conv));
    const member = state?.members.get(session.userId);
    if (!event || !state || !member || event.seq < member.firstSeq || event.seq > visibleSeq(state, member)) {
      throw new PytalkError('message-not-found', { details: { id: body.id } });
    }
    const query: PageQuery = {
      conv: event.conv,
      firstSeq: member.firstSeq,
      lastSeq: visibleSeq(state, member),
      limit: limits.maxPageEvents,
      budgetBytes: limits.pageBudgetBytes,
    };
    return { event: toLogEvent(event), ...(await updates(context, query, [event], event.seq)) };
  },

  receipt: async ({ hub }, session, body) => {
    const { state, member } = await hub.memberOf(body.conv, session.userId);
    await hub.isBlocked(state);
    hub.receipts.note(state, member, body.delivered ?? 0, body.read ?? 0);
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
