// The client that callers hold: every method of the contract, handed on to the part that answers for it.
import { PytalkError } from '../protocol/errors.js';
import type { LogEvent, SessionInfo, User } from '../protocol/shapes.js';
import type { ServerStatistics } from '../protocol/statistics-shapes.js';
import type * as api from './api.js';
import type { Call } from './call-api.js';
import type { Calls } from './calls/calls.js';
import type { Conversations } from './conversations.js';
import type { Core, Live } from './core.js';
import { fetchFile, type FetchOptions } from './file-fetch.js';
import type { Messages } from './messages.js';
import type { People } from './people.js';
import type { Session } from './session.js';

export interface Parts {
  core: Core;
  session: Session;
  people: People;
  conversations: Conversations;
  calls: Calls;
  messages: Messages;
}

type Message = api.Message;
type View = api.ConversationView;

export class PytalkClient implements api.Client {
  readonly server: string;
  readonly #parts: Parts;
  #closing: Promise<void> | null = null;

  constructor(server: string, parts: Parts) {
    this.server = server;
    this.#parts = parts;
  }

  get #core(): Core {
    return this.#parts.core;
  }
  get state(): api.ConnectionState {
    return this.#core.link.state;
  }
  get me(): api.Me | null {
    return this.#core.me;
  }
  get fingerprint(): string | null {
    return this.#core.link.fingerprint;
  }
  get retention(): api.Client['retention'] {
    return this.#core.link.hello?.retention ?? null;
  }

  register(account: Parameters<api.Client['register']>[0]): Promise<api.Me> {
    return this.#parts.session.register(account);
  }
  login(username: string, password: string): Promise<api.Me> {
    return this.#parts.session.login(username, password);
  }
  resetPassword(reset: Parameters<api.Client['resetPassword']>[0]): Promise<api.Me> {
    return this.#parts.session.resetPassword(reset);
  }
  logout(): Promise<void> {
    return this.#parts.session.logout();
  }
  changePassword(oldPassword: string, newPassword: string): Promise<void> {
    return this.#parts.session.changePassword(oldPassword, newPassword);
  }
  makeRecoveryKey(password: string): Promise<string> {
    return this.#parts.session.makeRecoveryKey(password);
  }
  sessions(): Promise<SessionInfo[]> {
    return this.#parts.session.sessions();
  }
  revokeSession(id: number): Promise<void> {
    return this.#parts.session.revoke(id);
  }
  deleteAccount(password: string): Promise<void> {
    return this.#parts.session.deleteAccount(password);
  }

  serverStatistics(since: number): Promise<ServerStatistics> {
    return this.#core.link.request('server.statistics', { since });
  }

  profile(username?: string): Promise<User> {
    return this.#parts.people.profile(username);
  }
  setProfile(fields: Parameters<api.Client['setProfile']>[0]): Promise<User> {
    return this.#parts.people.setProfile(fields);
  }
  avatarPath(user: User): Promise<string | null> {
    return this.#parts.people.avatarPath(user);
  }
  safetyNumber(username: string): ReturnType<api.Client['safetyNumber']> {
    return this.#parts.people.safetyNumber(username);
  }
  markVerified(username: string, verified: boolean): Promise<void> {
    return this.#parts.people.markVerified(username, verified);
  }
  friends(): Promise<api.Friend[]> {
    return this.#parts.people.friends();
  }
  blockedPeople(): Promise<User[]> {
    return this.#parts.people.blockedPeople();
  }
  addFriend(phoneOrName: string): Promise<{ user: User; added: boolean }> {
    return this.#parts.people.addFriend(phoneOrName);
  }
  removeFriend(username: string): Promise<void> {
    return this.#parts.people.removeFriend(username);
  }
  block(username: string, blocked: boolean): Promise<void> {
    return this.#parts.people.block(username, blocked);
  }

  conversations(): Promise<View[]> {
    return this.#parts.conversations.list();
  }
  async conversation(withName: string): Promise<View> {
    const { conversations } = this.#parts;
    return conversations.view(await conversations.find(withName, !this.#core.live));
  }
  createGroup(name: string, members: readonly string[]): Promise<View> {
    return this.#parts.conversations.createGroup(name, members);
  }
  addMembers(group: string, usernames: readonly string[]): Promise<View> {
    return this.#parts.conversations.addMembers(group, usernames);
  }
  removeMember(group: string, username: string): Promise<View> {
    return this.#parts.conversations.removeMember(group, username);
  }
  leaveGroup(group: string): Promise<void> {
    return this.#parts.conversations.leave(group);
  }
  makeAdmin(group: string, username: string): Promise<View> {
    return this.#parts.conversations.makeAdmin(group, username);
  }
  renameGroup(group: string, name: string): Promise<View> {
    return this.#parts.conversations.rename(group, name);
  }
  setHidden(withName: string, hidden: boolean): Promise<void> {
    return this.#parts.conversations.set(withName, { hidden });
  }
  setMuted(withName: string, muted: boolean): Promise<void> {
    return this.#parts.conversations.set(withName, { muted });
  }
  clear(withName: string): Promise<void> {
    return this.#parts.conversations.set(withName, ({ lastSeq }) => ({ clearedSeq: lastSeq }));
  }
  markRead(withName: string, seq?: number, isPrivate?: boolean): Promise<void> {
    return this.#parts.conversations.markRead(withName, seq, isPrivate);
  }
  typing(withName: string, on: boolean): void {
    this.#parts.conversations.typing(withName, on).catch(() => undefined);
  }

  send(withName: string, message: api.Outgoing): Promise<Message> {
    return this.#parts.messages.send(withName, message);
  }
  createPoll(withName: string, question: string, options: readonly string[], id?: string): Promise<Message> {
    return this.#parts.messages.createPoll(withName, question, options, id);
  }
  edit(id: string, text: string): Promise<Message> {
    return this.#parts.messages.edit(id, text);
  }
  delete(id: string): Promise<Message> {
    return this.#parts.messages.delete(id);
  }
  react(id: string, emoji: string | null): Promise<Message> {
    return this.#parts.messages.react(id, emoji);
  }
  vote(id: string, option: number | null): Promise<Message> {
    return this.#parts.messages.vote(id, option);
  }
  message(id: string): Promise<Message> {
    return this.#parts.messages.message(id);
  }
  history(withName: string, query: api.HistoryQuery = {}): Promise<Message[]> {
    return this.#parts.messages.history(withName, query);
  }
  log(withName: string, query: api.HistoryQuery = {}): Promise<LogEvent[]> {
    return this.#parts.messages.log(withName, query);
  }
  async fetchFile(id: string, options: FetchOptions = {}): Promise<{ path: string; size: number }> {
    return fetchFile(this.#core, await this.message(id), options);
  }

  async startCall(...args: Parameters<api.Client['startCall']>): ReturnType<api.Client['startCall']> {
    this.#live();
    return this.#parts.calls.start(...args);
  }
  async joinCall(withName: string): Promise<Call> {
    this.#live();
    return this.#parts.calls.join(withName);
  }
  currentCalls(): readonly Call[] {
    return this.#parts.calls.list;
  }

  async discard(id: string): Promise<void> {
    await this.#live().discard(id);
  }
  async search(text: string, options: { in?: string; limit?: number } = {}): Promise<Message[]> {
    return await this.#live().search(text, options);
  }
  async callLog(limit: number): Promise<Message[]> {
    return await this.#live().callLog(limit);
  }
  async cursor(): Promise<string> {
    return Promise.resolve(this.#live().cursor());
  }
  replay(since: string): ReturnType<api.Client['replay']> {
    return this.#live().replay(since);
  }
  async synced(): Promise<void> {
    await this.#live().synced();
  }
  async resync(): Promise<void> {
    await this.#live().resync();
  }
  async drained(timeoutMs?: number): Promise<void> {
    await this.#live().drained(timeoutMs);
  }

  #live(): Live {
    if (this.state === 'closed') throw new PytalkError('closed');
    if (this.#core.live) return this.#core.live;
    if (this.#core.mode === 'live') throw new PytalkError('not-logged-in');
    throw new PytalkError('usage', { details: { reason: 'this needs connect({ mode: "live" })' } });
  }

  on<T extends api.ClientEventName>(type: T, listener: (event: api.ClientEvents[T]) => void): () => void {
    const undo = this.#core.emitter.on(type, listener);
    if (type === 'call') this.#parts.calls.announce();
    return undo;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#parts.calls.close();
    await this.#core.link.close();
    await this.#core.live?.close();
    // What cannot be written down now will be seen again.
    await this.#core.contacts.flush().catch(() => undefined);
  }
}
