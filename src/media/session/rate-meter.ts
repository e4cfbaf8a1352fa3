// Counts a second at a time: events, bytes, and the middle of values.

const windowMs = 1000;

export class RateMeter {
  readonly #events: { atMs: number; bytes: number; value: number | null }[] = [];

  add(nowMs: number, bytes: number, value: number | null = null): void {
    this.#events.push({ atMs: nowMs, bytes, value });
    this.#drop(nowMs);
  }

  #drop(nowMs: number): void {
    const keep = this.#events.findIndex(({ atMs }) => nowMs - atMs < windowMs);
    this.#events.splice(0, keep === -1 ? this.#events.length : keep);
  }

  /** Events in the last second. */
  perSecond(nowMs: number): number {
    this.#drop(nowMs);
    return this.#events.length;
  }

  kbps(nowMs: number): number {
    this.#drop(nowMs);
    return (this.#events.reduce((sum, { bytes }) => sum + bytes, 0) * 8) / windowMs;
  }

  /** Median of the values of the last second; null when there are none. */
  median(nowMs: number): number | null {
    this.#drop(nowMs);
    const values = this.#events.flatMap(({ value }) => value ?? []).sort((a, b) => a - b);
    return values[Math.floor(values.length / 2)] ?? null;
  }
}
