// The calls of the agent: answers those of people it trusts, several at once, each with a session of its own.
import type { Client } from '../../client/api.js';
import type { Call } from '../../client/call-api.js';
import type { CallNews } from '../call/call-news.js';
import type { CallSetup } from '../call/live-call.js';
import { LiveCall } from '../call/live-call.js';
import type { Trust } from './trust.js';

const untilItIsTaken = { data: () => undefined, problem: () => undefined };

type Ended = CallNews & { type: 'ended' };

export interface ViewersParts {
  client: Client;
  trust: Pick<Trust, 'trusts'>;
  setup: CallSetup;
  max: number;
  print: (news: CallNews) => void;
  /** Runs beside a call; resolves when it is over. */
  beside: (live: LiveCall) => Promise<Ended>;
  refused: (from: string) => void;
}

export class Viewers {
  readonly #parts: ViewersParts;
  readonly #live = new Set<LiveCall>();

  constructor(parts: ViewersParts) {
    this.#parts = parts;
  }

  get calls(): readonly LiveCall[] {
    return [...this.#live];
  }

  /** Usernames of those who are there. */
  get names(): string[] {
    return this.calls.flatMap(({ people }) => [...people.values()].map(({ username }) => username));
  }

  /**
   * Answers, and resolves with the end of the call; null for one that was not taken. Rejects when it could not be: its caller gave
   * up, or has a wrong key.
   */
  async answer(call: Call): Promise<Ended | null> {
    const { client, trust, setup, max, print, beside, refused } = this.#parts;
    if (!(await trust.trusts(call.by))) {
      refused(call.by);
      await call.decline();
      return null;
    }
    // Nothing waits from here until the call is noted.
    if (this.#live.size >= max) {
      await call.decline(true);
      return null;
    }
    const live = new LiveCall(client, call, setup);
    this.#live.add(live);
    try {
      live.on((news) => {
        // The shared camera's and microphone's are told once, not by every call.
        const isShared = news.type === 'problem' && news.part !== 'speaker' && setup.shared !== undefined;
        if (!isShared) print(news);
      });
      print({ type: 'ringing', call: call.id, with: call.conversation, from: call.by, media: call.media });
      const over = beside(live);
      // It is there by the time the answer is.
      const camera =
        call.media === 'video' && setup.camera !== 'none' ? setup.shared?.openCamera(untilItIsTaken) : null;
      try {
        await call.accept();
        await live.begin();
      } finally {
        await camera?.close();
      }
      return await over;
    } catch (error) {
      await live.hangUp();
      throw error;
    } finally {
      this.#live.delete(live);
    }
  }
}
