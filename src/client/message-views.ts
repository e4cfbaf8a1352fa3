// Reduced messages as people see them, with names looked up and quotes found.
import type { Message } from './api.js';
import type { Core } from './core.js';
import type { MessageSource } from './message-source.js';
import type { People } from './people.js';
import { encodePayload } from '../protocol/payload.js';
import type { Waiting } from './outbox-store.js';
import { classOf, reduceMessage, type Reduced } from './reducer.js';
import { peopleIn, viewMessage } from './view.js';

export class MessageViews {
  readonly #core: Core;
  readonly #people: People;

  constructor(core: Core, people: People) {
    this.#core = core;
    this.#people = people;
  }

  /** Views in the same order; quotes come from among them, else from the source. */
  async all(messages: readonly Reduced[]): Promise<Message[]> {
    const source: MessageSource = this.#core.live?.source ?? this.#core.remote;
    const byId = new Map(messages.map((one) => [one.event.id, one]));
    const missing = new Set<string>();
    for (const one of messages) {
      const target = quoteOf(one);
      if (target !== null && !byId.has(target)) missing.add(target);
    }
    const quoted = missing.size > 0 ? await source.findMany([...missing]) : new Map<string, Reduced>();
    // A name that cannot be had is no reason to show nothing.
    await this.#people.ensure(peopleIn([...messages, ...quoted.values()])).catch(() => undefined);
    return messages.map((one) => {
      const target = quoteOf(one) ?? '';
      return viewMessage(this.#core.directory, one, byId.get(target) ?? quoted.get(target) ?? null);
    });
  }

  async one(message: Reduced): Promise<Message> {
    const [view] = await this.all([message]);
    return view ?? viewMessage(this.#core.directory, message, null);
  }

  /** A message of the outbox. */
  async waiting(waiting: Waiting): Promise<Message> {
    const { directory } = this.#core;
    const { id, lane, conv, peer, payload, replyTo, queuedAt, error } = waiting;
    const event = {
      conv: conv ?? 0,
      seq: Number.MAX_SAFE_INTEGER,
      id,
      from: directory.me,
      at: queuedAt,
      ...(replyTo !== null && { target: replyTo }),
      payload: encodePayload(payload),
    };
    const message = await this.one(reduceMessage(event, [], () => false));
    return {
      ...message,
      seq: null,
      conv,
      conversation:
        conv !== null ? message.conversation : peer === null ? lane : `@${directory.nameOf(peer)}`,
      state: error ? 'failed' : 'queued',
      error,
    };
  }
}

function quoteOf({ event }: Reduced): string | null {
  return classOf(event) === 'message' ? (event.target ?? null) : null;
}
