// A live client's own copy: cache, sync and outbox put together, and what they tell.
import { z } from 'zod';
import { PytalkError } from '../protocol/errors.js';
import type { Push } from '../protocol/messages.js';
import { user as userShape, type LogEvent } from '../protocol/shapes.js';
import type { Client, Me, Message, Outgoing } from './api.js';
import { Cache } from './cache.js';
import { CachedSource } from './cached-source.js';
import { CacheWriter } from './cache-writer.js';
import type { Conversations } from './conversations.js';
import type { Core, Live } from './core.js';
import { Divergence } from './divergence.js';
import type { Home } from './home.js';
import { LiveOutbox } from './live-outbox.js';
import type { Draft } from './messages.js';
import type { MessageViews } from './message-views.js';
import type { People } from './people.js';
import { isLoss } from './link.js';
import { Receipts } from './receipts.js';
import { Sync } from './sync.js';
import { Teller } from './teller.js';

/** What failed inside (a full disk, a page that came too late) is tried again after this. */
const recoverMs = 2000;
const searchLimit = 50;
const savedMe = userShape.extend({ session: z.int() });
const savedContacts = z.object({ friends: z.array(z.int()), blocked: z.array(z.int()) });

export function openCache(home: Home, server: string, user: number): Promise<Cache> {
  return Cache.open(home.path('cache.db'), accountName(server, user));
}

/** Names the account that a copy and an outbox belong to. */
function accountName(server: string, user: number): string {
  return `${user}@${server}`;
}

/** Who this copy knows itself to be; null when it has never been logged in. */
export async function readMe(cache: Cache): Promise<Me | null> {
  const saved = await cache.meta('me');
  return saved === null ? null : (savedMe.safeParse(JSON.parse(saved)).data ?? null);
}

export interface LocalParts {
  core: Core;
  people: People;
  conversations: Conversations;
  views: MessageViews;
  cache: Cache;
  server: string;
  me: Me;
}

/** Opens the copy of the account that is logged in, or was. */
export async function openLocal(parts: LocalParts): Promise<Live> {
  const local = new LocalCopy(parts);
  try {
    await local.open();
    return local;
  } catch (error) {
    await local.close();
    throw error;
  }
}

class LocalCopy implements Live {
  readonly source: CachedSource;
  readonly #parts: LocalParts;
  readonly #writer: CacheWriter;
  readonly #receipts: Receipts;
  #sync: Sync | null = null;
  #outbox: LiveOutbox | null = null;
  #teller: Teller | null = null;
  #stopRetry: (() => void) | null = null;
  #waiters: (() => void)[] = [];
  #closed = false;
  #closing: Promise<void> | null = null;
  #divergence: Divergence | null = null;

  constructor(parts: LocalParts) {
    const { core, cache, conversations } = parts;
    this.#parts = parts;
    this.source = new CachedSource({
      cache,
      directory: core.directory,
      remote: core.remote,
      isOnline: () => core.link.signedIn,
      isWhole: (conv) => this.#sync?.isWhole(conv) ?? false,
    });
    this.#receipts = new Receipts(core, conversations);
    this.#writer = new CacheWriter({
      cache,
      source: this.source,
      directory: core.directory,
      timers: core.timers,
      onWritten: async (events) => {
        await this.#teller?.tell();
        this.#receipts.note(events);
      },
      onFailed: () => this.#recover(),
    });
  }

  async open(): Promise<void> {
    const { core, cache, me, views, server } = this.#parts;
    await this.#loadDirectory();
    core.directory.putUser(me);
    this.#teller = new Teller(
      {
        cache,
        source: this.source,
        views,
        emitter: core.emitter,
        onTold: (message) => this.#outbox?.told(message),
      },
      await cache.lastArrival(),
    );
    this.#sync = new Sync(
      {
        link: core.link,
        directory: core.directory,
        writer: this.#writer,
        hasBegun: (await cache.meta('began')) !== null,
        loadDirectory: () => this.#fetchDirectory(),
        begin: (conversations) => cache.begin(conversations),
        onFailed: () => this.#retryLater(),
      },
      await cache.held(),
    );
    this.#outbox = await LiveOutbox.open({
      ...this.#parts,
      source: this.source,
      account: accountName(server, me.id),
      isOnline: () => core.link.signedIn && this.#divergence?.isMet === true,
      take: async (event) => {
        this.stored(event);
        await this.#writer.flushed();
      },
    });
    const [source, writer, sync, outbox] = [this.source, this.#writer, this.#sync, this.#outbox];
    this.#divergence = await Divergence.open({ ...core, cache, source, writer, sync, outbox });
  }

  async #loadDirectory(): Promise<void> {
    const { core, cache } = this.#parts;
    const { directory } = core;
    const { users, conversations } = await cache.directory();
    directory.putUsers(users);
    for (const conversation of conversations) directory.putConversation(conversation);
    const contacts = savedContacts.safeParse(JSON.parse((await cache.meta('contacts')) ?? 'null')).data;
    for (const id of contacts?.friends ?? []) directory.setFriend(id, true);
    for (const id of contacts?.blocked ?? []) directory.setBlocked(id, true);
    directory.markClean();
    directory.onDirty = () => this.#writer.directoryChanged();
    directory.hasConversations = directory.hasFriends = true;
  }

  async #fetchDirectory(): Promise<void> {
    const { conversations, people } = this.#parts;
    await Promise.all([conversations.load(true), people.loadFriends(true)]);
    await this.#divergence?.meet();
  }

  // ---- what happens ---------------------------------------------------------------------------------------

  onPush(push: Push): void {
    if (push.type === 'event') this.#sync?.take(push.body);
    else if (push.type === 'conversation') this.#sync?.check(push.body.conversation.id);
  }

  onSignedIn(): void {
    const { core } = this.#parts;
    if (this.#closed) return;
    if (core.me) this.#writer.putMeta('me', JSON.stringify(core.me));
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
    this.#outbox?.online();
    void this.#pass();
  }

  onLost(): void {
    this.#sync?.lost();
  }

  stored(event: LogEvent): void {
    this.#sync?.take(event);
  }

  /** One pass of the sync; what it finds held but not acknowledged is acknowledged then. */
  async #pass(): Promise<void> {
    const { directory } = this.#parts.core;
    try {
      await this.#sync?.run();
    } catch {
      this.#retryLater();
      return;
    }
    for (const { id } of directory.conversations.values()) {
      this.#receipts.noteUpTo(id, this.#sync?.highOf(id) ?? 0);
    }
  }

  /** Writing has failed: begin again from what the disk has. */
  #recover(): void {
    this.#sync?.suspend();
    this.#retryLater();
  }

  #retryLater(): void {
    if (this.#closed) return;
    this.#stopRetry ??= this.#parts.core.timers.after(recoverMs, () => {
      this.#stopRetry = null;
      void this.#retry();
    });
  }

  async #retry(): Promise<void> {
    try {
      if (this.#sync?.isSuspended === true) this.#sync.reset(await this.#parts.cache.held());
      await this.#teller?.tell();
    } catch {
      this.#retryLater();
      return;
    }
    // Offline, the next sign-in runs the pass.
    if (this.#parts.core.link.signedIn) await this.#pass();
  }

  // ---- what callers ask -----------------------------------------------------------------------------------

  send(withName: string, message: Outgoing): Promise<Message> {
    return this.#open(this.#outbox).send(withName, message);
  }

  enqueue(withName: string, draft: Draft): Promise<Message> {
    return this.#open(this.#outbox).enqueue(withName, draft);
  }

  sentBefore(id: string): Promise<Message | null> {
    return this.#open(this.#outbox).sentBefore(id);
  }

  waiting(id: string): Promise<Message | null> {
    return this.#open(this.#outbox).waiting(id);
  }

  waitingIn(conv: number): Promise<Message[]> {
    return this.#open(this.#outbox).waitingIn(conv);
  }

  discard(id: string): Promise<void> {
    return this.#open(this.#outbox).discard(id);
  }

  async drained(timeoutMs?: number): Promise<void> {
    const done = this.#open(this.#outbox).drained();
    if (timeoutMs === undefined) {
      await done;
      return;
    }
    let stop = (): void => undefined;
    const late = new Promise<never>((_resolve, reject) => {
      stop = this.#parts.core.timers.after(timeoutMs, () =>
        reject(new PytalkError('timeout', { details: { seconds: timeoutMs / 1000 } })),
      );
    });
    await Promise.race([done, late]).finally(() => stop());
  }

  async search(text: string, options: { in?: string; limit?: number }): Promise<Message[]> {
    const words = text.match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
    if (words.length === 0) return [];
    const conversation = options.in === undefined ? null : await this.#parts.conversations.find(options.in);
    const ids = await this.#parts.cache.search(words, conversation?.id ?? null, options.limit ?? searchLimit);
    return this.#parts.views.all(await this.source.inOrder(ids));
  }

  async callLog(limit: number): Promise<Message[]> {
    return this.#parts.views.all(await this.source.inOrder(await this.#parts.cache.calls(limit)));
  }

  cursor(): string {
    return this.#open(this.#teller).cursor();
  }

  replay(since: string): ReturnType<Client['replay']> {
    return this.#open(this.#teller).replay(since);
  }

  async begun(): Promise<void> {
    await this.#sync?.begun();
  }

  async synced(): Promise<void> {
    for (;;) {
      await this.whenOnline();
      try {
        await this.#open(this.#sync).run();
        return;
      } catch (error) {
        if (!isLoss(error)) throw error;
      }
    }
  }

  async resync(): Promise<void> {
    const { core, cache } = this.#parts;
    if (!core.link.signedIn) throw new PytalkError('offline');
    const sync = this.#open(this.#sync);
    sync.suspend();
    await this.#writer.flushed();
    await cache.forgetEvents();
    this.source.forget();
    sync.reset(await cache.held());
    await this.synced();
  }

  async whenOnline(): Promise<void> {
    while (!this.#closed && !this.#parts.core.link.signedIn) {
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
    if (this.#closed) throw new PytalkError('closed');
  }

  #open<T>(part: T | null): T {
    if (part === null || this.#closed) throw new PytalkError('closed');
    return part;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#closed = true;
    this.#stopRetry?.();
    for (const wake of this.#waiters) wake();
    this.#receipts.close();
    this.#parts.core.directory.onDirty = () => undefined;
    await this.#sync?.close();
    await this.#outbox?.close();
    await this.#writer.close();
    await this.#parts.cache.close();
  }
}
