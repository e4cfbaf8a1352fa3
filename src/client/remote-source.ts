// Messages straight from the server, page by page, with the later updates of each page.
import { limits } from '../protocol/limits.js';
import type { LogEvent } from '../protocol/shapes.js';
import type { HistoryQuery } from './api.js';
import type { Directory } from './directory.js';
import type { Link } from './link.js';
import { defaultHistoryLimit, type Found, type MessageSource } from './message-source.js';
import { adminHistory, classOf, reduceMessage, reducePage, type Reduced, type WasAdmin } from './reducer.js';

/** Events to ask for at least: reactions and edits lie between messages. */
const minPage = 50;
/** Conversations whose newest message is asked for at a time. */
const maxParallel = 32;

interface Page {
  events: LogEvent[];
  updates: LogEvent[];
}

export class RemoteSource implements MessageSource {
  readonly #link: Link;
  readonly #directory: Directory;

  constructor(link: Link, directory: Directory) {
    this.#link = link;
    this.#directory = directory;
  }

  async history(conv: number, query: HistoryQuery): Promise<Reduced[]> {
    const limit = query.limit ?? defaultHistoryLimit;
    const cleared = this.#directory.conversations.get(conv)?.clearedSeq ?? 0;
    const after = Math.max(query.after ?? 0, cleared);
    const isShown = (event: LogEvent): boolean => classOf(event) !== 'update' && event.seq > after;
    const forward = query.before === undefined && query.after !== undefined;
    const { events, updates } = await this.#pages(conv, { ...query, after }, forward, (held) => {
      return held.filter(isShown).length >= limit;
    });
    const shown = reducePage(events, updates, this.#wasAdmin(conv, events)).filter((one) =>
      isShown(one.event),
    );
    return forward ? shown.slice(0, limit) : shown.slice(-limit);
  }

  async log(conv: number, query: HistoryQuery): Promise<LogEvent[]> {
    const limit = query.limit ?? defaultHistoryLimit;
    const forward = query.before === undefined && query.after !== undefined;
    const { events } = await this.#pages(conv, query, forward, (held) => held.length >= limit, limit);
    const inside = events.filter((event) => event.seq > (query.after ?? 0));
    return forward ? inside.slice(0, limit) : inside.slice(-limit);
  }

  async find(id: string): Promise<Found> {
    const { event, updates, moreUpdates } = await this.#link.request('events.find', { id });
    if (moreUpdates)
      updates.push(...(await this.#moreUpdates(event.conv, [id], updates.at(-1)?.seq ?? event.seq)));
    return { event, updates };
  }

  async findMany(ids: readonly string[]): Promise<Map<string, Reduced>> {
    const found = new Map<string, Reduced>();
    await Promise.all(
      ids.map(async (id) => {
        // A quote that cannot be had (not one's own to see, or gone) is left out.
        const one = await this.find(id).catch(() => null);
        if (one) found.set(id, this.reduce(one));
      }),
    );
    return found;
  }

  reduce({ event, updates }: Found): Reduced {
    return reduceMessage(event, updates, this.#wasAdmin(event.conv, []));
  }

  async summaries(convs: readonly number[]): Promise<Map<number, { unread: number; last: Reduced | null }>> {
    const summaries = new Map<number, { unread: number; last: Reduced | null }>();
    const waiting = [...convs];
    const work = async (): Promise<void> => {
      for (let conv = waiting.shift(); conv !== undefined; conv = waiting.shift()) {
        const conversation = this.#directory.conversations.get(conv);
        const empty = !conversation || conversation.lastSeq < conversation.firstSeq;
        const [last = null] = empty ? [] : await this.history(conv, { limit: 1 });
        summaries.set(conv, { unread: conversation?.unread ?? 0, last });
      }
    };
    await Promise.all(Array.from({ length: maxParallel }, work));
    return summaries;
  }

  #wasAdmin(conv: number, events: readonly LogEvent[]): WasAdmin {
    const controls = events.filter((event) => classOf(event) === 'control');
    return adminHistory(controls, (user) => this.#directory.isAdmin(conv, user));
  }

  /** Pages from the bound on, forward or backward, until `enough` or the end; events oldest first. */
  async #pages(
    conv: number,
    query: HistoryQuery,
    forward: boolean,
    enough: (events: LogEvent[]) => boolean,
    wanted = Math.max(minPage, query.limit ?? defaultHistoryLimit),
  ): Promise<Page> {
    const all: Page = { events: [], updates: [] };
    const limit = Math.max(1, Math.min(limits.maxPageEvents, wanted));
    let after = query.after ?? 0;
    let before = query.before ?? Number.MAX_SAFE_INTEGER;
    while (!enough(all.events)) {
      const page = await this.#link.request('events.get', {
        conv,
        limit,
        ...(forward ? { after } : { before }),
      });
      const [first, last] = [page.events[0], page.events.at(-1)];
      if (!first || !last) break;
      all.updates.push(...page.updates);
      if (page.moreUpdates) {
        const targets = page.events.filter((event) => classOf(event) === 'message').map((event) => event.id);
        const from = page.updates.at(-1)?.seq ?? last.seq;
        all.updates.push(...(await this.#moreUpdates(conv, targets, from)));
      }
      if (forward) {
        all.events.push(...page.events);
        after = last.seq;
        if (after >= page.lastSeq) break;
      } else {
        all.events.unshift(...page.events);
        before = first.seq;
        if (before <= Math.max(page.firstSeq, (query.after ?? 0) + 1)) break;
      }
    }
    return all;
  }

  async #moreUpdates(conv: number, targets: string[], from: number): Promise<LogEvent[]> {
    const all: LogEvent[] = [];
    for (let after = from, more = true; more && targets.length > 0;) {
      const limit = limits.maxPageEvents;
      const page = await this.#link.request('events.updates', { conv, targets, after, limit });
      all.push(...page.updates);
      more = page.more && page.updates.length > 0;
      after = page.updates.at(-1)?.seq ?? after;
    }
    return all;
  }
}
