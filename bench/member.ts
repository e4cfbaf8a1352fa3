// A light client that speaks the real protocol: it counts events and answers without parsing their JSON.
import { connect as connectPlain, type OnReadOpts, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { encodeJson, frameHeaderBytes, frameKind, chunkHeaderBytes } from '../src/protocol/frame.js';
import { protocolVersion } from '../src/protocol/limits.js';
import { decodeReply } from '../src/protocol/envelope.js';
import { fromWireError } from '../src/protocol/wire-error.js';
import type { Reply, RequestBody, RequestType } from '../src/protocol/messages.js';
import { textChars } from './send-template.js';

/** All sockets read into this one; what is unfinished at its end is copied. */
const readBuffer = Buffer.allocUnsafe(256 * 1024);
const code = { e: 0x65, o: 0x6f, r: 0x72, comma: 0x2c, zero: 0x30, nine: 0x39 } as const;
/** No push of a text is shorter; anything less is not what was sent. */
const minEventBytes = textChars + 50;

interface Pending {
  resolve(body: unknown): void;
  reject(error: Error): void;
}

export class Member {
  /** Pushes of events that came. */
  events = 0;
  /** Answers to frames of a SendTemplate that came. */
  acks = 0;
  /** What went wrong on this connection, if anything did. */
  failure: Error | null = null;
  /** Called after each read that brought events or answers. */
  onProgress: () => void = () => undefined;
  /** Called for each event with the bytes read, and where its JSON begins and ends in them. */
  onEvent: ((bytes: Buffer, start: number, end: number) => void) | null = null;
  onChunk: (data: Buffer) => void = () => undefined;
  /** Called with each push that is not an event. */
  onPush: ((push: { type: string; body: unknown }) => void) | null = null;
  readonly #socket: Socket;
  readonly #pending = new Map<number, Pending>();
  #nextRequest = 1;
  #rest = Buffer.alloc(0);
  #restBytes = 0;
  #closing = false;

  private constructor(makeSocket: (onread: OnReadOpts) => Socket) {
    this.#socket = makeSocket({
      buffer: readBuffer,
      callback: (bytes) => {
        this.#read(readBuffer, bytes);
        return true;
      },
    });
    this.#socket.setNoDelay(true);
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => this.#fail(new Error('the server closed the connection')));
  }

  /** Connects and says hello. Rejects when the server is not there or refuses. */
  static async connect(server: { port: number; tls: boolean }): Promise<Member> {
    const where = { host: '127.0.0.1', port: server.port };
    const member = await new Promise<Member>((resolve, reject) => {
      const made: Member = new Member((onread) => {
        // The types do not know that a TLS socket takes `onread` too.
        const tls: ConnectionOptions & { onread: OnReadOpts } = {
          ...where,
          rejectUnauthorized: false,
          onread,
        };
        const socket = server.tls
          ? connectTls(tls, () => resolve(made))
          : connectPlain({ ...where, onread }, () => resolve(made));
        return socket.once('error', reject);
      });
    });
    await member.request('hello', { protocol: protocolVersion, client: 'bench' });
    return member;
  }

  /** Connects and logs in with a token. */
  static async signIn(server: { port: number; tls: boolean }, token: string): Promise<Member> {
    const member = await Member.connect(server);
    await member.request('auth', { token });
    return member;
  }

  async request<T extends RequestType>(type: T, body: RequestBody<T>): Promise<Reply<T>> {
    const req = this.#nextRequest++;
    const answer = new Promise<unknown>((resolve, reject) => this.#pending.set(req, { resolve, reject }));
    this.write(encodeJson({ req, type, body }));
    return decodeReply(type, await answer);
  }

  /** Writes frames; returns false when the socket holds back. */
  write(frames: Buffer): boolean {
    return this.#socket.write(frames);
  }

  close(): void {
    this.#closing = true;
    this.#socket.destroy();
  }

  #fail(error: Error): void {
    if (this.#closing) return;
    this.failure ??= error;
    for (const pending of this.#pending.values()) pending.reject(error);
    this.#pending.clear();
    this.onProgress();
  }

  #read(bytes: Buffer, length: number): void {
    const before = this.events + this.acks;
    let pos = this.#finishRest(bytes, length);
    while (length - pos >= frameHeaderBytes) {
      const end = pos + 4 + bytes.readUInt32BE(pos);
      if (end > length) break;
      this.#frame(bytes, pos, end);
      pos = end;
    }
    if (pos < length) this.#keep(bytes, pos, length);
    if (this.events + this.acks !== before) this.onProgress();
  }

  #keep(bytes: Buffer, from: number, to: number): void {
    const needed = this.#restBytes + to - from;
    if (needed > this.#rest.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed, 1024));
      this.#rest.copy(grown, 0, 0, this.#restBytes);
      this.#rest = grown;
    }
    bytes.copy(this.#rest, this.#restBytes, from, to);
    this.#restBytes = needed;
  }

  /** Completes the frame that an earlier read began, and returns where the next one starts. */
  #finishRest(bytes: Buffer, length: number): number {
    if (this.#restBytes === 0) return 0;
    let pos = 0;
    if (this.#restBytes < 4) {
      pos = Math.min(4 - this.#restBytes, length);
      this.#keep(bytes, 0, pos);
      if (this.#restBytes < 4) return pos;
    }
    const frameBytes = 4 + this.#rest.readUInt32BE(0);
    if (frameBytes > this.#rest.length) {
      const grown = Buffer.allocUnsafe(frameBytes);
      this.#rest.copy(grown, 0, 0, this.#restBytes);
      this.#rest = grown;
    }
    const end = Math.min(pos + frameBytes - this.#restBytes, length);
    this.#keep(bytes, pos, end);
    if (this.#restBytes === frameBytes) {
      this.#restBytes = 0;
      this.#frame(this.#rest, 0, frameBytes);
    }
    return end;
  }

  /*
   * Where to look in a frame, counted from its payload:
   *   {"type":"event","body":...       2 = t, 9 = e (no other push has an `e` there)
   *   {"req":1000000000,"ok":...       2 = r, 7 to 16 the digits of a SendTemplate's number, 19 = o
   */
  #frame(bytes: Buffer, start: number, end: number): void {
    const payload = start + frameHeaderBytes;
    if (bytes[start + 4] === frameKind.chunk) {
      this.onChunk(bytes.subarray(payload + chunkHeaderBytes, end));
    } else if (bytes[payload + 2] === code.r) {
      this.#answer(bytes, payload, end);
    } else if (bytes[payload + 9] === code.e) {
      if (end - payload < minEventBytes) this.#fail(new Error('an event is shorter than what was sent'));
      this.events++;
      this.onEvent?.(bytes, payload, end);
    } else {
      this.#push(bytes, payload, end);
    }
  }

  #answer(bytes: Buffer, payload: number, end: number): void {
    const lastDigit = bytes[payload + 16] ?? 0;
    const fromTemplate =
      lastDigit >= code.zero && lastDigit <= code.nine && bytes[payload + 17] === code.comma;
    if (fromTemplate && bytes[payload + 19] === code.o) {
      this.acks++;
      return;
    }
    const answer = parse(bytes, payload, end);
    const error = answer.error === undefined ? null : fromWireError(answer.error);
    if (fromTemplate) {
      this.#fail(error ?? new Error('an answer could not be read'));
      return;
    }
    const pending = this.#pending.get(answer.req ?? 0);
    this.#pending.delete(answer.req ?? 0);
    if (error) pending?.reject(error);
    else pending?.resolve(answer.ok);
  }

  #push(bytes: Buffer, payload: number, end: number): void {
    const { type = '', body } = parse(bytes, payload, end);
    if (type === 'closing') this.#fail(fromWireError((body as { error: unknown }).error));
    this.onPush?.({ type, body });
  }
}

interface Answer {
  req?: number;
  ok?: unknown;
  error?: unknown;
  type?: string;
  body?: unknown;
}

function parse(bytes: Buffer, start: number, end: number): Answer {
  return JSON.parse(bytes.toString('utf8', start, end)) as Answer;
}
