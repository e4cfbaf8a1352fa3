// The calls of a client: starts them, hears of incoming ones, and takes them up again after the connection was lost.
import { uuidv7 } from 'uuidv7';
import type { CallMedia, CallState } from '../../protocol/call-shapes.js';
import { PytalkError } from '../../protocol/errors.js';
import type { MediaDatagram } from '../../protocol/frame.js';
import type { Push } from '../../protocol/messages.js';
import type { Call } from '../call-api.js';
import type { Conversations } from '../conversations.js';
import type { Core } from '../core.js';
import type { People } from '../people.js';
import { ClientCall, type CallParts } from './client-call.js';

/** After a reconnect, what still rings is told within this time. */
const confirmMs = 2_000;

export interface CallsParts {
  core: Core;
  people: People;
  conversations: Conversations;
  serverHost: string;
  /** Calls in which this client may be at once. */
  capacity: number;
}

export class Calls {
  readonly #parts: CallsParts;
  readonly #callParts: CallParts;
  readonly #calls = new Map<string, ClientCall>();
  /** Whether the server knows that this program has begun anew. */
  #hasBegun = false;

  constructor(parts: CallsParts) {
    this.#parts = parts;
    this.#callParts = { ...parts, mustBeFree: (except) => this.#mustBeFree(except) };
  }

  /** Calls under way here, and those that ring. */
  get list(): readonly Call[] {
    return [...this.#calls.values()];
  }

  async start(
    withName: string,
    { media, users }: { media: CallMedia; users?: readonly string[] },
  ): Promise<Call> {
    const { core, conversations, people } = this.#parts;
    this.#mustBeFree(null);
    const { id: conv } = await conversations.find(withName);
    const named = users && (await Promise.all(users.map(async (user) => (await people.find(user)).id)));
    const call = this.#make(uuidv7(), conv, media);
    this.#keep(call);
    try {
      const reply = await core.link.request('call.start', {
        call: call.id,
        conv,
        media,
        key: call.key,
        ...(named && { users: named }),
      });
      call.entered(reply);
      return call;
    } catch (error) {
      this.#calls.delete(call.id);
      const running = error instanceof PytalkError && error.code === 'call-running' && error.details['call'];
      if (typeof running !== 'string') throw error;
      return this.#joinRunning(running, conv, media);
    }
  }

  async join(withName: string): Promise<Call> {
    this.#mustBeFree(null);
    const { id, call } = await this.#parts.conversations.find(withName);
    if (call === undefined) throw new PytalkError('call-not-found');
    return this.#joinRunning(call, id, 'video');
  }

  /** Joins a call, whether it rings here or not; it says itself which media it has. */
  async #joinRunning(id: string, conv: number, media: CallMedia): Promise<Call> {
    const known = this.#calls.get(id);
    if (known && known.phase !== 'ended') {
      await known.accept();
      return known;
    }
    const call = this.#make(id, conv, media);
    this.#keep(call);
    try {
      await call.accept();
      return call;
    } catch (error) {
      this.#calls.delete(id);
      throw error;
    }
  }

  #make(id: string, conv: number, media: CallMedia): ClientCall {
    const { core } = this.#parts;
    const state: CallState = {
      call: id,
      conv,
      media,
      by: core.me?.id ?? 0,
      startedAt: core.timers.now(),
      answeredAt: null,
      participants: [],
      invited: [],
    };
    return new ClientCall(this.#callParts, state, true);
  }

  #mustBeFree(except: Call | null): void {
    const joined = [...this.#calls.values()].filter(
      (call) => call !== except && call.phase !== 'ended' && (call.outgoing || call.self !== null),
    );
    if (joined.length >= this.#parts.capacity) throw new PytalkError('in-call');
  }

  #keep(call: ClientCall): void {
    this.#calls.set(call.id, call);
    // One that has ended while it had no connection must still say that it leaves.
    call.on('ended', () => {
      if (this.#parts.core.link.signedIn) this.#calls.delete(call.id);
    });
  }

  /** Takes what the server tells of calls; other pushes change nothing here. */
  onPush({ type, body }: Push): void {
    if (type === 'call.incoming') this.#rings(body.state);
    else if (type === 'call.state') this.#calls.get(body.state.call)?.follow(body.state);
    else if (type === 'call.key') this.#calls.get(body.call)?.keyCame(body.from, body.sealed);
    else if (type === 'call.way') this.#calls.get(body.call)?.ways.take(body.from, body.sealed);
    else if (type === 'call.ended') this.#calls.get(body.call)?.finish(body.reason, body.durationMs, null);
  }

  /** Takes a media datagram of one of the calls. The bytes are valid during the call only. */
  onDatagram({ ssrc, bytes }: MediaDatagram): void {
    for (const call of this.#calls.values()) {
      if (call.phase !== 'ended' && call.self?.ssrc === ssrc) call.tunnel?.came(bytes);
    }
  }

  #rings(state: CallState): void {
    const { core, people, conversations } = this.#parts;
    const known = this.#calls.get(state.call);
    if (known) {
      known.confirmed = true;
      return;
    }
    // Single commands do not ring.
    if (core.mode !== 'live' || !core.me || core.session?.privateKey == null) return;
    const call = new ClientCall(this.#callParts, state, false);
    this.#keep(call);
    const names = state.participants.map(({ user }) => user).concat(state.by);
    // Told once it can be said who calls; the server may not have shown this device the conversation yet.
    const isKnown = core.directory.conversations.has(state.conv);
    void Promise.all([people.ensure(names), conversations.load(!isKnown)])
      .catch(() => undefined)
      .then(() => this.announce());
  }

  /** Tells of incoming calls, once somebody listens: only then this device rings. */
  announce(): void {
    const { emitter, link } = this.#parts.core;
    if (!emitter.has('call')) return;
    for (const call of this.#calls.values()) {
      if (call.outgoing || call.announced || call.phase !== 'ringing') continue;
      call.announced = true;
      emitter.emit('call', { call });
      link.request('call.ringing', { call: call.id }).catch(() => undefined);
    }
  }

  onLost(): void {
    for (const call of this.#calls.values()) call.lost();
  }

  onSignedIn(): void {
    this.#host();
    for (const call of this.#calls.values()) {
      void call.back().finally(() => {
        if (call.phase === 'ended') this.#calls.delete(call.id);
      });
      if (call.confirmed) continue;
      this.#parts.core.timers.after(confirmMs, () => {
        if (!call.confirmed && call.self === null) call.finish('cancelled', 0, null);
      });
    }
  }

  /** Asks for several calls at once, before any is taken up again. A server that knows no such thing gives one. */
  #host(): void {
    const { core, capacity } = this.#parts;
    if (capacity <= 1) return;
    core.link.request('call.host', { calls: capacity, anew: !this.#hasBegun }).then(
      () => (this.#hasBegun = true),
      () => undefined,
    );
  }

  /** Hangs up; resolves when the server knows, or cannot be told. */
  async close(): Promise<void> {
    const joined = [...this.#calls.values()].filter((call) => call.self !== null);
    await Promise.all(joined.map((call) => call.hangUp()));
    this.#calls.clear();
  }
}
