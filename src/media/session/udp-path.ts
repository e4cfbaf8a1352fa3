// The way to the relay over UDP: a socket that proves its ticket by STUN, keeps the binding alive, and begins anew when it is cut.
import { randomBytes } from 'node:crypto';
import { ProtocolError } from '../../protocol/errors.js';
import { datagramKind } from '../../protocol/rtp.js';
import { checkIntegrity, decodeStun, encodeStun, stunAttribute, stunType } from '../../protocol/stun.js';
import type { DatagramSocket, Outside } from './outside.js';

const keepAliveMs = 2_000;
/** Waits before an unanswered request is sent again: quicker than RFC 8489 (section 6.2.1), as somebody is waiting. */
const retransmitMs = [100, 200, 400, 800, 1_600];
/** Silence of the relay after which the way counts as lost, and a fresh socket is tried. */
const silenceMs = 4_000;
/** A smaller share for new samples, so that one late answer does not change what is shown. */
const rttShare = 0.25;

export interface UdpPathOptions {
  /** Name or address of the relay. */
  host: string;
  port: number;
  /** The ticket. */
  username: string;
  password: string;
}

export interface UdpPathEvents {
  /** An SRTP packet from the relay, and when it came (the clock of `Outside`). */
  rtp(bytes: Buffer, nowMs: number): void;
  rtcp(bytes: Buffer): void;
  /** The relay answers, or no longer. */
  path(isOpen: boolean): void;
}

export class UdpPath {
  readonly #options: UdpPathOptions;
  readonly #events: UdpPathEvents;
  readonly #outside: Outside;
  #socket: DatagramSocket | null = null;
  #address: { address: string; family: number } | null = null;
  #transaction: { id: Buffer; request: Buffer; sentAtMs: number; tries: number } | null = null;
  #stopTimer: () => void = () => undefined;
  #heardAtMs: number;
  #isOpen = false;
  #rttMs: number | null = null;
  #counter = 0n;
  #closing: Promise<void> | null = null;

  constructor(options: UdpPathOptions, events: UdpPathEvents, outside: Outside) {
    this.#options = options;
    this.#events = events;
    this.#outside = outside;
    this.#heardAtMs = outside.now();
  }

  /** Round trip to the relay, smoothed; null while not known. */
  get rttMs(): number | null {
    return this.#rttMs;
  }

  /** True while the relay answers. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Begins to knock. A name that cannot be resolved now is asked for again. */
  start(): void {
    void this.#begin();
  }

  /** Sends a datagram; what the network does to it is not known. */
  send(bytes: Buffer): void {
    if (this.#socket && this.#address) this.#socket.send(bytes, this.#options.port, this.#address.address);
  }

  /** Idempotent; resolves when the socket is gone. */
  close(): Promise<void> {
    this.#closing ??= this.#shut();
    return this.#closing;
  }

  async #shut(): Promise<void> {
    this.#stopTimer();
    const socket = this.#socket;
    this.#socket = null;
    await socket?.close();
  }

  async #begin(): Promise<void> {
    const address = await this.#outside.resolve(this.#options.host);
    if (this.#closing) return;
    if (!address) {
      this.#after(keepAliveMs, () => void this.#begin());
      return;
    }
    this.#address = address;
    void this.#socket?.close();
    this.#heardAtMs = this.#outside.now();
    const socket = this.#outside.openSocket(address.family, {
      datagram: (bytes, from) => {
        if (from.port === this.#options.port && from.address === address.address) this.#datagram(bytes);
      },
      ready: () => {
        if (this.#socket === socket) this.#knock();
      },
    });
    this.#socket = socket;
  }

  #after(ms: number, run: () => void): void {
    this.#stopTimer();
    this.#stopTimer = this.#outside.after(ms, run);
  }

  /** Sends a new Binding request. */
  #knock(): void {
    const { username, password } = this.#options;
    const now = BigInt(Math.floor(this.#outside.wallMs())) << 16n;
    // Grows with every request, also over sockets and when the system's clock goes back.
    this.#counter = now > this.#counter ? now : this.#counter + 1n;
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(this.#counter);
    const id = randomBytes(12);
    const attributes = [
      { type: stunAttribute.username, value: Buffer.from(username) },
      { type: stunAttribute.counter, value: counter },
    ];
    const message = { type: stunType.bindingRequest, transactionId: id, attributes };
    const request = encodeStun(message, { integrityKey: password });
    this.#transaction = { id, request, sentAtMs: this.#outside.now(), tries: 0 };
    this.#transmit();
  }

  #transmit(): void {
    const transaction = this.#transaction;
    if (!transaction) return;
    if (this.#outside.now() - this.#heardAtMs > silenceMs) {
      this.#setOpen(false);
      void this.#begin();
      return;
    }
    const waitMs = retransmitMs[transaction.tries];
    if (waitMs === undefined) {
      this.#knock();
      return;
    }
    transaction.tries++;
    transaction.sentAtMs = this.#outside.now();
    this.send(transaction.request);
    this.#after(waitMs, () => this.#transmit());
  }

  #datagram(bytes: Buffer): void {
    const now = this.#outside.now();
    switch (datagramKind(bytes)) {
      case 'rtp':
        this.#heardAtMs = now;
        this.#events.rtp(bytes, now);
        return;
      case 'rtcp':
        this.#heardAtMs = now;
        this.#events.rtcp(bytes);
        return;
      case 'stun':
        this.#answered(bytes, now);
        return;
      case 'other':
    }
  }

  #answered(bytes: Buffer, now: number): void {
    const transaction = this.#transaction;
    if (!transaction || !isAnswer(bytes, transaction.id, this.#options.password)) return;
    const rttMs = now - transaction.sentAtMs;
    this.#rttMs = this.#rttMs === null ? rttMs : this.#rttMs + (rttMs - this.#rttMs) * rttShare;
    this.#transaction = null;
    this.#heardAtMs = now;
    this.#setOpen(true);
    this.#after(keepAliveMs, () => this.#knock());
  }

  #setOpen(isOpen: boolean): void {
    if (isOpen === this.#isOpen) return;
    this.#isOpen = isOpen;
    this.#events.path(isOpen);
  }
}

function isAnswer(bytes: Buffer, transactionId: Buffer, password: string): boolean {
  try {
    const message = decodeStun(bytes);
    return (
      message.type === stunType.bindingSuccess &&
      message.transactionId.equals(transactionId) &&
      checkIntegrity(bytes, password)
    );
  } catch (error) {
    if (error instanceof ProtocolError) return false;
    throw error;
  }
}
