// One camera or microphone for several calls: opened once for whoever wants it, opened anew when it fails, closed when nobody wants it any more.
import { PytalkError } from '../../protocol/errors.js';
import type { Source, SourceEvents } from '../media.js';
import type { MediaReason } from '../media-reasons.js';
import type { Clock } from '../session/outside.js';

/** Waits before a source that failed is opened again; the last one for as long as it takes. */
const reopenMs = [1_000, 2_000, 5_000, 10_000, 30_000] as const;
/** A source that gives nothing for so long is opened anew: some hang without a word. */
const silenceMs = 30_000;
/** It stays open for a while after the last one has gone: who calls again sees a picture at once. */
const lingerMs = 10_000;
/** What a source says of a failure that it mends itself counts as one of ours from this many on without data. */
const maxOwnFailures = 2;

export interface SharedSourceOptions<T> {
  /** What it is, for people. */
  label: string;
  open(events: SourceEvents<T>): Promise<Source>;
  /** The error of its kind with this reason. */
  failed(why: MediaReason): PytalkError;
  /** What all who take it are told, once. */
  problem?(error: PytalkError, retryInMs: number): void;
  recovered?(): void;
  clock: Clock;
}

export type SharedState = 'closed' | 'opening' | 'open' | 'failed';

export class SharedSource<T> {
  readonly #options: SharedSourceOptions<T>;
  readonly #takers = new Set<SourceEvents<T>>();
  #source: Source | null = null;
  /** Opening and closing one after the other: a device can be opened once. */
  #work: Promise<void> = Promise.resolve();
  #state: SharedState = 'closed';
  #failures = 0;
  #ownFailures = 0;
  /** Grows when a source is given up: what an earlier one still tells is passed over. */
  #round = 0;
  #stopTimer: () => void = () => undefined;
  #stopSilence: () => void = () => undefined;
  #newest: { item: T; atMs: number } | null = null;
  #error: PytalkError | null = null;
  #isClosed = false;

  constructor(options: SharedSourceOptions<T>) {
    this.#options = options;
  }

  get state(): SharedState {
    return this.#state;
  }

  /** Why it does not work now; null while it does, or nobody wants it. */
  get error(): PytalkError | null {
    return this.#error;
  }

  /** What came last, if that was not longer ago. */
  newest(maxAgeMs: number): T | null {
    if (!this.#newest || this.#options.clock.now() - this.#newest.atMs > maxAgeMs) return null;
    return this.#newest.item;
  }

  /** Gives what comes to one more. Never fails: what does not work is told, and tried again as long as it is wanted. */
  take(events: SourceEvents<T>): Source {
    this.#takers.add(events);
    // Somebody who has just come is worth a try at once.
    if (this.#state === 'closed' || this.#state === 'failed') this.#begin();
    else this.#stopTimer();
    let closing: Promise<void> | null = null;
    const cancelsEcho = (): boolean => this.#source?.cancelsEcho === true;
    return {
      label: this.#options.label,
      get cancelsEcho() {
        return cancelsEcho();
      },
      close: () => (closing ??= this.#leave(events)),
    };
  }

  /** Runs while the source is closed, and holds its next opening back until then. */
  async alone<R>(run: () => Promise<R>): Promise<R> {
    const before = this.#work;
    const result = before.then(run);
    this.#work = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }

  /** Idempotent; resolves when everything is closed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#takers.clear();
    this.#give();
    await this.#work;
  }

  #leave(events: SourceEvents<T>): Promise<void> {
    this.#takers.delete(events);
    if (this.#takers.size > 0 || this.#isClosed) return Promise.resolve();
    if (this.#state === 'failed') this.#give();
    else if (this.#state !== 'closed') this.#later(lingerMs, () => this.#give());
    return Promise.resolve();
  }

  #later(ms: number, run: () => void): void {
    this.#stopTimer();
    this.#stopTimer = this.#options.clock.after(ms, run);
  }

  #begin(): void {
    if (this.#isClosed) return;
    this.#stopTimer();
    this.#state = 'opening';
    this.#ownFailures = 0;
    const round = ++this.#round;
    const isCurrent = (): boolean => round === this.#round;
    const events: SourceEvents<T> = {
      data: (item) => {
        if (isCurrent()) this.#came(item);
      },
      problem: (error, retryInMs) => {
        if (!isCurrent()) return;
        // What mends itself soon is left to it; but a camera that was plugged in elsewhere is found by opening anew alone.
        const mendsItself = retryInMs !== null && ++this.#ownFailures <= maxOwnFailures;
        if (mendsItself) this.#tell(error, retryInMs);
        else this.#failed(error);
      },
    };
    this.#work = this.#work
      .then(async () => {
        if (!isCurrent()) return;
        const source = await this.#options.open(events);
        if (!isCurrent()) {
          await source.close();
          return;
        }
        this.#source = source;
        this.#state = 'open';
        this.#listen();
        if (this.#takers.size === 0) this.#later(lingerMs, () => this.#give());
      })
      .catch((error: unknown) => {
        if (isCurrent()) this.#failed(asPytalkError(error));
      });
  }

  #came(item: T): void {
    this.#failures = this.#ownFailures = 0;
    if (this.#error) this.#options.recovered?.();
    this.#error = null;
    this.#newest = { item, atMs: this.#options.clock.now() };
    for (const taker of [...this.#takers]) taker.data(item);
  }

  /** Looks now and then whether anything has come. */
  #listen(): void {
    const round = this.#round;
    const { clock } = this.#options;
    const sinceMs = clock.now();
    this.#stopSilence();
    this.#stopSilence = clock.after(silenceMs, () => {
      if (round !== this.#round) return;
      if ((this.#newest?.atMs ?? -Infinity) >= sinceMs) this.#listen();
      else this.#failed(this.#options.failed('nothing-comes'));
    });
  }

  #tell(error: PytalkError, retryInMs: number): void {
    this.#error = error;
    this.#options.problem?.(error, retryInMs);
    for (const taker of [...this.#takers]) taker.problem(error, retryInMs);
  }

  #failed(error: PytalkError): void {
    this.#give();
    if (this.#takers.size === 0) return;
    const waitMs = reopenMs[Math.min(this.#failures++, reopenMs.length - 1)] ?? reopenMs[0];
    this.#state = 'failed';
    this.#tell(error, waitMs);
    this.#later(waitMs, () => {
      if (this.#takers.size > 0) this.#begin();
      else this.#give();
    });
  }

  /** Gives the source up. */
  #give(): void {
    this.#round++;
    this.#stopTimer();
    this.#stopSilence();
    this.#state = 'closed';
    this.#error = null;
    const source = this.#source;
    this.#source = null;
    if (source) this.#work = this.#work.then(() => source.close()).catch(() => undefined);
  }
}

function asPytalkError(error: unknown): PytalkError {
  return error instanceof PytalkError ? error : new PytalkError('internal', { cause: error });
}
