// After the server's data came back from a backup: what the local copy has beyond them is no more, and must not be in the way.
import { PytalkError } from '../protocol/errors.js';
import type { Cache } from './cache.js';
import type { CacheWriter } from './cache-writer.js';
import type { CachedSource } from './cached-source.js';
import type { Directory } from './directory.js';
import type { Emitter } from './emitter.js';
import type { Link } from './link.js';
import type { LiveOutbox } from './live-outbox.js';
import { inParallel, type Sync } from './sync.js';

interface Parts {
  link: Pick<Link, 'request'>;
  cache: Cache;
  directory: Directory;
}

interface LiveParts extends Parts {
  link: Pick<Link, 'request' | 'hello'>;
  emitter: Pick<Emitter, 'emit'>;
  source: Pick<CachedSource, 'forget'>;
  writer: Pick<CacheWriter, 'flushed'>;
  sync: Pick<Sync, 'suspend' | 'reset'>;
  outbox: Pick<LiveOutbox, 'forgetIds' | 'online'>;
}

/** Knows with which data of the server the copy has been compared; until then the outbox holds still. */
export class Divergence {
  readonly #parts: LiveParts;
  #epoch: string | null;
  /** Something of the copy is gone, and nobody has been told yet. */
  #isPoorer = false;

  private constructor(parts: LiveParts, epoch: string | null) {
    this.#parts = parts;
    this.#epoch = epoch;
  }

  static async open(parts: LiveParts): Promise<Divergence> {
    return new Divergence(parts, await parts.cache.meta('epoch'));
  }

  /** Whether ids of this copy mean on the server what they mean here. */
  get isMet(): boolean {
    const epoch = this.#parts.link.hello?.epoch;
    return epoch === undefined || epoch === this.#epoch;
  }

  /** Compares, once the list of conversations has come. Rejects when the connection is lost; to be called again then. */
  async meet(): Promise<void> {
    const { link, cache, source, writer, sync, outbox, emitter } = this.#parts;
    const epoch = link.hello?.epoch;
    if (epoch === undefined || epoch === this.#epoch) return;
    sync.suspend();
    await writer.flushed();
    await outbox.forgetIds();
    try {
      await meetEpoch(this.#parts, epoch, () => (this.#isPoorer = true));
    } finally {
      // Also when the line broke in the middle: part of it is on disk.
      source.forget();
      sync.reset(await cache.held());
    }
    this.#epoch = epoch;
    outbox.online();
    if (this.#isPoorer) emitter.emit('restored', {});
    this.#isPoorer = false;
  }
}

/**
 * Data that the server has from a backup may lack the newest that this copy has, and have something else in its place:
 * then each conversation of the copy is made a beginning of the server's log again. `onGone` hears when anything had to go.
 * Rejects when the connection is lost; some have been looked at then, and the epoch is not kept as met.
 */
export async function meetEpoch(parts: Parts, epoch: string, onGone: () => void): Promise<void> {
  const { cache } = parts;
  const failures: unknown[] = [];
  // A failure ends it when those under way have come to their end: nothing changes on disk after that.
  await inParallel([...(await cache.held())], async ([conv, { low, high }]) => {
    if (failures.length > 0) return;
    try {
      if (await isGone(parts, conv, low, high)) onGone();
    } catch (error) {
      failures.push(error);
    }
  });
  if (failures.length > 0) throw failures[0];
  await cache.write({ meta: new Map([['epoch', epoch]]) });
}

async function isGone(parts: Parts, conv: number, low: number, high: number): Promise<boolean> {
  const { cache, directory } = parts;
  const newest = await eventAt(parts, conv, Math.max(1, high));
  if (newest === null) {
    directory.dropConversation(conv);
    await cache.dropConversation(conv);
    return true;
  }
  // What was held before an earlier membership ended cannot be asked for any more, and so is no difference.
  if (high < newest.firstSeq || (await isSame(parts, conv, high, newest.id))) return false;
  const from = Math.max(low, newest.firstSeq);
  const common = await lastCommon(parts, conv, from, Math.min(high - 1, newest.lastSeq));
  await cache.forgetAfter(conv, common);
  const conversation = directory.conversations.get(conv);
  if (conversation) directory.putConversation({ ...conversation, lastSeq: newest.lastSeq });
  return true;
}

/** The last seq from `low` to `high` up to which both logs are the same; below `low` when there is none. */
async function lastCommon(parts: Parts, conv: number, low: number, high: number): Promise<number> {
  let common = low - 1;
  let different = high + 1;
  while (different - common > 1) {
    const middle = Math.floor((common + different) / 2);
    const found = await eventAt(parts, conv, middle);
    if (await isSame(parts, conv, middle, found?.id ?? null)) common = middle;
    else different = middle;
  }
  return common;
}

async function isSame({ cache }: Parts, conv: number, seq: number, id: string | null): Promise<boolean> {
  const [own] = await cache.all(conv, seq - 1, seq + 1, 1, true);
  return own?.id === id;
}

/** What the server has at this seq, its first and its last one that may be seen; null when it has no such conversation. */
async function eventAt(
  { link }: Parts,
  conv: number,
  seq: number,
): Promise<{ id: string | null; firstSeq: number; lastSeq: number } | null> {
  try {
    const { events, firstSeq, lastSeq } = await link.request('events.get', {
      conv,
      after: seq - 1,
      limit: 1,
    });
    return { id: events.find((event) => event.seq === seq)?.id ?? null, firstSeq, lastSeq };
  } catch (error) {
    if (error instanceof PytalkError && error.code === 'conversation-not-found') return null;
    throw error;
  }
}
