// Time that passes only when a test says so, at once, whatever the machine is doing.
import type { Clock } from '../../src/media/session/outside.js';

export class VirtualTime implements Clock {
  #nowMs = 1_000;
  /** In the order in which they fall due. */
  readonly #waiting: { atMs: number; run: () => void }[] = [];

  now(): number {
    return this.#nowMs;
  }

  after(ms: number, run: () => void): () => void {
    const one = { atMs: this.#nowMs + Math.max(0, ms), run };
    let [low, high] = [0, this.#waiting.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#waiting[middle]!.atMs <= one.atMs) low = middle + 1;
      else high = middle;
    }
    this.#waiting.splice(low, 0, one);
    return () => {
      const at = this.#waiting.indexOf(one);
      if (at !== -1) this.#waiting.splice(at, 1);
    };
  }

  /** Calls `beat` every `everyMs` from now on; returns the undo. */
  every(everyMs: number, beat: () => void): () => void {
    const again = (): void => {
      stop = this.after(everyMs, again);
      beat();
    };
    let stop = this.after(everyMs, again);
    return () => stop();
  }

  /** Lets so many milliseconds pass, running what falls due in its order. */
  pass(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (;;) {
      const first = this.#waiting[0];
      if (!first || first.atMs > endMs) break;
      this.#waiting.shift();
      this.#nowMs = first.atMs;
      first.run();
    }
    this.#nowMs = endMs;
  }
}

/** The clock of a machine that can sleep: meanwhile it stands still, as the monotonic clock of an operating system does. */
export class SleepyClock implements Clock {
  readonly #time: VirtualTime;
  #sleptMs = 0;
  #wakesAtMs: number | null = null;

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  get isAsleep(): boolean {
    return this.#wakesAtMs !== null;
  }

  now(): number {
    const leftMs = this.#wakesAtMs === null ? 0 : this.#wakesAtMs - this.#time.now();
    return this.#time.now() - this.#sleptMs + leftMs;
  }

  after(ms: number, run: () => void): () => void {
    const dueMs = this.now() + Math.max(0, ms);
    let stop = (): void => undefined;
    const wait = (waitMs: number): void => {
      stop = this.#time.after(waitMs, () => {
        if (this.#wakesAtMs !== null) wait(this.#wakesAtMs - this.#time.now());
        else if (dueMs > this.now()) wait(dueMs - this.now());
        else run();
      });
    };
    wait(ms);
    return () => stop();
  }

  sleep(ms: number): void {
    this.#wakesAtMs = this.#time.now() + ms;
    this.#sleptMs += ms;
    this.#time.after(ms, () => (this.#wakesAtMs = null));
  }
}
