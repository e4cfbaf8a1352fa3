// Which messages of the outbox are still to be stored by the server, and who waits for that.
import type { Client, Message } from '../client/api.js';
import { cleanLine } from './clean-text.js';

/** The server refused a message of the outbox for good; `refusal` is its error as JSON. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly refusal: { code: string; message: string; retryAfterMs: null };

  constructor({ error }: Message) {
    super(error?.message);
    const message = cleanLine(error?.message ?? '');
    this.refusal = { code: error?.code ?? 'internal', message, retryAfterMs: null };
  }
}

interface Waiter {
  resolve(message: Message): void;
  reject(error: Refused): void;
}

export class Deliveries {
  readonly #waiting = new Map<string, Waiter>();

  constructor(client: Client) {
    client.on('outbox', ({ message }) => {
      const waiter = this.#waiting.get(message.id);
      if (waiter === undefined || message.state === 'queued') return;
      this.#waiting.delete(message.id);
      if (message.state === 'failed') waiter.reject(new Refused(message));
      else waiter.resolve(message);
    });
  }

  /** Carries out `send`, then waits until the server has stored the message. Rejects with Refused, or as `send` does. */
  async stored(id: string, send: () => Promise<Message>): Promise<Message> {
    const outcome = new Promise<Message>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    // It may be refused before `send` has resolved; it is still awaited below.
    outcome.catch(() => undefined);
    try {
      const message = await send();
      if (message.state === 'queued') return await outcome;
      if (message.state === 'failed') throw new Refused(message);
      return message;
    } finally {
      this.#waiting.delete(id);
    }
  }
}
