// How long packets stand in queues on their way: the delay over the least delay, after LEDBAT (RFC 6817, sections 3.4 and 4.2).

/** The current delay is the least of this stretch, so that jitter and the packets of one big picture do not count. */
const currentMs = 200;
/** The base delay is the least of these stretches together; an old one is forgotten, as clocks drift and ways change. */
const baseStretchMs = 10_000;
const baseStretches = 6;

export class QueueDelay {
  #recent: { atMs: number; delayMs: number }[] = [];
  /** Least delay of each stretch, the running one last. */
  #bases: { sinceMs: number; delayMs: number }[] = [];

  /** Notes a packet: when it came, and the time since it was made, on clocks that may be apart. */
  add(nowMs: number, delayMs: number): void {
    this.#recent.push({ atMs: nowMs, delayMs });
    if (this.#recent.length > 64) this.#drop(nowMs);
    const running = this.#bases.at(-1);
    if (running && nowMs - running.sinceMs < baseStretchMs) {
      running.delayMs = Math.min(running.delayMs, delayMs);
    } else {
      this.#bases.push({ sinceMs: nowMs, delayMs });
      if (this.#bases.length > baseStretches) this.#bases.shift();
    }
  }

  #drop(nowMs: number): void {
    this.#recent = this.#recent.filter(({ atMs }) => nowMs - atMs <= currentMs);
  }

  /** Milliseconds of standing queue; null when nothing has come lately. */
  ms(nowMs: number): number | null {
    this.#drop(nowMs);
    if (this.#recent.length === 0) return null;
    const base = Math.min(...this.#bases.map(({ delayMs }) => delayMs));
    return Math.min(...this.#recent.map(({ delayMs }) => delayMs)) - base;
  }
}
