// The way to the relay through the chat connection, for when UDP does not get through: asked for by a Binding request, like the other.
import { datagramKind } from '../../protocol/rtp.js';
import type { BindingRequests } from './binding-requests.js';
import { Knocker } from './knocker.js';
import type { Outside } from './outside.js';
import type { PathEvents } from './udp-path.js';

const pauseMs = 1_000;
/** A stream repeats by itself; a request is lost only with its connection. */
const repeatMs = 1_000;
const patienceMs = 2_500;
/** A picture that would have to wait longer is left out: the next one is newer. */
const maxPictureWaitMs = 100;
/** The same for sound and reports. */
const maxWaitMs = 300;

/** Carries datagrams through a stream that exists for other things. */
export interface MediaTunnel {
  /** How long what was sent before waits already, in milliseconds; null while there is no connection. */
  readonly waitMs: number | null;
  send(bytes: Buffer): void;
  /** UDP does not get through any more: the stream may be dead as well, and is looked at. */
  suspect(): void;
  /** Calls `take` for each datagram that comes; returns the undo. */
  onDatagram(take: (bytes: Buffer) => void): () => void;
}

export class TunnelPath {
  readonly #tunnel: MediaTunnel;
  readonly #events: PathEvents;
  readonly #outside: Outside;
  readonly #knocker: Knocker;
  readonly #stopListening: () => void;
  #isOpen = false;

  constructor(tunnel: MediaTunnel, requests: BindingRequests, events: PathEvents, outside: Outside) {
    this.#tunnel = tunnel;
    this.#events = events;
    this.#outside = outside;
    this.#knocker = new Knocker(
      {
        plan: () => ({ pauseMs, firstRepeatMs: repeatMs, repeatMs, patienceMs }),
        makeRequest: () => requests.make({ isChoice: true, isLong: false }),
        readAnswer: (bytes, request) => requests.answer(bytes, request),
        send: (bytes) => tunnel.send(bytes),
        answered: () => this.#asked(true),
        failed: () => this.#asked(false),
      },
      outside,
    );
    this.#stopListening = tunnel.onDatagram((bytes) => this.#datagram(bytes));
  }

  get rttMs(): number | null {
    return this.#knocker.rttMs;
  }

  /** True while the relay answers through it. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Whether there is a connection at all. */
  get isThere(): boolean {
    return this.#tunnel.waitMs !== null;
  }

  /** Whether a picture sent now would go out in time. */
  get takesPictures(): boolean {
    return this.#tunnel.waitMs !== null && this.#tunnel.waitMs <= maxPictureWaitMs;
  }

  /** Asks for media to come this way, which may have broken with the other one. */
  choose(): void {
    this.#tunnel.suspect();
    this.#knocker.knock();
  }

  /** Media goes another way from now on; what is still on its way here is taken. */
  leave(): void {
    this.#isOpen = false;
    this.#knocker.stop();
  }

  send(bytes: Buffer): void {
    if ((this.#tunnel.waitMs ?? Infinity) <= maxWaitMs) this.#tunnel.send(bytes);
  }

  close(): void {
    this.leave();
    this.#stopListening();
  }

  #asked(isOpen: boolean): void {
    this.#isOpen = isOpen;
    this.#events.asked();
  }

  #datagram(bytes: Buffer): void {
    switch (datagramKind(bytes)) {
      case 'rtp':
        this.#events.rtp(bytes, this.#outside.now());
        return;
      case 'rtcp':
        this.#events.rtcp(bytes);
        return;
      case 'stun':
        this.#knocker.datagram(bytes);
        return;
      case 'other':
    }
  }
}
