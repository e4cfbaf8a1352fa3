// Which way media takes: directly to the other one of a call of two where that is found, else by the relay; to it UDP, else the chat connection.
import { DirectPath, type DirectEvents } from '../direct/direct-path.js';
import type { MediaStats } from '../media.js';
import { SrtcpReceiver, SrtcpSender } from '../../protocol/srtp.js';
import type { SocketAddress } from '../../protocol/stun.js';
import { BindingRequests } from './binding-requests.js';
import type { Outside } from './outside.js';
import { TunnelPath, type MediaTunnel } from './tunnel-path.js';
import { UdpPath, type UdpPathOptions } from './udp-path.js';

/** Answers in a row that UDP must give before media returns to it; twice as many each time it fails again soon after. */
const firstAnswers = 4;
const maxAnswers = 512;
const soonMs = 30_000;

type Path = MediaStats['path'];

export interface RelayTicket extends UdpPathOptions {
  /** The ticket. */
  username: string;
  password: string;
  /** SRTCP, 28 bytes each. */
  toRelay: Buffer;
  fromRelay: Buffer;
}

export interface WaysEvents {
  /** An SRTP packet, and when it came (the clock of `Outside`). */
  rtp(bytes: Buffer, nowMs: number): void;
  /** A compound RTCP packet, opened. */
  rtcp(packet: Buffer): void;
  /** How media travels now; null when the relay answers by no way. */
  path(path: Path | null): void;
  /** Media comes another way from now on. */
  changed(): void;
  /** Bytes for a participant that tell how to reach this side directly; without it no direct way is looked for. */
  offer?: ((to: number, bytes: Buffer) => void) | undefined;
  /** Round trip to the others by the way in use; null while not known. */
  farRttMs(): number | null;
}

export class Ways {
  readonly #events: WaysEvents;
  readonly #outside: Outside;
  readonly #toRelay: SrtcpSender;
  readonly #fromRelay: SrtcpReceiver;
  readonly #udp: UdpPath;
  readonly #tunnel: TunnelPath | null;
  #direct: { path: DirectPath; other: number } | null = null;
  #usesTunnel = false;
  #told: Path | null = null;
  /** Once it is closed. */
  #lastPath: Path | null = null;
  /** Whether media came directly last. */
  #cameDirectly = false;
  #answersNeeded = firstAnswers;
  #returnedAtMs = -Infinity;
  /** Whether UDP was left though the relay answered by it. */
  #wasOneWay = false;

  /** `tunnel`: null when the server offers none. */
  constructor(access: RelayTicket, tunnel: MediaTunnel | null, events: WaysEvents, outside: Outside) {
    this.#events = events;
    this.#outside = outside;
    this.#toRelay = new SrtcpSender(access.toRelay);
    this.#fromRelay = new SrtcpReceiver(access.fromRelay);
    const requests = new BindingRequests(access, () => outside.wallMs(), tunnel !== null);
    const inward = {
      rtp: (bytes: Buffer, nowMs: number) => this.#rtp(bytes, nowMs, false),
      rtcp: (bytes: Buffer) => {
        const rtcp = this.#fromRelay.unprotect(bytes);
        if (rtcp) events.rtcp(rtcp);
      },
      asked: () => this.#look(),
      stranger: (bytes: Buffer, from: SocketAddress) => this.#direct?.path.datagram(bytes, from),
    };
    this.#udp = new UdpPath(access, requests, inward, outside);
    this.#tunnel = tunnel && new TunnelPath(tunnel, requests, inward, outside);
  }

  start(): void {
    this.#udp.start();
  }

  /** The way that is tried, whether it is open or not. */
  get path(): Path {
    if (this.#lastPath !== null) return this.#lastPath;
    if (this.#used) return 'direct';
    return this.#usesTunnel ? 'tcp' : 'udp';
  }

  /** Round trip by this way to where it ends, the relay or the other one, smoothed; null while not known. */
  get rttMs(): number | null {
    if (this.#used) return this.#used.rttMs;
    return this.#usesTunnel ? (this.#tunnel?.rttMs ?? null) : this.#udp.rttMs;
  }

  /** Whether a whole picture may go now: what is more than a tunnel takes is not even begun. */
  get takesPictures(): boolean {
    return this.#used !== null || !this.#usesTunnel || this.#tunnel?.takesPictures === true;
  }

  send(bytes: Buffer): void {
    if (this.#used) this.#used.send(bytes);
    else this.#sendToRelay(bytes);
  }

  /** Seals a compound RTCP packet for where this way ends, and sends it. */
  control(rtcp: Buffer): void {
    if (this.#used) this.#used.control(rtcp);
    else this.#sendToRelay(this.#toRelay.protect(rtcp));
  }

  /** Who is in the call now: with one other a direct way is looked for, with more it is left at once. */
  others(me: number, ids: readonly number[]): void {
    const { offer } = this.#events;
    const [other] = ids;
    const wanted = ids.length === 1 && offer && other !== undefined ? other : null;
    if (wanted === (this.#direct?.other ?? null)) return;
    this.#direct?.path.close();
    this.#direct = null;
    if (wanted !== null && offer) {
      const path = new DirectPath({ me, other: wanted }, this.#directEvents(offer, wanted), this.#outside);
      this.#direct = { path, other: wanted };
    }
    this.#tell();
  }

  /** A participant tells how it can be reached directly. */
  offerCame(from: number, bytes: Buffer): void {
    if (this.#direct?.other === from) this.#direct.path.offerCame(bytes);
  }

  /** Idempotent; resolves when the socket is gone. */
  async close(): Promise<void> {
    this.#lastPath ??= this.path;
    this.#direct?.path.close();
    this.#tunnel?.close();
    await this.#udp.close();
  }

  /** The direct way, while media goes there. */
  get #used(): DirectPath | null {
    return this.#direct?.path.isUsed === true ? this.#direct.path : null;
  }

  #directEvents(offer: NonNullable<WaysEvents['offer']>, other: number): DirectEvents {
    return {
      send: (bytes, to) => this.#udp.sendTo(bytes, to),
      offer: (bytes) => offer(other, bytes),
      rtp: (bytes, nowMs) => this.#rtp(bytes, nowMs, true),
      rtcp: (rtcp) => this.#events.rtcp(rtcp),
      changed: () => this.#tell(),
      relayRttMs: () => this.#events.farRttMs(),
    };
  }

  #sendToRelay(bytes: Buffer): void {
    if (this.#usesTunnel) this.#tunnel?.send(bytes);
    else this.#udp.send(bytes);
  }

  #rtp(bytes: Buffer, nowMs: number, isDirect: boolean): void {
    // The other side has changed its way, maybe before this one.
    if (isDirect !== this.#cameDirectly) {
      this.#cameDirectly = isDirect;
      this.#events.changed();
    }
    this.#events.rtp(bytes, nowMs);
  }

  /** A request was answered, or was not. */
  #look(): void {
    if (this.#usesTunnel) this.#mayReturn();
    else if (!this.#udp.isOpen && this.#tunnel?.isThere === true) this.#leaveUdp(this.#tunnel);
    this.#tell();
  }

  /** A way has opened or closed, or an address has changed. */
  #tell(): void {
    if (this.#udp.base) this.#direct?.path.based(this.#udp.base);
    this.#udp.isHeld = this.#used !== null;
    const isOpen = this.#usesTunnel ? this.#tunnel?.isOpen === true : this.#udp.isOpen;
    const path = this.#used !== null || isOpen ? this.path : null;
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
