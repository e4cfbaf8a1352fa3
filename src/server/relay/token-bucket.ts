// How much may pass: a bucket of tokens that fills steadily; cheap enough to be asked for every packet.

/** A rate as in the configuration: a bucket of `burst` tokens that fills again at `perMinute` tokens a minute. */
export interface TokenRate {
  readonly burst: number;
  readonly perMinute: number;
}

export class TokenBucket {
  readonly #perMs: number;
  readonly #burst: number;
  #tokens: number;
  #at: number;

  /** `now` in milliseconds on a clock that never goes back. */
  constructor({ perMinute, burst }: TokenRate, now: number) {
    this.#perMs = perMinute / 60_000;
    this.#burst = burst;
    this.#tokens = burst;
    this.#at = now;
  }

  /** Takes so many tokens, or none when there are fewer. */
  take(count: number, now: number): boolean {
    const tokens = Math.min(this.#burst, this.#tokens + (now - this.#at) * this.#perMs);
    this.#at = now;
    const passes = tokens >= count;
    this.#tokens = passes ? tokens - count : tokens;
    return passes;
  }
}
