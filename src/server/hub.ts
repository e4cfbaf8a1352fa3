// The middle of the server: conversations in memory, events into the log, and out to everybody connected.
import { PytalkError } from '../protocol/errors.js';
import type { PushBody, PushType } from '../protocol/messages.js';
import type { Conversation, Presence, User } from '../protocol/shapes.js';
import { Committer } from './committer.js';
import { makeState, presentMember, viewFor, type ConversationState } from './conversation-state.js';
import { encodeEvents } from './event-frames.js';
import { leaveEverything } from './groups.js';
import { Receipts } from './receipts.js';
import { Roster, type Listener } from './roster.js';
import type { Membership, Storage, StoredEvent, Unit } from './storage/storage.js';
import { userViews } from './user-view.js';

/** What handlers count for metrics. */
export interface HubCounters {
  events: number;
  deliveries: number;
}

/** Who wants to know of devices and members that come and go. */
export interface HubWatcher {
  /** A connection has logged in. */
  signedIn(listener: Listener): void;
  /** A logged-in connection has gone. */
  disconnected(listener: Listener): void;
  /** A device was logged out. */
  sessionEnded(sessionId: number): void;
  /** All devices of an account were logged out, connected or not, but for one. */
  sessionsEnded(user: number, exceptSession: number): void;
  /** Somebody has left a conversation, or was removed. */
  excluded(conv: number, user: number): void;
}

export class Hub {
  readonly storage: Storage;
  readonly committer: Committer;
  readonly roster = new Roster();
  readonly receipts: Receipts;
  readonly watchers = new Set<HubWatcher>();
  readonly counters: HubCounters = { events: 0, deliveries: 0 };
  readonly now: () => number;
  readonly #connections = new Set<Listener>();
  readonly #conversations = new Map<number, ConversationState>();
  readonly #loading = new Map<number, Promise<ConversationState | null>>();
  /** The conversations in memory, by those who are or were in them. */
  readonly #byUser = new Map<number, Set<ConversationState>>();
  readonly #fresh = new Map<ConversationState, StoredEvent[]>();
  /** Of the people online: between whom and them there is a block. */
  readonly #blocks = new Map<number, ReadonlySet<number>>();
  #blockChanges = 0;
  #nextConversation: number;

  private constructor(storage: Storage, now: () => number, lastConversation: number) {
    this.storage = storage;
    this.now = now;
    this.committer = new Committer(storage);
    this.receipts = new Receipts(this.committer, this.roster);
    this.committer.onBatch(() => this.#deliverFresh());
    this.#nextConversation = lastConversation + 1;
  }

  static async open(storage: Storage, now: () => number): Promise<Hub> {
    const { conversation } = await storage.lastIds();
    return new Hub(storage, now, conversation);
  }

  // ---- durable writes -------------------------------------------------------------------------------------

  /** Joins the group commit; resolves once on disk. Rejects with PytalkError, or StorageError for a constraint. */
  commit(unit: Unit): Promise<void> {
    return this.committer.commit(unit);
  }

  newConversationId(): number {
    return this.#nextConversation++;
  }

  // ---- conversations --------------------------------------------------------------------------------------

  /** The conversation in memory, if it is; the way for hot requests that must not wait. */
  loaded(id: number): ConversationState | undefined {
    return this.#conversations.get(id);
  }

  /** The conversation, loaded when needed; null when there is none. */
  async conversation(id: number): Promise<ConversationState | null> {
    const known = this.#conversations.get(id);
    if (known) return known;
    let loading = this.#loading.get(id);
    if (!loading) {
      loading = this.#load(id).finally(() => this.#loading.delete(id));
      this.#loading.set(id, loading);
    }
    return loading;
  }

  async #load(id: number): Promise<ConversationState | null> {
    const found = await this.storage.conversation(id);
    return found ? this.keep(makeState(found.row, found.lastSeq, found.members)) : null;
  }

  /** Puts a new conversation into memory. */
  keep(state: ConversationState): ConversationState {
    const known = this.#conversations.get(state.row.id);
    if (known) return known;
    this.#conversations.set(state.row.id, state);
    for (const user of state.members.keys()) this.indexMember(state, user);
    return state;
  }

  /** Notes that a person is in a conversation from now on. */
  indexMember(state: ConversationState, user: number): void {
    const states = this.#byUser.get(user);
    if (states) states.add(state);
    else this.#byUser.set(user, new Set([state]));
  }

  /** Drops conversations from memory in which nobody is connected. Called now and then. */
  sweep(): void {
    for (const [id, state] of this.#conversations) {
      if (state.busy > 0 || this.receipts.has(state)) continue;
      if (state.present.some((member) => this.roster.isOnline(member.user))) continue;
      this.#conversations.delete(id);
      for (const user of state.members.keys()) {
        const states = this.#byUser.get(user);
        states?.delete(state);
        if (states?.size === 0) this.#byUser.delete(user);
      }
    }
  }

  /** The conversation and the member, for somebody who is or was in it. Rejects with `conversation-not-found`. */
  async memberOf(id: number, user: number): Promise<{ state: ConversationState; member: Membership }> {
    const state = await this.conversation(id);
    const member = state?.members.get(user);
    if (!state || !member) throw new PytalkError('conversation-not-found', { details: { name: String(id) } });
    return { state, member };
  }

  /** The same for what only a present member may do. Rejects with `not-in-group` too. */
  async presentIn(id: number, user: number): Promise<{ state: ConversationState; member: Membership }> {
    const found = await this.memberOf(id, user);
    if (found.member.leftSeq !== null) throw new PytalkError('not-in-group');
    return found;
  }

  /** Whether one of the two of a direct conversation has blocked the other. */
  async isBlocked(state: ConversationState): Promise<boolean> {
    if (state.row.kind !== 'direct') return false;
    while (state.blocked === null) {
      const [a = 0, b = 0] = [...state.members.keys()];
      const changes = this.#blockChanges;
      const blocked = await this.blocksBetween(a, b);
      // What was read before a change counts no more.
      if (changes === this.#blockChanges) state.blocked = blocked;
    }
    return state.blocked;
  }

  async blocksBetween(a: number, b: number): Promise<boolean> {
    const [byA, byB] = await Promise.all([this.storage.blockedBy(a), this.storage.blockedBy(b)]);
    return byA.includes(b) || byB.includes(a);
  }

  /** Forgets what was known of blocks between two people, after a change. */
  async blocksChanged(a: number, b: number): Promise<void> {
    this.#blockChanges++;
    for (const state of this.#byUser.get(a) ?? []) {
      if (state.row.kind === 'direct' && state.members.has(b)) state.blocked = null;
    }
    for (const user of [a, b]) {
      const blocks = await this.#blocksOf(user);
      if (this.roster.isOnline(user)) this.#blocks.set(user, blocks);
    }
  }

  // ---- out to clients -------------------------------------------------------------------------------------

  /** Notes an event that is on disk; it goes out with the others of its batch. */
  stored(state: ConversationState, event: StoredEvent): void {
    state.lastSeq = event.seq;
    this.counters.events++;
    const events = this.#fresh.get(state);
    if (events) events.push(event);
    else this.#fresh.set(state, [event]);
  }

  /** Sends what was noted so far, to those who are members now. */
  deliverNow(): void {
    this.#deliverFresh();
  }

  #deliverFresh(): void {
    for (const [state, events] of this.#fresh) {
      const frames = encodeEvents(events);
      for (const member of state.present) {
        const listeners = this.roster.listeners(member.user);
        if (!listeners) continue;
        for (const listener of listeners) listener.send(frames);
        this.counters.deliveries += events.length * listeners.size;
      }
      if (state.hiddenCount > 0 && events.some((event) => event.class === 'message')) this.#unhide(state);
    }
    this.#fresh.clear();
  }

  /** The next message undoes hiding. */
  #unhide(state: ConversationState): void {
    for (const member of state.present) {
      if (!member.hidden) continue;
      member.hidden = false;
      const { conv, user } = member;
      // Not lazily: hiding again must not be overtaken by this.
      void this.commit([{ do: 'membership', conv, user, set: { hidden: false } }])
        .then(() => this.committer.flushLazy())
        .then(() => this.tellConversation(state, [user], []))
        .catch(() => undefined);
    }
    state.hiddenCount = 0;
  }

  pushToUser<T extends PushType>(user: number, type: T, body: PushBody<T>, exceptSession = 0): void {
    this.roster.push([user], type, body, exceptSession);
  }

  /** Pushes the conversation as it is now to members online; `users` are told along, as each may see them. */
  async tellConversation(
    state: ConversationState,
    members: Iterable<number>,
    users: readonly number[],
    exceptSession = 0,
  ): Promise<void> {
    for (const id of members) {
      const member = state.members.get(id);
      if (!member || !this.roster.isOnline(id)) continue;
      const conversation = await this.view(state, member);
      const views = await userViews(this.storage, users, id);
      this.roster.push([id], 'conversation', { conversation, users: views }, exceptSession);
    }
  }

  /** The conversation as a member sees it, with what is unread. */
  async view(state: ConversationState, member: Membership): Promise<Conversation> {
    const [summary] = await this.storage.summaries(member.user, state.row.id);
    return viewFor(state, member, summary ?? { unread: 0, lastAt: null });
  }

  // ---- people ---------------------------------------------------------------------------------------------

  connected(listener: Listener): void {
    this.#connections.add(listener);
  }

  connectionCount(): number {
    return this.#connections.size;
  }

  connections(): ReadonlySet<Listener> {
    return this.#connections;
  }

  /** A connection has logged in. */
  signedIn(listener: Listener): void {
    const first = this.roster.add(listener);
    if (first) void this.#arrive(listener.userId).catch(() => undefined);
    for (const watcher of this.watchers) watcher.signedIn(listener);
  }

  /** Notes whom somebody who has come watches and whom they must not see, then tells the others. */
  async #arrive(user: number): Promise<void> {
    const [blocks, friends] = await Promise.all([this.#blocksOf(user), this.storage.friendsOf(user)]);
    if (!this.roster.isOnline(user)) return;
    this.#blocks.set(user, blocks);
    for (const friend of friends) this.roster.watch(user, friend, true);
    this.#tellPresence(user);
  }

  /** Everybody between whom and this person there is a block, either way. */
  async #blocksOf(user: number): Promise<Set<number>> {
    const [blocked, blockers] = await Promise.all([
      this.storage.blockedBy(user),
      this.storage.blockersOf(user),
    ]);
    return new Set([...blocked, ...blockers]);
  }

  /** A connection has gone. */
  disconnected(listener: Listener): void {
    this.#connections.delete(listener);
    if (listener.userId === 0) return;
    for (const watcher of this.watchers) watcher.disconnected(listener);
    const now = this.now();
    this.committer.lazily(`session-seen ${listener.sessionId}`, {
      do: 'session',
      id: listener.sessionId,
      set: { lastSeenAt: now },
    });
    if (!this.roster.remove(listener, now)) return;
    this.committer.lazily(`seen ${listener.userId}`, {
      do: 'account',
      id: listener.userId,
      set: { lastSeenAt: now },
    });
    this.#tellPresence(listener.userId);
    this.#blocks.delete(listener.userId);
  }

  /** People online who should hear of this one: contacts, and everybody in a conversation with them; no one blocked. */
  peersOnline(user: number): Set<number> {
    const peers = new Set(this.roster.watchers(user));
    for (const state of this.#byUser.get(user) ?? []) {
      if (!presentMember(state, user) || state.blocked === true) continue;
      for (const member of state.present) if (this.roster.isOnline(member.user)) peers.add(member.user);
    }
    for (const other of this.#blocks.get(user) ?? []) peers.delete(other);
    peers.delete(user);
    return peers;
  }

  #tellPresence(user: number): void {
    this.roster.push(this.peersOnline(user), 'presence', this.roster.presenceOf(user));
  }

  isOnline(user: number): boolean {
    return this.roster.isOnline(user);
  }

  /** Who of these is online, but for those between whom and the viewer there is a block. */
  async presenceFor(viewer: number, users: readonly number[]): Promise<Presence[]> {
    const blocks = await this.#blocksOf(viewer);
    return users.filter((user) => !blocks.has(user)).map((user) => this.roster.presenceOf(user));
  }

  /** Tells everybody concerned, each as they may see it, that a profile has changed. */
  async profileChanged(user: number): Promise<void> {
    for (const viewer of [user, ...this.peersOnline(user)]) {
      const [view] = await userViews(this.storage, [user], viewer);
      if (view) this.pushToUser(viewer, 'user', { user: view });
    }
  }

  /** The views of people that `viewer` may have. */
  users(ids: readonly number[], viewer: number): Promise<User[]> {
    return userViews(this.storage, ids, viewer);
  }

  endSession(session: number, code: 'session-ended' | 'account-disabled'): void {
    for (const connection of this.#connections) if (connection.sessionId === session) connection.end(code);
    for (const watcher of this.watchers) watcher.sessionEnded(session);
  }

  endUser(user: number, code: 'session-ended' | 'account-disabled', exceptSession = 0): void {
    for (const connection of this.roster.listeners(user) ?? []) {
      if (connection.sessionId !== exceptSession) connection.end(code);
    }
    for (const watcher of this.watchers) watcher.sessionsEnded(user, exceptSession);
  }

  /** Tells that somebody is no member of a conversation any more. */
  excluded(conv: number, user: number): void {
    for (const watcher of this.watchers) watcher.excluded(conv, user);
  }

  async leaveAllGroups(user: number): Promise<void> {
    await leaveEverything(this, user);
  }

  /** Tells all clients that the server stops, finishes commits. */
  async close(): Promise<void> {
    for (const connection of this.#connections) connection.end('stopping');
    this.receipts.close();
    await this.committer.drain();
  }
}
