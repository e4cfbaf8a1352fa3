// One client's connection: frames in, answers and pushes out in one write a turn, bounded queues, heartbeats.
import type { Socket } from 'node:net';
import { ProtocolError, PytalkError, type ErrorCode } from '../protocol/errors.js';
import { SocketWait } from '../protocol/socket-wait.js';
import { toWireError } from '../protocol/wire-error.js';
import {
  decodeChunk,
  decodeDatagram,
  decodeJson,
  encodeDatagram,
  encodeJson,
  writeJsonText,
  FrameDecoder,
  frameHeaderBytes,
  frameKind,
  type Frame,
  type MediaDatagram,
} from '../protocol/frame.js';
import { heartbeatSeconds, limits } from '../protocol/limits.js';
import type { PushBody, PushType } from '../protocol/messages.js';
import type { ClientSession, Transfer } from './handler.js';
import type { Listener } from './roster.js';

/** Requests that wait for their answer before reading stops, and at which it goes on. */
const resumeBelow = limits.maxRequestsInFlight / 2;

/** What the connection hands on. */
export interface ConnectionOwner {
  /**
   * Carries out one JSON frame; resolves (or returns) when it is answered, unless it calls `began` and later
   * `finished` instead. Never rejects.
   */
  request(connection: Connection, value: unknown): Promise<void> | undefined;
  /** Takes a media datagram; the bytes are valid during the call only. */
  datagram(connection: Connection, datagram: MediaDatagram): void;
  signedIn(connection: Connection): void;
  closed(connection: Connection): void;
  now(): number;
}

export class Connection implements ClientSession, Listener {
  readonly address: string;
  readonly transfers = new Map<number, Transfer>();
  pending: unknown = undefined;
  /** True once `hello` was answered. */
  greeted = false;
  userId = 0;
  sessionId = 0;
  /** When the last byte came, in milliseconds. */
  lastReadAt: number;
  readonly openedAt: number;
  readonly #socket: Socket;
  readonly #owner: ConnectionOwner;
  readonly #decoder = new FrameDecoder(limits.maxStrangerFrameBytes);
  /** Frames in order; what is still JSON text is encoded when it goes, straight into the buffer that is sent. */
  #out: (Buffer | string)[] = [];
  #outBytes = 0;
  #flushing = false;
  /** When the first media datagram of what is queued came; null when there is none. */
  #datagramSince: number | null = null;
  readonly #datagramWait: SocketWait;
  #inFlight = 0;
  #ending = false;
  #closed = false;
  /** Called when a chunk is with the socket, or the socket is gone. */
  readonly #sending = new Set<() => void>();

  constructor(socket: Socket, owner: ConnectionOwner) {
    this.#socket = socket;
    this.#owner = owner;
    this.#datagramWait = new SocketWait(() => owner.now());
    this.address = socket.remoteAddress ?? '';
    this.openedAt = this.lastReadAt = owner.now();
    socket.setNoDelay(true);
    socket.on('data', (data: Buffer) => this.#read(data));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#hasClosed());
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Bytes that wait to be sent. */
  get queuedBytes(): number {
    return this.#outBytes + this.#socket.writableLength;
  }

  signIn(userId: number, sessionId: number): void {
    this.userId = userId;
    this.sessionId = sessionId;
    this.#decoder.maxFrameBytes = limits.maxClientFrameBytes;
    this.#owner.signedIn(this);
  }

  push<T extends PushType>(type: T, body: PushBody<T>): void {
    this.send(encodeJson({ type, body }));
  }

  send(frames: Buffer): void {
    this.#queue(frames, frames.length);
  }

  #sendText(json: string): void {
    this.#queue(json, frameHeaderBytes + Buffer.byteLength(json));
  }

  #queue(frames: Buffer | string, bytes: number): void {
    if (this.#closed || this.#ending) return;
    this.#out.push(frames);
    this.#outBytes += bytes;
    if (this.queuedBytes > limits.maxSendQueueBytes) {
      this.#drop();
      return;
    }
    this.#flushSoon();
  }

  answer(req: number, ok: unknown): void {
    this.#sendText(`{"req":${req},"ok":${JSON.stringify(ok)}}`);
  }

  refuse(req: number, error: PytalkError): void {
    this.send(encodeJson({ req, error: toWireError(error) }));
  }

  sendDatagram(ssrc: number, bytes: Buffer): void {
    const frame = encodeDatagram(ssrc, bytes);
    this.#datagramSince ??= this.#owner.now();
    this.#queue(frame, frame.length);
  }

  get datagramsWaitMs(): number {
    return this.#datagramWait.ms;
  }

  async sendChunk(frame: Buffer): Promise<void> {
    if (this.#closed || this.#ending) throw new PytalkError('disconnected');
    // Not through the queue, which would copy it: what waits there goes first.
    this.#flush();
    await new Promise<void>((resolve) => {
      const sent = (): void => {
        this.#sending.delete(sent);
        resolve();
      };
      this.#sending.add(sent);
      this.#socket.write(frame, sent);
    });
  }

  end(code: ErrorCode): void {
    this.endWith(new PytalkError(code));
  }

  /** Sends `closing` with the error, then closes; what is not taken within a second is dropped. */
  endWith(error: PytalkError): void {
    if (this.#closed || this.#ending) return;
    this.push('closing', { error: toWireError(error) });
    this.#ending = true;
    this.#flush();
    this.#socket.end();
    // What still comes is thrown away, so that the client's end of the stream is seen.
    this.#socket.resume();
    setTimeout(() => this.#socket.destroy(), 1000).unref();
  }

  /** Closes without a word. */
  destroy(): void {
    this.#socket.destroy();
  }

  /** Drops the connection when nothing was heard for three heartbeats, or nobody logged in for a long time. */
  checkAlive(now: number, loginTimeoutMs: number): void {
    const silent = now - this.lastReadAt > 3 * heartbeatSeconds * 1000 && !this.#socket.isPaused();
    const strangerTooLong = this.userId === 0 && now - this.openedAt > loginTimeoutMs;
    if (silent || strangerTooLong) this.#socket.destroy();
  }

  #read(data: Buffer): void {
    if (this.#ending) return;
    this.lastReadAt = this.#owner.now();
    try {
      this.#decoder.push(data, (frame) => this.#frame(frame));
    } catch (error) {
      this.endWith(error instanceof ProtocolError ? error : new PytalkError('internal', { cause: error }));
    }
  }

  #frame(frame: Frame): void {
    if (this.#ending) return;
    if (frame.kind === frameKind.chunk) {
      const chunk = decodeChunk(frame.payload);
      // Chunks of a transfer that has ended may still be on their way: they are passed over.
      this.transfers.get(chunk.transfer)?.write?.(chunk.offset, chunk.data);
      return;
    }
    if (frame.kind === frameKind.datagram) {
      this.#owner.datagram(this, decodeDatagram(frame.payload));
      return;
    }
    const done = this.#owner.request(this, decodeJson(frame.payload));
    if (!done) return;
    this.began();
    void done.then(() => this.finished());
  }

  /** A request waits for its answer. */
  began(): void {
    if (++this.#inFlight >= limits.maxRequestsInFlight) this.#socket.pause();
  }

  /** A request that waited is answered. */
  finished(): void {
    if (--this.#inFlight < resumeBelow && this.#socket.isPaused() && !this.#ending) this.#socket.resume();
  }

  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => {
      this.#flushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#out.length === 0 || this.#closed) return;
    const [first] = this.#out;
    const alone = this.#out.length === 1 && first !== undefined && typeof first !== 'string';
    const bytes = alone ? first : concatFrames(this.#out, this.#outBytes);
    this.#out = [];
    this.#outBytes = 0;
    const since = this.#datagramSince;
    this.#datagramSince = null;
    if (this.#socket.writableEnded) return;
    if (since === null) this.#socket.write(bytes);
    else this.#socket.write(bytes, this.#datagramWait.held(since));
  }

  /** The client does not take its data: what waits for it is thrown away, and it learns so when it returns. */
  #drop(): void {
    this.#out = [];
    this.#outBytes = 0;
    this.#socket.destroy();
  }

  #hasClosed(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#out = [];
    this.#outBytes = 0;
    for (const transfer of this.transfers.values()) transfer.cancel();
    this.transfers.clear();
    for (const sent of [...this.#sending]) sent();
    this.#owner.closed(this);
  }
}

function concatFrames(frames: readonly (Buffer | string)[], totalBytes: number): Buffer {
  const bytes = Buffer.allocUnsafe(totalBytes);
  let pos = 0;
  for (const frame of frames) {
    pos += typeof frame === 'string' ? writeJsonText(frame, bytes, pos) : frame.copy(bytes, pos);
  }
  return bytes;
}
