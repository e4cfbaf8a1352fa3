// Sending with mode `live`: into the outbox first, and from there to the server.
import { PytalkError } from '../protocol/errors.js';
import { isUuid, nameKey } from '../protocol/names.js';
import type { LogEvent } from '../protocol/shapes.js';
import type { Message, Outgoing, TransferOptions } from './api.js';
import type { CachedSource } from './cached-source.js';
import type { Conversations } from './conversations.js';
import type { Core } from './core.js';
import type { MessageViews } from './message-views.js';
import type { People } from './people.js';
import { checkFileSize, eventBody, filePayload, messageId, textPayload, type Draft } from './messages.js';
import { Outbox } from './outbox.js';
import { OutboxStore, type Waiting } from './outbox-store.js';
import { describeFile } from './pictures.js';
import { keepFile, keptPath, keptSize } from './spool.js';

interface Parts {
  core: Core;
  conversations: Conversations;
  people: People;
  views: MessageViews;
  source: CachedSource;
  account: string;
  /** Whether ids of this copy mean on the server what they mean here, and it can be reached. */
  isOnline(): boolean;
  /** Takes an event that was stored into the copy; resolves when it is there. */
  take(event: LogEvent): Promise<void>;
}

export class LiveOutbox {
  readonly #parts: Parts;
  readonly #outbox: Outbox;
  /** Progress and abortion of files that this process has put in, by message id. */
  readonly #transfers = new Map<string, TransferOptions>();
  /** Messages whose `outbox` event is due once they have come back into the copy. */
  readonly #due = new Set<string>();
  /** Messages whose conversation was gone when they were sent. */
  readonly #openedAnew = new Set<string>();

  #admission: Promise<unknown> = Promise.resolve();

  private constructor(parts: Parts, store: OutboxStore) {
    this.#parts = parts;
    const { core } = parts;
    this.#outbox = new Outbox({
      store,
      lockPath: core.home.path('outbox.lock'),
      timers: core.timers,
      isOnline: () => parts.isOnline(),
      prepare: (message) => this.#prepare(message),
      send: (message, conv) => this.#send(message, conv),
      onStored: (message, event) => {
        this.#due.add(message.id);
        return parts.take(event);
      },
      onRefused: (message) => this.#refused(message),
      isOpenedAnew: (message, conv) => this.#openAnew(message, conv),
    });
  }

  static async open(parts: Parts): Promise<LiveOutbox> {
    const store = await OutboxStore.open(parts.core.home.path('outbox.db'), parts.account);
    const outbox = new LiveOutbox(parts, store);
    try {
      await outbox.#outbox.open();
      return outbox;
    } catch (error) {
      await outbox.close();
      throw error;
    }
  }

  async send(withName: string, message: Outgoing): Promise<Message> {
    const id = messageId(message.id);
    const before = message.id === undefined ? null : await this.sentBefore(id);
    if (before) return before;
    const replyTo = message.replyTo?.toLowerCase() ?? null;
    if (message.file === undefined) {
      return this.enqueue(withName, { id, payload: textPayload(message.text ?? ''), replyTo });
    }
    const described = await describeFile(message.file);
    checkFileSize(this.#parts.core, described.size);
    const kept = await keepFile(this.#parts.core.home, message.file, message.signal);
    this.#transfers.set(id, message);
    return this.enqueue(withName, {
      id,
      payload: filePayload({ ...described, ...kept }, message.text),
      replyTo,
    });
  }

  /** Puts a message in; in the order of the calls, whatever has to be looked up for each. */
  async enqueue(withName: string, draft: Draft): Promise<Message> {
    const admitted = this.#admission.then(() => this.#admit(withName, draft));
    this.#admission = admitted.catch(() => undefined);
    const { waiting, onDisk } = await admitted;
    await onDisk;
    return this.#view(waiting);
  }

  async #admit(withName: string, draft: Draft): Promise<{ waiting: Waiting; onDisk: Promise<void> }> {
    const { core, conversations } = this.#parts;
    const meaning = await conversations.resolve(withName);
    const { conversation } = meaning;
    if (conversation?.left === true) throw new PytalkError('not-in-group');
    if (draft.replyTo !== null) await this.#checkReply(conversation?.id ?? null, draft.replyTo);
    const peer = conversation ? core.directory.peerOf(conversation) : meaning.person.id;
    const waiting: Waiting = {
      ...draft,
      lane: peer === null ? `#${conversation?.id ?? 0}` : `@${nameKey(core.directory.nameOf(peer))}`,
      conv: conversation?.id ?? null,
      peer,
      queuedAt: core.timers.now(),
      error: null,
    };
    this.#due.add(waiting.id);
    return { waiting, onDisk: this.#outbox.add(waiting) };
  }

  /** The result of an earlier `send` with this id; a refused message is sent again. */
  async sentBefore(id: string): Promise<Message | null> {
    const waiting = await this.#outbox.store.get(id);
    if (waiting) {
      if (waiting.error) {
        this.#due.add(id);
        await this.#outbox.retry(waiting);
      }
      return this.#view({ ...waiting, error: null });
    }
    const [stored] = await this.#parts.source.inOrder([id]);
    return stored ? this.#parts.views.one(stored) : null;
  }

  async #checkReply(conv: number | null, id: string): Promise<void> {
    const fail = (): PytalkError => new PytalkError('message-not-found', { details: { id } });
    if (!isUuid(id) || conv === null) throw fail();
    try {
      const { event } = await this.#parts.source.find(id);
      if (event.conv !== conv) throw fail();
    } catch (error) {
      // Offline, a message that is not in the copy (yet) may well exist.
      if (this.#parts.core.link.signedIn || !(error instanceof PytalkError)) throw error;
    }
  }

  async waiting(id: string): Promise<Message | null> {
    const waiting = await this.#outbox.store.get(id);
    return waiting && this.#view(waiting);
  }

  async waitingIn(conv: number): Promise<Message[]> {
    const { directory } = this.#parts.core;
    const conversation = directory.conversations.get(conv);
    const peer = conversation ? directory.peerOf(conversation) : null;
    const lane = peer === null ? `#${conv}` : `@${nameKey(directory.nameOf(peer))}`;
    return Promise.all((await this.#outbox.store.inLane(lane)).map((waiting) => this.#view(waiting)));
  }

  async discard(id: string): Promise<void> {
    const waiting = await this.#outbox.store.get(id);
    if (!waiting || !(await this.#outbox.discard(id))) {
      throw new PytalkError('message-not-found', { details: { id } });
    }
    this.#due.delete(id);
    this.#transfers.delete(id);
  }

  drained(): Promise<void> {
    return this.#outbox.drained();
  }

  online(): void {
    this.#outbox.online();
  }

  forgetIds(): Promise<void> {
    return this.#outbox.forgetIds();
  }

  /** A message of this account is in the copy now, and being told. */
  told(message: Message): void {
    if (!this.#due.delete(message.id)) return;
    this.#transfers.delete(message.id);
    this.#openedAnew.delete(message.id);
    this.#parts.core.emitter.emit('outbox', { message });
  }

  close(): Promise<void> {
    return this.#outbox.close();
  }

  #prepare(message: Waiting): Promise<number> | number {
    const { directory } = this.#parts.core;
    const known = message.conv ?? directory.directWith(message.peer ?? 0)?.id;
    if (known !== undefined && message.payload.kind !== 'file') return known;
    return this.#prepareSlowly(message);
  }

  async #prepareSlowly(message: Waiting): Promise<number> {
    const { core, conversations, people } = this.#parts;
    const { id, lane, payload } = message;
    if (payload.kind === 'file') {
      const { sha256 } = payload.file;
      const size = await keptSize(core.home, sha256);
      await core.transfers.upload(
        { path: keptPath(core.home, sha256), sha256, size },
        this.#transfers.get(id),
      );
    }
    // Read now: a long upload may have met a server that came back from a backup.
    if (message.conv !== null) return message.conv;
    message.peer ??= (await people.ask(lane.slice(1))).id;
    return core.directory.directWith(message.peer)?.id ?? (await conversations.open(message.peer)).id;
  }

  /** The conversation with a person that is gone is opened again, once for each message. */
  #openAnew(message: Waiting, conv: number): boolean {
    if (message.peer === null || this.#openedAnew.has(message.id)) return false;
    this.#openedAnew.add(message.id);
    this.#parts.core.directory.dropConversation(conv);
    return true;
  }

  async #send(message: Waiting, conv: number): Promise<LogEvent> {
    const body = eventBody(conv, message);
    const { seq, at } = await this.#parts.core.link.request('event.send', body);
    return { ...body, from: this.#parts.core.directory.me, seq, at };
  }

  #refused(message: Waiting): void {
    this.#due.delete(message.id);
    this.#transfers.delete(message.id);
    this.#openedAnew.delete(message.id);
    void this.#view(message).then((view) => this.#parts.core.emitter.emit('outbox', { message: view }));
  }

  #view(waiting: Waiting): Promise<Message> {
    return this.#parts.views.waiting(waiting);
  }
}
