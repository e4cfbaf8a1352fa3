// People and conversations as this account sees them, in memory: names to ids and back, presence, contacts.
import { nameKey } from '../protocol/names.js';
import type { Conversation, Presence, User } from '../protocol/shapes.js';

/** A name as the command line takes it: `@alice`, `#team` or bare. */
export interface WithName {
  kind: 'person' | 'group' | 'either';
  name: string;
}

export function parseWith(text: string): WithName {
  if (text.startsWith('@')) return { kind: 'person', name: text.slice(1) };
  if (text.startsWith('#')) return { kind: 'group', name: text.slice(1) };
  return { kind: 'either', name: text };
}

export class Directory {
  readonly users = new Map<number, User>();
  readonly conversations = new Map<number, Conversation>();
  readonly presence = new Map<number, Presence>();
  readonly friends = new Set<number>();
  readonly blocked = new Set<number>();
  /** Id of this account; 0 before login. */
  me = 0;
  /** Whether the lists have been fetched from the server or the cache. */
  hasConversations = false;
  hasFriends = false;
  /** What has changed since the local copy last wrote it down. */
  readonly dirtyUsers = new Set<number>();
  readonly dirtyConversations = new Set<number>();
  dirtyContacts = false;
  /** Called at each change. */
  onDirty: () => void = () => undefined;
  readonly #byName = new Map<string, number>();
  readonly #directWith = new Map<number, number>();
  readonly #onUser: (user: User) => void;

  /** `onUser` hears of everybody else who is seen. */
  constructor(onUser: (user: User) => void) {
    this.#onUser = onUser;
  }

  /** Forgets everything, for another account. */
  reset(me: number): void {
    for (const map of [this.users, this.conversations, this.presence, this.#byName, this.#directWith])
      map.clear();
    this.friends.clear();
    this.blocked.clear();
    this.markClean();
    this.hasConversations = this.hasFriends = false;
    this.me = me;
  }

  putUser(user: User): void {
    this.users.set(user.id, user);
    this.dirtyUsers.add(user.id);
    this.onDirty();
    const key = nameKey(user.username);
    const holder = this.users.get(this.#byName.get(key) ?? 0);
    // The name of a deleted account may belong to somebody else by now.
    if (!holder || holder.id === user.id || !user.deleted) this.#byName.set(key, user.id);
    if (user.id !== this.me && !user.deleted) this.#onUser(user);
  }

  putUsers(users: readonly User[]): void {
    for (const user of users) this.putUser(user);
  }

  putConversation(conversation: Conversation): void {
    this.#unlinkPeer(conversation.id);
    this.conversations.set(conversation.id, conversation);
    this.dirtyConversations.add(conversation.id);
    this.onDirty();
    const peer = this.peerOf(conversation);
    if (peer !== null) this.#directWith.set(peer, conversation.id);
  }

  /** The server has no such conversation any more. */
  dropConversation(id: number): void {
    this.#unlinkPeer(id);
    this.conversations.delete(id);
    this.dirtyConversations.delete(id);
  }

  /** A person is not to be reached in this conversation (any more). */
  #unlinkPeer(id: number): void {
    const conversation = this.conversations.get(id);
    const peer = conversation ? this.peerOf(conversation) : null;
    if (peer !== null && this.#directWith.get(peer) === id) this.#directWith.delete(peer);
  }

  putPresence(presence: readonly Presence[]): void {
    for (const one of presence) this.presence.set(one.user, one);
  }

  putFriends(friends: readonly User[], blocked: readonly User[]): void {
    this.putUsers(friends);
    this.putUsers(blocked);
    this.friends.clear();
    this.blocked.clear();
    this.dirtyContacts = true;
    for (const { id } of friends) this.setFriend(id, true);
    for (const { id } of blocked) this.setBlocked(id, true);
    this.hasFriends = true;
  }

  setFriend(user: number, added: boolean): void {
    this.#mark(this.friends, user, added);
  }

  setBlocked(user: number, blocked: boolean): void {
    this.#mark(this.blocked, user, blocked);
  }

  #mark(set: Set<number>, user: number, isIn: boolean): void {
    if (isIn) set.add(user);
    else set.delete(user);
    this.dirtyContacts = true;
    this.onDirty();
  }

  /** Everything is written down. */
  markClean(): void {
    this.dirtyUsers.clear();
    this.dirtyConversations.clear();
    this.dirtyContacts = false;
  }

  userByName(name: string): User | null {
    return this.users.get(this.#byName.get(nameKey(name)) ?? 0) ?? null;
  }

  /** A group by name: the one this account is in, else one it has left. */
  groupByName(name: string): Conversation | null {
    const key = nameKey(name);
    let found: Conversation | null = null;
    for (const conversation of this.conversations.values()) {
      if (conversation.name === null || nameKey(conversation.name) !== key) continue;
      if (!conversation.left) return conversation;
      if (!found || conversation.id > found.id) found = conversation;
    }
    return found;
  }

  directWith(user: number): Conversation | null {
    return this.conversations.get(this.#directWith.get(user) ?? 0) ?? null;
  }

  /** The other person of a direct conversation; null for groups. */
  peerOf(conversation: Conversation): number | null {
    if (conversation.kind !== 'direct') return null;
    return conversation.members.find((member) => member.user !== this.me)?.user ?? null;
  }

  /** The username; an id that is not known (yet) shows as its number. */
  nameOf(user: number): string {
    return this.users.get(user)?.username ?? `user-${user}`;
  }

  /** `@name` or `#name` as this account sees it. */
  conversationName(id: number): string {
    const conversation = this.conversations.get(id);
    if (!conversation) return `#${id}`;
    const peer = this.peerOf(conversation);
    return peer === null ? `#${conversation.name ?? id}` : `@${this.nameOf(peer)}`;
  }

  isAdmin(conv: number, user: number): boolean {
    return this.conversations.get(conv)?.members.some((one) => one.user === user && one.admin) ?? false;
  }
}
