// Group commit: what arrives while a commit runs shares the next one, and sequence numbers leave no gap.
import { PytalkError } from '../protocol/errors.js';
import { StorageError, type Storage, type Unit, type Write } from './storage/storage.js';

/** Units in one transaction at most, so that one commit stays short. */
const maxBatch = 1024;
const lazyDelayMs = 250;

/** Something to be stored whole or not at all. */
export interface Item {
  /** Asked when a batch is put together: why it may not be stored any more, after what was stored before it. */
  refusal?(): PytalkError | null;
  /**
   * Makes the writes, when the batch is put together: the moment at which sequence numbers are given out.
   * May be called again after `undo`, when the batch was refused because of another item.
   */
  build(): Unit;
  /** Takes back what `build` gave out. Items of a batch are undone in reverse order. */
  undo(): void;
  /**
   * It is on disk. Called in the order of the batch; must not throw or reject. What comes after waits for a
   * promise only when the item commits alone.
   */
  done(): void | Promise<void>;
  failed(error: Error): void;
  /** Id of an event, when storing it twice is to be noticed before the rest of the batch suffers. */
  readonly eventId?: string;
  /** Commits alone, since it changes who takes part in what follows. */
  readonly alone?: boolean;
}

/** What `admin` and metrics count. */
export interface CommitCounters {
  commits: number;
  units: number;
}

/** Turns what the storage says into what a client may be told. */
export function storageFailure(error: unknown): PytalkError {
  if (error instanceof PytalkError) return error;
  if (error instanceof StorageError && error.reason === 'disk-full') {
    return new PytalkError('disk-full', { cause: error });
  }
  const reason = error instanceof StorageError ? error.message : 'internal error';
  return new PytalkError('storage-failed', { details: { reason }, cause: error });
}

export class Committer {
  readonly counters: CommitCounters = { commits: 0, units: 0 };
  readonly #storage: Storage;
  #queue: Item[] = [];
  #running: Promise<void> | null = null;
  #afterBatch: () => void = () => undefined;
  #lazy = new Map<string, Write>();
  #lazyTimer: NodeJS.Timeout | null = null;
  /** Lazy writes on their way to the disk. */
  #flushing: Promise<unknown> = Promise.resolve();

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** Calls `listener` after all items of a batch were told that they are done. */
  onBatch(listener: () => void): void {
    this.#afterBatch = listener;
  }

  add(item: Item): void {
    this.#queue.push(item);
    // The first waits for the end of the turn, so that what arrives with it shares its commit.
    this.#running ??= new Promise<void>((resolve) => {
      setImmediate(() => void this.#run().then(resolve));
    });
  }

  /**
   * Stores writes that need no sequence number. Rejects with StorageError for a constraint (the caller knows
   * what it means), else with PytalkError.
   */
  commit(unit: Unit): Promise<void> {
    return new Promise((resolve, reject) => {
      this.add({ build: () => unit, undo: () => undefined, done: resolve, failed: reject });
    });
  }

  /** Stores a write soon; a later one with the same key replaces it. For what a client repeats after a crash. */
  lazily(key: string, write: Write): void {
    this.#lazy.set(key, write);
    this.#lazyTimer ??= setTimeout(() => {
      void this.flushLazy();
    }, lazyDelayMs);
  }

  /** Resolves when everything that was added is stored or refused. */
  async drain(): Promise<void> {
    await this.flushLazy();
    while (this.#running) await this.#running;
  }

  /** Stores now what `lazily` was given, for who reads it next, and waits for what is being stored already. Never rejects: what cannot be stored is let go. */
  async flushLazy(): Promise<void> {
    if (this.#lazyTimer) clearTimeout(this.#lazyTimer);
    this.#lazyTimer = null;
    if (this.#lazy.size > 0) {
      const unit = [...this.#lazy.values()];
      this.#lazy.clear();
      this.#flushing = Promise.allSettled([this.#flushing, this.commit(unit)]);
    }
    await this.#flushing;
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = withoutRefused(this.#takeBatch());
      if (batch.length === 0) continue;
      await this.#commitBatch(batch);
      this.#afterBatch();
    }
    this.#running = null;
  }

  #takeBatch(): Item[] {
    const barrier = this.#queue.findIndex((item) => item.alone);
    const count = barrier === 0 ? 1 : barrier < 0 ? maxBatch : Math.min(barrier, maxBatch);
    if (count >= this.#queue.length) {
      const batch = this.#queue;
      this.#queue = [];
      return batch;
    }
    return this.#queue.splice(0, count);
  }

  async #commitBatch(batch: readonly Item[]): Promise<void> {
    const error = await this.#try(batch);
    if (error === null) return;
    const constraint = error instanceof StorageError && error.reason === 'constraint';
    if (!constraint || batch.length === 1) {
      const reason = constraint ? error : storageFailure(error);
      for (const item of batch) item.failed(reason);
      return;
    }
    const known = await this.#storedAlready(batch);
    const rest: Item[] = [];
    for (const item of batch) {
      if (item.eventId !== undefined && known.has(item.eventId)) item.failed(error);
      else rest.push(item);
    }
    if (known.size > 0 && rest.length > 0 && (await this.#try(rest)) === null) return;
    for (const item of rest) {
      const own = await this.#try([item]);
      if (own === null) continue;
      item.failed(own instanceof StorageError && own.reason === 'constraint' ? own : storageFailure(own));
    }
  }

  /** Commits a batch; returns null when it is on disk, else why not, with all numbers taken back. */
  async #try(batch: readonly Item[]): Promise<Error | null> {
    const units: Unit[] = new Array<Unit>(batch.length);
    let built = 0;
    try {
      for (const item of batch) {
        units[built] = item.build();
        built++;
      }
      await this.#storage.commit(units);
    } catch (error) {
      for (let i = built - 1; i >= 0; i--) batch[i]?.undo();
      return error instanceof Error ? error : new Error(String(error));
    }
    this.counters.commits++;
    this.counters.units += batch.length;
    for (const item of batch) {
      const after = item.done();
      if (item.alone) await after;
    }
    return null;
  }

  async #storedAlready(batch: readonly Item[]): Promise<Set<string>> {
    const ids = batch.flatMap((item) => item.eventId ?? []);
    if (ids.length === 0) return new Set();
    const found = await this.#storage.eventsByIds(ids).catch(() => []);
    return new Set(found.map((event) => event.id));
  }
}

/** The items that may be stored now; the others are told why not. */
function withoutRefused(batch: readonly Item[]): readonly Item[] {
  return batch.filter((item) => {
    const refusal = item.refusal?.() ?? null;
    if (refusal !== null) item.failed(refusal);
    return refusal === null;
  });
}
