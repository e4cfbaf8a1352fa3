// A clock that a test turns by hand.
import type { Timers } from '../../src/client/timers.js';

export interface FakeTimers extends Timers {
  /** Lets this many milliseconds pass, running what falls due in order. */
  pass(ms: number): void;
  /** How many calls are still to come. */
  readonly pending: number;
}

export function fakeTimers(start = 1_000_000): FakeTimers {
  let now = start;
  let waiting: { at: number; run: () => void }[] = [];
  return {
    now: () => now,
    random: () => 0.5,
    after: (ms, run) => {
      const one = { at: now + ms, run };
      waiting.push(one);
      return () => {
        waiting = waiting.filter((other) => other !== one);
      };
    },
    pass: (ms) => {
      const end = now + ms;
      for (;;) {
        const [first] = waiting.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
        if (!first) break;
        waiting = waiting.filter((other) => other !== first);
        now = first.at;
        first.run();
      }
      now = end;
    },
    get pending() {
      return waiting.length;
    },
  };
}
