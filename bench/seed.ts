// Fills a database before the server starts: accounts, their sessions, and the conversations they are in.
import { createHash, randomBytes } from 'node:crypto';
import { openStorage } from '../src/server/storage/open.js';
import type { Membership, StoredEvent, Unit, Write } from '../src/server/storage/storage.js';

export interface Seed {
  /** Accounts, with the ids 1 to `users`. */
  users: number;
  /** Members of each group, by user id; conversation ids are given from 1, groups first. */
  groups?: readonly (readonly number[])[];
  /** Pairs of people in direct conversations. */
  direct?: readonly (readonly [number, number])[];
  /** What was said before, from seq 1 on; the members have read it all. */
  events?: readonly StoredEvent[];
}

const unitsPerCommit = 1000;

/** Writes the seed and returns the token of each user, the one of user 1 first. */
export async function seed(
  dataDir: string,
  { users, groups = [], direct = [], events = [] }: Seed,
): Promise<string[]> {
  const at = Date.now();
  const tokens = Array.from({ length: users }, () => randomBytes(32).toString('base64url'));
  const units: Unit[] = tokens.map((token, i) => accountWrites(i + 1, token, at));
  [...groups, ...direct].forEach((members, i) => {
    const kind = i < groups.length ? 'group' : 'direct';
    const said = events.findLast(({ conv }) => conv === i + 1)?.seq ?? 0;
    units.push(conversationWrites(i + 1, kind, members, said, at));
  });
  for (const event of events) units.push([{ do: 'event', event }]);
  const storage = await openStorage(dataDir);
  try {
    for (let i = 0; i < units.length; i += unitsPerCommit) {
      await storage.commit(units.slice(i, i + unitsPerCommit));
    }
  } finally {
    await storage.close();
  }
  return tokens;
}

function accountWrites(id: number, token: string, at: number): Write[] {
  const username = `bench${id}`;
  const key = randomBytes(32).toString('base64url');
  return [
    {
      do: 'create-account',
      account: {
        id,
        username,
        nameKey: username,
        phone: String(1_000_000_000 + id),
        email: null,
        firstName: null,
        lastName: null,
        bio: '',
        avatar: null,
        opaqueRecord: key,
        publicKey: key,
        wrapped: key,
        recovery: null,
        quotaBytes: null,
        disabled: false,
        deleted: false,
        role: 'user',
        createdAt: at,
        lastSeenAt: null,
      },
    },
    {
      do: 'create-session',
      session: {
        id,
        user: id,
        tokenHash: createHash('sha256').update(token).digest('hex'),
        device: 'bench',
        address: '127.0.0.1',
        createdAt: at,
        lastSeenAt: at,
      },
    },
  ];
}

function conversationWrites(
  id: number,
  kind: 'group' | 'direct',
  members: readonly number[],
  said: number,
  at: number,
): Write[] {
  const name = kind === 'group' ? `bench-group${id}` : null;
  const [a = 0, b = 0] = members;
  const joins = members.map((user, i): Write => {
    const membership: Membership = {
      conv: id,
      user,
      admin: kind === 'group' && i === 0,
      joinedAt: at,
      firstSeq: 1,
      leftSeq: null,
      delivered: said,
      read: said,
      toldRead: said,
      hidden: false,
      muted: false,
      clearedSeq: 0,
    };
    return { do: 'join', membership };
  });
  return [
    {
      do: 'create-conversation',
      conversation: { id, kind, name, createdAt: at },
      nameKey: name,
      pair: kind === 'direct' ? [Math.min(a, b), Math.max(a, b)] : null,
    },
    ...joins,
  ];
}

/** What the database holds of a conversation: its last seq, and all events of all conversations. */
export async function storedEvents(
  dataDir: string,
  conv: number,
): Promise<{ lastSeq: number; events: number }> {
  const storage = await openStorage(dataDir);
  try {
    const found = await storage.conversation(conv);
    const { events } = await storage.statistics();
    return { lastSeq: found?.lastSeq ?? 0, events };
  } finally {
    await storage.close();
  }
}
