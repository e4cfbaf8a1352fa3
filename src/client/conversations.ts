// Finding, listing and changing conversations.
import { PytalkError } from '../protocol/errors.js';
import type { Conversation, User } from '../protocol/shapes.js';
import type { ConversationView } from './api.js';
import type { Core } from './core.js';
import { parseWith } from './directory.js';
import type { MessageSource } from './message-source.js';
import type { MessageViews } from './message-views.js';
import type { People } from './people.js';
import { viewConversation } from './view.js';

/** What a name means: a conversation, or a person with whom there is none yet. */
export type Meaning = { conversation: Conversation } | { conversation: null; person: User };

/** What an account may change of a conversation for itself. */
type OwnState = Partial<Pick<Conversation, 'hidden' | 'muted' | 'clearedSeq'>>;

/** How long nobody is asked again whether there is a person of the name by which a group is called. */
const absentMs = 10_000;

export class Conversations {
  readonly #absent = new Map<string, number>();
  readonly #core: Core;
  readonly #people: People;
  readonly #views: MessageViews;

  constructor(core: Core, people: People, views: MessageViews) {
    this.#core = core;
    this.#people = people;
    this.#views = views;
  }

  /** Fetches the list once; pushes keep it as it should be. */
  async load(fresh = false): Promise<void> {
    const { directory, link } = this.#core;
    if (directory.hasConversations && !fresh) return;
    const { conversations, users, presence } = await link.request('conversations.list', {});
    directory.putUsers(users);
    for (const conversation of conversations) {
      // What was pushed while the answer was being made is newer than it.
      const pushed = directory.conversations.get(conversation.id)?.lastSeq ?? 0;
      directory.putConversation({ ...conversation, lastSeq: Math.max(conversation.lastSeq, pushed) });
    }
    directory.putPresence(presence);
    directory.hasConversations = true;
  }

  /** `@alice`, `#team`, or bare: the person, else the group. Rejects with `user-not-found` or `conversation-not-found`. */
  async resolve(withName: string): Promise<Meaning> {
    await this.load();
    const { directory } = this.#core;
    const { kind, name } = parseWith(withName.trim());
    if (kind !== 'group') {
      const person = await this.#person(name, kind === 'either');
      if (person) {
        if (person.id === directory.me) throw new PytalkError('yourself');
        const conversation = directory.directWith(person.id);
        return conversation ? { conversation } : { conversation: null, person };
      }
    }
    const conversation = directory.groupByName(name);
    if (!conversation) throw new PytalkError('conversation-not-found', { details: { name: withName } });
    return { conversation };
  }

  async #person(name: string, orGroup: boolean): Promise<User | null> {
    const now = this.#core.timers.now();
    if (orGroup && (this.#absent.get(name) ?? 0) > now) return null;
    try {
      return await this.#people.find(name);
    } catch (error) {
      const code = error instanceof PytalkError ? error.code : null;
      if (!orGroup || (code !== 'user-not-found' && code !== 'offline')) throw error;
      if (code === 'user-not-found') this.#absent.set(name, now + absentMs);
      return null;
    }
  }

  /** The conversation that a name means; with a person it is made when there is none. */
  async find(withName: string, fresh = false): Promise<Conversation> {
    await this.load(fresh);
    const meaning = await this.resolve(withName);
    return meaning.conversation ?? this.open(meaning.person.id);
  }

  async open(user: number): Promise<Conversation> {
    const { directory, link } = this.#core;
    const reply = await link.request('conversations.open', { user });
    directory.putUser(reply.user);
    directory.putConversation(reply.conversation);
    return reply.conversation;
  }

  async #group(withName: string): Promise<Conversation> {
    await this.load();
    const { kind, name } = parseWith(withName.trim());
    const group = kind === 'person' ? null : this.#core.directory.groupByName(name);
    if (!group) throw new PytalkError('conversation-not-found', { details: { name: withName } });
    return group;
  }

  get #source(): MessageSource {
    return this.#core.live?.source ?? this.#core.remote;
  }

  async view(conversation: Conversation): Promise<ConversationView> {
    const [view] = await this.#viewAll([conversation]);
    if (!view)
      throw new PytalkError('conversation-not-found', { details: { name: String(conversation.id) } });
    return view;
  }

  async #viewAll(conversations: readonly Conversation[]): Promise<ConversationView[]> {
    const { directory } = this.#core;
    const [summaries] = await Promise.all([
      this.#source.summaries(conversations.map(({ id }) => id)),
      // Without the list, contacts are unknown: offline it may be missing, and the view is made all the same.
      this.#people.loadFriends().catch(() => undefined),
    ]);
    const lasts = [...summaries].flatMap(([conv, { last }]) => (last ? [{ conv, last }] : []));
    const messages = await this.#views.all(lasts.map(({ last }) => last));
    const lastOf = new Map(messages.map((message) => [message.conv, message]));
    return conversations.map((conversation) =>
      viewConversation(directory, conversation, {
        unread: summaries.get(conversation.id)?.unread ?? 0,
        last: lastOf.get(conversation.id) ?? null,
      }),
    );
  }

  async list(): Promise<ConversationView[]> {
    await this.load(!this.#core.live);
    const { directory } = this.#core;
    const shown = [...directory.conversations.values()].filter(
      (one) => one.kind === 'group' || one.lastAt !== null,
    );
    const views = await this.#viewAll(shown);
    // ISO times sort as text; a conversation without a message comes last.
    const newest = (view: ConversationView): string => view.last?.sentAt ?? '';
    return views.sort((a, b) => (newest(a) < newest(b) ? 1 : newest(a) > newest(b) ? -1 : b.id - a.id));
  }

  async createGroup(name: string, members: readonly string[]): Promise<ConversationView> {
    await this.load();
    const ids = await this.#ids(members);
    const { conversation } = await this.#core.link.request('groups.create', { name, members: ids });
    this.#core.directory.putConversation(conversation);
    return this.view(conversation);
  }

  async #ids(usernames: readonly string[]): Promise<number[]> {
    const users = await Promise.all(usernames.map((name) => this.#people.find(name.replace(/^@/, ''))));
    return users.map(({ id }) => id);
  }

  async addMembers(group: string, usernames: readonly string[]): Promise<ConversationView> {
    const { id } = await this.#group(group);
    await this.#core.link.request('groups.add', { conv: id, users: await this.#ids(usernames) });
    return this.#afterChange(id);
  }

  async removeMember(group: string, username: string): Promise<ConversationView> {
    const { id } = await this.#group(group);
    const [user = 0] = await this.#ids([username]);
    await this.#core.link.request('groups.remove', { conv: id, user });
    return this.#afterChange(id);
  }

  async leave(group: string): Promise<void> {
    const { id } = await this.#group(group);
    await this.#core.link.request('groups.remove', { conv: id, user: this.#core.directory.me });
    await this.load(true);
  }

  async makeAdmin(group: string, username: string): Promise<ConversationView> {
    const { id } = await this.#group(group);
    const [user = 0] = await this.#ids([username]);
    await this.#core.link.request('groups.admin', { conv: id, user });
    return this.#afterChange(id);
  }

  async rename(group: string, name: string): Promise<ConversationView> {
    const { id } = await this.#group(group);
    await this.#core.link.request('groups.rename', { conv: id, name });
    return this.#afterChange(id);
  }

  async #afterChange(id: number): Promise<ConversationView> {
    await this.load(true);
    const conversation = this.#core.directory.conversations.get(id);
    if (!conversation) throw new PytalkError('conversation-not-found', { details: { name: String(id) } });
    return this.view(conversation);
  }

  async set(withName: string, fields: OwnState | ((now: Conversation) => OwnState)): Promise<void> {
    const { id } = await this.find(withName);
    // Pushes may have changed it meanwhile: the newest is what counts.
    const now = this.#core.directory.conversations.get(id);
    if (!now) return;
    const set = typeof fields === 'function' ? fields(now) : fields;
    await this.#core.link.request('conversations.set', { conv: id, ...set });
    const later = this.#core.directory.conversations.get(id) ?? now;
    this.#core.directory.putConversation({ ...later, ...set });
  }

  async markRead(withName: string, seq?: number, isPrivate = false): Promise<void> {
    const { id, lastSeq } = await this.find(withName);
    const read = Math.min(seq ?? lastSeq, lastSeq);
    await this.#core.link.request('receipt', { conv: id, read, ...(isPrivate && { private: true }) });
    this.noteReceipt(id, this.#core.directory.me, read, read);
  }

  async typing(withName: string, on: boolean): Promise<void> {
    const { conversation } = await this.resolve(withName);
    if (conversation) await this.#core.link.request('typing', { conv: conversation.id, on });
  }

  /** Receipts never go back. */
  noteReceipt(conv: number, user: number, delivered: number, read: number): void {
    const conversation = this.#core.directory.conversations.get(conv);
    if (!conversation) return;
    const members = conversation.members.map((member) =>
      member.user === user
        ? {
            ...member,
            delivered: Math.max(member.delivered, delivered),
            read: Math.max(member.read, read),
          }
        : member,
    );
    this.#core.directory.putConversation({ ...conversation, members });
  }
}
