// How often something may be done: token buckets by kind and key, with bounded memory and a clock passed in.
import { PytalkError } from '../protocol/errors.js';
import type { ServerConfig } from './config.js';

/** A bucket of `burst` tokens that fills again at `perMinute` tokens a minute. */
type Rate = ServerConfig['rates'][RateKind];
/** What is limited; the key is an address, a name or a user id. */
export type RateKind = keyof ServerConfig['rates'];

interface Bucket {
  tokens: number;
  /** When `tokens` was right, in milliseconds. */
  at: number;
}

/** Buckets of one kind that are remembered at most; full ones are forgotten first. */
const maxBuckets = 20_000;

class Buckets {
  readonly #rate: Rate;
  readonly #now: () => number;
  readonly #buckets = new Map<string | number, Bucket>();

  constructor(rate: Rate, now: () => number) {
    this.#rate = rate;
    this.#now = now;
  }

  /** Takes a token; returns 0, or the milliseconds until there is one. */
  take(key: string | number): number {
    const bucket = this.#filled(key);
    if (bucket.tokens >= 1) {
      bucket.tokens--;
      return 0;
    }
    return Math.max(1, Math.ceil(((1 - bucket.tokens) * 60_000) / this.#rate.perMinute));
  }

  isEmpty(key: string | number): boolean {
    return this.#filled(key).tokens < 1;
  }

  giveBack(key: string | number): void {
    const bucket = this.#buckets.get(key);
    if (bucket) bucket.tokens = Math.min(this.#rate.burst, bucket.tokens + 1);
  }

  #filled(key: string | number): Bucket {
    const now = this.#now();
    const known = this.#buckets.get(key);
    if (!known) {
      if (this.#buckets.size >= maxBuckets) this.#forget(now);
      const fresh = { tokens: this.#rate.burst, at: now };
      this.#buckets.set(key, fresh);
      return fresh;
    }
    known.tokens = this.#tokens(known, now);
    known.at = now;
    return known;
  }

  /** A clock that goes back gives nothing and takes nothing. */
  #tokens(bucket: Bucket, now: number): number {
    const gained = (Math.max(0, now - bucket.at) * this.#rate.perMinute) / 60_000;
    return Math.min(this.#rate.burst, bucket.tokens + gained);
  }

  /**
   * A full bucket says nothing, so it goes. When too few are full, a tenth goes as well: those that were taken from
   * once before those that are nearly empty, the oldest first.
   */
  #forget(now: number): void {
    const { burst } = this.#rate;
    for (const least of [burst, burst - 1, 0]) {
      for (const [key, bucket] of this.#buckets) {
        if (least < burst && this.#buckets.size <= maxBuckets * 0.9) return;
        if (this.#tokens(bucket, now) >= least) this.#buckets.delete(key);
      }
    }
  }
}

export class RateLimits {
  readonly #kinds: Readonly<Record<RateKind, Buckets>>;

  constructor(rates: ServerConfig['rates'], now: () => number) {
    this.#kinds = {
      loginsPerAccount: new Buckets(rates.loginsPerAccount, now),
      loginsPerAddress: new Buckets(rates.loginsPerAddress, now),
      registrationsPerAddress: new Buckets(rates.registrationsPerAddress, now),
      phoneLookups: new Buckets(rates.phoneLookups, now),
      profileChanges: new Buckets(rates.profileChanges, now),
      uploads: new Buckets(rates.uploads, now),
      events: new Buckets(rates.events, now),
      groups: new Buckets(rates.groups, now),
      typing: new Buckets(rates.typing, now),
      calls: new Buckets(rates.calls, now),
      callSignals: new Buckets(rates.callSignals, now),
    };
  }

  /** Counts one attempt. Throws PytalkError `rate-limited` when there were too many. */
  take(kind: RateKind, key: string | number): void {
    const retryAfterMs = this.#kinds[kind].take(key);
    if (retryAfterMs > 0) {
      const seconds = Math.ceil(retryAfterMs / 1000);
      throw new PytalkError('rate-limited', { retryAfterMs, details: { seconds } });
    }
  }

  /** True when the next attempt would be refused. */
  isUsedUp(kind: RateKind, key: string | number): boolean {
    return this.#kinds[kind].isEmpty(key);
  }

  /** Takes an attempt back that turned out to be harmless, such as a login that succeeded. */
  giveBack(kind: RateKind, key: string | number): void {
    this.#kinds[kind].giveBack(key);
  }
}

/** What stands for an address: all of it for IPv4, the network of 64 bits for IPv6, which one subscriber has. */
export function addressKey(address: string): string {
  const v4 = /^(?:::ffff:)?(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (v4 !== undefined) return v4;
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const end = tail === '' ? [] : tail.split(':');
    while (groups.length + end.length < 8) groups.push('0');
    groups.push(...end);
  }
  return groups.slice(0, 4).join(':');
}
