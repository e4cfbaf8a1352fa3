// Which way media takes to the relay: UDP while it gets through both ways, else the chat connection, and back when UDP has proved itself.
import { BindingRequests } from './binding-requests.js';
import type { Outside } from './outside.js';
import { TunnelPath, type MediaTunnel } from './tunnel-path.js';
import { UdpPath, type UdpPathOptions } from './udp-path.js';

/** Answers in a row that UDP must give before media returns to it; twice as many each time it fails again soon after. */
const firstAnswers = 4;
const maxAnswers = 512;
const soonMs = 30_000;

export interface WaysOptions extends UdpPathOptions {
  /** The ticket. */
  username: string;
  password: string;
}

export interface WaysEvents {
  /** An SRTP packet from the relay, and when it came (the clock of `Outside`). */
  rtp(bytes: Buffer, nowMs: number): void;
  rtcp(bytes: Buffer): void;
  /** How media travels now; null when the relay answers by no way. */
  path(path: 'udp' | 'tcp' | null): void;
  /** Media is sent another way from now on. */
  changed(): void;
}

export class Ways {
  readonly #events: WaysEvents;
  readonly #outside: Outside;
  readonly #udp: UdpPath;
  readonly #tunnel: TunnelPath | null;
  #usesTunnel = false;
  #told: 'udp' | 'tcp' | null = null;
  #answersNeeded = firstAnswers;
  #returnedAtMs = -Infinity;
  /** Whether UDP was left though the relay answered by it. */
  #wasOneWay = false;

  /** `tunnel`: null when the server offers none. */
  constructor(options: WaysOptions, tunnel: MediaTunnel | null, events: WaysEvents, outside: Outside) {
    this.#events = events;
    this.#outside = outside;
    const requests = new BindingRequests(options, () => outside.wallMs(), tunnel !== null);
    const inward = {
      rtp: (bytes: Buffer, nowMs: number) => events.rtp(bytes, nowMs),
      rtcp: (bytes: Buffer) => events.rtcp(bytes),
      asked: () => this.#look(),
    };
    this.#udp = new UdpPath(options, requests, inward, outside);
    this.#tunnel = tunnel && new TunnelPath(tunnel, requests, inward, outside);
  }

  start(): void {
    this.#udp.start();
  }

  /** The way that is tried, whether it is open or not. */
  get path(): 'udp' | 'tcp' {
    return this.#usesTunnel ? 'tcp' : 'udp';
  }

  /** Round trip to the relay by this way, smoothed; null while not known. */
  get rttMs(): number | null {
    return this.#usesTunnel ? (this.#tunnel?.rttMs ?? null) : this.#udp.rttMs;
  }

  /** Whether a whole picture may go now: what is more than a tunnel takes is not even begun. */
  get takesPictures(): boolean {
    return !this.#usesTunnel || this.#tunnel?.takesPictures === true;
  }

  send(bytes: Buffer): void {
    if (this.#usesTunnel) this.#tunnel?.send(bytes);
    else this.#udp.send(bytes);
  }

  /** Idempotent; resolves when the socket is gone. */
  async close(): Promise<void> {
    this.#tunnel?.close();
    await this.#udp.close();
  }

  /** A request was answered, or was not. */
  #look(): void {
    if (this.#usesTunnel) this.#mayReturn();
    else if (!this.#udp.isOpen && this.#tunnel?.isThere === true) this.#leaveUdp(this.#tunnel);
    const isOpen = this.#usesTunnel ? this.#tunnel?.isOpen === true : this.#udp.isOpen;
    const path = isOpen ? this.path : null;
    if (path === this.#told) return;
    this.#told = path;
    this.#events.path(path);
  }

  #leaveUdp(tunnel: TunnelPath): void {
    const now = this.#outside.now();
    const isSoon = now - this.#returnedAtMs < soonMs;
    this.#answersNeeded = isSoon ? Math.min(maxAnswers, 2 * this.#answersNeeded) : firstAnswers;
    this.#wasOneWay = this.#udp.isOneWay;
    this.#usesTunnel = true;
    this.#udp.isChosen = false;
    tunnel.choose();
    this.#events.changed();
  }

  #mayReturn(): void {
    const udp = this.#udp;
    // Small requests tell nothing of large packets.
    udp.isLong = udp.answersInARow >= this.#answersNeeded / 2;
    // While there is no other way, the first sign of life is good enough; but not where answers came all the time.
    const enough = this.#tunnel?.isOpen === true ? this.#answersNeeded : this.#wasOneWay ? firstAnswers : 1;
    if (udp.answersInARow < enough) return;
    this.#usesTunnel = false;
    this.#returnedAtMs = this.#outside.now();
    udp.isLong = false;
    udp.choose();
    this.#tunnel?.leave();
    this.#events.changed();
  }
}
