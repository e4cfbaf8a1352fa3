// Who is connected: connections by user and session, pushes to them, and who wants to know about whom.
import type { PushBody, PushType } from '../protocol/messages.js';
import { encodeJson } from '../protocol/frame.js';
import type { Presence } from '../protocol/shapes.js';

/** What the roster needs of a connection. */
export interface Listener {
  readonly userId: number;
  readonly sessionId: number;
  /** Queues bytes; they go out once at the end of the turn. */
  send(frames: Buffer): void;
  end(code: 'session-ended' | 'account-disabled' | 'stopping' | 'too-slow'): void;
}

export class Roster {
  readonly #online = new Map<number, Set<Listener>>();
  /** When people were last seen, since the server started. */
  readonly #lastSeen = new Map<number, number>();
  /** Contacts of the people online, both ways round. */
  readonly #contactsOf = new Map<number, Set<number>>();
  readonly #watchersOf = new Map<number, Set<number>>();

  /** Users online. */
  get size(): number {
    return this.#online.size;
  }

  /** Returns true when this is the user's first connection. */
  add(listener: Listener): boolean {
    const set = this.#online.get(listener.userId);
    if (set) {
      set.add(listener);
      return false;
    }
    this.#online.set(listener.userId, new Set([listener]));
    return true;
  }

  /** Returns true when the user has gone with it. */
  remove(listener: Listener, now: number): boolean {
    const set = this.#online.get(listener.userId);
    if (!set?.delete(listener) || set.size > 0) return false;
    this.#online.delete(listener.userId);
    this.#lastSeen.set(listener.userId, now);
    for (const contact of this.#contactsOf.get(listener.userId) ?? [])
      this.#unwatch(listener.userId, contact);
    this.#contactsOf.delete(listener.userId);
    return true;
  }

  isOnline(user: number): boolean {
    return this.#online.has(user);
  }

  listeners(user: number): ReadonlySet<Listener> | undefined {
    return this.#online.get(user);
  }

  onlineUsers(): IterableIterator<number> {
    return this.#online.keys();
  }

  presenceOf(user: number): Presence {
    const online = this.#online.has(user);
    return { user, online, lastSeenAt: online ? null : (this.#lastSeen.get(user) ?? null) };
  }

  /** Remembers when somebody was last seen before the server started. */
  rememberLastSeen(user: number, at: number | null): void {
    if (at !== null && !this.#lastSeen.has(user)) this.#lastSeen.set(user, at);
  }

  /** From now on a person online hears of the presence of this contact, or no longer. */
  watch(watcher: number, contact: number, on: boolean): void {
    if (!this.#online.has(watcher)) return;
    if (!on) {
      this.#contactsOf.get(watcher)?.delete(contact);
      this.#unwatch(watcher, contact);
      return;
    }
    addTo(this.#contactsOf, watcher, contact);
    addTo(this.#watchersOf, contact, watcher);
  }

  /** People online who have this one as a contact. */
  watchers(user: number): ReadonlySet<number> {
    return this.#watchersOf.get(user) ?? new Set();
  }

  /** Sends frames to every connection of a user. */
  send(user: number, frames: Buffer, exceptSession = 0): void {
    for (const listener of this.#online.get(user) ?? []) {
      if (listener.sessionId !== exceptSession) listener.send(frames);
    }
  }

  push<T extends PushType>(users: Iterable<number>, type: T, body: PushBody<T>, exceptSession = 0): void {
    let frame: Buffer | null = null;
    for (const user of users) {
      if (!this.#online.has(user)) continue;
      frame ??= encodeJson({ type, body });
      this.send(user, frame, exceptSession);
    }
  }

  #unwatch(watcher: number, contact: number): void {
    const watchers = this.#watchersOf.get(contact);
    watchers?.delete(watcher);
    if (watchers?.size === 0) this.#watchersOf.delete(contact);
  }
}

function addTo(map: Map<number, Set<number>>, key: number, value: number): void {
  const set = map.get(key);
  if (set) set.add(value);
  else map.set(key, new Set([value]));
}
