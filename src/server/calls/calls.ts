// The calls under way: starting, ringing, answering, leaving, coming back; each told to all concerned, and logged at its end.
import type { Logger } from 'pino';
import type { CallEnd, CallKey, CallOutcome } from '../../protocol/call-shapes.js';
import { PytalkError } from '../../protocol/errors.js';
import { encodeJson } from '../../protocol/frame.js';
import { callAwayTimeoutMs, limits, ringTimeoutMs } from '../../protocol/limits.js';
import type { Reply, RequestBody } from '../../protocol/messages.js';
import type { ClientSession } from '../handler.js';
import type { Hub, HubWatcher } from '../hub.js';
import type { Relay } from '../relay/relay.js';
import type { Listener } from '../roster.js';
import { writeEntry } from './call-entry.js';
import { whomToCall } from './invitations.js';
import { RunningCall, type CallMember } from './running-call.js';
import { Tickets } from './tickets.js';

/** Keys kept for a participant whose connection is lost. */
const maxMissedKeys = 64;

/** Calls `run` once after `ms` milliseconds; returns the undo. */
export type After = (ms: number, run: () => void) => () => void;

export interface CallsOptions {
  hub: Hub;
  relay: Pick<Relay, 'address' | 'add' | 'remove'>;
  /** Where clients reach the relay, when that is not where they reach the server. */
  advertise: { host: string; port: number } | null;
  after: After;
  log: Logger;
}

type InCall = Reply<'call.start'>;

export class Calls implements HubWatcher {
  readonly #options: CallsOptions;
  readonly #calls = new Map<string, RunningCall>();
  readonly #byConversation = new Map<number, RunningCall>();
  readonly #entries = new Set<Promise<void>>();
  readonly #tickets: Tickets;
  /** Calls that are over, by how they went. */
  readonly counters: Record<CallOutcome, number> = {
    answered: 0,
    missed: 0,
    declined: 0,
    busy: 0,
    cancelled: 0,
  };

  constructor(options: CallsOptions) {
    this.#options = options;
    this.#tickets = new Tickets(options.relay, options.advertise);
    options.hub.watchers.add(this);
  }

  get running(): number {
    return this.#calls.size;
  }

  // ---- requests -------------------------------------------------------------------------------------------

  async start(session: ClientSession, body: RequestBody<'call.start'>): Promise<InCall> {
    const { hub } = this.#options;
    const again = this.#calls.get(body.call);
    if (again) return this.#startAgain(session, again);
    const { state } = await hub.presentIn(body.conv, session.userId);
    const users = await whomToCall(hub, state, session.userId, body.users);
    // From here on nothing waits, so that two who call each other cannot both get through.
    const running = this.#byConversation.get(body.conv);
    if (running) throw new PytalkError('call-running', { details: { call: running.id } });
    if (this.#calls.has(body.call)) throw new PytalkError('id-taken');
    this.#mustBeFree(session);
    const call = new RunningCall(body.call, body.conv, body.media, session.userId, hub.now());
    this.#calls.set(call.id, call);
    this.#byConversation.set(call.conv, call);
    for (const user of users) call.invited.set(user, this.#isInCall(user) ? 'busy' : 'calling');
    const member = this.#join(call, session, body.key);
    call.stopRingTimer = this.#options.after(ringTimeoutMs, () => this.#ringOut(call));
    for (const user of call.ringing) hub.pushToUser(user, 'call.incoming', { state: call.state() });
    // When everybody is busy it is over, but the caller must have the answer first.
    setImmediate(() => this.#settle(call));
    return this.#inCall(call, member);
  }

  #startAgain(session: ClientSession, call: RunningCall): InCall {
    const member = call.memberOf(session.userId);
    if (call.by !== session.userId || member?.sessionId !== session.sessionId)
      throw new PytalkError('id-taken');
    this.#attach(call, member, session);
    return this.#inCall(call, member);
  }

  ringing(session: ClientSession, id: string): void {
    const call = this.#invitedTo(session, id);
    if (call.invited.get(session.userId) !== 'calling') return;
    call.invited.set(session.userId, 'ringing');
    this.#tellState(call);
  }

  accept(session: ClientSession, { call: id, key }: RequestBody<'call.accept'>): InCall {
    const call = this.#invitedTo(session, id);
    if (call.memberOf(session.userId)) throw new PytalkError('call-not-found');
    this.#mustBeFree(session);
    if (call.members.size >= limits.maxCallParticipants) {
      throw new PytalkError('call-full', { details: { max: limits.maxCallParticipants } });
    }
    const rang = call.isRinging(session.userId);
    const member = this.#join(call, session, key);
    call.invited.set(session.userId, 'joined');
    call.answeredAt ??= this.#options.hub.now();
    if (rang) this.#stopRinging(call, session.userId, 'elsewhere', session);
    this.#tellState(call, session);
    return this.#inCall(call, member);
  }

  decline(session: ClientSession, { call: id, busy }: RequestBody<'call.decline'>): void {
    const call = this.#invitedTo(session, id);
    if (!call.isRinging(session.userId)) return;
    call.invited.set(session.userId, busy === true ? 'busy' : 'declined');
    this.#stopRinging(call, session.userId, 'declined');
    this.#settle(call);
  }

  leave(session: ClientSession, id: string): void {
    const { call, member } = this.#partIn(session, id);
    this.#remove(call, member);
  }

  resume(session: ClientSession, { call: id, participant }: RequestBody<'call.resume'>): InCall {
    const call = this.#calls.get(id);
    const member = call?.members.get(participant);
    if (!call || member?.user !== session.userId || member.sessionId !== session.sessionId) {
      throw new PytalkError('call-not-found');
    }
    this.#attach(call, member, session);
    return this.#inCall(call, member);
  }

  passKey(session: ClientSession, { call: id, to, sealed }: RequestBody<'call.key'>): void {
    const { call, member } = this.#partIn(session, id);
    const other = call.members.get(to);
    if (!other || other === member) throw new PytalkError('call-not-found');
    const from = member.id;
    if (other.connection) other.connection.push('call.key', { call: id, from, sealed });
    else if (other.missed.length < maxMissedKeys) other.missed.push({ from, sealed });
  }

  set(session: ClientSession, { call: id, muted, camera }: RequestBody<'call.set'>): void {
    const { call, member } = this.#partIn(session, id);
    member.muted = muted ?? member.muted;
    member.camera = camera ?? member.camera;
    this.#tellState(call);
  }

  // ---- what happens elsewhere -----------------------------------------------------------------------------

  /** A connection has logged in: what rings for the account rings there too. */
  signedIn(listener: Listener): void {
    for (const call of this.#calls.values()) {
      if (!call.isRinging(listener.userId)) continue;
      listener.send(encodeJson({ type: 'call.incoming', body: { state: call.state() } }));
    }
  }

  /** A connection is gone: a participant may come back within 20 s. */
  disconnected(listener: Listener): void {
    // The same object in its other role.
    const gone: unknown = listener;
    for (const { call, member } of this.#membersWhere(({ connection }) => connection === gone)) {
      member.connection = null;
      member.stopAwayTimer = this.#options.after(callAwayTimeoutMs, () => this.#remove(call, member));
      this.#tellState(call);
    }
  }

  /** A device was logged out. */
  sessionEnded(sessionId: number): void {
    for (const { call, member } of this.#membersWhere((one) => one.sessionId === sessionId)) {
      this.#remove(call, member);
    }
  }

  /** Somebody may not be in the calls of a conversation any more: has left it, was removed, or there is a block. */
  excluded(conv: number, user: number): void {
    const call = this.#byConversation.get(conv);
    if (!call) return;
    if (call.isRinging(user)) {
      call.invited.set(user, 'left');
      this.#stopRinging(call, user, 'cancelled');
    }
    call.invited.delete(user);
    const member = call.memberOf(user);
    if (!member) {
      this.#settle(call);
      return;
    }
    member.connection?.push('call.ended', this.#ended(call, 'failed'));
    this.#remove(call, member);
  }

  /** Ends all calls; resolves when their entries are in the log. */
  async close(): Promise<void> {
    this.#options.hub.watchers.delete(this);
    for (const call of [...this.#calls.values()]) this.#finish(call, 'failed');
    await Promise.all(this.#entries);
  }

  // ---- inside ---------------------------------------------------------------------------------------------

  *#membersWhere(
    passes: (member: CallMember) => boolean,
  ): Iterable<{ call: RunningCall; member: CallMember }> {
    for (const call of [...this.#calls.values()]) {
      for (const member of [...call.members.values()]) if (passes(member)) yield { call, member };
    }
  }

  #isInCall(user: number): boolean {
    for (const { member } of this.#membersWhere((one) => one.user === user)) return member.user === user;
    return false;
  }

  #mustBeFree(session: ClientSession): void {
    for (const { member } of this.#membersWhere((one) => one.connection === session)) {
      if (member.connection === session) throw new PytalkError('in-call');
    }
  }

  /** A call to which this account is invited; a stranger learns nothing. */
  #invitedTo(session: ClientSession, id: string): RunningCall {
    const call = this.#calls.get(id);
    if (!call?.invited.has(session.userId)) throw new PytalkError('call-not-found');
    return call;
  }

  #partIn(session: ClientSession, id: string): { call: RunningCall; member: CallMember } {
    const call = this.#calls.get(id);
    const member = call?.memberAt(session);
    if (!call || !member) throw new PytalkError('call-not-found');
    return { call, member };
  }

  #join(call: RunningCall, session: ClientSession, key: CallKey): CallMember {
    const id = call.nextId();
    const relay = this.#tickets.issue(call.id, id);
    const member: CallMember = {
      id,
      user: session.userId,
      sessionId: session.sessionId,
      key,
      relay,
      muted: false,
      camera: call.media === 'video',
      connection: session,
      missed: [],
      stopAwayTimer: null,
    };
    call.add(member);
    return member;
  }

  #inCall(call: RunningCall, { id, relay }: CallMember): InCall {
    return { state: call.state(), participant: id, ticket: this.#tickets.shown(relay) };
  }

  /** The participant goes on with this connection. */
  #attach(call: RunningCall, member: CallMember, session: ClientSession): void {
    if (member.connection !== session) this.#mustBeFree(session);
    member.stopAwayTimer?.();
    member.stopAwayTimer = null;
    member.connection = session;
    const missed = member.missed.splice(0);
    // After the answer, in which the client finds its call again.
    setImmediate(() => {
      for (const { from, sealed } of missed) session.push('call.key', { call: call.id, from, sealed });
    });
    this.#tellState(call, session);
  }

  #tellState(call: RunningCall, except: ClientSession | null = null): void {
    const state = call.state();
    for (const { connection } of call.members.values()) {
      if (connection && connection !== except) connection.push('call.state', { state });
    }
  }

  #ended(call: RunningCall, reason: CallEnd): { call: string; reason: CallEnd; durationMs: number } {
    return { call: call.id, reason, durationMs: this.#durationMs(call) };
  }

  #durationMs({ answeredAt }: RunningCall): number {
    return answeredAt === null ? 0 : Math.max(0, this.#options.hub.now() - answeredAt);
  }

  #stopRinging(call: RunningCall, user: number, reason: CallEnd, except: ClientSession | null = null): void {
    const frame = encodeJson({ type: 'call.ended', body: this.#ended(call, reason) });
    const spared: unknown = except;
    for (const listener of this.#options.hub.roster.listeners(user) ?? []) {
      if (listener !== spared) listener.send(frame);
    }
  }

  #ringOut(call: RunningCall): void {
    for (const user of call.ringing) {
      call.invited.set(user, 'no-answer');
      this.#stopRinging(call, user, 'no-answer');
    }
    this.#settle(call);
  }

  #remove(call: RunningCall, member: CallMember): void {
    if (!call.members.delete(member.id)) return;
    this.#forget(member);
    if (call.invited.has(member.user)) call.invited.set(member.user, 'left');
    this.#settle(call);
  }

  #forget(member: CallMember): void {
    member.stopAwayTimer?.();
    this.#tickets.revoke(member.relay);
  }

  /** Ends a call that has nobody left to talk; else tells how it stands. */
  #settle(call: RunningCall): void {
    if (call.isOver) return;
    if (call.isDone) this.#finish(call, call.end());
    else this.#tellState(call);
  }

  #finish(call: RunningCall, reason: CallEnd): void {
    if (call.isOver) return;
    call.isOver = true;
    call.stopRingTimer?.();
    this.#calls.delete(call.id);
    this.#byConversation.delete(call.conv);
    const outcome = call.outcome();
    const durationMs = this.#durationMs(call);
    for (const user of call.ringing) this.#stopRinging(call, user, 'cancelled');
    for (const member of call.members.values()) {
      member.connection?.push('call.ended', this.#ended(call, reason));
      this.#forget(member);
    }
    this.counters[outcome]++;
    const entry: Promise<void> = writeEntry(this.#options.hub, call, outcome, durationMs)
      .catch((error: unknown) =>
        this.#options.log.error({ err: error, call: call.id }, 'a call was not logged'),
      )
      .finally(() => this.#entries.delete(entry));
    this.#entries.add(entry);
  }
}
