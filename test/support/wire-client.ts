// A client of the bare protocol: requests with their answers, pushes collected, bytes sent as they are.
import { once } from 'node:events';
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { decodeFromServer, decodeReply } from '../../src/protocol/envelope.js';
import { PytalkError } from '../../src/protocol/errors.js';
import {
  decodeChunk,
  decodeDatagram,
  decodeJson,
  encodeChunkHeader,
  encodeDatagram,
  encodeJson,
  FrameDecoder,
  frameKind,
  type Frame,
} from '../../src/protocol/frame.js';
import { limits, protocolVersion } from '../../src/protocol/limits.js';
import type {
  Push,
  PushBody,
  PushType,
  Reply,
  RequestBody,
  RequestType,
} from '../../src/protocol/messages.js';

interface Waiting {
  resolve: (body: unknown) => void;
  reject: (error: Error) => void;
}

interface PushWaiting {
  matches: (push: Push) => boolean;
  resolve: (push: Push) => void;
  reject: (error: Error) => void;
}

export interface WireOptions {
  port: number;
  tls?: boolean;
}

export class WireClient {
  readonly socket: Socket;
  /** Resolves when the connection is gone, whoever ended it. */
  readonly closed: Promise<void>;
  /** Pushes that nobody has taken yet, oldest first. */
  pushes: Push[] = [];
  /** Takes download chunks; the data is valid during the call. */
  onChunk: (transfer: number, offset: number, data: Buffer) => void = () => undefined;
  /** Media datagrams that came, each with its participant's first SSRC before it. */
  readonly datagrams: string[] = [];
  readonly #decoder = new FrameDecoder(limits.maxServerFrameBytes);
  readonly #answers = new Map<number, Waiting>();
  #pushWaiting: PushWaiting[] = [];
  #lastRequest = 0;
  #isClosed = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (data: Buffer) => this.#decoder.push(data, (frame) => this.#frame(frame)));
    // The end of a connection is a result here, never an accident: `closed` tells of it.
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#isClosed = true;
        this.#failAll();
        resolve();
      });
    });
  }

  /** Connects, and says nothing. */
  static async open({ port, tls = false }: WireOptions): Promise<WireClient> {
    const socket = tls
      ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
      : connectPlain({ port, host: '127.0.0.1' });
    await once(socket, tls ? 'secureConnect' : 'connect');
    return new WireClient(socket);
  }

  /** Connects and greets. */
  static async connect(options: WireOptions): Promise<WireClient> {
    const client = await WireClient.open(options);
    await client.request('hello', { protocol: protocolVersion, client: 'test' });
    return client;
  }

  /** Sends a request. Rejects with the server's error as PytalkError, or `disconnected`. */
  request<T extends RequestType>(type: T, body: RequestBody<T>): Promise<Reply<T>> {
    const reply = this.ask(type, body).then((answer) => decodeReply(type, answer));
    // Who sends many and looks at them later must not be told of an unhandled rejection.
    reply.catch(() => undefined);
    return reply;
  }

  /** Sends a request that may be wrong on purpose. */
  ask(type: string, body?: unknown): Promise<unknown> {
    if (this.#isClosed) return Promise.reject(new PytalkError('disconnected'));
    const req = ++this.#lastRequest;
    const answer = new Promise<unknown>((resolve, reject) => this.#answers.set(req, { resolve, reject }));
    answer.catch(() => undefined);
    this.socket.write(encodeJson({ req, type, body }));
    return answer;
  }

  /** Resolves once everything that the server had queued for this connection before has arrived. */
  async settled(): Promise<void> {
    await this.request('ping', {});
  }

  /** Takes the oldest push of a type that nobody has taken and that fits, or waits for it. */
  async nextPush<T extends PushType>(
    type: T,
    fits: (body: PushBody<T>) => boolean = () => true,
  ): Promise<PushBody<T>> {
    const matches = (push: Push): boolean => push.type === type && fits(push.body as PushBody<T>);
    const index = this.pushes.findIndex(matches);
    if (index >= 0) return this.pushes.splice(index, 1)[0]!.body as PushBody<T>;
    if (this.#isClosed) throw new PytalkError('disconnected');
    const push = await new Promise<Push>((resolve, reject) =>
      this.#pushWaiting.push({ matches, resolve, reject }),
    );
    return push.body as PushBody<T>;
  }

  /** Takes all pushes of a type that have come. */
  takePushes<T extends PushType>(type: T): PushBody<T>[] {
    const taken = this.pushes.filter((push) => push.type === type);
    this.pushes = this.pushes.filter((push) => push.type !== type);
    return taken.map((push) => push.body as PushBody<T>);
  }

  /** Sends one chunk of an upload. */
  sendChunk(transfer: number, offset: number, data: Buffer): void {
    this.socket.write(Buffer.concat([encodeChunkHeader(transfer, offset, data.length), data]));
  }

  /** Sends a media datagram. */
  sendDatagram(ssrc: number, bytes: Buffer): void {
    this.socket.write(encodeDatagram(ssrc, bytes));
  }

  /** Closes without a word. */
  async destroy(): Promise<void> {
    this.socket.destroy();
    await this.closed;
  }

  #frame(frame: Frame): void {
    if (frame.kind === frameKind.chunk) {
      const { transfer, offset, data } = decodeChunk(frame.payload);
      this.onChunk(transfer, offset, data);
      return;
    }
    if (frame.kind === frameKind.datagram) {
      const { ssrc, bytes } = decodeDatagram(frame.payload);
      this.datagrams.push(`${ssrc} ${bytes.toString()}`);
      return;
    }
    const message = decodeFromServer(decodeJson(frame.payload));
    if (message.kind === 'ok' || message.kind === 'error') {
      const waiting = this.#answers.get(message.req);
      this.#answers.delete(message.req);
      if (message.kind === 'ok') waiting?.resolve(message.body);
      else waiting?.reject(message.error);
    } else if (message.kind === 'push') {
      this.#push(message.push);
    }
  }

  #push(push: Push): void {
    const index = this.#pushWaiting.findIndex((waiting) => waiting.matches(push));
    if (index < 0) this.pushes.push(push);
    else this.#pushWaiting.splice(index, 1)[0]!.resolve(push);
  }

  #failAll(): void {
    const error = new PytalkError('disconnected');
    for (const waiting of [...this.#answers.values(), ...this.#pushWaiting]) waiting.reject(error);
    this.#answers.clear();
    this.#pushWaiting = [];
  }
}
