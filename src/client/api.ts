// The contract between the client and everything above it: command line, terminal UI, bots.
import type { CallMedia } from '../protocol/call-shapes.js';
import type { PytalkError } from '../protocol/errors.js';
import type { FileInfo } from '../protocol/payload.js';
import type { LogEvent, SessionInfo, User } from '../protocol/shapes.js';
import type { ServerStatistics } from '../protocol/statistics-shapes.js';
import type { Call } from './call-api.js';

export interface ConnectOptions {
  /** `HOST[:PORT]`, `[::1]:PORT`; default: the last login's, else `127.0.0.1:5000`. */
  server?: string;
  /** Folder of this device: session, pinned certificates, keys, cache, outbox. Default: the user's data folder. */
  home?: string;
  /** SHA-256 of the server's certificate, hexadecimal with or without colons: pins it in advance. */
  fingerprint?: string;
  /** False reaches a server without TLS. Default true. */
  tls?: boolean;
  /** Milliseconds for one answer; default 10,000. */
  timeoutMs?: number;
  /**
   * `live` keeps a synchronised copy in the home, reconnects with backoff and has the outbox;
   * `once` (default) talks to the server for single commands and keeps only session, pins and contacts' keys.
   */
  mode?: 'live' | 'once';
  /** Name of this device in the list of sessions; default: the host's name. */
  device?: string;
  /**
   * With mode `live`: resolve even when the server cannot be reached, if this home has logged in before. `true` waits up to
   * 1.5 s for the server first; `'first'` does not wait: the state is `connecting` then, and what is there is the local copy.
   */
  offline?: boolean | 'first';
  /**
   * With mode `live`: calls in which this client may be at once, for a program that answers by itself; 1 to 8, default 1.
   * With more than one, calls that an earlier such program of this home has left open by its death are over.
   */
  calls?: number;
}

export type ConnectionState = 'connecting' | 'online' | 'offline' | 'closed';

export interface Me extends User {
  /** Id of this device's session. */
  session: number;
}

export type MessageKind = 'text' | 'image' | 'file' | 'poll' | 'call' | 'system';

/** What a control event says; names, not ids, so that it can be shown. */
export type SystemNote =
  | { event: 'created'; by: string; name: string; users: string[] }
  | { event: 'joined'; by: string; users: string[] }
  | { event: 'left'; by: string; user: string }
  | { event: 'removed'; by: string; user: string }
  | { event: 'renamed'; by: string; name: string }
  | { event: 'admin'; by: string; user: string };

export interface PollView {
  question: string;
  options: { text: string; votes: number; voters: string[] }[];
  /** The reader's own vote, from 0. */
  mine: number | null;
}

/** A message as a person sees it: the reduction of its event and all updates of it. Times are ISO 8601 UTC. */
export interface Message {
  id: string;
  /** Null while it waits in the outbox. */
  seq: number | null;
  /** `@name` or `#name`, as the reader sees it. */
  conversation: string;
  /** Id of the conversation; null for a message to a person with whom there is none yet. */
  conv: number | null;
  /** Username. */
  from: string;
  /** True when this account wrote it. */
  mine: boolean;
  kind: MessageKind;
  /** Text or caption; null when there is none, or when deleted. */
  text: string | null;
  sentAt: string;
  editedAt: string | null;
  /** Nothing is left of it. */
  deleted: boolean;
  /** Nobody has deleted it: it is older than the server keeps messages. */
  expired: boolean;
  /** Id of the message this one replies to. */
  replyTo: string | null;
  /** The beginning of that message, when known. */
  quoted: { from: string; text: string } | null;
  file: FileInfo | null;
  /** Usernames by emoji, in order of arrival. */
  reactions: Record<string, string[]>;
  poll: PollView | null;
  call: { media: string; outcome: string; durationMs: number } | null;
  system: SystemNote | null;
  /**
   * `queued` waits in the outbox, `failed` was refused for good (see `error`), `sent` is stored by the server,
   * `delivered` and `read`: all other members have it. For others' messages always `read` or `delivered`.
   */
  state: 'queued' | 'failed' | 'sent' | 'delivered' | 'read';
  error: { code: string; message: string } | null;
}

export interface MemberView {
  username: string;
  id: number;
  admin: boolean;
  online: boolean;
  lastSeenAt: string | null;
}

export interface ConversationView {
  id: number;
  /** `@name` or `#name`. */
  name: string;
  kind: 'direct' | 'group';
  members: MemberView[];
  /** The other person of a direct conversation. */
  peer: User | null;
  /** False when the other person of a direct conversation is not among the contacts. */
  inContacts: boolean;
  admin: boolean;
  unread: number;
  hidden: boolean;
  muted: boolean;
  left: boolean;
  firstSeq: number;
  lastSeq: number;
  /** Id of the call that runs in it; null for none. */
  call: string | null;
  /** The newest message that is not cleared, reduced; null when there is none. */
  last: Message | null;
}

export interface Friend {
  user: User;
  online: boolean;
  lastSeenAt: string | null;
}

export interface Progress {
  /** Bytes. */
  done: number;
  total: number;
}

export interface TransferOptions {
  onProgress?: (progress: Progress) => void;
  signal?: AbortSignal;
}

export interface Outgoing extends TransferOptions {
  text?: string;
  /** Path of a file to send; `text` is its caption. */
  file?: string;
  /** Id of a message of the same conversation. */
  replyTo?: string;
  /** UUID of the message; the same id again returns the first one's result. */
  id?: string;
}

export interface HistoryQuery {
  /** Messages (or with `log`, events) at most; default 50. */
  limit?: number;
  before?: number;
  after?: number;
}

/** What `on` can tell. Persons by username, conversations as `@name` or `#name`. */
export interface ClientEvents {
  /** A new message, others' or one's own, in order, once. `cursor` continues after it (`replay`). */
  message: { message: Message; cursor: string };
  /** A known message was edited, deleted, voted on or reacted to. */
  'message-updated': { message: Message; cursor: string };
  receipt: { conversation: string; conv: number; user: string; delivered: number; read: number };
  typing: { conversation: string; conv: number; user: string; on: boolean };
  presence: { user: string; online: boolean; lastSeenAt: string | null };
  friend: { user: User; added: boolean };
  /** A conversation is new or its name, members or own state have changed. */
  conversation: { conversation: ConversationView };
  /** A profile has changed. */
  profile: { user: User };
  /** The identity key of somebody known has changed: their safety number must be compared again. */
  'key-changed': { user: User };
  connection: { state: ConnectionState; error: PytalkError | null; retryInMs: number | null };
  /** The server came back from a backup: messages that came after it, and have been told, are gone from the copy. */
  restored: Record<string, never>;
  /** A message of the outbox was stored, or refused for good. */
  outbox: { message: Message };
  /**
   * Somebody calls this account. The device is told to ring as soon as somebody listens to this event; a call that is
   * over before it was answered says so by its own `ended`.
   */
  call: { call: Call };
  /** The session was revoked or ended by the server; the client is closed after it. */
  'session-ended': { error: PytalkError };
}

export type ClientEventName = keyof ClientEvents;

/**
 * One account on one device. Every method rejects with PytalkError. `with` is `@alice`, `#team` or a bare name
 * (the person, else the group). Nothing is printed, nothing is kept outside the home.
 */
export interface Client {
  readonly state: ConnectionState;
  /** `host:port` of the server. */
  readonly server: string;
  /** Null before login. */
  readonly me: Me | null;
  /** SHA-256 of the server's certificate as hexadecimal; null without TLS. */
  readonly fingerprint: string | null;
  /** For how many days the server keeps messages and files, each null for ever; null while that is not known. */
  readonly retention: { messagesDays: number | null; filesDays: number | null } | null;

  register(account: {
    username: string;
    password: string;
    /** 10 digits, or as people write them: `06 12 34 56 78`, `+33612345678`. */
    phone: string;
    email?: string;
    firstName?: string;
    lastName?: string;
    invite?: string;
  }): Promise<Me>;
  login(username: string, password: string): Promise<Me>;
  /** Registers a new password with an administrator's code; the recovery key, if given, keeps the identity. */
  resetPassword(reset: {
    username: string;
    code: string;
    password: string;
    recoveryKey?: string;
  }): Promise<Me>;
  logout(): Promise<void>;
  changePassword(oldPassword: string, newPassword: string): Promise<void>;
  /** Makes a new recovery key and returns it; the only time it is ever shown. */
  makeRecoveryKey(password: string): Promise<string>;
  sessions(): Promise<SessionInfo[]>;
  revokeSession(id: number): Promise<void>;
  deleteAccount(password: string): Promise<void>;

  /** How the server does, with the figures of after `since` (milliseconds since 1970); for administrators. */
  serverStatistics(since: number): Promise<ServerStatistics>;

  /** One's own profile without a name. */
  profile(username?: string): Promise<User>;
  setProfile(fields: {
    bio?: string;
    email?: string | null;
    phone?: string;
    firstName?: string | null;
    lastName?: string | null;
    /** Path of a PNG or JPEG; null removes it. */
    avatar?: string | null;
  }): Promise<User>;
  /** Fetches a profile's avatar into the cache; null when there is none. Returns its path. */
  avatarPath(user: User): Promise<string | null>;
  /** 60 digits that are the same on both sides as long as nobody stands between (12 groups of 5). */
  safetyNumber(username: string): Promise<{ number: string; verified: boolean; changed: boolean }>;
  markVerified(username: string, verified: boolean): Promise<void>;

  friends(): Promise<Friend[]>;
  blockedPeople(): Promise<User[]>;
  /** By phone number (as `register` takes it) or username. */
  addFriend(phoneOrName: string): Promise<{ user: User; added: boolean }>;
  removeFriend(username: string): Promise<void>;
  block(username: string, blocked: boolean): Promise<void>;

  /** Newest first; direct conversations without a message are left out, hidden ones are in it. */
  conversations(): Promise<ConversationView[]>;
  /** Finds a conversation; for a person with whom there is none yet it makes one. */
  conversation(withName: string): Promise<ConversationView>;
  createGroup(name: string, members: readonly string[]): Promise<ConversationView>;
  addMembers(group: string, usernames: readonly string[]): Promise<ConversationView>;
  removeMember(group: string, username: string): Promise<ConversationView>;
  leaveGroup(group: string): Promise<void>;
  makeAdmin(group: string, username: string): Promise<ConversationView>;
  renameGroup(group: string, name: string): Promise<ConversationView>;
  setHidden(withName: string, hidden: boolean): Promise<void>;
  setMuted(withName: string, muted: boolean): Promise<void>;
  /** Clears one's own copy up to now. */
  clear(withName: string): Promise<void>;
  /** Marks read up to a seq, or up to the newest. */
  markRead(withName: string, seq?: number, isPrivate?: boolean): Promise<void>;
  /** Best effort; never rejects for a lost connection. */
  typing(withName: string, on: boolean): void;

  /**
   * Sends a message. With mode `once` it resolves after the server has stored it, else rejects.
   * With mode `live` it goes through the outbox: it resolves as soon as it is safe on this disk, with state
   * `queued`, is sent exactly once as soon as possible, and `outbox` tells of it.
   */
  send(withName: string, message: Outgoing): Promise<Message>;
  createPoll(withName: string, question: string, options: readonly string[], id?: string): Promise<Message>;
  /** Each resolves with the message as it is afterwards, after the server has stored the change. */
  edit(id: string, text: string): Promise<Message>;
  delete(id: string): Promise<Message>;
  react(id: string, emoji: string | null): Promise<Message>;
  /** `option` from 0; null takes the vote back. */
  vote(id: string, option: number | null): Promise<Message>;
  message(id: string): Promise<Message>;
  /** Drops a message that failed or still waits from the outbox. */
  discard(id: string): Promise<void>;

  /** Messages, oldest first: those before or after a seq, else the newest. Works offline with mode `live`. */
  history(withName: string, query?: HistoryQuery): Promise<Message[]>;
  /** Raw events, oldest first. */
  log(withName: string, query?: HistoryQuery): Promise<LogEvent[]>;
  /** The last calls of all conversations, newest first: made, taken, missed, declined. Mode `live` only. */
  callLog(limit: number): Promise<Message[]>;
  /** Case-insensitive search for all words in texts, captions, file names and polls; newest first. Mode `live` only. */
  search(text: string, options?: { in?: string; limit?: number }): Promise<Message[]>;
  /** Fetches the file of a message, resuming what was broken off. Without `out` it goes into the cache. Returns its path. */
  fetchFile(
    id: string,
    options?: TransferOptions & { out?: string },
  ): Promise<{ path: string; size: number }>;

  /**
   * Calls the other members of a conversation (of a large group those named). Resolves once it rings there or is on its
   * way. Where a call runs already, be it that the other side calls at this very moment, that one is joined instead, with the
   * media that it has; `call-full` when it has no room. One call at a time: `in-call`.
   */
  startCall(withName: string, options: { media: CallMedia; users?: readonly string[] }): Promise<Call>;
  /** Joins the call that runs in a conversation. Rejects with `call-not-found` when none does, else like `startCall`. */
  joinCall(withName: string): Promise<Call>;
  /** The call under way on this device, and calls that ring here. */
  currentCalls(): readonly Call[];

  /** Cursor after the last message told; mode `live` only. */
  cursor(): Promise<string>;
  /** What has come since a cursor of this home, oldest first, then nothing: live events carry on from there. */
  replay(
    since: string,
  ): AsyncIterable<{ type: 'message' | 'message-updated'; message: Message; cursor: string }>;
  /** Resolves when everything that the server had at this moment is in the local copy. Mode `live` only. */
  synced(): Promise<void>;
  /** Throws away the local copy and fetches it again. Mode `live` only. */
  resync(): Promise<void>;
  /** Resolves when the outbox is empty, or rejects after `timeoutMs`. */
  drained(timeoutMs?: number): Promise<void>;

  /** Returns the undo. Listeners are called in order, never inside another method's call. */
  on<T extends ClientEventName>(type: T, listener: (event: ClientEvents[T]) => void): () => void;
  /** Idempotent; resolves when sockets, files and timers are gone. What waits in the outbox stays there. */
  close(): Promise<void>;
}
