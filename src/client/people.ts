// Profiles, contacts, blocked people, safety numbers.
import { stat } from 'node:fs/promises';
import { PytalkError } from '../protocol/errors.js';
import { limits } from '../protocol/limits.js';
import { isPhone, phoneDigits } from '../protocol/names.js';
import type { RequestBody } from '../protocol/messages.js';
import type { User } from '../protocol/shapes.js';
import type { Client, Friend } from './api.js';
import type { Core } from './core.js';
import { hashFile } from './files.js';
import { safetyNumberOf } from './identity.js';
import { checkAvatar } from './pictures.js';
import { isoTime } from './view.js';

/** What can only be meant as a phone number, though not a right one: no username begins with + or has spaces. */
const looksLikePhone = /^(?:\+.*|\d{5,}|\d\P{L}*\s\P{L}*)$/u;

export class People {
  readonly #core: Core;

  constructor(core: Core) {
    this.#core = core;
  }

  /** A person by name: known already, or asked for. Rejects with `user-not-found`. */
  async find(name: string): Promise<User> {
    const known = this.#core.directory.userByName(name);
    return known && !known.deleted ? known : this.ask(name);
  }

  /** The same, as the server knows them at this moment. */
  async ask(name: string): Promise<User> {
    if (name === '' || name.length > 64) throw new PytalkError('user-not-found', { details: { name } });
    const { user } = await this.#core.link.request('users.find', { username: name });
    this.#core.directory.putUser(user);
    return user;
  }

  /** Makes the names of these people known, as far as the server can be reached. */
  async ensure(ids: Iterable<number>): Promise<void> {
    const { directory, link } = this.#core;
    const missing = [...new Set(ids)].filter((id) => !directory.users.has(id));
    if (missing.length === 0 || !link.signedIn) return;
    for (let i = 0; i < missing.length; i += limits.maxUsersPerRequest) {
      const { users } = await link.request('users.get', {
        ids: missing.slice(i, i + limits.maxUsersPerRequest),
      });
      directory.putUsers(users);
    }
  }

  async profile(username?: string): Promise<User> {
    const { directory, link, me } = this.#core;
    const name = username?.replace(/^@/, '');
    if (this.#core.live && link.state !== 'online') {
      const known = name === undefined ? me && directory.users.get(me.id) : directory.userByName(name);
      if (known) return known;
    }
    if (name !== undefined) return this.ask(name);
    const { users } = await link.request('users.get', { ids: [me?.id ?? 1] });
    const [own] = users;
    if (!own) throw new PytalkError('not-logged-in');
    directory.putUser(own);
    return own;
  }

  async setProfile(fields: Parameters<Client['setProfile']>[0]): Promise<User> {
    const { avatar, ...rest } = fields;
    const body: RequestBody<'profile.set'> = { ...rest };
    if (rest.phone !== undefined) {
      body.phone = phoneDigits(rest.phone);
      if (!isPhone(body.phone)) throw new PytalkError('invalid-phone');
    }
    if (avatar === null) body.avatar = null;
    else if (avatar !== undefined) {
      await checkAvatar(avatar);
      const file = { path: avatar, ...(await hashFile(avatar)) };
      await this.#core.transfers.upload(file);
      body.avatar = file.sha256;
    }
    const { user } = await this.#core.link.request('profile.set', body);
    this.#core.directory.putUser(user);
    return user;
  }

  async avatarPath(user: User): Promise<string | null> {
    if (user.avatar === null) return null;
    await this.#core.home.folder('avatars');
    const path = this.#core.home.path('avatars', user.avatar);
    const there = await stat(path).catch(() => null);
    if (!there) await this.#core.transfers.download(user.avatar, path);
    return path;
  }

  async safetyNumber(username: string): Promise<{ number: string; verified: boolean; changed: boolean }> {
    const { me, session, contacts } = this.#core;
    const user = await this.profile(username);
    if (!me || !session) throw new PytalkError('not-logged-in');
    if (user.id === me.id) throw new PytalkError('yourself');
    const contact = contacts.of(user.id);
    return {
      number: safetyNumberOf({ id: me.id, publicKey: session.publicKey }, user),
      verified: contact?.verified ?? false,
      changed: contact?.changed ?? false,
    };
  }

  async markVerified(username: string, verified: boolean): Promise<void> {
    const user = await this.profile(username);
    if (user.id === this.#core.me?.id) throw new PytalkError('yourself');
    this.#core.contacts.setVerified(user, verified);
    await this.#core.contacts.flush();
  }

  /** Fetches contacts, blocked people and presence; live, what is known is kept up to date by pushes. */
  async loadFriends(fresh = false): Promise<void> {
    const { directory, link } = this.#core;
    if (directory.hasFriends && !fresh) return;
    const { friends, blocked, presence } = await link.request('friends.list', {});
    directory.putFriends(friends, blocked);
    directory.putPresence(presence);
  }

  async friends(): Promise<Friend[]> {
    await this.loadFriends(!this.#core.live);
    const { directory } = this.#core;
    return this.#users(directory.friends).map((user) => {
      const presence = directory.presence.get(user.id);
      const lastSeenAt = presence?.lastSeenAt ?? null;
      return {
        user,
        online: presence?.online ?? false,
        lastSeenAt: lastSeenAt === null ? null : isoTime(lastSeenAt),
      };
    });
  }

  async blockedPeople(): Promise<User[]> {
    await this.loadFriends(!this.#core.live);
    return this.#users(this.#core.directory.blocked);
  }

  #users(ids: Iterable<number>): User[] {
    const users = [...ids].flatMap((id) => this.#core.directory.users.get(id) ?? []);
    return users.sort((a, b) => a.username.localeCompare(b.username));
  }

  async addFriend(phoneOrName: string): Promise<{ user: User; added: boolean }> {
    const { link, directory } = this.#core;
    const text = phoneOrName.trim();
    const digits = phoneDigits(text);
    if (!isPhone(digits) && looksLikePhone.test(text)) throw new PytalkError('invalid-phone');
    const body = isPhone(digits) ? { phone: digits } : { username: text.replace(/^@/, '').slice(0, 64) };
    const reply = await link.request('friends.add', body);
    directory.putUser(reply.user);
    directory.setFriend(reply.user.id, true);
    return reply;
  }

  async removeFriend(username: string): Promise<void> {
    const user = await this.find(username.replace(/^@/, ''));
    await this.#core.link.request('friends.remove', { user: user.id });
    this.#core.directory.setFriend(user.id, false);
  }

  async block(username: string, blocked: boolean): Promise<void> {
    const user = await this.find(username.replace(/^@/, ''));
    await this.#core.link.request('friends.block', { user: user.id, blocked });
    this.blockChanged(user, blocked);
  }

  blockChanged(user: User, blocked: boolean): void {
    const { directory } = this.#core;
    directory.putUser(user);
    directory.setBlocked(user.id, blocked);
  }
}
