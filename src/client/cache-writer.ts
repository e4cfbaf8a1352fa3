// What has come goes into the local copy: batches, one transaction at a time, with the words and erasures they mean.
import type { LogEvent } from '../protocol/shapes.js';
import type { Cache } from './cache.js';
import type { CachedSource } from './cached-source.js';
import type { Directory } from './directory.js';
import type { Timers } from './timers.js';
import { byTarget, classOf, reduceMessage, searchableText } from './reducer.js';

/** Events in one transaction at most. */
const maxBatch = 2000;
/** Receipts change conversations all the time: without events to write they wait this long for company. */
const directoryDelayMs = 500;

interface Parts {
  cache: Cache;
  source: CachedSource;
  directory: Directory;
  timers: Timers;
  /** Called after each transaction, before the next. */
  onWritten(events: readonly LogEvent[]): Promise<void>;
  /** A transaction failed: what was taken since the last one is lost to the copy. */
  onFailed(error: unknown): void;
}

export class CacheWriter {
  readonly #parts: Parts;
  #batch: LogEvent[] = [];
  #meta = new Map<string, string>();
  #running: Promise<void> | null = null;
  #stopTimer: (() => void) | null = null;
  #failed = false;
  #closed = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Takes events; they are on disk when a `flushed` called after this resolves. */
  add(events: readonly LogEvent[]): void {
    for (const event of events) this.#batch.push(event);
    this.#start();
  }

  putMeta(key: string, value: string): void {
    this.#meta.set(key, value);
    this.#start();
  }

  /** People or conversations have changed. */
  directoryChanged(): void {
    this.#stopTimer ??= this.#parts.timers.after(directoryDelayMs, () => {
      this.#stopTimer = null;
      this.#start();
    });
  }

  /** Resolves when everything added before is on disk and told, or was given up. */
  async flushed(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async close(): Promise<void> {
    this.#stopTimer?.();
    this.#start();
    await this.flushed();
    this.#closed = true;
  }

  #start(): void {
    if (this.#closed) return;
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
      // Added between the last look and now.
      if (this.#batch.length > 0 || (this.#meta.size > 0 && !this.#failed)) this.#start();
    });
  }

  #hasWork(): boolean {
    const { dirtyUsers, dirtyConversations, dirtyContacts } = this.#parts.directory;
    const directory = dirtyUsers.size > 0 || dirtyConversations.size > 0 || dirtyContacts;
    return this.#batch.length > 0 || this.#meta.size > 0 || directory;
  }

  async #run(): Promise<void> {
    // Whatever else this turn of the event loop brings goes along.
    await new Promise((resolve) => setImmediate(resolve));
    try {
      while (this.#hasWork()) {
        const events = this.#batch.splice(0, maxBatch);
        await this.#write(events);
        this.#failed = false;
        if (events.length > 0) await this.#parts.onWritten(events);
      }
    } catch (error) {
      this.#batch = [];
      this.#failed = true;
      this.#parts.onFailed(error);
    }
  }

  async #write(events: readonly LogEvent[]): Promise<void> {
    const { cache, directory, source } = this.#parts;
    const meta = this.#meta;
    this.#meta = new Map();
    const userIds = [...directory.dirtyUsers];
    const conversationIds = [...directory.dirtyConversations];
    const users = userIds.flatMap((id) => directory.users.get(id) ?? []);
    const conversations = conversationIds.flatMap((id) => directory.conversations.get(id) ?? []);
    if (directory.dirtyContacts) {
      meta.set(
        'contacts',
        JSON.stringify({ friends: [...directory.friends], blocked: [...directory.blocked] }),
      );
    }
    directory.markClean();
    source.noteControls(events);
    try {
      const { words, erased } = await this.#consequences(events);
      await cache.write({ events, users, conversations, meta, words, erased });
    } catch (error) {
      // Events are fetched again; what is not in a log has to be written with the next batch.
      for (const id of userIds) directory.dirtyUsers.add(id);
      for (const id of conversationIds) directory.dirtyConversations.add(id);
      this.#meta = new Map([...meta, ...this.#meta]);
      throw error;
    }
  }

  /** The texts that new messages, edits and deletes leave to be searched, and what deletes take away. */
  async #consequences(
    events: readonly LogEvent[],
  ): Promise<{ words: Map<string, string>; erased: string[] }> {
    const { cache, source } = this.#parts;
    const messages = new Map<string, LogEvent>();
    const changed = new Set<string>();
    for (const event of events) {
      if (classOf(event) === 'message') messages.set(event.id, event);
      else if (classOf(event) === 'update' && event.target !== undefined) changed.add(event.target);
    }
    const older = [...changed].filter((id) => !messages.has(id));
    for (const event of await cache.byId(older))
      if (classOf(event) === 'message') messages.set(event.id, event);
    await source.loadControls([...messages.values()].map(({ conv }) => conv));
    // An older page may come after the updates of its messages.
    const updates = byTarget([...(await cache.updatesOf([...messages.keys()])), ...events]);
    const words = new Map<string, string>();
    const erased: string[] = [];
    for (const [id, event] of messages) {
      const own = updates.get(id) ?? [];
      const reduced = reduceMessage(event, own, source.wasAdmin(event.conv));
      words.set(id, searchableText(reduced));
      if (reduced.deleted && event.payload !== '') erased.push(id);
      // What the server erases with it, so that both logs stay equal and no earlier wording stays behind.
      for (const update of own)
        if (update.seq < reduced.deletedSeq && update.payload !== '') erased.push(update.id);
    }
    return { words, erased };
  }
}
