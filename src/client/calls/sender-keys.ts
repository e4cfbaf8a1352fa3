// What this device encrypts its streams with in a call: handed to everybody in it, and renewed when somebody comes or goes.
import type { Timers } from '../timers.js';
import { makeSenderKey, type SenderKey } from './call-keys.js';

/** A key is used so long after the server has passed it to everybody: by then it has come, or is about to. */
const useAfterMs = 300;
/** Renewals begin this far apart at least, so that those who come and go cannot use up what the server allows of `call.key`. */
const renewEveryMs = 800;
/** What could not be handed on is tried again after this. */
const retryMs = 1_000;

export interface SenderKeysParts {
  timers: Pick<Timers, 'now' | 'after'>;
  /** Seals a key for a participant and has it passed on. Rejects when that must be tried again. */
  hand(to: number, key: SenderKey): Promise<void>;
  /** What is sent is sealed with this key from now on. */
  use(key: SenderKey): void;
}

/**
 * Whoever leaves knows no key that is made afterwards; whoever joins is given none that was used before. So a change makes one
 * new key, which all get first and which is used then. Who joins meanwhile gets it too, as nothing was sealed with it yet; who
 * leaves meanwhile knows it, so it is followed by another one. Changes in quick succession thus share a renewal.
 */
export class SenderKeys {
  readonly #parts: SenderKeysParts;
  #key = makeSenderKey(0);
  /** Handed on, and not used yet. */
  #next: SenderKey | null = null;
  /** Nobody has been given the key in use. */
  #isFresh = true;
  #isOutdated = false;
  readonly #people = new Set<number>();
  /** Who has not been given the newest key yet. */
  readonly #owed = new Set<number>();
  #renewedAtMs = -Infinity;
  #stopUse: (() => void) | null = null;
  #stopRest: (() => void) | null = null;
  #stopRetry: (() => void) | null = null;
  #isClosed = false;

  constructor(parts: SenderKeysParts) {
    this.#parts = parts;
  }

  get inUse(): SenderKey {
    return this.#key;
  }

  /** Who is in the call besides this device now, all at once. */
  follow(ids: Iterable<number>): void {
    if (this.#isClosed) return;
    const now = new Set(ids);
    for (const id of this.#people) {
      if (now.has(id)) continue;
      this.#people.delete(id);
      this.#owed.delete(id);
      this.#isOutdated = true;
    }
    const come = [...now].filter((id) => !this.#people.has(id));
    for (const id of come) {
      this.#people.add(id);
      if (this.#next || this.#isFresh) this.#owe(id);
      else this.#isOutdated = true;
    }
    if (come.length > 0 && !this.#next) this.#isFresh = false;
    this.#renew();
    this.#mayUse();
  }

  /** The connection is back: what could not be handed on is tried again at once. */
  retry(): void {
    this.#stopRetry?.();
    this.#stopRetry = null;
    for (const id of this.#owed) void this.#hand(id);
  }

  /** Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#stopUse?.();
    this.#stopRest?.();
    this.#stopRetry?.();
  }

  #renew(): void {
    if (!this.#isOutdated || this.#next || this.#isClosed) return;
    const { timers } = this.#parts;
    if (this.#people.size === 0) {
      // Nothing is sent to nobody, so whoever comes next may have it as it is.
      this.#isOutdated = false;
      this.#isFresh = true;
      this.#take(makeSenderKey(this.#key.epoch + 1));
      return;
    }
    const restMs = this.#renewedAtMs + renewEveryMs - timers.now();
    if (restMs > 0) {
      this.#stopRest ??= timers.after(restMs, () => {
        this.#stopRest = null;
        this.#renew();
      });
      return;
    }
    this.#renewedAtMs = timers.now();
    this.#isOutdated = false;
    this.#next = makeSenderKey(this.#key.epoch + 1);
    for (const id of this.#people) this.#owe(id);
  }

  #owe(id: number): void {
    this.#owed.add(id);
    void this.#hand(id);
  }

  async #hand(id: number): Promise<void> {
    const key = this.#next ?? this.#key;
    try {
      await this.#parts.hand(id, key);
    } catch {
      if (!this.#isClosed) this.#stopRetry ??= this.#parts.timers.after(retryMs, () => this.retry());
      return;
    }
    if (key !== (this.#next ?? this.#key)) return;
    this.#owed.delete(id);
    this.#mayUse();
  }

  /** Once all have the next key, its time is set; who comes after that gets it on the way. */
  #mayUse(): void {
    if (!this.#next || this.#owed.size > 0 || this.#stopUse || this.#isClosed) return;
    const next = this.#next;
    this.#stopUse = this.#parts.timers.after(useAfterMs, () => {
      this.#stopUse = null;
      this.#next = null;
      this.#take(next);
      this.#renew();
    });
  }

  #take(key: SenderKey): void {
    this.#key = key;
    this.#parts.use(key);
  }
}
