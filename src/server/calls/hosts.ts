// Which connections answer by themselves, and in how many calls each may be at once; everybody else may be in one.
import type { ClientSession } from '../handler.js';
import type { CallMember } from './running-call.js';

export class Hosts {
  /** Calls at once, by connection; what is not here is no host. */
  readonly #calls = new WeakMap<object, number>();

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

  /** Calls in which a person with these connections may be before they count as busy. */
  callsOf(connections: ReadonlySet<object> = new Set()): number {
    return Math.max(1, ...[...connections].map((connection) => this.callsAt(connection)));
  }
}

/** Whether somebody takes part by an earlier connection of the program that has begun anew with this one. */
export function isPredecessor(member: CallMember, session: ClientSession): boolean {
  return member.isHosted && member.sessionId === session.sessionId && member.connection !== session;
}
