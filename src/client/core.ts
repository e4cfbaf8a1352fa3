// What the parts of a client share.
import type { Push } from '../protocol/messages.js';
import type { LogEvent } from '../protocol/shapes.js';
import type { Client, Me, Message, Outgoing } from './api.js';
import type { Contacts } from './contacts.js';
import type { Directory } from './directory.js';
import type { Emitter } from './emitter.js';
import type { Home } from './home.js';
import type { Link } from './link.js';
import type { Draft } from './messages.js';
import type { MessageSource } from './message-source.js';
import type { SavedSession } from './session-file.js';
import type { Timers } from './timers.js';
import type { Transfers } from './transfers.js';

/** The synchronised copy of an account on this disk, with its outbox (live.ts). */
export interface Live {
  readonly source: MessageSource;
  /** Puts a message into the outbox. */
  send(withName: string, message: Outgoing): Promise<Message>;
  enqueue(withName: string, draft: Draft): Promise<Message>;
  /** The result of an earlier `send` with this id; null when there was none. */
  sentBefore(id: string): Promise<Message | null>;
  /** An event of this account that the server has just stored. */
  stored(event: LogEvent): void;
  /** A message of the outbox; null when it is not there. */
  waiting(id: string): Promise<Message | null>;
  waitingIn(conv: number): Promise<Message[]>;
  discard(id: string): Promise<void>;
  drained(timeoutMs?: number): Promise<void>;
  search(text: string, options: { in?: string; limit?: number }): Promise<Message[]>;
  callLog(limit: number): Promise<Message[]>;
  cursor(): string;
  replay(since: string): ReturnType<Client['replay']>;
  synced(): Promise<void>;
  resync(): Promise<void>;
  /** Resolves when the connection is up and logged in. Rejects with `closed`. */
  whenOnline(): Promise<void>;
  /** Resolves when what comes from now on is told as new: at once but for the first time on this home. */
  begun(): Promise<void>;
  onPush(push: Push): void;
  onSignedIn(): void;
  onLost(): void;
  /** Idempotent. What waits in the outbox stays there. */
  close(): Promise<void>;
}

export interface Core {
  readonly home: Home;
  readonly link: Link;
  readonly directory: Directory;
  readonly contacts: Contacts;
  readonly emitter: Emitter;
  readonly timers: Timers;
  readonly transfers: Transfers;
  /** The server itself. */
  readonly remote: MessageSource;
  readonly mode: 'live' | 'once';
  /** The local copy and the outbox; null with mode `once`, and before login. */
  live: Live | null;
  me: Me | null;
  session: SavedSession | null;
}
