// The way to the server: opens the connection, logs in by token, and with `live` comes back after every loss.
import { PytalkError } from '../protocol/errors.js';
import type { Chunk, MediaDatagram } from '../protocol/frame.js';
import { protocolVersion } from '../protocol/limits.js';
import type { Push, Reply, RequestBody, RequestType } from '../protocol/messages.js';
import type { Address } from './address.js';
import type { ConnectionState } from './api.js';
import type { Connection, RequestOptions } from './connection.js';
import type { Home } from './home.js';
import { checkCertificate } from './pins.js';
import type { Timers } from './timers.js';

const programName = 'pytalk';
const firstDelayMs = 500;
/** Somebody may be looking at the screen and waiting. */
const maxDelayMs = 10_000;
const minDelayMs = 100;

export interface LinkOptions {
  home: Home;
  address: Address;
  tls: boolean;
  timeoutMs: number;
  /** Comes back by itself after a loss. */
  live: boolean;
  /** SHA-256 of the certificate, given by hand. */
  fingerprint: string | undefined;
  timers: Timers;
}

export interface LinkHandlers {
  onPush(push: Push): void;
  onChunk(chunk: Chunk): void;
  /** The bytes are valid during the call only. */
  onDatagram(datagram: MediaDatagram): void;
  /** Logged in: at first, and again after each loss. */
  onSignedIn(reply: Reply<'auth'>): void;
  /** The connection was lost. */
  onLost(error: PytalkError): void;
  onState(state: ConnectionState, error: PytalkError | null, retryInMs: number | null): void;
  /** The session's token is void. */
  onSessionEnded(error: PytalkError): void;
}

/** Errors that say that a token is no good any more. */
function endsSession(error: unknown): error is PytalkError {
  return (
    error instanceof PytalkError && (error.code === 'session-ended' || error.code === 'account-disabled')
  );
}

/** True for an error that says that the connection broke, or is not there: when it is back, the same can be tried. */
export function isLoss(error: unknown): boolean {
  return (
    error instanceof PytalkError && ['disconnected', 'offline', 'stopping', 'too-slow'].includes(error.code)
  );
}

/** True for an error that says that nothing came of the connection now, with a loss or without. */
export function isOutage(error: unknown): boolean {
  return (
    isLoss(error) ||
    (error instanceof PytalkError && ['unreachable', 'timeout', 'server-full', 'closed'].includes(error.code))
  );
}

function asPytalkError(error: unknown): PytalkError {
  return error instanceof PytalkError ? error : new PytalkError('disconnected', { cause: error });
}

export class Link {
  readonly #options: LinkOptions;
  readonly #handlers: LinkHandlers;
  #token: string | null;
  #state: ConnectionState = 'connecting';
  #connection: Connection | null = null;
  #opening: Promise<void> | null = null;
  #signedIn = false;
  /** Why this device is not logged in, when the server said so. */
  #refusal: PytalkError | null = null;
  #failures = 0;
  #stopRetry: (() => void) | null = null;
  readonly #closing = new AbortController();
  /** The connection while it says hello and logs in. */
  #greeting: Connection | null = null;
  /** Set while this device ends its session itself: that it ended is no news then. */
  leaving = false;
  /** What the server said in `hello`. */
  hello: Reply<'hello'> | null = null;
  fingerprint: string | null = null;

  constructor(options: LinkOptions, handlers: LinkHandlers, token: string | null) {
    this.#options = options;
    this.#handlers = handlers;
    this.#token = token;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  get signedIn(): boolean {
    return this.#signedIn;
  }

  /** Connects, and logs in when there is a token. Rejects when that fails; with `live` it goes on trying then. */
  async open(): Promise<void> {
    if (this.#state === 'closed') throw new PytalkError('closed');
    this.#opening ??= this.#attempt().finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  /** The request's answer. Rejects with the server's error, or `offline`, `disconnected`, `timeout`, `not-logged-in`. */
  async request<T extends RequestType>(
    type: T,
    body: RequestBody<T>,
    options?: RequestOptions,
  ): Promise<Reply<T>> {
    const connection = this.#connection ?? (await this.#reopen());
    if (connection.needsLogin(type) && !this.#signedIn)
      throw this.#refusal ?? new PytalkError('not-logged-in');
    return connection.request(type, body, options);
  }

  /** The connection for transfers. Rejects like `request`. */
  async connection(): Promise<Connection> {
    const connection = this.#connection ?? (await this.#reopen());
    if (!this.#signedIn) throw this.#refusal ?? new PytalkError('not-logged-in');
    return connection;
  }

  /** Sends a media datagram of the participant with this first SSRC, if there is a connection now. */
  sendDatagram(ssrc: number, bytes: Buffer): void {
    if (this.#signedIn) this.#connection?.sendDatagram(ssrc, bytes);
  }

  /** How long media datagrams that were sent before wait, in milliseconds; null while there is no connection. */
  get datagramsWaitMs(): number | null {
    return (this.#signedIn ? this.#connection?.datagramsWaitMs : null) ?? null;
  }

  /** The connection may be gone without a word: it is begun anew if so. */
  check(): void {
    this.#connection?.check();
  }

  /** From here on this connection is logged in, and comes back with this token. */
  adopt(token: string): void {
    this.#token = token;
    this.#signedIn = true;
    this.#refusal = null;
  }

  /** Forgets the token, and begins a fresh connection that is not logged in. */
  async startOver(): Promise<void> {
    this.#token = null;
    this.#signedIn = false;
    await this.#drop();
    this.leaving = false;
    await this.open();
  }

  /** Idempotent; resolves when the socket is gone. */
  async close(): Promise<void> {
    const wasOpen = this.#state !== 'closed';
    this.#setState('closed', null, null);
    this.#stopRetry?.();
    this.#signedIn = false;
    this.#closing.abort();
    // A server that takes its time to answer must not hold up closing.
    await this.#greeting?.close();
    await this.#drop();
    await this.#opening?.catch(() => undefined);
    if (wasOpen) await this.#drop();
  }

  async #drop(): Promise<void> {
    const connection = this.#connection;
    this.#connection = null;
    await connection?.close();
  }

  async #reopen(): Promise<Connection> {
    if (this.#state === 'closed') throw new PytalkError('closed');
    // Live, somebody is at it already, or is about to begin; a single command is worth one more try.
    if (this.#options.live && !this.#opening && this.#state !== 'connecting')
      throw new PytalkError('offline');
    await this.open();
    if (!this.#connection) throw new PytalkError('offline');
    return this.#connection;
  }

  async #attempt(): Promise<void> {
    this.#stopRetry?.();
    this.#stopRetry = null;
    this.#setState('connecting', null, null);
    try {
      await this.#connect();
      this.#failures = 0;
    } catch (error) {
      if (this.#isClosed()) throw new PytalkError('closed');
      const failure = asPytalkError(error);
      this.#retryLater(failure);
      throw failure;
    }
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  async #connect(): Promise<void> {
    const { address, timeoutMs, timers, home, fingerprint, tls } = this.#options;
    const { signal } = this.#closing;
    // Loaded when needed: all that goes over the wire is declared there, and who looks at the local copy first does without.
    const [{ Connection }, { dial }] = await Promise.all([import('./connection.js'), import('./dial.js')]);
    if (signal.aborted) throw new PytalkError('closed');
    const dialled = await dial(address, { tls, timeoutMs, timers, signal });
    let connection: Connection | null = null;
    try {
      if (dialled.fingerprint !== null) {
        const { fingerprint: presented, vouched } = dialled;
        await checkCertificate(home, address.name, { fingerprint: presented, vouched }, fingerprint);
      }
      if (this.#isClosed()) throw new PytalkError('closed');
      this.fingerprint = dialled.fingerprint;
      connection = this.#listen(Connection, dialled.socket);
      this.#greeting = connection;
      // Both in one write: the server answers in order.
      const [hello, signedIn] = await Promise.all([
        connection.request('hello', { protocol: protocolVersion, client: programName }),
        this.#token === null ? null : this.#logIn(connection, this.#token),
      ]);
      if (this.#isClosed()) throw new PytalkError('closed');
      this.hello = hello;
      this.#connection = connection;
      this.#signedIn = signedIn !== null;
      this.#setState('online', null, null);
      if (signedIn) this.#handlers.onSignedIn(signedIn);
    } catch (error) {
      if (connection) void connection.close();
      else dialled.socket.destroy();
      throw error;
    } finally {
      this.#greeting = null;
    }
  }

  /** Null when the token is no good any more. */
  async #logIn(connection: Connection, token: string): Promise<Reply<'auth'> | null> {
    try {
      return await connection.request('auth', { token });
    } catch (error) {
      if (!endsSession(error)) throw error;
      this.#endSession(error);
      return null;
    }
  }

  #endSession(error: PytalkError): void {
    this.#token = null;
    this.#signedIn = false;
    this.#refusal = error;
    this.#handlers.onSessionEnded(error);
  }

  #listen(Kind: typeof Connection, socket: ConstructorParameters<typeof Connection>[0]): Connection {
    const connection: Connection = new Kind(
      socket,
      {
        onPush: (push) => this.#handlers.onPush(push),
        onChunk: (chunk) => this.#handlers.onChunk(chunk),
        onDatagram: (datagram) => this.#handlers.onDatagram(datagram),
        onClose: (error) => {
          if (this.#connection === connection) this.#lost(error);
        },
      },
      this.#options.timers,
      this.#options.timeoutMs,
    );
    return connection;
  }

  #lost(error: PytalkError): void {
    this.#connection = null;
    this.#signedIn = false;
    this.#handlers.onLost(error);
    if (this.leaving) {
      this.#setState('offline', error, null);
    } else if (endsSession(error)) {
      this.#setState('offline', error, null);
      this.#endSession(error);
    } else {
      this.#retryLater(error);
    }
  }

  /** Full jitter, so that a server that comes back is not met by all its clients at once. */
  #retryLater(error: PytalkError): void {
    if (this.#state === 'closed') return;
    if (!this.#options.live) {
      this.#setState('offline', error, null);
      return;
    }
    const { timers } = this.#options;
    const ceilingMs = Math.min(maxDelayMs, firstDelayMs * 2 ** this.#failures++);
    const delayMs = Math.max(minDelayMs, Math.round(timers.random() * ceilingMs));
    this.#setState('offline', error, delayMs);
    this.#stopRetry?.();
    this.#stopRetry = timers.after(delayMs, () => {
      this.open().catch(() => undefined);
    });
  }

  #setState(state: ConnectionState, error: PytalkError | null, retryInMs: number | null): void {
    if (this.#state === 'closed' || (this.#state === state && state !== 'offline')) return;
    this.#state = state;
    this.#handlers.onState(state, error, retryInMs);
  }
}
