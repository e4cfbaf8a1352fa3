// What the ways carry, on both ends: tells senders what arrives of them, and follows what receivers tell of this side.
import { nothingShared } from './arrivals.js';
import type { RemotePerson } from './remote-person.js';
import { streamOffset } from '../../protocol/media-streams.js';
import { SharedWay } from './shared-way.js';

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

/** About the streams of these pictures, and the sound beside them. */
interface Word {
  readonly ssrcs: number[];
  readonly bitsPerSecond: number;
}

export interface CongestionOptions {
  readonly people: ReadonlyMap<number, RemotePerson>;
  /** What is sent now, in bits a second. */
  sent(nowMs: number): { pictures: number; sound: number };
  /** Tells what the ways of these people carry, in bits a second: of one person, or in a group of all together. */
  say(words: readonly Word[]): void;
  /** What the way carries of this side's pictures, in bits a second; null when no limit is known. */
  changed(bps: number | null): void;
}

export class Congestion {
  readonly #options: CongestionOptions;
  /** What each receiver says that its way carries, one word each. */
  readonly #rates = new Map<number, { bps: number; atMs: number }>();
  /** What each sender was told, and of all together the relay. */
  readonly #said = new Map<number | 'all', { bps: number; atMs: number }>();
  /** The last stretch of way to this side, where several share it. */
  readonly shared = new SharedWay();
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
    this.#measure(nowMs, rttMs);
    this.#slowDownWhenBlind(nowMs);
    for (const [id, { atMs }] of this.#rates) {
      if (nowMs - atMs < rateLifeMs) continue;
      this.#rates.delete(id);
      this.#follow(nowMs);
    }
  }

  #measure(nowMs: number, rttMs: number): void {
    const { people } = this.#options;
    const isGroup = people.size > 1;
    const all = isGroup ? this.shared.update(nowMs, people.values(), rttMs) : null;
    const words: Word[] = [];
    if (all !== null && this.#isNews('all', all, this.shared.isAbove(all), nowMs)) {
      words.push(wordOf([...people.values()], all));
    }
    for (const person of people.values()) {
      const own = person.rate(nowMs, rttMs, isGroup ? this.shared.measured : nothingShared);
      const share = isGroup ? this.shared.shareOf(person, people, nowMs) : null;
      if (own === null && share === null) continue;
      const bps = Math.min(own ?? Infinity, share ?? Infinity);
      // In a group the relay sees to it that no more comes than the way carries.
      const isAbove = person.arrivals.isAbove(own ?? Infinity);
      if (this.#isNews(person.id, bps, isAbove, nowMs)) words.push(wordOf([person], bps));
    }
    if (words.length > 0) this.#options.say(words);
  }

  /** Whether a word is to be said now. */
  #isNews(about: number | 'all', bps: number, isAbove: boolean, nowMs: number): boolean {
    const said = this.#said.get(about);
    // Said again and again while more comes than that: the word may have been lost in the very queue it is about.
    const isNews = !said || isAbove || Math.abs(bps - said.bps) > worthSaying * said.bps;
    if (!isNews && nowMs - said.atMs < repeatRateMs) return false;
    this.#said.set(about, { bps, atMs: nowMs });
    return true;
  }

  /** What comes from now on takes another way. */
  comesAnotherWay(): void {
    this.shared.comesAnotherWay();
    for (const { arrivals } of this.#options.people.values()) arrivals.comesAnotherWay();
  }

  /** Whether so little comes through to a receiver of a group that the relay leaves pictures out for it: its losses are its own. */
  isThinned(id: number | undefined, nowMs: number): boolean {
    const word = id === undefined ? undefined : this.#rates.get(id);
    if (!word || this.#options.people.size < 2) return false;
    const { pictures, sound } = this.#options.sent(nowMs);
    return word.bps < pictures + sound;
  }

  /** Whether less is asked for than before and a queue still empties on the way from a person. */
  isCongested(person: RemotePerson, nowMs: number): boolean {
    const isShared = this.#options.people.size > 1 && this.shared.estimate.isCongested(nowMs);
    return isShared || person.arrivals.estimate.isCongested(nowMs);
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

function wordOf(people: readonly RemotePerson[], bitsPerSecond: number): Word {
  return { ssrcs: people.map(({ ssrc }) => ssrc + streamOffset.video), bitsPerSecond };
}
