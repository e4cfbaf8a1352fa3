// The real storage in a folder of its own, and rows to put into it.
import { openStorage } from '../../src/server/storage/open.js';
import type {
  Account,
  Membership,
  Session,
  Storage,
  StoredEvent,
  Write,
} from '../../src/server/storage/storage.js';
import type { SqliteDriver } from '../../src/sqlite/database.js';
import { temporaryFolder, type Teardown } from './temporary-folder.js';

/** Opens a storage in a new folder; both are gone when the test is over. */
export async function temporaryStorage(
  test: Teardown,
  driver?: SqliteDriver,
): Promise<Storage & { dataDir: string }> {
  const dataDir = await temporaryFolder(test);
  const storage = await openStorage(dataDir, { driver });
  test.teardown(() => storage.close());
  return { ...storage, dataDir };
}

/** An account whose unique fields are made from its id. */
export function someAccount(id: number, set: Partial<Account> = {}): Account {
  return {
    id,
    username: `User${id}`,
    nameKey: `user${id}`,
    phone: String(1_000_000_000 + id),
    email: null,
    firstName: null,
    lastName: null,
    bio: '',
    avatar: null,
    opaqueRecord: 'record',
    publicKey: 'key',
    wrapped: 'wrapped',
    recovery: null,
    quotaBytes: null,
    disabled: false,
    deleted: false,
    role: 'user',
    createdAt: 1_790_000_000_000 + id,
    lastSeenAt: null,
    ...set,
  };
}

export function someSession(id: number, user: number, set: Partial<Session> = {}): Session {
  const times = { createdAt: 1_790_000_000_000, lastSeenAt: 1_790_000_000_000 };
  return { id, user, tokenHash: `token${id}`, device: 'laptop', address: '127.0.0.1', ...times, ...set };
}

/** A present member who sees everything and has read nothing. */
export function someMember(conv: number, user: number, set: Partial<Membership> = {}): Membership {
  return {
    conv,
    user,
    admin: false,
    joinedAt: 1_790_000_000_000 + user,
    firstSeq: 1,
    leftSeq: null,
    delivered: 0,
    read: 0,
    toldRead: set.read ?? 0,
    hidden: false,
    muted: false,
    clearedSeq: 0,
    ...set,
  };
}

/** The id of the event that `someEvent` makes for a place in a log. */
export function someEventId(conv: number, seq: number): string {
  return `01900000-0000-7000-8${conv.toString(16).padStart(3, '0')}-${seq.toString(16).padStart(12, '0')}`;
}

export function someEvent(conv: number, seq: number, set: Partial<StoredEvent> = {}): StoredEvent {
  return {
    conv,
    seq,
    id: someEventId(conv, seq),
    from: 1,
    at: 1_790_000_000_000 + seq,
    class: 'message',
    target: null,
    files: [],
    payload: `payload ${seq}`,
    ...set,
  };
}

/** Writes that make a group of these members. */
export function someGroup(conv: number, members: readonly number[]): Write[] {
  const name = `Group${conv}`;
  const conversation = { id: conv, kind: 'group' as const, name, createdAt: 1_790_000_000_000 };
  return [
    { do: 'create-conversation', conversation, nameKey: name.toLowerCase(), pair: null },
    ...members.map((user) => ({ do: 'join' as const, membership: someMember(conv, user) })),
  ];
}
