// Messages from the local copy; what it does not have (yet) comes from the server, when that can be reached.
import { PytalkError } from '../protocol/errors.js';
import type { LogEvent } from '../protocol/shapes.js';
import type { HistoryQuery } from './api.js';
import type { Cache } from './cache.js';
import type { Directory } from './directory.js';
import { defaultHistoryLimit, type Found, type MessageSource } from './message-source.js';
import {
  adminHistory,
  byTarget,
  classOf,
  concernsAdmins,
  reduceMessage,
  type Reduced,
  type WasAdmin,
} from './reducer.js';

export interface CachedSourceParts {
  cache: Cache;
  directory: Directory;
  remote: MessageSource;
  isOnline: () => boolean;
  /** True when everything from the first seq that may be seen is held. */
  isWhole: (conv: number) => boolean;
}

export class CachedSource implements MessageSource {
  readonly #parts: CachedSourceParts;
  /** Control events by conversation, as far as they were needed. */
  readonly #controls = new Map<number, LogEvent[]>();

  constructor(parts: CachedSourceParts) {
    this.#parts = parts;
  }

  async history(conv: number, query: HistoryQuery): Promise<Reduced[]> {
    const { cache, directory, remote, isOnline, isWhole } = this.#parts;
    const limit = query.limit ?? defaultHistoryLimit;
    const cleared = directory.conversations.get(conv)?.clearedSeq ?? 0;
    const after = Math.max(query.after ?? 0, cleared);
    const oldest = query.before === undefined && query.after !== undefined;
    const before = query.before ?? Number.MAX_SAFE_INTEGER;
    if (isOnline() && !isWhole(conv) && oldest) return remote.history(conv, query);
    const events = await cache.shown(conv, after, before, limit, oldest);
    if (events.length < limit && isOnline() && !isWhole(conv)) return remote.history(conv, query);
    return this.#reduceAll(events);
  }

  async log(conv: number, query: HistoryQuery): Promise<LogEvent[]> {
    const { cache, remote, isOnline, isWhole } = this.#parts;
    if (isOnline() && !isWhole(conv)) return remote.log(conv, query);
    const oldest = query.before === undefined && query.after !== undefined;
    const before = query.before ?? Number.MAX_SAFE_INTEGER;
    return cache.all(conv, query.after ?? 0, before, query.limit ?? defaultHistoryLimit, oldest);
  }

  async find(id: string): Promise<Found> {
    const [event] = await this.#parts.cache.byId([id]);
    if (event) return { event, updates: await this.#parts.cache.updatesOf([id]) };
    if (this.#parts.isOnline()) return this.#parts.remote.find(id);
    throw new PytalkError('message-not-found', { details: { id } });
  }

  async findMany(ids: readonly string[]): Promise<Map<string, Reduced>> {
    const events = await this.#parts.cache.byId(ids);
    const found = new Map((await this.#reduceAll(events)).map((one) => [one.event.id, one]));
    const missing = ids.filter((id) => !found.has(id));
    if (missing.length === 0 || !this.#parts.isOnline()) return found;
    for (const [id, one] of await this.#parts.remote.findMany(missing)) found.set(id, one);
    return found;
  }

  /** Messages of the copy in the order of `ids`; those that are not there are left out. */
  async inOrder(ids: readonly string[]): Promise<Reduced[]> {
    const reduced = await this.#reduceAll(await this.#parts.cache.byId(ids));
    const byId = new Map(reduced.map((one) => [one.event.id, one]));
    return ids.flatMap((id) => byId.get(id) ?? []);
  }

  reduce({ event, updates }: Found): Reduced {
    return reduceMessage(event, updates, this.wasAdmin(event.conv));
  }

  async summaries(convs: readonly number[]): Promise<Map<number, { unread: number; last: Reduced | null }>> {
    const { cache, directory } = this.#parts;
    const { me } = directory;
    const rows = await cache.summaries(
      convs.map((conv) => {
        const conversation = directory.conversations.get(conv);
        const read = conversation?.members.find((member) => member.user === me)?.read ?? 0;
        return { conv, read, cleared: conversation?.clearedSeq ?? 0, me };
      }),
    );
    const lasts = await this.inOrder(rows.flatMap(({ last }) => last ?? []));
    const byId = new Map(lasts.map((one) => [one.event.id, one]));
    return new Map(
      rows.map(({ conv, unread, last }) => [conv, { unread, last: byId.get(last ?? '') ?? null }]),
    );
  }

  /** Takes note of control events that have come. */
  noteControls(events: readonly LogEvent[]): void {
    for (const event of events) {
      if (!concernsAdmins(event)) continue;
      const known = this.#controls.get(event.conv);
      if (known && !known.some((one) => one.seq === event.seq)) {
        known.push(event);
        known.sort((a, b) => a.seq - b.seq);
      }
    }
  }

  /** Fetches the control events of conversations, for `wasAdmin`. */
  async loadControls(convs: Iterable<number>): Promise<void> {
    for (const conv of new Set(convs)) {
      if (this.#controls.has(conv)) continue;
      this.#controls.set(conv, (await this.#parts.cache.controls(conv)).filter(concernsAdmins));
    }
  }

  wasAdmin(conv: number): WasAdmin {
    const controls = this.#controls.get(conv) ?? [];
    return adminHistory(controls, (user) => this.#parts.directory.isAdmin(conv, user));
  }

  forget(): void {
    this.#controls.clear();
  }

  async #reduceAll(events: readonly LogEvent[]): Promise<Reduced[]> {
    const messages = events.filter((event) => classOf(event) !== 'update');
    await this.loadControls(messages.map(({ conv }) => conv));
    const updatesOf = byTarget(await this.#parts.cache.updatesOf(messages.map(({ id }) => id)));
    return messages.map((event) =>
      reduceMessage(event, updatesOf.get(event.id) ?? [], this.wasAdmin(event.conv)),
    );
  }
}
