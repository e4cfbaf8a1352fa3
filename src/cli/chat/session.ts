// One logged-in account on the screen: keeps the state in step with the client until it is closed.
import type { Client, ConversationView, HistoryQuery, Message } from '../../client/api.js';
import { isOutage } from '../../client/link.js';
import type { Say } from '../catalogue/translate.js';
import { cleanLine } from '../clean-text.js';
import type { Action } from './actions.js';
import { listenTo } from './client-events.js';
import { sentenceOf } from '../failure.js';
import { isMissed, isNote } from './message-text.js';
import { loadPicture } from './picture.js';
import type { Notifier } from '../notify/notifier.js';
import { isWatching } from './reduce.js';
import { currentConversation, currentThread, type ChatState } from './state.js';
import { mentions } from './styled-text.js';
import { firstSeq, lastSeq } from './threads.js';

const pageMessages = 60;
/** Several things that change at once are read again once. */
const refreshAfterMs = 150;
/** Pictures without a thumbnail are fetched by themselves up to this size. */
const maxAutomaticBytes = 4_000_000;
/** Width and height of what is kept of a picture at most: as large as a thumbnail. */
const picturePixels = 240;

export interface SessionHost {
  readonly state: ChatState;
  readonly say: Say;
  dispatch(action: Action): void;
  fail(error: unknown): void;
  now(): number;
  readonly notifier: Notifier;
  sessionEnded(error: Error): void;
}

export class Session {
  private readonly undo: () => void;
  private readonly timers = new Map<string, NodeJS.Timeout>();
  /** Ids of those that are being loaded, or could not be. */
  private readonly pictures = new Set<string>();
  private isClosed = false;

  constructor(
    readonly client: Client,
    private readonly host: SessionHost,
  ) {
    this.undo = listenTo(client, {
      dispatch: (action) => host.dispatch(action),
      now: () => host.now(),
      arrived: (message) => this.arrived(message),
      receipts: (conv) => this.later(`receipts ${conv}`, () => this.reload(conv)),
      listChanged: () => this.refreshList(),
      cameOnline: () => this.refreshWhenSynced(),
      connection: (event) => this.connectionChanged(event.state, event.retryInMs, event.error),
      sessionEnded: ({ error }) => host.sessionEnded(error),
      keyChanged: (name) => this.tellKeyChanged(name),
      restored: () => this.readAgain(),
    });
  }

  /** Shows what the client has: the account and the conversations. */
  async start(): Promise<void> {
    const { client, host } = this;
    if (client.me !== null)
      host.dispatch({ type: 'logged-in', me: client.me.username, server: client.server });
    this.connectionChanged(client.state, null, null);
    await this.loadList();
  }

  /** Brings the rest, for which the first picture does not wait, and what has changed since. */
  complete(): void {
    this.run(() => this.findMarks());
    this.run(() => this.loadFriends());
    this.refreshWhenSynced();
  }

  async open(conversation: ConversationView): Promise<void> {
    this.host.dispatch({ type: 'opened', conversation });
    await this.reload(conversation.id);
    this.markRead();
  }

  /** Opens the conversation of a message at its place, with it selected. */
  async goTo({ id, seq, conversation: name }: Message): Promise<void> {
    const conversation = await this.client.conversation(name);
    // What waits to be sent is at the end.
    if (seq === null) return this.open(conversation);
    const limit = pageMessages / 2;
    const [before, after] = await Promise.all([
      this.client.history(name, { before: seq + 1, limit }),
      this.client.history(name, { after: seq, limit }),
    ]);
    if (this.isClosed) return;
    this.host.dispatch({ type: 'opened', conversation });
    const messages = [...before, ...after];
    const isEnd = after.length < limit;
    this.host.dispatch({ type: 'went-to', conv: conversation.id, id, messages, isEnd });
    this.loadPictures(messages);
    // With what waits to be sent.
    if (isEnd) await this.reload(conversation.id);
  }

  /** Fetches older messages when the screen has reached the first one that is loaded. */
  loadOlder(): void {
    const { host } = this;
    const conversation = currentConversation(host.state);
    const thread = currentThread(host.state);
    const before = firstSeq(thread);
    if (conversation === null || thread.complete || thread.loading || before === null) return;
    this.loadPage(conversation, { before, limit: pageMessages }, (messages) => ({
      type: 'page-loaded',
      conv: conversation.id,
      messages,
      before,
      whole: messages.length === 0,
    }));
  }

  /** Fetches newer messages when those after the last that is kept have been dropped. */
  loadNewer(): void {
    const { host } = this;
    const conversation = currentConversation(host.state);
    const thread = currentThread(host.state);
    const after = lastSeq(thread);
    if (conversation === null || !thread.hasNewer || thread.loading || after === null) return;
    this.loadPage(conversation, { after, limit: pageMessages }, (messages) => ({
      type: 'newer-loaded',
      conv: conversation.id,
      messages,
      after,
      isEnd: messages.length < pageMessages,
    }));
  }

  /** Goes to the end of the conversation when it is not kept. */
  loadNewest(): void {
    const { current } = this.host.state;
    if (current !== null) this.run(() => this.reload(current));
  }

  /** Tells the server that the open conversation is read, when its end is on the screen. */
  markRead(): void {
    const conversation = currentConversation(this.host.state);
    if (conversation === null || conversation.unread === 0) return;
    if (!isWatching(this.host.state, conversation.id)) return;
    this.host.dispatch({ type: 'marked-read', conv: conversation.id });
    this.run(() => this.tellRead(conversation.name));
  }

  /** Also of what is read in private the own devices hear: what is unread is the same on all. */
  private async tellRead(name: string): Promise<void> {
    await this.client.markRead(name, undefined, !this.host.state.settings.readReceipts);
  }

  refreshList(): void {
    this.later('list', () => this.loadList());
  }

  /** Idempotent. The client itself is closed by who made it. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.undo();
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
  }

  private run(work: () => Promise<void>): void {
    work().catch((error: unknown) => {
      // The person has asked for none of it, the status bar tells of the connection, and the next one begins anew.
      if (!this.isClosed && !isOutage(error)) this.host.fail(error);
    });
  }

  private loadPage(
    { id, name }: ConversationView,
    query: HistoryQuery,
    loaded: (messages: readonly Message[]) => Action,
  ): void {
    this.host.dispatch({ type: 'page-asked', conv: id });
    this.run(async () => {
      try {
        const messages = await this.client.history(name, query);
        this.host.dispatch(loaded(messages));
        this.loadPictures(messages);
      } catch (error) {
        this.host.dispatch({ type: 'page-failed', conv: id });
        throw error;
      }
    });
  }

  private later(name: string, work: () => Promise<void>): void {
    if (this.timers.has(name) || this.isClosed) return;
    const timer = setTimeout(() => {
      this.timers.delete(name);
      this.run(work);
    }, refreshAfterMs);
    this.timers.set(name, timer);
  }

  private async loadList(): Promise<void> {
    const conversations = await this.client.conversations();
    if (this.isClosed) return;
    this.host.dispatch({ type: 'conversations-loaded', conversations });
    this.markRead();
  }

  /** What mentions this account, and missed calls, in what is unread since before the start. */
  private async findMarks(): Promise<void> {
    const { host } = this;
    for (const { id, name, kind, unread } of host.state.conversations) {
      if (this.isClosed) return;
      if (unread === 0) continue;
      const messages = await this.client.history(name, { limit: Math.min(unread, pageMessages) });
      if (messages.some((one) => isMissed(one))) host.dispatch({ type: 'marked', mark: 'missed', conv: id });
      if (kind === 'group' && messages.some((one) => !one.mine && mentions(one.text ?? '', host.state.me)))
        host.dispatch({ type: 'marked', mark: 'mentioned', conv: id });
    }
  }

  private async loadFriends(): Promise<void> {
    const friends = await this.client.friends();
    if (!this.isClosed) this.host.dispatch({ type: 'friends-loaded', friends });
  }

  /** Reads the newest page of a conversation again, if it has been opened. */
  private async reload(conv: number): Promise<void> {
    const { host } = this;
    const conversation = host.state.conversations.find((one) => one.id === conv);
    const thread = host.state.threads[conv];
    if (conversation === undefined || thread === undefined) return;
    const limit = Math.min(200, Math.max(pageMessages, thread.messages.length));
    const messages = await this.client.history(conversation.name, { limit });
    if (this.isClosed) return;
    const whole = messages.length < limit && (thread.hasNewer || thread.messages.length <= messages.length);
    host.dispatch({ type: 'page-loaded', conv, messages, before: null, whole });
    this.loadPictures(messages);
  }

  /** What came while away is told message by message; counts and lists are read once it is all there. */
  private refreshWhenSynced(): void {
    this.client.synced().then(
      () => this.refreshAll(),
      // Offline: the next connection tries again.
      () => undefined,
    );
  }

  private refreshAll(): void {
    this.refreshList();
    this.later('friends', () => this.loadFriends());
    const { current } = this.host.state;
    if (current !== null) this.later(`receipts ${current}`, () => this.reload(current));
  }

  private connectionChanged(state: Client['state'], retryInMs: number | null, error: unknown): void {
    const { host } = this;
    host.dispatch({ type: 'ticked', nowMs: host.now() });
    host.dispatch({
      type: 'connection',
      server: this.client.server,
      connection: {
        state,
        retryAtMs: retryInMs === null ? null : host.now() + retryInMs,
        reason: error === null ? null : sentenceOf(error, host.say),
      },
    });
  }

  private arrived(message: Message): void {
    const { host } = this;
    const conversation = host.state.conversations.find((one) => one.id === message.conv);
    if (conversation === undefined) this.refreshList();
    if (message.conv !== null && host.state.threads[message.conv] !== undefined) this.loadPictures([message]);
    if (message.mine || isNote(message)) return;
    if (isWatching(host.state, message.conv))
      this.later(`read ${message.conv}`, () => this.tellRead(message.conversation));
    else host.notifier.message(message, conversation);
  }

  private tellKeyChanged(name: string): void {
    const text = this.host.say('chat.key-changed', { name: cleanLine(name) });
    this.host.dispatch({ type: 'noticed', notice: { kind: 'error', text } });
  }

  /** The server came back from a backup: what is shown may be gone, and other messages in its place. */
  private readAgain(): void {
    const { host } = this;
    host.dispatch({ type: 'noticed', notice: { kind: 'error', text: host.say('chat.restored') } });
    host.dispatch({ type: 'threads-emptied' });
    this.refreshList();
    const { current } = host.state;
    if (current !== null) this.run(() => this.reload(current));
  }

  private loadPictures(messages: readonly Message[]): void {
    for (const message of messages) {
      if (message.kind !== 'image' || message.deleted || this.pictures.has(message.id)) continue;
      if (this.host.state.pictures[message.id] !== undefined) continue;
      this.pictures.add(message.id);
      // A picture that cannot be shown stays a file with a name and a size, and is not tried again.
      void this.loadPictureOf(message).then(
        () => this.pictures.delete(message.id),
        () => undefined,
      );
    }
  }

  private async loadPictureOf(message: Message): Promise<void> {
    const { file } = message;
    if (file === null) return;
    const thumb = file.thumb === undefined ? null : Buffer.from(file.thumb, 'base64');
    if (thumb === null && (file.size > maxAutomaticBytes || message.seq === null)) return;
    const source = thumb ?? (await this.client.fetchFile(message.id)).path;
    const picture = await loadPicture(source, picturePixels, picturePixels);
    if (!this.isClosed) this.host.dispatch({ type: 'picture-loaded', id: message.id, picture });
  }
}
