// Answers `photo` and `status` in the chat: people who are trusted, each question once, also across restarts.
import type { Client, Message } from '../../client/api.js';
import type { Say } from '../catalogue/translate.js';
import type { PictureSender } from './picture-sender.js';
import { answerId, isRecent, questionOf, type Question } from './questions.js';
import type { ToldUpTo } from './told-up-to.js';
import type { Trust } from './trust.js';

/** One picture a person in this time. */
const photoRestMs = 5_000;
/** A disk that is full may have room again. */
const retryMs = 10_000;

export interface AnswersParts {
  client: Client;
  trust: Pick<Trust, 'trusts'>;
  told: ToldUpTo;
  pictures: Pick<PictureSender, 'send'>;
  say: Say;
  /** A JPEG. Rejects with the reason why there is none. */
  photo: () => Promise<Buffer>;
  status: () => Promise<string>;
  /** A failure in the words of people. */
  words: (error: unknown) => string;
  answered: (question: Question, message: Message) => void;
  failed: (error: unknown) => void;
  now: () => number;
  after: (ms: number, run: () => void) => () => void;
}

export class Answers {
  readonly #parts: AnswersParts;
  /** Questions that are being answered, by id. */
  readonly #underWay = new Set<string>();
  /** When each person had the last picture. */
  readonly #photoAtMs = new Map<string, number>();
  readonly #stops = new Set<() => void>();
  #isClosed = false;

  constructor(parts: AnswersParts) {
    this.#parts = parts;
  }

  /** Begins to answer, with what was asked since the last run. Resolves when that has been read. */
  async start(): Promise<void> {
    const { client, told } = this.#parts;
    const since = (await told.read()) ?? (await client.cursor());
    this.#stops.add(client.on('message', ({ message, cursor }) => this.#take(message, cursor)));
    for await (const { type, message, cursor } of client.replay(since)) {
      if (type === 'message') this.#take(message, cursor);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const stop of this.#stops) stop();
    await this.#parts.told.save();
  }

  #take(message: Message, cursor: string): void {
    const done = this.#parts.told.begin(cursor);
    const question = questionOf(message);
    if (question === null || this.#underWay.has(message.id)) {
      done();
      return;
    }
    this.#underWay.add(message.id);
    void this.#answer(question, message).finally(() => {
      this.#underWay.delete(message.id);
      // What is broken off by the end is answered by the next run.
      if (!this.#isClosed) done();
    });
  }

  async #answer(question: Question, message: Message): Promise<void> {
    const { trust, failed, now } = this.#parts;
    while (!this.#isClosed && isRecent(message, now())) {
      try {
        // Nobody learns from an answer, or from none, whether this is an agent.
        if (!(await trust.trusts(message.from))) return;
        if (await this.#isAnswered(message)) return;
        const answer = await this.#send(question, message);
        this.#parts.answered(question, answer);
        return;
      } catch (error) {
        failed(error);
        await this.#rest();
      }
    }
  }

  async #isAnswered({ id }: Message): Promise<boolean> {
    try {
      await this.#parts.client.message(answerId(id));
      return true;
    } catch {
      // Not known, or not to be known now: sending it again stores nothing twice.
      return false;
    }
  }

  async #send(question: Question, message: Message): Promise<Message> {
    const { client, pictures, say } = this.#parts;
    const to = message.conversation;
    const answer = { id: answerId(message.id), replyTo: message.id };
    if (question === 'status') return client.send(to, { ...answer, text: await this.#parts.status() });
    const waitMs = this.#photoWaitMs(message.from);
    if (waitMs > 0) {
      const seconds = Math.ceil(waitMs / 1000);
      return client.send(to, { ...answer, text: say('agent.photo-too-soon', { seconds }) });
    }
    let jpeg: Buffer;
    try {
      jpeg = await this.#parts.photo();
    } catch (error) {
      this.#parts.failed(error);
      return client.send(to, {
        ...answer,
        text: say('agent.no-photo', { reason: this.#parts.words(error) }),
      });
    }
    return pictures.send({ to, jpeg, name: 'photo', ...answer });
  }

  /** 0 when a picture may be taken now, which is taken note of. */
  #photoWaitMs(from: string): number {
    const nowMs = this.#parts.now();
    const lastMs = this.#photoAtMs.get(from);
    const pastMs = lastMs === undefined ? photoRestMs : nowMs - lastMs;
    // A clock that was set back must not silence the agent.
    if (pastMs >= 0 && pastMs < photoRestMs) return photoRestMs - pastMs;
    this.#photoAtMs.set(from, nowMs);
    return 0;
  }

  #rest(): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.#parts.after(retryMs, () => {
        this.#stops.delete(end);
        resolve();
      });
      const end = (): void => {
        stop();
        resolve();
      };
      this.#stops.add(end);
    });
  }
}
