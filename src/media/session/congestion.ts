// What the ways carry, on both ends: tells senders what arrives of them, and follows what receivers tell of this side.
import type { RemotePerson } from './remote-person.js';

/** How often what the ways carry is estimated. */
export const estimateEveryMs = 100;
/** Said again after this though nothing has changed, as a word may get lost. */
const repeatRateMs = 1_000;
/** Pictures get at least this much: six of the smallest a second; below it there are none worth seeing. */
const minPictureBps = 48_000;
const worthSaying = 0.03;
/** No report for so long: nothing is known of the way, so less and less is sent (a circuit breaker, as of RFC 8083). */
const blindAfterMs = 1_200;
const blindEveryMs = 300;
const blindFactor = 0.25;
const minBlindBps = 60_000;
/** With more lost than this to all who reported lately, hardly anything comes through, words about it neither: the rest is what the way carries. */
const floodLoss = 0.5;
const lossLifeMs = 3_000;
/** Whoever has said nothing for so long does not count any more. */
const rateLifeMs = 5_000;

export interface CongestionOptions {
  readonly people: ReadonlyMap<number, RemotePerson>;
  /** What is sent now, in bits a second. */
  sent(nowMs: number): { pictures: number; sound: number };
  /** Tells a person what arrives of them, in bits a second. */
  say(person: RemotePerson, bps: number): void;
  /** What the way carries of this side's pictures, in bits a second; null when no limit is known. */
  changed(bps: number | null): void;
}

export class Congestion {
  readonly #options: CongestionOptions;
  /** What each receiver says that its way carries, one word each. */
  readonly #rates = new Map<number, { bps: number; atMs: number }>();
  /** What each sender was told. */
  readonly #said = new Map<number, { bps: number; atMs: number }>();
  /** When a report came the last time; null before the first. */
  #reportedAtMs: number | null = null;
  #blind: { bps: number; atMs: number } | null = null;
  /** Share of pictures lost that each receiver reported last, by the SSRC it reports as. */
  readonly #losses = new Map<number, { share: number; atMs: number }>();
  #pictureBps: number | null = null;

  constructor(options: CongestionOptions) {
    this.#options = options;
  }

  /** Bits a second for pictures; null for as many as there are. */
  get pictureBps(): number | null {
    return this.#pictureBps;
  }

  /** A receiver's word: its way carries so much of this side. */
  heard(id: number, bps: number, nowMs: number): void {
    this.#rates.set(id, { bps, atMs: nowMs });
    this.#follow(nowMs);
  }

  /** A receiver's report about this side's pictures: the share that was lost since the one before. */
  lost(ssrc: number, share: number, nowMs: number): void {
    this.#losses.set(ssrc, { share, atMs: nowMs });
  }

  /** Any report came, after what it says was told: the way is open in both directions. */
  reported(nowMs: number): void {
    this.#reportedAtMs = nowMs;
    const recent = [...this.#losses.values()].filter(({ atMs }) => nowMs - atMs < lossLifeMs);
    const loss = recent.length === 0 ? 0 : Math.min(...recent.map(({ share }) => share));
    if (loss > floodLoss) {
      const passedBps = this.#options.sent(nowMs).pictures * (1 - loss);
      this.#blind = { bps: Math.max(minBlindBps, passedBps), atMs: nowMs };
      this.#follow(nowMs);
      return;
    }
    if (!this.#blind) return;
    this.#blind = null;
    this.#follow(nowMs);
  }

  /** Called every `estimateEveryMs`; `rttMs` to the others. */
  update(nowMs: number, rttMs: number): void {
    for (const person of this.#options.people.values()) {
      const bps = person.rate(nowMs, rttMs);
      if (bps !== null) this.#tell(person, bps, nowMs);
    }
    this.#slowDownWhenBlind(nowMs);
    for (const [id, { atMs }] of this.#rates) {
      if (nowMs - atMs < rateLifeMs) continue;
      this.#rates.delete(id);
      this.#follow(nowMs);
    }
  }

  #tell(person: RemotePerson, bps: number, nowMs: number): void {
    const said = this.#said.get(person.id);
    // Said again and again while more comes than that: the word may have been lost in the very queue it is about.
    const isNews = !said || person.arrivals.isAbove(bps) || Math.abs(bps - said.bps) > worthSaying * said.bps;
    if (!isNews && nowMs - said.atMs < repeatRateMs) return;
    this.#said.set(person.id, { bps, atMs: nowMs });
    this.#options.say(person, bps);
  }

  #slowDownWhenBlind(nowMs: number): void {
    const heardMs = this.#reportedAtMs;
    if (heardMs === null || this.#options.people.size === 0 || nowMs - heardMs < blindAfterMs) return;
    if (this.#blind && nowMs - this.#blind.atMs < blindEveryMs) return;
    const before = this.#blind?.bps ?? this.#options.sent(nowMs).pictures;
    this.#blind = { bps: Math.max(minBlindBps, before * blindFactor), atMs: nowMs };
    this.#follow(nowMs);
  }

  /** The best way counts: one slow receiver does not make the others see less. */
  #follow(nowMs: number): void {
    const best = Math.max(...[...this.#rates.values()].map(({ bps }) => bps));
    const isLimited = this.#rates.size >= this.#options.people.size && this.#rates.size > 0;
    const limit = Math.min(isLimited ? best : Infinity, this.#blind?.bps ?? Infinity);
    const left = Math.max(minPictureBps, limit - this.#options.sent(nowMs).sound);
    this.#pictureBps = Number.isFinite(limit) ? left : null;
    this.#options.changed(this.#pictureBps);
  }
}
