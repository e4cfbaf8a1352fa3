// The pairs of addresses between which a direct way is looked for: each is asked, the best first, in turn and never fast (RFC 8445, section 6.1).
import { randomBytes } from 'node:crypto';
import {
  candidatePriority,
  encodeCheck,
  pairPriority,
  readCheckAnswer,
  type IceCredentials,
} from '../../protocol/ice.js';
import type { SocketAddress } from '../../protocol/stun.js';
import type { WireCandidate } from '../../protocol/way-offer.js';
import type { Clock } from '../session/outside.js';

/** Between two checks (section 14.2). */
const paceMs = 50;
const maxPairs = 24;
/** Between two checks of one pair: growing while it is hoped for, then now and then. */
const firstWaitMs = 250;
const waitFactor = 1.6;
const hopefulAttempts = 7;
const idleWaitMs = 10_000;
/** A pair that was open and is not any more is tried again after this, later each time. */
const firstRestMs = 1_000;
const maxRestMs = 60_000;
const attemptsAfterFailure = 3;
/** Answers of this many checks of a pair are waited for. */
const maxPending = 4;
const localPreference = 65_535;
/** A timer may run so much early. */
const timerSlackMs = 1;

/** One address of the other side, as reached from this side's only socket. */
export interface Pair {
  readonly remote: SocketAddress;
  readonly priority: bigint;
  /** Whether a check was answered lately. */
  isValid: boolean;
  /** Whether the other side has proved to be there, by a check or an answer. */
  isProved: boolean;
  attempts: number;
  dueMs: number;
  failures: number;
  pending: Buffer[];
}

export interface CheckMaker {
  /** What the other side gave; null while it has given nothing. */
  readonly theirs: IceCredentials | null;
  readonly own: IceCredentials;
  readonly isControlling: boolean;
  readonly tieBreaker: bigint;
}

export interface ChecklistEvents {
  send(bytes: Buffer, to: SocketAddress): void;
  /** A pair was found open. */
  found(pair: Pair): void;
}

export class Checklist {
  readonly #maker: CheckMaker;
  readonly #events: ChecklistEvents;
  readonly #clock: Clock;
  /** The best first. */
  #pairs: Pair[] = [];
  #urgent: Pair[] = [];
  #stopTimer: (() => void) | null = null;
  #timerMs = 0;
  #sentMs = -Infinity;

  constructor(maker: CheckMaker, events: ChecklistEvents, clock: Clock) {
    this.#maker = maker;
    this.#events = events;
    this.#clock = clock;
  }

  /** The best first. */
  get pairs(): readonly Pair[] {
    return this.#pairs;
  }

  find({ address, port }: SocketAddress): Pair | undefined {
    return this.#pairs.find(({ remote }) => remote.port === port && remote.address === address);
  }

  /** Takes the other side's candidates; those that were told before and are no more are dropped, unless they are open. */
  offered(candidates: readonly WireCandidate[]): void {
    const isTold = ({ remote }: Pair): boolean =>
      candidates.some(({ address, port }) => address === remote.address && port === remote.port);
    this.#pairs = this.#pairs.filter((pair) => pair.isProved || isTold(pair));
    for (const { address, port, priority } of candidates) this.#add({ address, port }, priority);
    this.hurry();
  }

  /** A check came from there: the other side has this address too, told or not (section 7.3.1.3). Null when there are too many. */
  asked(from: SocketAddress, priority: number): Pair | null {
    const pair = this.find(from) ?? this.#add(from, priority);
    if (!pair) return null;
    pair.isProved = true;
    if (!pair.isValid && !this.#urgent.includes(pair)) this.#urgent.push(pair);
    this.#wake();
    return pair;
  }

  /** A STUN answer came from there. */
  answered(bytes: Buffer, from: SocketAddress): void {
    const { theirs } = this.#maker;
    const pair = this.find(from);
    if (!pair || !theirs) return;
    if (!pair.pending.some((id) => readCheckAnswer(bytes, id, theirs.password) !== null)) return;
    pair.pending = [];
    pair.isValid = pair.isProved = true;
    this.#events.found(pair);
  }

  /** A pair that was open has failed. */
  failed(pair: Pair): void {
    pair.isValid = false;
    pair.attempts = attemptsAfterFailure;
    pair.dueMs = this.#clock.now() + Math.min(maxRestMs, firstRestMs * 2 ** pair.failures++);
    this.#wake();
  }

  /** All that are not open are tried anew: an address has changed. */
  hurry(): void {
    for (const pair of this.#pairs) {
      if (pair.isValid) continue;
      pair.attempts = 0;
      pair.dueMs = this.#clock.now();
    }
    this.#wake();
  }

  /** This side has another socket: nothing that was found holds. */
  forget(): void {
    for (const pair of this.#pairs) pair.isValid = false;
    this.hurry();
  }

  /** A check of a pair, with an id of its own. */
  make({ isNomination = false, paddingBytes = 0 } = {}): { id: Buffer; bytes: Buffer } | null {
    const { theirs, own, isControlling, tieBreaker } = this.#maker;
    if (!theirs) return null;
    const id = randomBytes(12);
    const username = `${theirs.ufrag}:${own.ufrag}`;
    const priority = candidatePriority('prflx', localPreference);
    const check = { transactionId: id, username, priority, isControlling, tieBreaker, isNomination };
    return { id, bytes: encodeCheck({ ...check, paddingBytes }, theirs.password) };
  }

  stop(): void {
    this.#stopTimer?.();
    this.#pairs = [];
    this.#urgent = [];
  }

  #add(remote: SocketAddress, remotePriority: number): Pair | null {
    if (this.find(remote) || this.#pairs.length >= maxPairs) return null;
    const own = candidatePriority('host', localPreference);
    const priority = this.#maker.isControlling
      ? pairPriority(own, remotePriority)
      : pairPriority(remotePriority, own);
    const state = { isValid: false, isProved: false, attempts: 0, failures: 0, pending: [] };
    const pair: Pair = { remote, priority, ...state, dueMs: this.#clock.now() };
    this.#pairs.push(pair);
    this.#pairs.sort((one, other) => (one.priority > other.priority ? -1 : 1));
    return pair;
  }

  #wake(): void {
    const dues = this.#pairs.flatMap((pair) => (pair.isValid ? [] : pair.dueMs));
    if (!this.#maker.theirs || (dues.length === 0 && this.#urgent.length === 0)) return;
    const dueMs = this.#urgent.length > 0 ? this.#clock.now() : Math.min(...dues);
    const atMs = Math.max(dueMs, this.#sentMs + paceMs);
    if (this.#stopTimer && this.#timerMs <= atMs) return;
    this.#stopTimer?.();
    this.#timerMs = atMs;
    this.#stopTimer = this.#clock.after(Math.max(0, atMs - this.#clock.now()), () => {
      this.#stopTimer = null;
      this.#check();
      this.#wake();
    });
  }

  #check(): void {
    const now = this.#clock.now();
    const isDue = (pair: Pair): boolean => !pair.isValid && pair.dueMs <= now + timerSlackMs;
    const pair = this.#urgent.shift() ?? this.#pairs.find(isDue);
    const check = pair && this.make();
    if (!check) return;
    const waitMs = firstWaitMs * waitFactor ** pair.attempts;
    pair.dueMs = now + (pair.attempts++ < hopefulAttempts ? waitMs : idleWaitMs);
    pair.pending = [...pair.pending.slice(1 - maxPending), check.id];
    this.#sentMs = now;
    this.#events.send(check.bytes, pair.remote);
  }
}
