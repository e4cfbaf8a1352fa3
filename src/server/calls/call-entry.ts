// The entries that calls leave in their conversations' logs when they are over, and how many of each kind there were.
import type { Logger } from 'pino';
import type { CallOutcome } from '../../protocol/call-shapes.js';
import { carryOut } from '../control-event.js';
import type { Hub } from '../hub.js';
import type { CallNews } from './call-news.js';
import type { RunningCall } from './running-call.js';

export class CallEntries {
  /** Calls that are over, by how they went. */
  readonly counters: Record<CallOutcome, number> = {
    answered: 0,
    missed: 0,
    declined: 0,
    busy: 0,
    cancelled: 0,
  };
  readonly #hub: Hub;
  readonly #news: CallNews;
  readonly #log: Logger;
  readonly #writing = new Set<Promise<void>>();

  constructor(hub: Hub, news: CallNews, log: Logger) {
    this.#hub = hub;
    this.#news = news;
    this.#log = log;
  }

  /** Writes the entry of a call that is over; one that cannot be stored is in the server's log. */
  write(call: RunningCall): void {
    const outcome = call.outcome();
    this.counters[outcome]++;
    const entry: Promise<void> = writeEntry(
      this.#hub,
      this.#news,
      call,
      outcome,
      call.durationMs(this.#hub.now()),
    )
      .catch((error: unknown) => this.#log.error({ err: error, call: call.id }, 'a call was not logged'))
      .finally(() => this.#writing.delete(entry));
    this.#writing.add(entry);
  }

  /** Resolves when all of them are stored, or have failed. */
  async settled(): Promise<void> {
    await Promise.all(this.#writing);
  }
}

/** Rejects when it cannot be stored. */
async function writeEntry(
  hub: Hub,
  news: CallNews,
  call: RunningCall,
  outcome: CallOutcome,
  durationMs: number,
): Promise<void> {
  const state = await hub.conversation(call.conv);
  if (!state) return;
  // Another one may run there by now.
  if (state.call === call.id) news.runs(call, state, false);
  await carryOut(hub, {
    state,
    by: call.by,
    payload: {
      kind: 'call',
      call: call.id,
      media: call.media,
      outcome,
      durationMs,
      called: [...call.invited.keys()],
      joined: [...call.joined],
    },
    writes: () => [],
    apply: () => undefined,
  });
}
