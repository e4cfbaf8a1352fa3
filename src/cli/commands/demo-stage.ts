// What the demo needs around its story: steps that are checked and shown, and waiting for what must arrive.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, ClientEvents, ClientEventName, Message } from '../../client/api.js';
import type { ErrorDetails } from '../../protocol/errors.js';
import type { Key, Say } from '../catalogue/translate.js';
import { sentenceOf } from '../failure.js';

/** Something a step expected did not happen. */
export class StepFailed extends Error {
  override readonly name = 'StepFailed';
}

const arrivalTimeoutMs = 10_000;
/** Reading speed: a pause after each line, and for each character of it. */
const paceMs = { line: 500, character: 12 };

export interface StageOptions {
  say: Say;
  write: (text: string) => void;
  /** A terminal is watching: go at reading speed. */
  watched: boolean;
  colour: boolean;
  json: boolean;
}

/** Shows each step with its result, and counts those that were verified. */
export class Stage {
  verified = 0;
  readonly say: Say;
  readonly #options: StageOptions;

  constructor(options: StageOptions) {
    this.#options = options;
    this.say = options.say;
  }

  /** A line that is no step. */
  line(text: string): void {
    if (!this.#options.json) this.#options.write(`${text}\n`);
  }

  /**
   * Carries out one step, which throws when what it checks is not so, and shows it with what it found out.
   * Rejects with StepFailed, after the failure was shown.
   */
  async step<T>(
    key: Key,
    run: () => Promise<T>,
    details: ErrorDetails | ((found: T) => ErrorDetails),
  ): Promise<T> {
    let found: T;
    try {
      found = await run();
    } catch (error) {
      const reason = sentenceOf(error, this.say);
      this.#show(key, false, this.say('demo.failed', { reason }));
      throw new StepFailed(reason, { cause: error });
    }
    this.verified++;
    const text = this.say(key, typeof details === 'function' ? details(found) : details);
    this.#show(key, true, text);
    if (this.#options.watched) await sleep(paceMs.line + paceMs.character * text.length);
    return found;
  }

  #show(key: string, ok: boolean, text: string): void {
    if (this.#options.json) {
      const step = key.replace('demo.', '');
      this.#options.write(`${JSON.stringify({ type: 'step', step, ok, text })}\n`);
      return;
    }
    const sign = ok ? '✓' : '✗';
    const shown = this.#options.colour ? `\u001b[${ok ? 32 : 31}m${sign}\u001b[0m` : sign;
    this.#options.write(`${shown} ${text}\n`);
  }

  /** Throws unless both are equal when written as JSON. */
  equal(actual: unknown, expected: unknown): void {
    const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
    if (a !== b) throw new StepFailed(this.say('demo.different', { expected: b, actual: a }));
  }
}

/** Keeps everything that one client was told, so that nothing is missed between sending and looking. */
export class Witness {
  readonly messages = new Map<string, Message>();
  readonly client: Client;
  readonly #waiting = new Set<() => void>();
  readonly #say: Say;

  constructor(client: Client, say: Say) {
    this.client = client;
    this.#say = say;
    this.#keep('message', (event) => this.messages.set(event.message.id, event.message));
    this.#keep('message-updated', (event) => this.messages.set(event.message.id, event.message));
    for (const type of ['conversation', 'connection', 'receipt', 'outbox'] as const) this.#keep(type);
  }

  #keep<T extends ClientEventName>(type: T, take?: (event: ClientEvents[T]) => void): void {
    this.client.on(type, (event) => {
      take?.(event);
      for (const look of this.#waiting) look();
    });
  }

  /** Resolves with what `find` finds, as soon as it does. Rejects with StepFailed after 10 s. */
  until = async <T>(find: () => T | undefined | null | false): Promise<T> => {
    const found = find();
    if (found) return found;
    return new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(look);
        reject(new StepFailed(this.#say('demo.late', { seconds: arrivalTimeoutMs / 1000 })));
      }, arrivalTimeoutMs);
      const look = (): void => {
        const value = find();
        if (!value) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(value);
      };
      this.#waiting.add(look);
    });
  };

  /** The message with this id, once it is here and `ready`. */
  message(id: string, ready: (message: Message) => boolean = () => true): Promise<Message> {
    return this.until(() => {
      const message = this.messages.get(id);
      return message && ready(message) ? message : null;
    });
  }
}
