// A home with the copy of a long conversation in it, as a device has it that was there all the time.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from '../../src/client/index.js';
import { Home } from '../../src/client/home.js';
import { openCache } from '../../src/client/live.js';
import { encodePayload } from '../../src/protocol/payload.js';
import type { StoredEvent } from '../../src/server/storage/storage.js';
import type { BenchServer } from '../server-process.js';

const eventsPerWrite = 5_000;
const minuteMs = 60_000;

/** A word that only the message with this seq has. */
export function wordOf(seq: number): string {
  return `bench-${seq}`;
}

function textOf(seq: number): string {
  return `${wordOf(seq)} is what somebody wrote in this place, as long as people write on the average`;
}

/** Messages of two people in turns, a minute apart, the last one just now. */
export function pastEvents(conv: number, people: readonly [number, number], count: number): StoredEvent[] {
  const now = Date.now();
  return Array.from({ length: count }, (_, index) => ({
    conv,
    seq: index + 1,
    id: `00000000-0000-7000-8000-${String(index).padStart(12, '0')}`,
    from: people[index % 2] ?? 0,
    at: now - (count - index) * minuteMs,
    class: 'message',
    target: null,
    files: [],
    payload: encodePayload({ kind: 'text', text: textOf(index + 1) }),
  }));
}

/**
 * Makes the home of user 1. The client itself brings what is not in the log (people, conversations, where history ends);
 * the rest of the log is written into its copy at once, since fetching it takes a minute.
 */
export async function fullHome(
  dir: string,
  server: BenchServer,
  events: readonly StoredEvent[],
): Promise<void> {
  const address = `127.0.0.1:${server.port}`;
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const session = {
    server: address,
    tls: server.tls,
    username: 'bench1',
    user: 1,
    token: server.tokens[0],
    publicKey: Buffer.alloc(32, 1).toString('base64url'),
    privateKey: Buffer.alloc(32, 1).toString('base64url'),
  };
  await writeFile(join(dir, 'session.json'), JSON.stringify(session), { mode: 0o600 });
  const client = await connect({ home: dir, mode: 'live' });
  await client.conversations();
  await client.close();
  const cache = await openCache(await Home.open(dir), address, 1);
  try {
    for (let from = 0; from < events.length; from += eventsPerWrite) {
      const batch = events.slice(from, from + eventsPerWrite);
      await cache.write({
        events: batch.map(({ conv, seq, id, from: author, at, payload }) => ({
          conv,
          seq,
          id,
          from: author,
          at,
          payload,
        })),
        words: new Map(batch.map(({ id, seq }) => [id, textOf(seq)])),
      });
    }
  } finally {
    await cache.close();
  }
}
