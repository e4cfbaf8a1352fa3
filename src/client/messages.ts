// Sending, changing and reading messages.
import { uuidv7 } from 'uuidv7';
import { PytalkError } from '../protocol/errors.js';
import { limits } from '../protocol/limits.js';
import { isEmoji, isUuid } from '../protocol/names.js';
import { encodePayload, type MessagePayload, type UpdatePayload } from '../protocol/payload.js';
import type { LogEvent } from '../protocol/shapes.js';
import type { HistoryQuery, Message, Outgoing } from './api.js';
import type { Conversations } from './conversations.js';
import type { Core } from './core.js';
import { hashFile } from './files.js';
import type { Found, MessageSource } from './message-source.js';
import type { MessageViews } from './message-views.js';
import { describeFile } from './pictures.js';

/** A message that is ready to be sent, but for its file. */
export interface Draft {
  id: string;
  payload: MessagePayload;
  replyTo: string | null;
}

export class Messages {
  readonly #core: Core;
  readonly #conversations: Conversations;
  readonly #views: MessageViews;

  constructor(core: Core, conversations: Conversations, views: MessageViews) {
    this.#core = core;
    this.#conversations = conversations;
    this.#views = views;
  }

  get #source(): MessageSource {
    return this.#core.live?.source ?? this.#core.remote;
  }

  async send(withName: string, message: Outgoing): Promise<Message> {
    if (this.#core.live) return this.#core.live.send(withName, message);
    const id = messageId(message.id);
    if (message.file === undefined) {
      const payload = textPayload(message.text ?? '');
      return this.#store(
        withName,
        { id, payload, replyTo: message.replyTo ?? null },
        message.id !== undefined,
      );
    }
    const described = await describeFile(message.file);
    checkFileSize(this.#core, described.size);
    const { sha256, size } = await hashFile(message.file, message.signal);
    const payload = filePayload({ ...described, size, sha256 }, message.text);
    await this.#core.transfers.upload({ path: message.file, sha256, size }, message);
    return this.#store(withName, { id, payload, replyTo: message.replyTo ?? null }, message.id !== undefined);
  }

  async createPoll(
    withName: string,
    question: string,
    options: readonly string[],
    given?: string,
  ): Promise<Message> {
    const draft: Draft = { id: messageId(given), payload: pollPayload(question, options), replyTo: null };
    const { live } = this.#core;
    const before = given === undefined ? null : await live?.sentBefore(draft.id);
    if (before) return before;
    if (live) return live.enqueue(withName, draft);
    return this.#store(withName, draft, given !== undefined);
  }

  /** Stores an event with the server. `again` says that its id may have been sent before. */
  async #store(withName: string, draft: Draft, again: boolean): Promise<Message> {
    const { id: conv } = await this.#conversations.find(withName);
    if (draft.replyTo !== null) await this.#checkReply(conv, draft.replyTo);
    const body = eventBody(conv, draft);
    const { seq, at } = await this.#core.link.request('event.send', body);
    if (again) return this.message(draft.id);
    const event: LogEvent = { ...body, from: this.#core.directory.me, seq, at };
    return this.#view({ event, updates: [] });
  }

  /** A reply is to a message of the same conversation. Rejects with `message-not-found`. */
  async #checkReply(conv: number, id: string): Promise<void> {
    const { event } = await this.#find(id);
    if (event.conv !== conv) throw new PytalkError('message-not-found', { details: { id } });
  }

  async edit(id: string, text: string): Promise<Message> {
    const found = await this.#find(id);
    const { payload, deleted } = this.#source.reduce(found);
    if (
      found.event.from !== this.#core.directory.me ||
      deleted ||
      payload === null ||
      payload.kind === 'poll'
    ) {
      throw new PytalkError('not-yours');
    }
    if (payload.kind === 'text') textPayload(text);
    return this.#update(found, { kind: 'edit', text });
  }

  async delete(id: string): Promise<Message> {
    const found = await this.#find(id);
    if (this.#source.reduce(found).deleted) return this.#view(found);
    const message = await this.#update(found, { kind: 'delete' }, true);
    return { ...message, deleted: true, text: null, file: null, poll: null, reactions: {}, editedAt: null };
  }

  async react(id: string, emoji: string | null): Promise<Message> {
    if (emoji !== null && !isEmoji(emoji)) throw new PytalkError('invalid-emoji');
    return this.#update(await this.#find(id), { kind: 'reaction', emoji });
  }

  async vote(id: string, option: number | null): Promise<Message> {
    const found = await this.#find(id);
    const { payload } = this.#source.reduce(found);
    const fits = payload?.kind === 'poll' && (option === null || payload.options[option] !== undefined);
    if (!fits) throw new PytalkError('not-a-poll');
    return this.#update(found, { kind: 'vote', option });
  }

  async #update(found: Found, payload: UpdatePayload, erase = false): Promise<Message> {
    const { event } = found;
    if (event.class === 'control') throw new PytalkError('message-not-found', { details: { id: event.id } });
    const body = {
      conv: event.conv,
      id: uuidv7(),
      class: 'update' as const,
      target: event.id,
      payload: encodePayload(payload),
    };
    const reply = await this.#core.link.request('event.send', { ...body, ...(erase && { erase }) });
    const update: LogEvent = { ...body, from: this.#core.directory.me, ...reply };
    this.#core.live?.stored(update);
    return this.#view({ event, updates: [...found.updates, update] });
  }

  async #find(id: string): Promise<Found> {
    if (!isUuid(id.toLowerCase())) throw new PytalkError('message-not-found', { details: { id } });
    await this.#conversations.load();
    return this.#source.find(id.toLowerCase());
  }

  #view(found: Found): Promise<Message> {
    return this.#views.one(this.#source.reduce(found));
  }

  async message(id: string): Promise<Message> {
    const waiting = await this.#core.live?.waiting(id);
    return waiting ?? this.#view(await this.#find(id));
  }

  async history(withName: string, query: HistoryQuery): Promise<Message[]> {
    const { id } = await this.#conversations.find(withName);
    const messages = await this.#views.all(await this.#source.history(id, query));
    const newest = query.before === undefined && query.after === undefined;
    if (!newest || !this.#core.live) return messages;
    // One that has just been stored may still be on its way out of the outbox.
    const stored = new Set(messages.map((message) => message.id));
    const waiting = await this.#core.live.waitingIn(id);
    return [...messages, ...waiting.filter((message) => !stored.has(message.id))];
  }

  async log(withName: string, query: HistoryQuery): Promise<LogEvent[]> {
    const { id } = await this.#conversations.find(withName);
    return this.#source.log(id, query);
  }
}

/** The id given, checked, or a new one. Throws PytalkError `usage`. */
export function messageId(given: string | undefined): string {
  const id = (given ?? uuidv7()).toLowerCase();
  if (!isUuid(id)) throw new PytalkError('usage', { details: { reason: `${id} is not a UUID` } });
  return id;
}

function checkPayload(payload: MessagePayload): MessagePayload {
  if (Buffer.byteLength(encodePayload(payload)) <= limits.maxPayloadBytes) return payload;
  throw invalidText();
}

function invalidText(): PytalkError {
  return new PytalkError('invalid-text', { details: { max: limits.maxTextChars } });
}

/** Throws PytalkError `invalid-text`. */
export function textPayload(text: string): MessagePayload {
  if (text.trim() === '' || text.length > limits.maxTextChars) throw invalidText();
  return checkPayload({ kind: 'text', text });
}

/** Throws PytalkError `invalid-text`. */
export function filePayload(
  file: Extract<MessagePayload, { kind: 'file' }>['file'],
  text: string | undefined,
): MessagePayload {
  if ((text?.length ?? 0) > limits.maxTextChars) throw invalidText();
  return checkPayload({ kind: 'file', file, ...(text !== undefined && text !== '' && { text }) });
}

function pollPayload(question: string, options: readonly string[]): MessagePayload {
  const { maxPollOptions, maxPollOptionChars } = limits;
  const fits = options.every((option) => option.trim() !== '' && option.length <= maxPollOptionChars);
  if (options.length < 2 || options.length > maxPollOptions || !fits) {
    const reason = `a poll has 2 to ${maxPollOptions} options of at most ${maxPollOptionChars} characters`;
    throw new PytalkError('usage', { details: { reason } });
  }
  if (question.trim() === '' || question.length > limits.maxTextChars) throw invalidText();
  return checkPayload({ kind: 'poll', question, options: [...options] });
}

/** Throws `file-too-large` for what the server would not take. */
export function checkFileSize({ link }: Core, bytes: number): void {
  const max = link.hello?.maxFileBytes;
  if (max !== undefined && bytes > max) throw new PytalkError('file-too-large', { details: { bytes, max } });
}

/** The event as it is sent. */
export function eventBody(
  conv: number,
  { id, payload, replyTo }: Draft,
): { conv: number; id: string; target?: string; files?: string[]; payload: string } {
  return {
    conv,
    id,
    ...(replyTo !== null && { target: replyTo.toLowerCase() }),
    ...(payload.kind === 'file' && { files: [payload.file.sha256] }),
    payload: encodePayload(payload),
  };
}
