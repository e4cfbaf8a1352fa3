// One connection to a server: requests with their answers, pushes, chunk frames, heartbeats.
import type { Duplex } from 'node:stream';
import { decodeFromServer, decodeReply } from '../protocol/envelope.js';
import { PytalkError, ProtocolError } from '../protocol/errors.js';
import {
  decodeChunk,
  decodeDatagram,
  decodeJson,
  encodeDatagram,
  encodeJson,
  FrameDecoder,
  frameKind,
  type Chunk,
  type Frame,
  type MediaDatagram,
} from '../protocol/frame.js';
import { SocketWait } from '../protocol/socket-wait.js';
import { heartbeatSeconds, limits } from '../protocol/limits.js';
import { requests, type Push, type Reply, type RequestBody, type RequestType } from '../protocol/messages.js';
import { fromWireError } from '../protocol/wire-error.js';
import type { Timers } from './timers.js';

/** Fewer than the server allows, so that a ping and a cancel still fit. */
const maxInFlight = limits.maxRequestsInFlight - 12;
/** What a server is given to say anything at all when the connection is in doubt; a full queue of a slow line takes less. */
const checkMs = 4_000;

export interface ConnectionHandlers {
  onPush(push: Push): void;
  /** `data` is valid during the call only. */
  onChunk(chunk: Chunk): void;
  /** The bytes are valid during the call only. */
  onDatagram(datagram: MediaDatagram): void;
  /** Called once, with why it ended. */
  onClose(error: PytalkError): void;
}

export interface RequestOptions {
  /** Milliseconds to wait for the answer; null waits as long as the connection lives. */
  timeoutMs?: number | null;
}

interface Waiting {
  type: RequestType;
  resolve: (body: unknown) => void;
  reject: (error: PytalkError) => void;
  stopTimer: () => void;
}

export class Connection {
  readonly #socket: Duplex;
  readonly #handlers: ConnectionHandlers;
  readonly #timers: Timers;
  readonly #timeoutMs: number;
  readonly #decoder = new FrameDecoder(limits.maxServerFrameBytes);
  readonly #waiting = new Map<number, Waiting>();
  /** Requests over the limit in flight, to be sent when an answer comes. */
  #held: { send: () => void; reject: (error: PytalkError) => void }[] = [];
  #nextRequest = 1;
  #out: Buffer[] = [];
  #flushing = false;
  /** When the first media datagram of what is to be written came; null when there is none. */
  #datagramSince: number | null = null;
  readonly #datagramWait: SocketWait;
  #lastReadAt: number;
  #stopHeartbeat: () => void;
  /** Set while the server is given its time to say something. */
  #stopCheck: (() => void) | null = null;
  #closed: PytalkError | null = null;
  /** What the server said before it closed. */
  #farewell: PytalkError | null = null;
  readonly #gone: Promise<void>;

  constructor(socket: Duplex, handlers: ConnectionHandlers, timers: Timers, timeoutMs: number) {
    this.#socket = socket;
    this.#handlers = handlers;
    this.#timers = timers;
    this.#timeoutMs = timeoutMs;
    this.#lastReadAt = timers.now();
    this.#datagramWait = new SocketWait(() => timers.now());
    this.#stopHeartbeat = this.#scheduleHeartbeat();
    this.#gone = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.on('data', (data: Buffer) => this.#read(data));
    socket.on('error', (cause) => this.#end(new PytalkError('disconnected', { cause })));
    socket.once('close', () => this.#end(new PytalkError('disconnected')));
    socket.once('end', () => this.#end(new PytalkError('disconnected')));
  }

  get closed(): boolean {
    return this.#closed !== null;
  }

  /** Whether only somebody who is logged in may ask for this. */
  needsLogin(type: RequestType): boolean {
    return requests[type].login;
  }

  /** Sends a request; resolves with its answer. Rejects with the server's error, `timeout` or `disconnected`. */
  request<T extends RequestType>(
    type: T,
    body: RequestBody<T>,
    options: RequestOptions = {},
  ): Promise<Reply<T>> {
    if (this.#closed) return Promise.reject(this.#closed);
    return new Promise((resolve, reject) => {
      const send = (): void => {
        const req = this.#nextRequest++;
        this.#waiting.set(req, {
          type,
          reject,
          resolve: (answer) => resolve(decodeReply(type, answer)),
          stopTimer: this.#limitWait(
            req,
            options.timeoutMs === undefined ? this.#timeoutMs : options.timeoutMs,
          ),
        });
        this.#write(encodeJson({ req, type, body }));
      };
      if (this.#waiting.size < maxInFlight || type === 'ping') send();
      else this.#held.push({ send, reject });
    });
  }

  /**
   * Sends the bytes of a whole chunk frame; resolves when the socket wants more. Rejects once closed.
   * `onSent` is called when the bytes may be overwritten.
   */
  async sendChunk(frame: Buffer, onSent: () => void): Promise<void> {
    if (this.#closed) throw this.#closed;
    this.#flush();
    if (this.#socket.write(frame, onSent)) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#socket.off('drain', done);
        this.#socket.off('close', done);
        resolve();
      };
      this.#socket.on('drain', done);
      this.#socket.on('close', done);
    });
  }

  /** Sends a media datagram of the participant with this first SSRC. */
  sendDatagram(ssrc: number, bytes: Buffer): void {
    if (this.#closed) return;
    this.#datagramSince ??= this.#timers.now();
    this.#write(encodeDatagram(ssrc, bytes));
  }

  /** How long media datagrams that were sent before wait for the socket, in milliseconds. */
  get datagramsWaitMs(): number {
    return this.#datagramWait.ms;
  }

  /** Another way to the server has broken, as when a machine changes its network: ends soon unless the server says something. */
  check(): void {
    if (this.#closed || this.#stopCheck) return;
    const since = this.#timers.now();
    this.request('ping', {}).catch(() => undefined);
    this.#stopCheck = this.#timers.after(checkMs, () => {
      this.#stopCheck = null;
      if (this.#lastReadAt <= since) this.#end(new PytalkError('disconnected'));
    });
  }

  /** Stops reading until `resume`: for a disk that is slower than the network. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Sends what waits, then closes. Idempotent; resolves when the socket is gone. */
  close(): Promise<void> {
    if (!this.#closed) {
      this.#flush();
      this.#socket.end(() => this.#socket.destroy());
      // A peer that takes nothing must not keep us.
      const stop = this.#timers.after(1000, () => this.#socket.destroy());
      void this.#gone.then(stop);
      this.#finish(new PytalkError('closed'));
    }
    return this.#gone;
  }

  #write(frame: Buffer): void {
    this.#out.push(frame);
    if (this.#flushing) return;
    this.#flushing = true;
    // One write for all requests of a turn of the event loop.
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#flushing = false;
    const [first] = this.#out;
    if (!first || this.#closed) return;
    const bytes = this.#out.length === 1 ? first : Buffer.concat(this.#out);
    this.#out = [];
    const since = this.#datagramSince;
    this.#datagramSince = null;
    if (since === null) this.#socket.write(bytes);
    else this.#socket.write(bytes, this.#datagramWait.held(since));
  }

  #limitWait(req: number, timeoutMs: number | null): () => void {
    if (timeoutMs === null) return () => undefined;
    return this.#timers.after(timeoutMs, () => {
      const waiting = this.#take(req);
      waiting?.reject(new PytalkError('timeout', { details: { seconds: timeoutMs / 1000 } }));
      this.check();
    });
  }

  #take(req: number): Waiting | undefined {
    const waiting = this.#waiting.get(req);
    if (!waiting) return undefined;
    this.#waiting.delete(req);
    waiting.stopTimer();
    this.#held.shift()?.send();
    return waiting;
  }

  #read(data: Buffer): void {
    this.#lastReadAt = this.#timers.now();
    try {
      this.#decoder.push(data, (frame) => this.#frame(frame));
    } catch (error) {
      this.#end(error instanceof PytalkError ? error : new ProtocolError('bad-frame', { cause: error }));
    }
  }

  #frame(frame: Frame): void {
    if (this.#closed) return;
    if (frame.kind === frameKind.chunk) {
      this.#handlers.onChunk(decodeChunk(frame.payload));
      return;
    }
    if (frame.kind === frameKind.datagram) {
      this.#handlers.onDatagram(decodeDatagram(frame.payload));
      return;
    }
    const message = decodeFromServer(decodeJson(frame.payload));
    if (message.kind === 'ok') {
      const waiting = this.#take(message.req);
      try {
        waiting?.resolve(message.body);
      } catch (error) {
        // An answer that breaks the protocol fails its request; the stream itself is whole.
        waiting?.reject(
          error instanceof PytalkError ? error : new ProtocolError('bad-frame', { cause: error }),
        );
      }
    } else if (message.kind === 'error') {
      this.#take(message.req)?.reject(message.error);
    } else if (message.kind === 'push') {
      if (message.push.type === 'closing') this.#farewell = fromWireError(message.push.body.error);
      this.#handlers.onPush(message.push);
    }
  }

  #scheduleHeartbeat(): () => void {
    return this.#timers.after(heartbeatSeconds * 1000, () => {
      const silentMs = this.#timers.now() - this.#lastReadAt;
      if (silentMs >= 2 * heartbeatSeconds * 1000) {
        this.#end(new PytalkError('disconnected'));
        return;
      }
      if (silentMs >= heartbeatSeconds * 1000) this.request('ping', {}).catch(() => undefined);
      this.#stopHeartbeat = this.#scheduleHeartbeat();
    });
  }

  /** Ends at once, for a reason that was not ours. */
  #end(error: PytalkError): void {
    if (this.#closed) return;
    const why = this.#farewell ?? error;
    this.#finish(why);
    this.#socket.destroy();
    this.#handlers.onClose(why);
  }

  #finish(error: PytalkError): void {
    this.#closed = error;
    this.#stopHeartbeat();
    this.#stopCheck?.();
    this.#out = [];
    const held = this.#held;
    this.#held = [];
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of held) reject(error);
    for (const { reject, stopTimer } of waiting) {
      stopTimer();
      reject(error);
    }
  }
}
