// One call on this device: follows what the server says of it, checks everybody's key, and passes sender keys on.
import type { CallEnd, CallMedia, CallState, Participant } from '../../protocol/call-shapes.js';
import { PytalkError } from '../../protocol/errors.js';
import { callAwayTimeoutMs } from '../../protocol/limits.js';
import type { Reply } from '../../protocol/messages.js';
import type { Call, CallEvents, CallPerson, CallPhase, CallSelfState, RelayAccess } from '../call-api.js';
import type { Core } from '../core.js';
import { Emitter } from '../emitter.js';
import { isLoss } from '../link.js';
import type { People } from '../people.js';
import { isoTime } from '../view.js';
import { LinkTunnel } from './call-tunnel.js';
import { asError } from './call-error.js';
import { CallWays } from './call-ways.js';
import { relayAccess } from './relay-access.js';
import {
  directionOf,
  makeCallSecret,
  openSenderKey,
  sealSenderKey,
  type CallSecret,
  type Direction,
  type SenderKey,
} from './call-keys.js';
import { checkCallKey } from './key-check.js';
import { SenderKeys } from './sender-keys.js';

/** Sealed keys that wait for the news of who sent them. */
const maxEarlyKeys = 32;

export interface CallParts {
  core: Core;
  people: People;
  /** Host of the server, for a relay that is there too. */
  serverHost: string;
  /** Rejects with `in-call` when this device is in another call. */
  mustBeFree(except: Call): void;
}

export class ClientCall implements Call {
  readonly id: string;
  readonly outgoing: boolean;
  readonly #parts: CallParts;
  readonly #emitter = new Emitter<CallEvents>();
  readonly #secret: CallSecret;
  readonly #senderKeys: SenderKeys;
  readonly #people = new Map<number, CallPerson>();
  readonly #early: { from: number; sealed: string }[] = [];
  readonly ways: CallWays;
  #state: CallState;
  #self: { id: number; ssrc: number } | null = null;
  #relay: RelayAccess | null = null;
  #tunnel: LinkTunnel | null = null;
  #phase: CallPhase = 'ringing';
  #end: CallEvents['ended'] | null = null;
  #connectedAtMs: number | null = null;
  /** What follows from one state is done before the next one is looked at. */
  #work: Promise<void> = Promise.resolve();
  #stopAwayTimer: (() => void) | null = null;
  /** Hung up while there was no connection: the server is to be told when it is back. */
  #mustLeave = false;
  /** False between a loss of the connection and the news that it still rings. */
  confirmed = true;
  /** Whether listeners have been told of this incoming call. */
  announced = false;

  /** `state` is the server's for an incoming call; for an outgoing one what is going to be asked for. */
  constructor(parts: CallParts, state: CallState, outgoing: boolean) {
    this.#parts = parts;
    this.#state = state;
    this.id = state.call;
    this.outgoing = outgoing;
    this.#emitter.release();
    const { session, me } = parts.core;
    if (!me || session?.privateKey == null) throw new PytalkError('not-logged-in');
    const { publicKey, privateKey } = session;
    this.#secret = makeCallSecret(state.call, me.id, { publicKey, privateKey });
    this.#senderKeys = new SenderKeys({
      timers: parts.core.timers,
      hand: (to, key) => this.#hand(to, key),
      use: (key) => this.#emitter.emit('renewed', { key }),
    });
    this.ways = new CallWays({
      privateKey: this.#secret.privateKey,
      people: this.#people,
      direction: (other, back) => this.#direction(other, back),
      pass: (to, sealed) => this.#request('call.way', { call: this.id, to, sealed }),
      came: (person, way) => this.#emitter.emit('way', { person, way }),
    });
  }

  get key(): CallSecret['key'] {
    return this.#secret.key;
  }
  get conversation(): string {
    return this.#parts.core.directory.conversationName(this.#state.conv);
  }
  get media(): CallMedia {
    return this.#state.media;
  }
  get by(): string {
    return this.#parts.core.directory.nameOf(this.#state.by);
  }
  get phase(): CallPhase {
    return this.#phase;
  }
  get self(): Call['self'] {
    const self = this.#self;
    if (!self) return null;
    const { recording = false } = this.#state.participants.find(({ id }) => id === self.id) ?? {};
    return { ...self, key: this.#senderKeys.inUse, recording };
  }
  get relay(): RelayAccess | null {
    return this.#relay;
  }
  get tunnel(): LinkTunnel | null {
    return this.#tunnel;
  }
  get people(): readonly CallPerson[] {
    return [...this.#people.values()];
  }
  get invited(): Call['invited'] {
    const { directory } = this.#parts.core;
    return this.#state.invited.map(({ user, state }) => ({ username: directory.nameOf(user), state }));
  }
  get answeredAt(): string | null {
    return this.#state.answeredAt === null ? null : isoTime(this.#state.answeredAt);
  }
  get end(): Call['end'] {
    return this.#end;
  }

  on<T extends keyof CallEvents>(type: T, listener: (event: CallEvents[T]) => void): () => void {
    return this.#emitter.on(type, listener);
  }

  async accept(): Promise<void> {
    if (this.#end !== null || this.#self !== null) throw new PytalkError('call-not-found');
    this.#parts.mustBeFree(this);
    try {
      for (const participant of this.#state.participants)
        await checkCallKey(this.#parts, this.id, participant);
    } catch (error) {
      await this.decline();
      throw error;
    }
    this.entered(await this.#request('call.accept', { call: this.id, key: this.key }));
    await this.#work;
    const failure = this.#failure();
    if (failure) throw failure;
  }

  async decline(busy = false): Promise<void> {
    if (this.#end !== null) return;
    const told = this.#request('call.decline', { call: this.id, ...(busy && { busy }) });
    this.finish('declined', 0, null);
    await told.catch(() => undefined);
  }

  async hangUp(): Promise<void> {
    if (this.#end !== null) return;
    if (this.#self === null) {
      await this.decline();
      return;
    }
    await this.#leave(null);
  }

  async set(state: CallSelfState): Promise<void> {
    if (this.#self && this.#end === null) await this.#request('call.set', { call: this.id, ...state });
  }

  // ---- what the server says -------------------------------------------------------------------------------

  /** This device is in the call: it was answered, began, or was taken up again. */
  entered({ state, participant, ticket }: Reply<'call.accept'>): void {
    const own = state.participants.find(({ id }) => id === participant);
    this.#self = { id: participant, ssrc: own?.ssrc ?? 0 };
    // The same one as long as the call lives, whatever connection it has.
    if (ticket.tunnel === true) this.#tunnel ??= new LinkTunnel(this.#parts.core.link, this.#self.ssrc);
    this.#relay = relayAccess(ticket, this.#parts.serverHost);
    this.follow(state);
  }

  follow(state: CallState): void {
    this.#state = state;
    this.#work = this.#work.then(() => this.#followNow(state)).catch((error: unknown) => this.#fail(error));
  }

  /** A sender key of somebody who may not be known yet. */
  keyCame(from: number, sealed: string): void {
    this.#work = this.#work.then(() => {
      if (this.#early.length < maxEarlyKeys) this.#early.push({ from, sealed });
      this.#openKeys();
    });
  }

  /** The chat connection is lost. */
  lost(): void {
    if (this.#end !== null) return;
    if (this.#self === null) {
      this.confirmed = false;
      return;
    }
    this.#stopAwayTimer ??= this.#parts.core.timers.after(callAwayTimeoutMs, () => {
      this.finish('failed', this.#durationMs(), new PytalkError('disconnected'));
    });
  }

  /** The connection is back. Resolves when nothing is left to be said. */
  async back(): Promise<void> {
    if (this.#mustLeave) {
      this.#mustLeave = false;
      if (this.#self) {
        // A call is left by who is in it: it is taken up first.
        const { id: participant } = this.#self;
        await this.#request('call.resume', { call: this.id, participant })
          .then(() => this.#request('call.leave', { call: this.id }))
          .catch(() => undefined);
      }
      return;
    }
    if (this.#end !== null || this.#self === null) return;
    try {
      const reply = await this.#request('call.resume', { call: this.id, participant: this.#self.id });
      this.#stopAwayTimer?.();
      this.#stopAwayTimer = null;
      this.entered(reply);
      this.#senderKeys.retry();
    } catch (error) {
      // Lost again: the timer still runs.
      if (!isLoss(error)) this.finish('failed', this.#durationMs(), asError(error));
    }
  }

  /** It is over for this device. Told once. */
  finish(reason: CallEnd, durationMs: number, error: PytalkError | null): void {
    if (this.#end !== null) return;
    this.#phase = 'ended';
    this.#end = { reason, durationMs, error };
    this.#stopAwayTimer?.();
    this.#senderKeys.close();
    this.#emitter.emit('ended', this.#end);
  }

  // ---- inside ---------------------------------------------------------------------------------------------

  #request: Core['link']['request'] = (type, body, options) =>
    this.#parts.core.link.request(type, body, options);

  #failure(): PytalkError | null {
    return this.#end?.error ?? null;
  }

  #durationMs(): number {
    return this.#connectedAtMs === null ? 0 : this.#parts.core.timers.now() - this.#connectedAtMs;
  }

  async #leave(error: PytalkError | null): Promise<void> {
    const reason = error ? 'failed' : this.#connectedAtMs === null ? 'cancelled' : 'hangup';
    const told = this.#request('call.leave', { call: this.id });
    this.finish(reason, this.#durationMs(), error);
    await told.catch((cause: unknown) => {
      this.#mustLeave = isLoss(cause);
    });
  }

  #fail(error: unknown): void {
    if (this.#end === null) void this.#leave(asError(error));
  }

  async #followNow(state: CallState): Promise<void> {
    if (this.#end !== null) return;
    await this.#parts.people.ensure([
      ...state.participants.map(({ user }) => user),
      ...state.invited.map(({ user }) => user),
      state.by,
    ]);
    for (const person of [...this.#people.values()]) {
      if (state.participants.some(({ id }) => id === person.id)) continue;
      this.#people.delete(person.id);
      this.#emitter.emit('gone', { person });
    }
    if (this.#self !== null) {
      for (const participant of state.participants) {
        if (participant.id !== this.#self.id) await this.#meet(participant);
      }
      this.#senderKeys.follow(this.#people.keys());
      this.#openKeys();
      this.ways.follow();
    }
    this.#emitter.emit('changed', undefined);
    if (this.#phase === 'ringing' && this.#people.size > 0) {
      this.#phase = 'connected';
      this.#connectedAtMs = this.#parts.core.timers.now();
      this.#emitter.emit('connected', undefined);
    }
  }

  /** Takes note of somebody; who is new is checked, before they get anything. */
  async #meet(participant: Participant): Promise<void> {
    const { id, ssrc, muted, camera, screen, recording, away } = participant;
    const says = { muted, camera, screen, recording, away };
    const known = this.#people.get(id);
    if (known) {
      Object.assign(known, says);
      return;
    }
    await checkCallKey(this.#parts, this.id, participant);
    const username = this.#parts.core.directory.nameOf(participant.user);
    this.#people.set(id, { id, username, ssrc, ...says, key: null, way: null });
  }

  async #hand(to: number, key: SenderKey): Promise<void> {
    const direction = this.#direction(to, false);
    if (!direction) throw new PytalkError('call-not-found');
    let sealed: string;
    try {
      sealed = sealSenderKey(this.#secret.privateKey, direction, key);
    } catch (error) {
      // A key with which there is no secret, though it is signed.
      this.#fail(error);
      throw error;
    }
    await this.#request('call.key', { call: this.id, to, sealed });
  }

  /** From this device to a participant, or `back`. */
  #direction(other: number, back: boolean): Direction | null {
    const own = this.#self && { id: this.#self.id, key: this.key };
    const theirs = this.#state.participants.find(({ id }) => id === other);
    if (!own || !theirs) return null;
    return back ? directionOf(this.id, theirs, own) : directionOf(this.id, own, theirs);
  }

  #openKeys(): void {
    for (const early of this.#early.splice(0)) {
      const person = this.#people.get(early.from);
      const direction = this.#direction(early.from, true);
      if (!person || !direction) {
        if (this.#end === null) this.#early.push(early);
        continue;
      }
      const key = openSenderKey(this.#secret.privateKey, direction, early.sealed);
      // An older one again, or one that was not made for us, changes nothing.
      if (!key || key.epoch <= (person.key?.epoch ?? -1)) continue;
      person.key = key;
      this.#emitter.emit('key', { person });
    }
  }
}
