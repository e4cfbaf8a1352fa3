// The direct way between the two of a call: found by ICE (RFC 8445), used once it has proved itself, left when consent is missing (RFC 7675).
import { randomBytes } from 'node:crypto';
import { ProtocolError } from '../../protocol/errors.js';
import {
  encodeCheckAnswer,
  encodeRoleConflict,
  readCheck,
  readCheckAnswer,
  type IceCheck,
  type IceCredentials,
} from '../../protocol/ice.js';
import { datagramKind } from '../../protocol/rtp.js';
import { SrtcpReceiver, SrtcpSender } from '../../protocol/srtp.js';
import type { SocketAddress } from '../../protocol/stun.js';
import { decodeWayOffer, encodeWayOffer, type WayOffer } from '../../protocol/way-offer.js';
import { paddingBytes } from '../session/binding-requests.js';
import { Knocker, type KnockPlan } from '../session/knocker.js';
import type { Outside } from '../session/outside.js';
import type { UdpBase } from '../session/udp-path.js';
import { ownCandidates, worthTrying } from './candidates.js';
import { Checklist, type Pair } from './checklist.js';

/** Consent is asked for this long after each answer; faster while the way has to prove itself. */
const consentPauseMs = 300;
const provingPauseMs = 150;
const repeatMs = 100;
/** Without an answer for so long the relay is used again. */
const minPatienceMs = 1_000;
const maxPatienceMs = 2_000;
/** Answers in a row that it must give before media goes this way; every second one is as long as media. */
const answersToProve = 4;
/** While it is used, one of so many is: small requests tell nothing of large packets. */
const longEvery = 6;
/** It may take so much longer than the way by the relay. */
const worthMs = 20;
/** After a failure it is not used for so long; twice as long each time it fails again soon. */
const minRestMs = 1_000;
const maxRestMs = 60_000;
const soonMs = 30_000;
/** A nomination holds as long as this without another one. */
const nominationLifeMs = 3_000;
/** What the relay sees of this side is waited for, then told later. */
const mappedPatienceMs = 1_500;
const masterBytes = 28;

export interface DirectEvents {
  send(bytes: Buffer, to: SocketAddress): void;
  /** Bytes for the other side, who must get them sealed. */
  offer(bytes: Buffer): void;
  /** An SRTP packet. */
  rtp(bytes: Buffer, nowMs: number): void;
  /** A compound RTCP packet, opened. */
  rtcp(packet: Buffer): void;
  /** Look at `isUsed`. */
  changed(): void;
  /** Round trip to the other side by the relay; null while not known. */
  relayRttMs(): number | null;
}

export class DirectPath {
  readonly #events: DirectEvents;
  readonly #outside: Outside;
  readonly #own: IceCredentials;
  readonly #rtcpKey = randomBytes(masterBytes);
  readonly #rtcpOut: SrtcpSender;
  #rtcpIn: { receiver: SrtcpReceiver; key: string } | null = null;
  readonly #checklist: Checklist;
  readonly #knocker: Knocker;
  readonly #isControlling: boolean;
  #theirs: WayOffer | null = null;
  #base: UdpBase | null = null;
  readonly #startedMs: number;
  #offered = '';
  /** Of the last offer; begins with the time, so that what a session said before is older. */
  #number: number;
  /** The pair whose consent is asked for. */
  #chosen: Pair | null = null;
  #nominated: { pair: Pair; atMs: number } | null = null;
  #answersInARow = 0;
  #isUsed = false;
  #usedSinceMs = 0;
  #restMs = minRestMs;
  #restUntilMs = -Infinity;
  #isClosed = false;

  /** `me` and `other`: participant numbers; the lower one has the controlling role. */
  constructor({ me, other }: { me: number; other: number }, events: DirectEvents, outside: Outside) {
    this.#events = events;
    this.#outside = outside;
    this.#startedMs = outside.now();
    this.#number = Math.floor(outside.wallMs());
    this.#isControlling = me < other;
    this.#rtcpOut = new SrtcpSender(this.#rtcpKey);
    this.#own = {
      ufrag: randomBytes(6).toString('base64url'),
      password: randomBytes(18).toString('base64url'),
    };
    const theirs = (): IceCredentials | null => this.#theirs;
    const maker = {
      own: this.#own,
      isControlling: this.#isControlling,
      tieBreaker: randomBytes(8).readBigUInt64BE(0),
      get theirs() {
        return theirs();
      },
    };
    const send = (bytes: Buffer, to: SocketAddress): void => events.send(bytes, to);
    this.#checklist = new Checklist(maker, { send, found: () => this.#look() }, outside);
    this.#knocker = new Knocker(
      {
        plan: () => this.#plan(),
        makeRequest: () => this.#consentCheck(),
        readAnswer: (bytes, { id }) => {
          const answer = this.#theirs && readCheckAnswer(bytes, id, this.#theirs.password);
          return answer && { ...answer, traffic: null, wantsProof: false };
        },
        send: (bytes) => this.#chosen && events.send(bytes, this.#chosen.remote),
        answered: () => this.#consented(),
        failed: () => this.#failed(),
      },
      outside,
    );
  }

  /** Whether media is to go this way now. */
  get isUsed(): boolean {
    return this.#isUsed;
  }

  /** Round trip, smoothed; null while not known. */
  get rttMs(): number | null {
    return this.#knocker.rttMs;
  }

  /** Sends an SRTP packet, while it is used. */
  send(bytes: Buffer): void {
    if (this.#chosen) this.#events.send(bytes, this.#chosen.remote);
  }

  /** Seals a compound RTCP packet and sends it, while it is used. */
  control(rtcp: Buffer): void {
    this.send(this.#rtcpOut.protect(rtcp));
  }

  /** Where this side is now; to be told again and again, as addresses come and go. */
  based(base: UdpBase): void {
    if (this.#isClosed || base.port === 0) return;
    const isOther = this.#base !== null && this.#base.port !== base.port;
    this.#base = base;
    const isEarly = base.mapped === null && this.#outside.now() - this.#startedMs < mappedPatienceMs;
    if (!isEarly) this.#offer(base);
    if (!isOther) return;
    this.#checklist.forget();
    this.#tryOffered();
    this.#look();
  }

  /** The other side tells where it can be reached. What is not whole, or older than what it told before, changes nothing. */
  offerCame(bytes: Buffer): void {
    if (this.#isClosed) return;
    let offer: WayOffer;
    try {
      offer = decodeWayOffer(bytes);
    } catch (error) {
      if (error instanceof ProtocolError) return;
      throw error;
    }
    const before = this.#theirs;
    if (before && offer.number <= before.number) return;
    this.#theirs = offer;
    if (this.#rtcpIn?.key !== offer.rtcpKey) {
      const receiver = new SrtcpReceiver(Buffer.from(offer.rtcpKey, 'base64url'));
      this.#rtcpIn = { receiver, key: offer.rtcpKey };
    }
    // It has begun anew: what was found was found with what it does not know any more.
    if (before && before.ufrag !== offer.ufrag) this.#checklist.forget();
    this.#tryOffered();
    this.#look();
  }

  /** Takes a datagram that came from elsewhere than the relay. What is not proven to be the other side's changes nothing. */
  datagram(bytes: Buffer, from: SocketAddress): void {
    if (this.#isClosed) return;
    const kind = datagramKind(bytes);
    if (kind === 'stun') {
      this.#stun(bytes, from);
      return;
    }
    if (this.#checklist.find(from)?.isProved !== true) return;
    if (kind === 'rtp') this.#events.rtp(bytes, this.#outside.now());
    if (kind !== 'rtcp') return;
    const rtcp = this.#rtcpIn?.receiver.unprotect(bytes);
    if (rtcp) this.#events.rtcp(rtcp);
  }

  /** Nothing is sent or answered any more. Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#isUsed = false;
    this.#chosen = null;
    this.#knocker.stop();
    this.#checklist.stop();
  }

  // ---- addresses ------------------------------------------------------------------------------------------

  #offer(base: UdpBase): void {
    const candidates = ownCandidates(this.#outside.addresses(), base);
    const text = JSON.stringify(candidates);
    if (text === this.#offered) return;
    const isFirst = this.#offered === '';
    this.#offered = text;
    const rtcpKey = this.#rtcpKey.toString('base64url');
    this.#events.offer(encodeWayOffer({ ...this.#own, number: ++this.#number, rtcpKey, candidates }));
    if (isFirst) this.#tryOffered();
    else this.#checklist.hurry();
  }

  #tryOffered(): void {
    if (this.#theirs && this.#base) this.#checklist.offered(worthTrying(this.#theirs.candidates, this.#base));
  }

  // ---- checks ---------------------------------------------------------------------------------------------

  #stun(bytes: Buffer, from: SocketAddress): void {
    const check = readCheck(bytes, this.#own.password);
    if (check) {
      this.#asked(check, from, bytes.length);
      return;
    }
    this.#checklist.answered(bytes, from);
    const chosen = this.#chosen?.remote;
    if (chosen?.port === from.port && chosen.address === from.address) this.#knocker.datagram(bytes);
  }

  #asked(check: IceCheck, from: SocketAddress, askedBytes: number): void {
    if (!this.#theirs || check.username !== `${this.#own.ufrag}:${this.#theirs.ufrag}`) return;
    const { password } = this.#own;
    const isConflict = check.isControlling === this.#isControlling;
    const answer = isConflict
      ? encodeRoleConflict(check, password)
      : encodeCheckAnswer(check, from, password);
    if (answer.length <= askedBytes) this.#events.send(answer, from);
    // The numbers of participants decide, which both know: whoever claims otherwise is not followed.
    if (isConflict) return;
    const pair = this.#checklist.asked(from, check.priority);
    if (!pair || this.#isControlling) return;
    if (check.isNomination) this.#nominated = { pair, atMs: this.#outside.now() };
    else if (this.#nominated?.pair === pair) this.#nominated = null;
    this.#look();
  }

  #consentCheck(): { id: Buffer; bytes: Buffer } {
    const every = this.#isUsed ? longEvery : 2;
    const isLong = this.#answersInARow % every === every - 1;
    const isNomination = this.#isControlling && this.#isUsed;
    const check = this.#checklist.make({ isNomination, paddingBytes: isLong ? paddingBytes : 0 });
    // There is no pair to ask before the other side has given its credentials.
    return check ?? { id: randomBytes(12), bytes: Buffer.alloc(0) };
  }

  #plan(): KnockPlan {
    const rttMs = this.rttMs ?? 0;
    return {
      pauseMs: this.#isUsed ? consentPauseMs : provingPauseMs,
      firstRepeatMs: Math.max(repeatMs, 1.25 * rttMs),
      repeatMs,
      patienceMs: Math.min(maxPatienceMs, Math.max(minPatienceMs, 600 + 2 * rttMs)),
    };
  }

  #consented(): void {
    this.#answersInARow++;
    this.#look();
  }

  #failed(): void {
    const failed = this.#chosen;
    this.#answersInARow = 0;
    if (this.#isUsed) this.#rest();
    if (failed) this.#checklist.failed(failed);
    this.#look();
  }

  /** A network that opens and closes does not take the call with it. */
  #rest(): void {
    const now = this.#outside.now();
    const isSoon = now - this.#usedSinceMs < soonMs;
    this.#restMs = isSoon ? Math.min(maxRestMs, 2 * this.#restMs) : minRestMs;
    this.#restUntilMs = now + this.#restMs;
  }

  // ---- the choice -----------------------------------------------------------------------------------------

  #look(): void {
    if (this.#isClosed) return;
    const wanted = this.#wanted();
    if (wanted !== this.#chosen) this.#choose(wanted);
    const isUsed = this.#mayUse();
    if (isUsed === this.#isUsed) return;
    this.#isUsed = isUsed;
    if (isUsed) {
      this.#usedSinceMs = this.#outside.now();
      if (this.#chosen) this.#chosen.failures = 0;
    }
    // The other side is told at once.
    if (this.#chosen) this.#knocker.knock();
    this.#events.changed();
  }

  #wanted(): Pair | null {
    const nominated = this.#nomination();
    if (nominated?.isValid === true) return nominated;
    if (this.#chosen?.isValid === true && this.#isUsed) return this.#chosen;
    return this.#checklist.pairs.find(({ isValid }) => isValid) ?? null;
  }

  /** The pair by which the controlling side sends. */
  #nomination(): Pair | null {
    const nominated = this.#nominated;
    if (!nominated || this.#outside.now() - nominated.atMs > nominationLifeMs) return null;
    return nominated.pair;
  }

  #choose(pair: Pair | null): void {
    this.#chosen = pair;
    this.#answersInARow = 0;
    if (pair) this.#knocker.knock();
    else this.#knocker.stop();
  }

  /** The controlling side decides; the other one follows as soon as it has an answer itself. */
  #mayUse(): boolean {
    if (!this.#chosen || this.#answersInARow === 0) return false;
    if (!this.#isControlling) return this.#nomination() === this.#chosen;
    if (this.#isUsed) return true;
    if (this.#answersInARow < answersToProve || this.#outside.now() < this.#restUntilMs) return false;
    const relayRttMs = this.#events.relayRttMs();
    return relayRttMs === null || (this.rttMs ?? 0) <= relayRttMs + worthMs;
  }
}
