// What the server needs kept: one durable write entry for everything, and one method for each question asked.
import type { EventClass } from '../../protocol/payload.js';

export interface StoredEvent {
  conv: number;
  seq: number;
  id: string;
  from: number;
  /** Milliseconds since 1970. */
  at: number;
  class: EventClass;
  target: string | null;
  files: readonly string[];
  payload: string;
}

export interface Account {
  id: number;
  /** As typed. */
  username: string;
  /** `nameKey(username)`, unique among accounts that are not deleted. */
  nameKey: string;
  /** 10 digits; null once deleted. Unique. */
  phone: string | null;
  email: string | null;
  firstName: string | null;
  lastName: string | null;
  bio: string;
  avatar: string | null;
  /** OPAQUE registration record (RFC 9807), base64url. */
  opaqueRecord: string;
  publicKey: string;
  wrapped: string;
  /** The identity's private key sealed under the recovery key, if one was made. */
  recovery: string | null;
  disabled: boolean;
  deleted: boolean;
  role: 'user' | 'admin';
  /** Bytes of this person's files that an administrator allows; null is the server's own setting. */
  quotaBytes: number | null;
  createdAt: number;
  lastSeenAt: number | null;
}

export interface Session {
  id: number;
  user: number;
  /** SHA-256 of the token, hexadecimal. The token itself is never stored. */
  tokenHash: string;
  device: string;
  address: string;
  createdAt: number;
  lastSeenAt: number;
}

export interface Membership {
  conv: number;
  user: number;
  admin: boolean;
  joinedAt: number;
  /** First seq this member may see. */
  firstSeq: number;
  /** Last seq this member may see once they left; null while a member. */
  leftSeq: number | null;
  delivered: number;
  read: number;
  /** Up to where the others are told that it was read: never more than `read`. */
  toldRead: number;
  hidden: boolean;
  muted: boolean;
  clearedSeq: number;
}

export interface ConversationRow {
  id: number;
  kind: 'direct' | 'group';
  name: string | null;
  createdAt: number;
}

export interface LogEntry {
  id: number;
  at: number;
  /** pino level number: 30 info, 40 warn, 50 error. */
  level: number;
  /** What happened, as a short constant such as `login-refused`. */
  event: string;
  user: number | null;
  detail: string;
  /** Of what an administrator did: who it was, and from which address; null for all else. */
  actor: string | null;
  address: string | null;
}

/** What the server may keep for a limited time, in the logs of conversations. */
export type Retained = 'messages' | 'files' | 'calls';

/** Events with after < seq <= through. */
export interface OldEvents {
  conv: number;
  after: number;
  through: number;
}

/** One change. Fields that are absent stay as they are. */
export type Write =
  | { do: 'event'; event: StoredEvent }
  /** Empties an event and its updates (payloads and file references), but for the update `by` that does so. */
  | { do: 'erase'; conv: number; target: string; by: string }
  /**
   * Empties messages with their updates (but for what deleted one), lets go of files, or empties entries of calls, for
   * their age. The events stay in the log.
   */
  | { do: 'erase-old'; kind: Retained; old: OldEvents }
  | {
      do: 'create-conversation';
      conversation: ConversationRow;
      nameKey: string | null;
      pair: [number, number] | null;
    }
  | { do: 'rename-conversation'; conv: number; name: string; nameKey: string }
  /** Adds a member, or brings back one who had left. */
  | { do: 'join'; membership: Membership }
  | { do: 'leave'; conv: number; user: number; leftSeq: number }
  | {
      do: 'membership';
      conv: number;
      user: number;
      set: Partial<
        Pick<Membership, 'admin' | 'delivered' | 'read' | 'toldRead' | 'hidden' | 'muted' | 'clearedSeq'>
      >;
    }
  | { do: 'create-account'; account: Account }
  | { do: 'account'; id: number; set: Partial<Omit<Account, 'id' | 'createdAt'>> }
  /** Keeps a released number from being given out until `until` (ms). */
  | { do: 'hold-phone'; phone: string; until: number }
  /**
   * Removes contacts and blocks (both ways), sessions, upload rights and the profile; the row stays, `deleted`, with
   * its username and public key.
   */
  | { do: 'delete-account'; id: number }
  | { do: 'create-session'; session: Session }
  | { do: 'session'; id: number; set: Partial<Pick<Session, 'lastSeenAt' | 'address'>> }
  | { do: 'delete-session'; id: number }
  | { do: 'delete-sessions'; user: number; except: number | null }
  | { do: 'friend'; user: number; friend: number; added: boolean; at: number }
  | { do: 'block'; user: number; other: number; blocked: boolean; at: number }
  /** A stored file, and that `user` has shown to have its bytes. */
  | { do: 'file'; sha256: string; size: number; user: number; at: number }
  /** Does nothing when an event or an avatar has begun to refer to the file. */
  | { do: 'delete-file'; sha256: string }
  /** A new invitation, or its use; `constraint` when it was used by somebody else. */
  | { do: 'invite'; codeHash: string; at: number; usedBy: number | null }
  | { do: 'reset-code'; user: number; codeHash: string | null; until: number }
  | { do: 'meta'; key: string; value: string }
  | { do: 'log'; entry: Omit<LogEntry, 'id'> }
  | { do: 'delete-log'; ids: readonly number[] };

/** A unit of writes: all of it happens, or none. */
export type Unit = readonly Write[];

/** Why a commit was refused; `constraint` means that a unique name, phone, id or seq exists already. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
  constructor(
    readonly reason: 'constraint' | 'disk-full' | 'failed',
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

export interface PageQuery {
  conv: number;
  /** Bounds of what may be seen, both inclusive. */
  firstSeq: number;
  lastSeq: number;
  limit: number;
  /** Stop once payloads have this many UTF-8 bytes: the event that reaches it is the last. */
  budgetBytes: number;
}

/**
 * Everything is a promise, nothing blocks the event loop, and reads see every commit that has resolved.
 * Every method rejects with StorageError and with nothing else.
 */
export interface Storage {
  /** Which driver runs, for the log and for tests: `sqlite3` or `node:sqlite`. */
  readonly driver: string;

  /**
   * Writes all units in one transaction and resolves once they are on disk (WAL, synchronous=FULL), or rejects
   * and has written nothing. Within one call events are written before everything else; the rest keeps its order.
   * Calls are carried out one after the other.
   */
  commit(units: readonly Unit[]): Promise<void>;

  // ids and settings
  /** The largest ids ever given: users, conversations, sessions; 0 where there are none. */
  lastIds(): Promise<{ user: number; conversation: number; session: number }>;
  meta(key: string): Promise<string | null>;

  // accounts
  account(id: number): Promise<Account | null>;
  accounts(ids: readonly number[]): Promise<Account[]>;
  /** An account that is not deleted, by `nameKey`. */
  accountByName(nameKey: string): Promise<Account | null>;
  accountByPhone(phone: string): Promise<Account | null>;
  /** True while the number is in use or held back at the time `now` (ms). */
  phoneTaken(phone: string, now: number): Promise<boolean>;
  /** All accounts, by id, for the administrator; deleted ones too. */
  listAccounts(): Promise<Account[]>;
  sessionByToken(tokenHash: string): Promise<Session | null>;
  sessionsOf(user: number): Promise<Session[]>;
  /** `usedBy` of an invitation, or undefined when there is none. */
  invite(codeHash: string): Promise<{ usedBy: number | null } | undefined>;
  resetCode(user: number): Promise<{ codeHash: string; until: number } | null>;

  // contacts
  friendsOf(user: number): Promise<number[]>;
  /** Those of `owners` who have `user` as a contact. */
  ownersWithFriend(owners: readonly number[], user: number): Promise<number[]>;
  blockedBy(user: number): Promise<number[]>;
  /** Who has blocked this user. */
  blockersOf(user: number): Promise<number[]>;

  // conversations
  conversation(id: number): Promise<{ row: ConversationRow; lastSeq: number; members: Membership[] } | null>;
  directBetween(a: number, b: number): Promise<number | null>;
  groupByName(nameKey: string): Promise<number | null>;
  /** Ids of the conversations this user is or was in. */
  conversationsOf(user: number): Promise<number[]>;
  /** How many groups this user is in at present. */
  groupCount(user: number): Promise<number>;
  /**
   * For each conversation (or the one named): events of class `message` by others after `read` (counted up to
   * 1,000) and the time of the last message, within what the member may see and has not cleared.
   */
  summaries(user: number, conv?: number): Promise<{ conv: number; unread: number; lastAt: number | null }[]>;

  // events
  /** Events with seq > after, oldest first. */
  eventsAfter(query: PageQuery, after: number): Promise<StoredEvent[]>;
  /** The last events with seq < before, oldest first; the budget drops the oldest. */
  eventsBefore(query: PageQuery, before: number): Promise<StoredEvent[]>;
  /** Events of class `update` with after < seq whose target is named, oldest first, within all bounds of the query. */
  updatesOf(query: PageQuery, targets: readonly string[], after: number): Promise<StoredEvent[]>;
  eventById(id: string): Promise<StoredEvent | null>;
  eventsByIds(ids: readonly string[]): Promise<StoredEvent[]>;

  // files
  file(sha256: string): Promise<{ size: number } | null>;
  /** True when the user uploaded it, may see an event that refers to it, or it is somebody's avatar. */
  mayFetch(user: number, sha256: string): Promise<boolean>;
  /** Bytes of the files this user has uploaded; without one, by SHA-256, that is sent again. */
  usage(user: number, without?: string): Promise<number>;
  /** The same of everybody who has any, by user. */
  usages(): Promise<Map<number, number>>;
  /** All stored files, by SHA-256, with their bytes: `limit` of those after this one. */
  filesAfter(sha256: string, limit: number): Promise<{ sha256: string; size: number }[]>;
  /** Files that no event and no avatar refers to, stored before `before` (ms). */
  unreferencedFiles(before: number): Promise<string[]>;

  // retention
  /** The next old events of each of some conversations, stored before `before` (ms) and not emptied yet. */
  oldEvents(kind: Retained, before: number): Promise<OldEvents[]>;
  /** Ids of the oldest log entries from before `before` (ms), some at a time: what administrators did, or all else. */
  oldLogEntries(isAudit: boolean, before: number): Promise<number[]>;

  // administration
  /** The newest entries first. */
  log(limit: number, before: number | null): Promise<LogEntry[]>;
  /** Counts and sizes for `admin db`: accounts that are not deleted, bytes of the stored files and of the database. */
  statistics(): Promise<{
    users: number;
    conversations: number;
    events: number;
    files: number;
    fileBytes: number;
    bytes: number;
  }>;
  /** Envelopes of a conversation's last events, oldest first, payloads left out, for `admin db`. */
  envelopes(conv: number, limit: number): Promise<StoredEvent[]>;
  listConversations(): Promise<(ConversationRow & { members: number; lastSeq: number })[]>;
  /** Writes a consistent copy of the database to a new file (never over another) while the server runs. */
  backup(path: string): Promise<void>;
  /** Empty when the database is sound, else what is wrong (integrity, gaps in seq). */
  check(): Promise<string[]>;
  compact(): Promise<void>;
  /** Idempotent; waits for the commit under way. */
  close(): Promise<void>;
}
