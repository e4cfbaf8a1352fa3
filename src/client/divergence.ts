// After the server's data came back from a backup: what the local copy has beyond them is no more, and must not be in the way.
import { PytalkError } from '../protocol/errors.js';
import type { Cache } from './cache.js';
import type { Directory } from './directory.js';
import type { Link } from './link.js';

interface Parts {
  link: Pick<Link, 'request' | 'hello'>;
  cache: Cache;
  directory: Directory;
}

/**
 * Data that the server has from a backup may lack the newest that this copy has, and have something else in its place:
 * then each conversation of the copy is made a beginning of the server's log again. Returns whether anything had to go.
 */
export async function meetEpoch(parts: Parts, flushed: () => Promise<void>): Promise<boolean> {
  const { link, cache } = parts;
  const epoch = link.hello?.epoch;
  if (epoch === undefined || epoch === (await cache.meta('epoch'))) return false;
  await flushed();
  let changed = false;
  for (const [conv, { low, high }] of await cache.held()) {
    if (await isGone(parts, conv, low, high)) changed = true;
  }
  await cache.write({ meta: new Map([['epoch', epoch]]) });
  return changed;
}

async function isGone(parts: Parts, conv: number, low: number, high: number): Promise<boolean> {
  const { cache, directory } = parts;
  const newest = await eventAt(parts, conv, Math.max(1, high));
  if (newest === null) {
    directory.dropConversation(conv);
    await cache.dropConversation(conv);
    return true;
  }
  if (high === 0 || (await isSame(parts, conv, high, newest.id))) return false;
  const common = await lastCommon(parts, conv, low, Math.min(high - 1, newest.lastSeq));
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

/** What the server has at this seq, and its last one; null when it has no such conversation. */
async function eventAt(
  { link }: Parts,
  conv: number,
  seq: number,
): Promise<{ id: string | null; lastSeq: number } | null> {
  try {
    const { events, lastSeq } = await link.request('events.get', { conv, after: seq - 1, limit: 1 });
    return { id: events.find((event) => event.seq === seq)?.id ?? null, lastSeq };
  } catch (error) {
    if (error instanceof PytalkError && error.code === 'conversation-not-found') return null;
    throw error;
  }
}
