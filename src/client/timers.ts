// Time and chance as the client uses them, passed in so that tests need no sleep.

export interface Timers {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls `run` once after `ms` milliseconds; returns the undo. */
  after(ms: number, run: () => void): () => void;
  /** A number from 0 up to but not 1. */
  random(): number;
}

export const systemTimers: Timers = {
  now: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
};
