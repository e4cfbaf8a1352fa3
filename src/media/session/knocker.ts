// Asks the relay over and over by one way whether it is open: asks again until there is an answer, or it has waited too long.
import type { BindingAnswer, BindingRequest } from './binding-requests.js';
import type { Clock } from './outside.js';

/** How to ask now. */
export interface KnockPlan {
  /** From an answer to the next request. */
  readonly pauseMs: number;
  /** Without an answer for so long it is asked again: for the first time, and then each time. */
  readonly firstRepeatMs: number;
  readonly repeatMs: number;
  /** Without any answer for so long it has failed. */
  readonly patienceMs: number;
}

export interface KnockerEvents {
  plan(): KnockPlan;
  makeRequest(): BindingRequest;
  readAnswer(bytes: Buffer, request: BindingRequest): BindingAnswer | null;
  send(bytes: Buffer): void;
  answered(answer: BindingAnswer): void;
  /** Asks on by itself, unless it is stopped. */
  failed(): void;
}

/** A smaller share for new samples, so that one late answer does not change what is shown. */
const rttShare = 0.25;

/** One question: requests of their own, so that it is known which of them was answered (RFC 8489 would repeat the same). */
interface Question {
  readonly sinceMs: number;
  readonly requests: { request: BindingRequest; atMs: number }[];
}

export class Knocker {
  readonly #events: KnockerEvents;
  readonly #clock: Clock;
  #question: Question | null = null;
  #stopTimer: () => void = () => undefined;
  #rttMs: number | null = null;

  constructor(events: KnockerEvents, clock: Clock) {
    this.#events = events;
    this.#clock = clock;
  }

  /** Round trip, smoothed; null while not known. */
  get rttMs(): number | null {
    return this.#rttMs;
  }

  /** Asks at once, anew. */
  knock(): void {
    this.#question = { sinceMs: this.#clock.now(), requests: [] };
    this.#ask(this.#question);
  }

  stop(): void {
    this.#stopTimer();
    this.#question = null;
  }

  /** Takes a STUN message. */
  datagram(bytes: Buffer): void {
    for (const { request, atMs } of this.#question?.requests ?? []) {
      const answer = this.#events.readAnswer(bytes, request);
      if (!answer) continue;
      const rttMs = this.#clock.now() - atMs;
      this.#rttMs = this.#rttMs === null ? rttMs : this.#rttMs + (rttMs - this.#rttMs) * rttShare;
      this.#question = null;
      this.#after(this.#events.plan().pauseMs, () => this.knock());
      this.#events.answered(answer);
      return;
    }
  }

  #after(ms: number, run: () => void): void {
    this.#stopTimer();
    this.#stopTimer = this.#clock.after(ms, run);
  }

  #ask(question: Question): void {
    const request = this.#events.makeRequest();
    question.requests.push({ request, atMs: this.#clock.now() });
    this.#wait(question);
    this.#events.send(request.bytes);
  }

  #wait(question: Question): void {
    const { firstRepeatMs, repeatMs, patienceMs } = this.#events.plan();
    const now = this.#clock.now();
    const leftMs = patienceMs - (now - question.sinceMs);
    const nextMs = question.requests.length === 1 ? firstRepeatMs : repeatMs;
    if (nextMs < leftMs) this.#after(nextMs, () => this.#ask(question));
    else this.#after(Math.max(0, leftMs), () => this.#fail());
  }

  #fail(): void {
    // Before the telling: whoever is told may stop this, or ask at once.
    this.knock();
    this.#events.failed();
  }
}
