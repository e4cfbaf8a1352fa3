// What is told of a call: to those in it how it stands, to those whom it calls that it rings, or no longer.
import type { CallEnd } from '../../protocol/call-shapes.js';
import { encodeJson } from '../../protocol/frame.js';
import type { PushBody } from '../../protocol/messages.js';
import type { ConversationState } from '../conversation-state.js';
import type { ClientSession } from '../handler.js';
import type { Hub } from '../hub.js';
import type { Listener } from '../roster.js';
import type { CallMember, RunningCall } from './running-call.js';

export class CallNews {
  readonly #hub: Hub;

  constructor(hub: Hub) {
    this.#hub = hub;
  }

  /** It rings on all devices of somebody. */
  rings(call: RunningCall, user: number): void {
    this.#hub.pushToUser(user, 'call.incoming', { state: call.state() });
  }

  /** It rings on a device that has just come. */
  ringsAt(call: RunningCall, listener: Listener): void {
    listener.send(encodeJson({ type: 'call.incoming', body: { state: call.state() } }));
  }

  /** How it stands now, to all who are in it. */
  changed(call: RunningCall, except: ClientSession | null = null): void {
    const state = call.state();
    for (const { connection } of call.members.values()) {
      if (connection && connection !== except) connection.push('call.state', { state });
    }
  }

  /** It is over for all devices of somebody whom it called. */
  stopped(call: RunningCall, user: number, reason: CallEnd, except: ClientSession | null = null): void {
    const frame = encodeJson({ type: 'call.ended', body: this.#end(call, reason) });
    // The same object in its other role.
    const spared: unknown = except;
    for (const listener of this.#hub.roster.listeners(user) ?? []) {
      if (listener !== spared) listener.send(frame);
    }
  }

  /** The members of its group, also those whom it does not call, see that it runs, or no longer. */
  runs(call: RunningCall, state: ConversationState, runs: boolean): void {
    state.call = runs ? call.id : null;
    if (state.row.kind !== 'group') return;
    const members = state.present.map(({ user }) => user);
    // Who misses it sees it when they come back.
    this.#hub.tellConversation(state, members, []).catch(() => undefined);
  }

  /** It is over for a participant. */
  ended(call: RunningCall, { connection }: CallMember, reason: CallEnd): void {
    connection?.push('call.ended', this.#end(call, reason));
  }

  #end(call: RunningCall, reason: CallEnd): PushBody<'call.ended'> {
    return { call: call.id, reason, durationMs: call.durationMs(this.#hub.now()) };
  }
}
