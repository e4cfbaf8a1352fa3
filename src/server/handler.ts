// The shape of a request handler, and what it may use; one file under handlers/ for each family of requests.
import type { Logger } from 'pino';
import type { PushBody, PushType, Reply, RequestBody, RequestType } from '../protocol/messages.js';
import type { Accounts } from './accounts.js';
import type { Calls } from './calls/calls.js';
import type { ServerConfig } from './config.js';
import type { FileStore } from './file-store.js';
import type { Hub } from './hub.js';
import type { RateLimits } from './rate-limits.js';
import type { Statistics } from './statistics.js';
import type { Storage } from './storage/storage.js';

/** What every handler may use; made once by the server. */
export interface ServerContext {
  readonly config: ServerConfig;
  /** Changes when the data come from a backup. */
  readonly epoch: string;
  readonly storage: Storage;
  readonly accounts: Accounts;
  readonly files: FileStore;
  readonly calls: Calls;
  readonly hub: Hub;
  readonly rates: RateLimits;
  readonly statistics: Statistics;
  readonly log: Logger;
  /** Milliseconds since 1970. */
  now(): number;
}

/** A transfer under way on one connection. */
export interface Transfer {
  /** Takes chunk data of an upload; rejects with PytalkError. Absent on downloads. */
  write?(offset: number, data: Buffer): void;
  /** Ends it; what was uploaded stays for a while. Idempotent. */
  cancel(): void;
}

/** A connected client, as handlers see it. */
export interface ClientSession {
  /** Remote IP address. */
  readonly address: string;
  /** User id; 0 before login (the dispatcher refuses requests that need a login). */
  readonly userId: number;
  /** Id of the device's session; 0 before login. */
  readonly sessionId: number;
  /** True once `hello` was answered. */
  greeted: boolean;
  /** State between two steps of OPAQUE on this connection, one at a time; handlers put and take it. */
  pending: unknown;
  /** Transfers under way, by the number the client chose. */
  readonly transfers: Map<number, Transfer>;
  /** From here on the connection is logged in; the hub sends it pushes. */
  signIn(userId: number, sessionId: number): void;
  push<T extends PushType>(type: T, body: PushBody<T>): void;
  /**
   * Sends the bytes of a whole chunk frame. Resolves when the socket has taken them, or has closed: the bytes may
   * be overwritten only then, and the next one waits for it. Rejects once closed.
   */
  sendChunk(frame: Buffer): Promise<void>;
  /** Queues a media datagram for the participant with this first SSRC. */
  sendDatagram(ssrc: number, bytes: Buffer): void;
  /** How long media datagrams that were queued before wait for the socket, in milliseconds. */
  readonly datagramsWaitMs: number;
  /** Sends `closing` with the error, then closes. Idempotent. */
  end(code: 'session-ended' | 'account-disabled' | 'stopping' | 'too-slow'): void;
  readonly closed: boolean;
}

/** Who waits for a `Later`. */
export interface Awaiting<T> {
  done(value: T): void;
  failed(error: unknown): void;
}

/**
 * A reply that comes later and tells so by one call, where a promise would cost four turns of the microtask queue:
 * for sending events, of which there are tens of thousands a second.
 */
export abstract class Later<T> {
  /** Who waits is called once, and not before this has returned. */
  abstract tell(awaiting: Awaiting<T>): void;
}

export type Handler<T extends RequestType> = (
  context: ServerContext,
  session: ClientSession,
  body: RequestBody<T>,
) => Reply<T> | Promise<Reply<T>> | Later<Reply<T>>;

/** Every request has its handler, or this does not compile. */
export type Handlers = { readonly [T in RequestType]: Handler<T> };
