// A client in memory for tests of what stands above it: one account, people who can be made to write, no network.
import type { Call } from '../../src/client/call-api.js';
import { EventEmitter } from 'node:events';
import type {
  Client,
  ClientEventName,
  ClientEvents,
  ConnectionState,
  ConversationView,
  Friend,
  HistoryQuery,
  Me,
  MemberView,
  Message,
  Outgoing,
} from '../../src/client/api.js';
import { phoneDigits } from '../../src/protocol/names.js';
import { PytalkError } from '../../src/protocol/errors.js';
import type { User } from '../../src/protocol/shapes.js';

function fakeUser(id: number, username: string, more: Partial<User> = {}): User {
  return {
    id,
    username,
    firstName: null,
    lastName: null,
    bio: 'Hi, I use PyTalk!',
    email: null,
    phone: null,
    avatar: null,
    publicKey: 'a'.repeat(43),
    deleted: false,
    ...more,
  };
}

let counter = 0;

/** A message by `from`; times go up by a second. */
export function fakeMessage(more: Partial<Message> & { from: string }): Message {
  counter++;
  return {
    id: `00000000-0000-7000-8000-${String(counter).padStart(12, '0')}`,
    seq: counter,
    conversation: `@${more.from}`,
    conv: 1,
    mine: false,
    kind: 'text',
    text: `message ${counter}`,
    sentAt: new Date(Date.UTC(2026, 2, 3, 12, 0, counter)).toISOString(),
    editedAt: null,
    deleted: false,
    expired: false,
    replyTo: null,
    quoted: null,
    file: null,
    reactions: {},
    poll: null,
    call: null,
    system: null,
    state: 'read',
    error: null,
    ...more,
  };
}

export class FakeClient implements Client {
  state: ConnectionState = 'online';
  server = '127.0.0.1:5000';
  me: Me | null = null;
  fingerprint: string | null = null;
  retention: Client['retention'] = null;
  /** What was called, in order: `send @bob hello`. */
  readonly calls: string[] = [];
  readonly people = new Map<string, User>();
  readonly logs = new Map<number, Message[]>();
  views: ConversationView[] = [];
  contacts: Friend[] = [];
  isClosed = false;
  readonly verified = new Set<string>();
  private readonly emitter = new EventEmitter();
  private nextId = 1;

  /** Logged in as `username`, unless null. */
  constructor(username: string | null = 'alice') {
    this.emitter.setMaxListeners(100);
    if (username !== null) this.me = { ...this.person(username), session: 1 };
  }

  /** Makes a person known. */
  person(username: string): User {
    const known = this.people.get(username) ?? fakeUser(this.people.size + 1, username);
    this.people.set(username, known);
    return known;
  }

  /** Makes a conversation with a person (`@bob`) or a group (`#team`) of these people. */
  talk(name: string, members: readonly string[] = []): ConversationView {
    const isGroup = name.startsWith('#');
    const usernames = isGroup ? ['alice', ...members] : ['alice', name.slice(1)];
    const view: ConversationView = {
      id: this.nextId++,
      name,
      kind: isGroup ? 'group' : 'direct',
      members: usernames.map((username): MemberView => ({
        username,
        id: this.person(username).id,
        admin: isGroup && username === 'alice',
        online: username === 'alice',
        lastSeenAt: null,
      })),
      peer: isGroup ? null : this.person(name.slice(1)),
      inContacts: true,
      admin: isGroup,
      unread: 0,
      hidden: false,
      muted: false,
      left: false,
      firstSeq: 1,
      lastSeq: 0,
      call: null,
      last: null,
    };
    this.views.push(view);
    this.logs.set(view.id, []);
    return view;
  }

  emit<T extends ClientEventName>(type: T, event: ClientEvents[T]): void {
    if (type === 'presence') this.notePresence(event as ClientEvents['presence']);
    this.emitter.emit(type, event);
  }

  /** What is told of people is in the list too, as with the real client. */
  private notePresence({ user, online, lastSeenAt }: ClientEvents['presence']): void {
    for (const view of this.views)
      view.members = view.members.map((one) =>
        one.username === user ? { ...one, online, lastSeenAt } : one,
      );
  }

  /** Stores a message without telling of it, as what came before the start. */
  add(name: string, more: Partial<Message> & { from: string }): Message {
    const view = this.find(name);
    const log = this.logs.get(view.id) ?? [];
    const message = fakeMessage({
      conversation: view.name,
      conv: view.id,
      mine: more.from === this.me?.username,
      seq: log.length + 1,
      ...more,
    });
    log.push(message);
    this.logs.set(view.id, log);
    Object.assign(view, {
      last: message,
      lastSeq: message.seq,
      unread: view.unread + (message.mine ? 0 : 1),
    });
    return message;
  }

  /** Somebody writes: it is stored, and told. */
  receive(name: string, more: Partial<Message> & { from: string }): Message {
    const message = this.add(name, more);
    this.emit('message', { message, cursor: '1' });
    return message;
  }

  private find(name: string): ConversationView {
    const view = this.views.find((one) => one.name === name || one.name.slice(1) === name);
    if (view === undefined) throw new PytalkError('conversation-not-found', { details: { name } });
    return view;
  }

  private update(id: string, change: (message: Message) => Message): Message {
    for (const [conv, log] of this.logs) {
      const at = log.findIndex((message) => message.id === id);
      const old = log[at];
      if (old === undefined) continue;
      const message = change(old);
      log[at] = message;
      const view = this.views.find((one) => one.id === conv);
      if (view?.last?.id === id) view.last = message;
      this.emit('message-updated', { message, cursor: '1' });
      return message;
    }
    throw new PytalkError('message-not-found', { details: { id } });
  }

  private did(...words: unknown[]): void {
    this.calls.push(words.map(String).join(' '));
  }

  /** The account; throws when nobody is logged in. */
  private get account(): Me {
    if (this.me === null) throw new PytalkError('not-logged-in');
    return this.me;
  }

  async register(account: Parameters<Client['register']>[0]): Promise<Me> {
    const phone = phoneDigits(account.phone);
    this.did('register', account.username, phone);
    this.me = { ...this.person(account.username), phone, session: 1 };
    return this.me;
  }

  async login(username: string, password: string): Promise<Me> {
    this.did('login', username);
    if (password !== 'secret123') throw new PytalkError('login-refused');
    this.me = { ...this.person(username), session: 1 };
    return this.me;
  }

  async resetPassword(): Promise<Me> {
    return this.account;
  }

  async logout(): Promise<void> {
    this.did('logout');
    this.me = null;
  }

  async changePassword(): Promise<void> {
    this.did('changePassword');
  }

  async makeRecoveryKey(): Promise<string> {
    return 'KEY';
  }

  async sessions(): Promise<[]> {
    return [];
  }

  async revokeSession(): Promise<void> {
    this.did('revokeSession');
  }

  async deleteAccount(): Promise<void> {
    this.did('deleteAccount');
  }

  async serverStatistics(): Promise<never> {
    throw new PytalkError('not-administrator');
  }

  async profile(username?: string): Promise<User> {
    const user = this.people.get(username ?? this.account.username);
    if (user === undefined) throw new PytalkError('user-not-found', { details: { name: username ?? '' } });
    return user;
  }

  async setProfile(): Promise<User> {
    return this.account;
  }

  async avatarPath(): Promise<null> {
    return null;
  }

  async safetyNumber(name: string): Promise<{ number: string; verified: boolean; changed: boolean }> {
    return { number: '0'.repeat(60), verified: this.verified.has(name), changed: false };
  }

  async markVerified(name: string, verified: boolean): Promise<void> {
    this.did('markVerified');
    if (verified) this.verified.add(name);
    else this.verified.delete(name);
  }

  async friends(): Promise<Friend[]> {
    return [...this.contacts];
  }

  async blockedPeople(): Promise<User[]> {
    return [];
  }

  async addFriend(phoneOrName: string): Promise<{ user: User; added: boolean }> {
    this.did('addFriend', phoneOrName);
    const user =
      this.people.get(phoneOrName) ?? [...this.people.values()].find((one) => one.phone === phoneOrName);
    if (user === undefined) throw new PytalkError('phone-not-found');
    this.contacts.push({ user, online: false, lastSeenAt: null });
    return { user, added: true };
  }

  async removeFriend(username: string): Promise<void> {
    this.did('removeFriend', username);
    this.contacts = this.contacts.filter((one) => one.user.username !== username);
  }

  async block(username: string, blocked: boolean): Promise<void> {
    this.did('block', username, blocked);
  }

  async conversations(): Promise<ConversationView[]> {
    return this.views.map((view) => ({ ...view }));
  }

  async conversation(withName: string): Promise<ConversationView> {
    const known = this.views.find((one) => one.name === withName || one.name.slice(1) === withName);
    if (known !== undefined) return { ...known };
    if (!this.people.has(withName.replace(/^@/, ''))) this.find(withName);
    return { ...this.talk(`@${withName.replace(/^@/, '')}`) };
  }

  async createGroup(name: string, members: readonly string[]): Promise<ConversationView> {
    this.did('createGroup', name, members.join(','));
    return { ...this.talk(`#${name}`, members) };
  }

  async addMembers(group: string, usernames: readonly string[]): Promise<ConversationView> {
    this.did('addMembers', group, usernames.join(','));
    return { ...this.find(group) };
  }

  async removeMember(group: string, username: string): Promise<ConversationView> {
    this.did('removeMember', group, username);
    return { ...this.find(group) };
  }

  async leaveGroup(group: string): Promise<void> {
    this.did('leaveGroup', group);
    this.find(group).left = true;
  }

  async makeAdmin(group: string, username: string): Promise<ConversationView> {
    this.did('makeAdmin', group, username);
    return { ...this.find(group) };
  }

  async renameGroup(group: string, name: string): Promise<ConversationView> {
    this.did('renameGroup', group, name);
    const view = this.find(group);
    view.name = `#${name}`;
    return { ...view };
  }

  async setHidden(withName: string, hidden: boolean): Promise<void> {
    this.did('setHidden', withName, hidden);
    this.find(withName).hidden = hidden;
  }

  async setMuted(withName: string, muted: boolean): Promise<void> {
    this.did('setMuted', withName, muted);
    this.find(withName).muted = muted;
  }

  async clear(withName: string): Promise<void> {
    this.did('clear', withName);
    this.logs.set(this.find(withName).id, []);
  }

  async markRead(withName: string, _seq?: number, isPrivate = false): Promise<void> {
    this.did('markRead', withName, ...(isPrivate ? ['private'] : []));
    this.find(withName).unread = 0;
  }

  typing(withName: string, on: boolean): void {
    this.did('typing', withName, on);
  }

  async send(withName: string, message: Outgoing): Promise<Message> {
    this.did('send', withName, message.text ?? '', message.replyTo ?? '', message.file ?? '');
    const view = this.find(withName);
    const from = this.account.username;
    const quote = this.logs.get(view.id)?.find((one) => one.id === message.replyTo);
    const sent = this.add(withName, {
      from,
      text: message.text ?? null,
      replyTo: message.replyTo ?? null,
      quoted: quote === undefined ? null : { from: quote.from, text: quote.text ?? '' },
      state: 'sent',
      sentAt: new Date().toISOString(),
    });
    setImmediate(() => this.emit('message', { message: sent, cursor: '1' }));
    return { ...sent, seq: null, state: 'queued' };
  }

  async createPoll(withName: string, question: string, options: readonly string[]): Promise<Message> {
    this.did('createPoll', withName, question, options.join(','));
    return this.receive(withName, {
      from: this.account.username,
      kind: 'poll',
      text: null,
      poll: { question, options: options.map((text) => ({ text, votes: 0, voters: [] })), mine: null },
    });
  }

  async edit(id: string, text: string): Promise<Message> {
    this.did('edit', text);
    return this.update(id, (message) => ({ ...message, text, editedAt: new Date().toISOString() }));
  }

  async delete(id: string): Promise<Message> {
    this.did('delete');
    return this.update(id, (message) => ({ ...message, text: null, deleted: true }));
  }

  async react(id: string, emoji: string | null): Promise<Message> {
    this.did('react', emoji);
    const name = this.account.username;
    return this.update(id, (message) => {
      const reactions = Object.fromEntries(
        Object.entries(message.reactions)
          .map(([key, users]): [string, string[]] => [key, users.filter((user) => user !== name)])
          .filter(([, users]) => users.length > 0),
      );
      return {
        ...message,
        reactions:
          emoji === null ? reactions : { ...reactions, [emoji]: [...(reactions[emoji] ?? []), name] },
      };
    });
  }

  async vote(id: string, option: number | null): Promise<Message> {
    this.did('vote', option);
    const name = this.account.username;
    return this.update(id, (message) => ({
      ...message,
      poll: message.poll && {
        ...message.poll,
        mine: option,
        options: message.poll.options.map((one, index) => {
          const voters = one.voters.filter((voter) => voter !== name);
          if (index === option) voters.push(name);
          return { ...one, voters, votes: voters.length };
        }),
      },
    }));
  }

  async message(id: string): Promise<Message> {
    return this.update(id, (message) => message);
  }

  async startCall(): Promise<never> {
    throw new PytalkError('call-nobody');
  }

  async joinCall(): Promise<never> {
    throw new PytalkError('call-not-found');
  }

  currentCalls(): readonly Call[] {
    return [];
  }

  async discard(id: string): Promise<void> {
    this.did('discard', id);
  }

  async history(withName: string, query: HistoryQuery = {}): Promise<Message[]> {
    const view = this.find(withName);
    const log = this.logs.get(view.id) ?? [];
    const { before = Infinity, after = 0, limit = 50 } = query;
    this.did('history', withName, before);
    const found = log.filter((one) => (one.seq ?? 0) < before && (one.seq ?? 0) > after);
    const isOldest = query.before === undefined && query.after !== undefined;
    // Copies, as the real client gives: what is changed afterwards is told.
    return (isOldest ? found.slice(0, limit) : found.slice(-limit)).map((one) => ({ ...one }));
  }

  async log(): Promise<[]> {
    return [];
  }

  async callLog(limit: number): Promise<Message[]> {
    const calls = [...this.logs.values()].flat().filter((message) => message.kind === 'call');
    return calls.reverse().slice(0, limit);
  }

  async search(text: string): Promise<Message[]> {
    this.did('search', text);
    return [...this.logs.values()].flat().filter((message) => message.text?.includes(text) === true);
  }

  async fetchFile(id: string, options: { out?: string } = {}): Promise<{ path: string; size: number }> {
    this.did('fetchFile', options.out ?? '');
    return { path: options.out ?? `/cache/${id}`, size: 1 };
  }

  async cursor(): Promise<string> {
    return '1';
  }

  // eslint-disable-next-line require-yield
  async *replay(): AsyncGenerator<never> {
    return;
  }

  async synced(): Promise<void> {
    return;
  }

  async resync(): Promise<void> {
    return;
  }

  async drained(): Promise<void> {
    return;
  }

  on<T extends ClientEventName>(type: T, listener: (event: ClientEvents[T]) => void): () => void {
    this.emitter.on(type, listener);
    return () => this.emitter.off(type, listener);
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }
}

/** A client whose friend bob has written once; `groups` are there too, with bob and carol. */
export function withBob<T extends FakeClient>(client: T, ...groups: string[]): T {
  client.talk('@bob');
  for (const group of groups) client.talk(group, ['bob', 'carol']);
  client.add('@bob', { from: 'bob', text: 'hello alice' });
  return client;
}
