// What the participants of a call tell each other about direct ways, sealed; kept until it could be passed on, and until it can be opened.
import type { KeyObject } from 'node:crypto';
import type { CallPerson } from '../call-api.js';
import { open, seal, type Direction } from './call-keys.js';

/** What waits for the news of who sent it: the newest of each. */
const maxEarly = 8;

export interface CallWaysParts {
  /** Of this device's key for the call. */
  privateKey: KeyObject;
  /** Those whose keys were checked, by participant number. */
  people: ReadonlyMap<number, CallPerson>;
  /** From this device to a participant, or `back`; null when that is not known. */
  direction(other: number, back: boolean): Direction | null;
  /** Rejects when the server could not be told. */
  pass(to: number, sealed: string): Promise<unknown>;
  came(person: CallPerson, way: Buffer): void;
}

/** What one participant is to be told. */
interface Outgoing {
  way: Buffer;
  /** Whether it was given to somebody who was there. */
  isPassed: boolean;
}

export class CallWays {
  readonly #parts: CallWaysParts;
  readonly #outgoing = new Map<number, Outgoing>();
  readonly #early = new Map<number, string>();

  constructor(parts: CallWaysParts) {
    this.#parts = parts;
  }

  /** Tells a participant; only the newest is told again. */
  send(to: number, way: Buffer): void {
    this.#outgoing.set(to, { way, isPassed: false });
    this.#pass(to);
  }

  /** Takes what came from a participant who may not be known yet. */
  take(from: number, sealed: string): void {
    if (this.#early.size < maxEarly || this.#early.has(from)) this.#early.set(from, sealed);
    this.#open();
  }

  /** The call has changed, or the connection is back: passes on what could not be passed on before. */
  follow(): void {
    this.#open();
    for (const [to, outgoing] of [...this.#outgoing]) {
      const person = this.#parts.people.get(to);
      if (!person) this.#outgoing.delete(to);
      // What was on its way then is lost.
      if (person?.away === true) outgoing.isPassed = false;
      this.#pass(to);
    }
  }

  #pass(to: number): void {
    const outgoing = this.#outgoing.get(to);
    const person = this.#parts.people.get(to);
    const direction = this.#parts.direction(to, false);
    if (!outgoing || outgoing.isPassed || !person || person.away || !direction) return;
    outgoing.isPassed = true;
    const sealed = seal(this.#parts.privateKey, direction, 'way', outgoing.way);
    // A server of before knows no direct ways: then there are none. After a loss it is told again.
    this.#parts.pass(to, sealed).catch(() => (outgoing.isPassed = false));
  }

  #open(): void {
    for (const [from, sealed] of this.#early) {
      const person = this.#parts.people.get(from);
      const direction = this.#parts.direction(from, true);
      if (!person || !direction) continue;
      this.#early.delete(from);
      const way = open(this.#parts.privateKey, direction, 'way', sealed);
      if (!way) continue;
      person.way = way;
      this.#parts.came(person, way);
    }
  }
}
