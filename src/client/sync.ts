// Keeps the local copy equal to the server's logs: asks by seq for what is missing, takes what is pushed, nothing twice.
import { ProtocolError } from '../protocol/errors.js';
import { limits } from '../protocol/limits.js';
import type { Conversation, LogEvent } from '../protocol/shapes.js';
import type { Held } from './cache.js';
import type { CacheWriter } from './cache-writer.js';
import type { Directory } from './directory.js';
import type { Link } from './link.js';

/** Conversations that are fetched at the same time. */
const maxParallel = 8;
/** A new device shows the newest page of each conversation before it fetches the rest. */
const firstPageEvents = 50;

export interface SyncParts {
  link: Link;
  directory: Directory;
  writer: CacheWriter;
  /** Fetches conversations, people and contacts into the directory. */
  loadDirectory: () => Promise<void>;
  /** Marks all that the conversations have now as history, once in the life of the copy. */
  begin: (conversations: readonly Conversation[]) => Promise<void>;
  /** Whether `begin` was done. */
  hasBegun: boolean;
  /** Something that was missing could not be fetched. */
  onFailed(): void;
}

/** What is held of one conversation, or on its way to the disk: all events from `low` to `high`. */
interface Position extends Held {
  /** Set while missing events are being fetched. */
  fetching: Promise<void> | null;
  /** What was taken did not reach the disk: nothing counts any more. */
  stale: boolean;
}

export class Sync {
  readonly #parts: SyncParts;
  #positions = new Map<number, Position>();
  /** True between `suspend` and `reset`. */
  isSuspended = false;
  #ready = false;
  #hasBegun: boolean;
  #pass: Promise<void> = Promise.resolve();
  #closed = false;
  /** The last seq that was pushed while the conversation could not be looked at, by conversation. */
  readonly #early = new Map<number, number>();
  #runsForEarly = false;
  #settleBegin: () => void = () => undefined;
  readonly #firstBegin = new Promise<void>((resolve) => (this.#settleBegin = resolve));
  #beginning: Promise<void> | null = null;

  constructor(parts: SyncParts, held: ReadonlyMap<number, Held>) {
    this.#parts = parts;
    this.#hasBegun = parts.hasBegun;
    this.reset(held);
  }

  /** Begins again from what the disk really has. */
  reset(held: ReadonlyMap<number, Held>): void {
    this.#positions = new Map(
      [...held].map(([conv, one]) => [conv, { ...one, fetching: null, stale: false }]),
    );
    this.#ready = this.isSuspended = false;
  }

  /** Takes nothing more until `reset`. */
  suspend(): void {
    this.#ready = false;
    this.isSuspended = true;
    for (const position of this.#positions.values()) position.stale = true;
  }

  /** True when everything that may be seen of a conversation is held. */
  isWhole(conv: number): boolean {
    const conversation = this.#parts.directory.conversations.get(conv);
    const position = this.#positions.get(conv);
    if (!conversation || !position) return false;
    if (conversation.lastSeq < conversation.firstSeq) return true;
    return position.high >= conversation.lastSeq && position.low <= conversation.firstSeq && position.low > 0;
  }

  /** The last seq taken of a conversation; 0 when there is none. */
  highOf(conv: number): number {
    return this.#positions.get(conv)?.high ?? 0;
  }

  /**
   * Fetches all that is missing, newest first, then older history; resolves when it is on disk and told.
   * Passes follow one another. Rejects when the connection is lost.
   */
  run(): Promise<void> {
    const pass = this.#pass.catch(() => undefined).then(() => this.#runOnce());
    this.#beginning ??= Promise.race([this.#firstBegin, pass.catch(() => undefined)]);
    this.#pass = pass;
    pass.catch(() => undefined);
    return pass;
  }

  /** Resolves when it is settled what is history to this copy, or when that cannot be found out now. */
  async begun(): Promise<void> {
    if (!this.#hasBegun) await this.#beginning;
  }

  /** Takes an event that was pushed, or that this device has just stored. */
  take(event: LogEvent): void {
    if (this.#closed) return;
    const conversation = this.#parts.directory.conversations.get(event.conv);
    if (!this.#ready || !conversation) {
      // Before the list has come it may or may not be counted in it; the first message of somebody new comes before
      // their conversation is known.
      this.#early.set(event.conv, Math.max(event.seq, this.#early.get(event.conv) ?? 0));
      if (this.#ready) this.#runForEarly();
      return;
    }
    this.#noteLast(conversation, event);
    const position = this.#position(conversation.id);
    const expected = Math.max(position.high + 1, conversation.firstSeq);
    if (event.seq === expected) this.#accept(position, [event]);
    else if (event.seq > expected) this.#fetchSoon(conversation.id);
  }

  /** Asks for what a conversation has and the copy lacks. */
  check(conv: number): void {
    const conversation = this.#parts.directory.conversations.get(conv);
    if (!this.#ready || !conversation) return;
    if (conversation.lastSeq > this.#position(conv).high) this.#fetchSoon(conv);
  }

  lost(): void {
    this.#ready = false;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#pass.catch(() => undefined);
    await Promise.allSettled([...this.#positions.values()].flatMap(({ fetching }) => fetching ?? []));
  }

  #runForEarly(): void {
    if (this.#runsForEarly) return;
    this.#runsForEarly = true;
    this.run()
      .catch(() => this.#parts.onFailed())
      .finally(() => (this.#runsForEarly = false));
  }

  async #runOnce(): Promise<void> {
    const { directory, writer, loadDirectory, begin } = this.#parts;
    await loadDirectory();
    if (this.isSuspended) return;
    const conversations = [...directory.conversations.values()];
    if (!this.#hasBegun) {
      await begin(conversations);
      for (const { id, lastSeq } of conversations) this.#position(id).baseline = lastSeq;
      this.#hasBegun = true;
      this.#settleBegin();
    }
    this.#ready = true;
    this.#countEarly();
    const newestFirst = conversations.sort((a, b) => (b.lastAt ?? 0) - (a.lastAt ?? 0));
    await inParallel(newestFirst, ({ id }) => this.#fetch(id));
    await inParallel(newestFirst, ({ id }) => this.#backfill(id));
    await writer.flushed();
  }

  /** What was pushed before the list came is in no page that is asked for by the list. */
  #countEarly(): void {
    const { directory } = this.#parts;
    for (const [conv, seq] of this.#early) {
      const conversation = directory.conversations.get(conv);
      // Of one that is not in the list either, nothing may be seen any more.
      if (conversation && conversation.lastSeq < seq)
        directory.putConversation({ ...conversation, lastSeq: seq });
    }
    this.#early.clear();
  }

  #position(conv: number): Position {
    let position = this.#positions.get(conv);
    if (!position) {
      position = { low: 0, high: 0, baseline: 0, fetching: null, stale: false };
      this.#positions.set(conv, position);
    }
    return position;
  }

  #accept(position: Position, events: readonly LogEvent[]): void {
    const [first, last] = [events[0], events.at(-1)];
    if (!first || !last || position.stale) return;
    if (position.low === 0 || first.seq < position.low) position.low = first.seq;
    position.high = Math.max(position.high, last.seq);
    this.#parts.writer.add(events);
  }

  /** The list's `lastSeq` and `lastAt` grow with what comes. */
  #noteLast(conversation: Conversation, event: LogEvent): void {
    if (event.seq <= conversation.lastSeq) return;
    const isMessage = (event.class ?? 'message') === 'message';
    this.#parts.directory.putConversation({
      ...conversation,
      lastSeq: event.seq,
      ...(isMessage && { lastAt: event.at, hidden: false }),
    });
  }

  #fetchSoon(conv: number): void {
    this.#fetch(conv).catch(() => this.#parts.onFailed());
  }

  #fetch(conv: number): Promise<void> {
    const position = this.#position(conv);
    position.fetching ??= this.#fetchMissing(conv, position).finally(() => {
      position.fetching = null;
    });
    return position.fetching;
  }

  /** Pages after what is held, until nothing is missing. What is pushed meanwhile raises the goal. */
  async #fetchMissing(conv: number, position: Position): Promise<void> {
    const { link, directory, writer } = this.#parts;
    for (;;) {
      const conversation = directory.conversations.get(conv);
      if (!conversation || this.#closed || position.stale || conversation.lastSeq <= position.high) return;
      if (conversation.lastSeq < conversation.firstSeq) return;
      if (position.high === 0 && position.baseline >= conversation.firstSeq) {
        // History to this device: its newest part first. What came since is fetched in order, to be told in order.
        await this.#fetchBefore(conv, position, position.baseline + 1, firstPageEvents);
        continue;
      }
      const after = Math.max(position.high, conversation.firstSeq - 1);
      const page = await link.request('events.get', { conv, after, limit: limits.maxPageEvents });
      // Some of it may have been pushed while the page was on its way.
      const fresh = page.events.filter((event) => event.seq > position.high);
      checkGapless(fresh, Math.max(position.high, after, page.firstSeq - 1) + 1);
      this.#accept(position, fresh);
      await writer.flushed();
      if (page.events.length > 0) continue;
      // The server has no more than that: what the list says is out of date.
      const now = directory.conversations.get(conv);
      if (now && position.high <= after) directory.putConversation({ ...now, lastSeq: page.lastSeq });
      return;
    }
  }

  /** Older history, down to the first seq that may be seen. */
  async #backfill(conv: number): Promise<void> {
    const position = this.#position(conv);
    for (;;) {
      const conversation = this.#parts.directory.conversations.get(conv);
      if (!conversation || this.#closed || position.stale || position.low <= conversation.firstSeq) return;
      await this.#fetchBefore(conv, position, position.low, limits.maxPageEvents);
    }
  }

  async #fetchBefore(conv: number, position: Position, before: number, limit: number): Promise<void> {
    const { events, firstSeq } = await this.#parts.link.request('events.get', { conv, before, limit });
    const [first, last] = [events[0], events.at(-1)];
    if (!first || last?.seq !== before - 1) throw new ProtocolError('bad-frame');
    checkGapless(events, first.seq);
    if (first.seq < firstSeq) throw new ProtocolError('bad-frame');
    this.#accept(position, events);
    await this.#parts.writer.flushed();
  }
}

function checkGapless(events: readonly LogEvent[], from: number): void {
  if (events.some((event, index) => event.seq !== from + index)) throw new ProtocolError('bad-frame');
}

/** Works on several at a time, in order. Rejects with the first failure. */
export async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const worker = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: maxParallel }, worker));
}
