// The way to the relay over UDP: a socket that proves its ticket by STUN, keeps the binding alive, and begins anew when it is cut.
import { datagramKind } from '../../protocol/rtp.js';
import type { SocketAddress } from '../../protocol/stun.js';
import type { BindingAnswer, BindingRequests } from './binding-requests.js';
import { Knocker, type KnockPlan } from './knocker.js';
import { OneWay } from './one-way.js';
import type { DatagramSocket, Outside } from './outside.js';

/** Often enough that a new address, or a way that is cut, is noticed within two seconds. */
const pauseMs = 600;
/** The same while the way is cut: how often it is tried. */
const probeMs = 500;
/** So often that even where a third of all answers is lost, one comes in time. */
const repeatMs = 100;
const probeRepeatMs = 300;
const minPatienceMs = 1_100;
const maxPatienceMs = 2_000;
/** A name that cannot be resolved is asked for again after this. */
const resolveAgainMs = 2_000;
/** A fresh socket is tried at the first failure, and then at every so many: the old one may belong to a network that is gone. */
const failuresPerSocket = 4;

export interface UdpPathOptions {
  /** Name or address of the relay. */
  host: string;
  port: number;
}

/** What a way to the relay tells, UDP or a tunnel. */
export interface PathEvents {
  /** An SRTP packet from the relay, and when it came (the clock of `Outside`). */
  rtp(bytes: Buffer, nowMs: number): void;
  rtcp(bytes: Buffer): void;
  /** A request was answered, or was not: look at `isOpen`. */
  asked(): void;
}

/** Where this side can be reached by the socket that speaks with the relay. */
export interface UdpBase {
  readonly family: number;
  /** The socket's own port; 0 while it has none. */
  readonly port: number;
  /** As the relay sees it; null while that is not known. */
  readonly mapped: SocketAddress | null;
  /** Address of the relay. */
  readonly relay: string;
}

export class UdpPath {
  readonly #options: UdpPathOptions;
  readonly #events: PathEvents & { stranger(bytes: Buffer, from: SocketAddress): void };
  readonly #outside: Outside;
  readonly #knocker: Knocker;
  readonly #oneWay = new OneWay();
  #socket: DatagramSocket | null = null;
  #address: { address: string; family: number } | null = null;
  #stopTimer: () => void = () => undefined;
  #isOpen = false;
  #answersInARow = 0;
  #failures = 0;
  #isOneWay = false;
  #provedMs = -Infinity;
  #closing: Promise<void> | null = null;
  /** Whether media goes this way: then the relay is told so. */
  isChosen = true;
  /** Whether requests are as long as media is. */
  isLong = false;
  /** Whether the socket is in use for more than the relay: then it is kept whatever the relay says. */
  isHeld = false;
  #mapped: SocketAddress | null = null;

  /** `stranger`: a datagram that came from elsewhere than the relay. */
  constructor(
    options: UdpPathOptions,
    requests: BindingRequests,
    events: PathEvents & { stranger(bytes: Buffer, from: SocketAddress): void },
    outside: Outside,
  ) {
    this.#options = options;
    this.#events = events;
    this.#outside = outside;
    this.#knocker = new Knocker(
      {
        plan: () => this.#plan(),
        makeRequest: () => requests.make({ isChoice: this.isChosen, isLong: this.isLong }),
        readAnswer: (bytes, request) => requests.answer(bytes, request),
        send: (bytes) => this.#transmit(bytes),
        answered: (answer) => this.#answered(answer),
        failed: () => this.#failed(),
      },
      outside,
    );
  }

  /** Round trip to the relay, smoothed; null while not known. */
  get rttMs(): number | null {
    return this.#knocker.rttMs;
  }

  /** True while the relay answers, and media crosses both ways. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Whether it is not open though the relay answers. */
  get isOneWay(): boolean {
    return this.#isOneWay;
  }

  /** Requests that were answered one after the other. */
  get answersInARow(): number {
    return this.#answersInARow;
  }

  /** Null before the name of the relay is resolved. */
  get base(): UdpBase | null {
    if (!this.#address || !this.#socket) return null;
    const { family, address: relay } = this.#address;
    return { family, port: this.#socket.port, mapped: this.#mapped, relay };
  }

  /** Sends a datagram elsewhere than to the relay. */
  sendTo(bytes: Buffer, { address, port }: SocketAddress): void {
    this.#socket?.send(bytes, port, address);
  }

  /** Begins to knock. A name that cannot be resolved now is asked for again. */
  start(): void {
    void this.#resolve();
  }

  /** Says at once that this way is chosen. */
  choose(): void {
    this.isChosen = true;
    this.#oneWay.forget();
    this.#knocker.knock();
  }

  /** Sends a datagram; what the network does to it is not known. */
  send(bytes: Buffer): void {
    this.#oneWay.sent(bytes.length);
    this.#transmit(bytes);
  }

  /** Idempotent; resolves when the socket is gone. */
  close(): Promise<void> {
    this.#closing ??= this.#shut();
    return this.#closing;
  }

  async #shut(): Promise<void> {
    this.#stopTimer();
    this.#knocker.stop();
    const socket = this.#socket;
    this.#socket = null;
    await socket?.close();
  }

  /** The name may belong to another address in another network. */
  async #resolve(): Promise<void> {
    const found = await this.#outside.resolve(this.#options.host);
    if (this.#closing) return;
    if (!found) {
      if (!this.#address) this.#resolveLater();
      return;
    }
    const isSame = found.address === this.#address?.address;
    this.#address = found;
    if (!isSame) this.#open(found);
  }

  #resolveLater(): void {
    this.#stopTimer();
    this.#stopTimer = this.#outside.after(resolveAgainMs, () => void this.#resolve());
  }

  #open({ address, family }: { address: string; family: number }): void {
    void this.#socket?.close();
    this.#oneWay.forget();
    this.#mapped = null;
    const socket = this.#outside.openSocket(family, {
      datagram: (bytes, from) => {
        if (from.port === this.#options.port && from.address === address) this.#datagram(bytes);
        else this.#events.stranger(bytes, from);
      },
      ready: () => {
        if (this.#socket === socket) this.#knocker.knock();
      },
    });
    this.#socket = socket;
  }

  #plan(): KnockPlan {
    const rttMs = this.rttMs ?? 0;
    return {
      pauseMs: this.#isOpen ? pauseMs : probeMs,
      firstRepeatMs: Math.max(repeatMs, 1.25 * rttMs),
      // Where nothing was answered lately there is no hurry.
      repeatMs: this.#failures === 0 ? repeatMs : probeRepeatMs,
      patienceMs: Math.min(maxPatienceMs, Math.max(minPatienceMs, 600 + 2 * rttMs)),
    };
  }

  #transmit(bytes: Buffer): void {
    if (this.#socket && this.#address) this.#socket.send(bytes, this.#options.port, this.#address.address);
  }

  #datagram(bytes: Buffer): void {
    switch (datagramKind(bytes)) {
      case 'rtp':
        this.#oneWay.came(bytes.length);
        this.#events.rtp(bytes, this.#outside.now());
        return;
      case 'rtcp':
        this.#oneWay.came(bytes.length);
        this.#events.rtcp(bytes);
        return;
      case 'stun':
        this.#knocker.datagram(bytes);
        return;
      case 'other':
    }
  }

  #answered({ traffic, mapped, wantsProof }: BindingAnswer): void {
    this.#failures = 0;
    this.#mapped = mapped;
    if (wantsProof) this.#prove();
    // Only while media goes this way; else both ends count nothing.
    const isSilent = traffic !== null && this.isChosen && this.#oneWay.isSilent(traffic, this.#outside.now());
    if (isSilent) this.#oneWay.forget();
    this.#isOpen = !isSilent;
    this.#isOneWay = isSilent;
    this.#answersInARow = isSilent ? 0 : this.#answersInARow + 1;
    this.#events.asked();
  }

  /** Asks again at once, as the relay sends little before it knows that it gets here; but no relay makes us ask without end. */
  #prove(): void {
    const now = this.#outside.now();
    if (now - this.#provedMs < repeatMs) return;
    this.#provedMs = now;
    this.#knocker.knock();
  }

  #failed(): void {
    this.#isOpen = false;
    this.#isOneWay = false;
    this.#answersInARow = 0;
    if (this.#failures++ % failuresPerSocket === 0 && this.#address && !this.isHeld) {
      this.#open(this.#address);
      void this.#resolve();
    }
    this.#events.asked();
  }
}
