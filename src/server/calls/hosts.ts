// Which connections answer by themselves, and in how many calls each may be at once; everybody else may be in one.
import type { Listener, Roster } from '../roster.js';

export class Hosts {
  readonly #roster: Pick<Roster, 'listeners'>;
  /** Calls at once, by connection; what is not here is no host. */
  readonly #calls = new WeakMap<object, number>();

  constructor(roster: Pick<Roster, 'listeners'>) {
    this.#roster = roster;
  }

  add(connection: object, calls: number): void {
    this.#calls.set(connection, calls);
  }

  has(connection: object): boolean {
    return this.#calls.has(connection);
  }

  /** Calls in which a connection may be. */
  callsAt(connection: object): number {
    return this.#calls.get(connection) ?? 1;
  }

  /** Calls in which a person may be before they count as busy. */
  callsOf(user: number): number {
    const listeners: Iterable<Listener> = this.#roster.listeners(user) ?? [];
    return Math.max(1, ...[...listeners].map((listener) => this.callsAt(listener)));
  }
}
