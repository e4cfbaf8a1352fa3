// How much may pass: a bucket of tokens that fills steadily; cheap enough to be asked for every packet.

/** A rate as in the configuration: a bucket of `burst` tokens that fills again at `perMinute` tokens a minute. */
export interface TokenRate {
  readonly burst: number;
  readonly perMinute: number;
}

export class TokenBucket {
  /** Shared by all buckets of a kind: what is read for every packet is as little memory as can be. */
  readonly #rate: TokenRate;
  #tokens: number;
  #at: number;

  /** `now` in milliseconds on a clock that never goes back. */
  constructor(rate: TokenRate, now: number) {
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#at = now;
  }

  /** Takes so many tokens, or none when there are fewer. */
  take(count: number, now: number): boolean {
    const { burst, perMinute } = this.#rate;
    const tokens = Math.min(burst, this.#tokens + ((now - this.#at) * perMinute) / 60_000);
    this.#at = now;
    const passes = tokens >= count;
    this.#tokens = passes ? tokens - count : tokens;
    return passes;
  }
}
