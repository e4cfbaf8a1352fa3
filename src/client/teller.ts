// Tells what has come, from the copy and only from there: what a listener heard is safe, in order, and told once.
import { PytalkError } from '../protocol/errors.js';
import type { Client, Message } from './api.js';
import type { Arrived, Cache } from './cache.js';
import type { CachedSource } from './cached-source.js';
import type { Emitter } from './emitter.js';
import type { MessageViews } from './message-views.js';
import { classOf } from './reducer.js';

const pageEvents = 500;

interface Parts {
  cache: Cache;
  source: CachedSource;
  views: MessageViews;
  emitter: Emitter;
  /** Called with each new message when it is being told. */
  onTold: (message: Message) => void;
}

interface Told {
  type: 'message' | 'message-updated';
  message: Message;
  cursor: string;
}

export class Teller {
  readonly #parts: Parts;
  /** Up to where the copy was read, and up to where listeners have heard. */
  #read: number;
  #told: number;

  constructor(parts: Parts, lastArrival: number) {
    this.#parts = parts;
    this.#read = this.#told = lastArrival;
  }

  cursor(): string {
    return String(this.#told);
  }

  /** Tells what has been written since, by this process or another one of this home. */
  async tell(): Promise<void> {
    const { cache, emitter, onTold } = this.#parts;
    const upTo = await cache.lastArrival();
    while (this.#read < upTo) {
      const arrived = await cache.arrivedAfter(this.#read, upTo, pageEvents);
      for (const { type, message, cursor } of await this.#views(arrived)) {
        emitter.emit(type, { message, cursor }, () => {
          this.#told = Number(cursor);
          if (type === 'message') onTold(message);
        });
      }
      this.#read = arrived.length < pageEvents ? upTo : (arrived.at(-1)?.arrival ?? upTo);
    }
  }

  /** What listeners heard after `since`, as it is now. What is told from this call on is not among it. */
  replay(since: string): ReturnType<Client['replay']> {
    if (!/^\d{1,15}$/.test(since)) {
      throw new PytalkError('usage', { details: { reason: `${since} is not a cursor` } });
    }
    return this.#pages(Number(since), this.#told);
  }

  async *#pages(since: number, upTo: number): AsyncGenerator<Told> {
    for (let after = since; after < upTo;) {
      const arrived = await this.#parts.cache.arrivedAfter(after, upTo, pageEvents);
      yield* await this.#views(arrived);
      after = arrived.length < pageEvents ? upTo : (arrived.at(-1)?.arrival ?? upTo);
    }
  }

  async #views(arrived: readonly Arrived[]): Promise<Told[]> {
    const { source, views } = this.#parts;
    const subject = ({ event }: Arrived): string =>
      classOf(event) === 'update' ? (event.target ?? '') : event.id;
    const messages = await views.all(await source.inOrder([...new Set(arrived.map(subject))]));
    const byId = new Map(messages.map((message) => [message.id, message]));
    return arrived.flatMap((one) => {
      const message = byId.get(subject(one));
      const type = classOf(one.event) === 'update' ? ('message-updated' as const) : ('message' as const);
      return message ? [{ type, message, cursor: String(one.arrival) }] : [];
    });
  }
}
