// The calls under way, found by their id, their conversation, or somebody whom they concern.
import type { RunningCall } from './running-call.js';

/** Calls that ring at one person at once; for whoever else calls they are busy. */
const maxRings = 8;
const none: ReadonlySet<RunningCall> = new Set();

export class CallRegister {
  readonly #byId = new Map<string, RunningCall>();
  readonly #byConversation = new Map<number, RunningCall>();
  /** By who called and who is called, so that nobody's coming and going costs more than their own calls. */
  readonly #byUser = new Map<number, Set<RunningCall>>();

  /** All of them, at this moment. */
  get all(): readonly RunningCall[] {
    return [...this.#byId.values()];
  }

  get(id: string): RunningCall | undefined {
    return this.#byId.get(id);
  }

  inConversation(conv: number): RunningCall | undefined {
    return this.#byConversation.get(conv);
  }

  /** Those that somebody began, was called to, or has joined. */
  of(user: number): ReadonlySet<RunningCall> {
    return this.#byUser.get(user) ?? none;
  }

  /** Whether somebody is in as many calls as they can take, or is called by as many as may. */
  isBusy(user: number, capacity: number): boolean {
    let joined = 0;
    let rings = 0;
    for (const call of this.of(user)) {
      if (call.memberOf(user)) joined++;
      else if (call.isRinging(user)) rings++;
    }
    return joined >= capacity || rings >= maxRings;
  }

  /** The call knows by now who is called. */
  add(call: RunningCall): void {
    this.#byId.set(call.id, call);
    this.#byConversation.set(call.conv, call);
    for (const user of call.people) this.concern(call, user);
  }

  /** From now on the call is one of this person's. */
  concern(call: RunningCall, user: number): void {
    const calls = this.#byUser.get(user);
    if (calls) calls.add(call);
    else this.#byUser.set(user, new Set([call]));
  }

  delete(call: RunningCall): void {
    this.#byId.delete(call.id);
    this.#byConversation.delete(call.conv);
    for (const user of call.people) {
      const calls = this.#byUser.get(user);
      calls?.delete(call);
      if (calls?.size === 0) this.#byUser.delete(user);
    }
  }
}
