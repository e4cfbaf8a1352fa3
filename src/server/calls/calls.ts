// The calls under way: starting, ringing, answering, leaving, coming back; each told to all concerned, and logged at its end.
import type { Logger } from 'pino';
import type { CallEnd, CallKey } from '../../protocol/call-shapes.js';
import { PytalkError } from '../../protocol/errors.js';
import { callAwayTimeoutMs, limits, ringTimeoutMs } from '../../protocol/limits.js';
import type { Reply, RequestBody } from '../../protocol/messages.js';
import type { ClientSession } from '../handler.js';
import type { Hub, HubWatcher } from '../hub.js';
import type { Relay } from '../relay/relay.js';
import type { Listener } from '../roster.js';
import { CallEntries } from './call-entry.js';
import { CallNews } from './call-news.js';
import { CallRegister } from './call-register.js';
import { mustTakePart, runsAlready, stillMembers, whomToCall } from './invitations.js';
import {
  hasBegunAnew,
  memberStates,
  membersOf,
  newMember,
  RunningCall,
  type CallMember,
} from './running-call.js';
import { Hosts, isPredecessor } from './hosts.js';
import { Tickets } from './tickets.js';
import { Tunnels } from './tunnels.js';

/** Keys kept for a participant whose connection is lost. */
const maxMissedKeys = 64;

/** Calls `run` once after `ms` milliseconds; returns the undo. */
export type After = (ms: number, run: () => void) => () => void;

export interface CallsOptions {
  hub: Hub;
  relay: Pick<Relay, 'address' | 'add' | 'remove' | 'take' | 'onTunnelled'>;
  /** Where clients reach the relay, when that is not where they reach the server. */
  advertise: { host: string; port: number } | null;
  /** What one participant may send. */
  mediaRates: ConstructorParameters<typeof Tunnels>[1];
  after: After;
  log: Logger;
}

type InCall = Reply<'call.start'>;

export class Calls implements HubWatcher {
  readonly #options: CallsOptions;
  readonly #running = new CallRegister();
  readonly #news: CallNews;
  readonly #entries: CallEntries;
  readonly tickets: Tickets;
  readonly hosts = new Hosts();
  /** Media over chat connections. */
  readonly tunnels: Tunnels;
  #closed = false;
  constructor(options: CallsOptions) {
    this.#options = options;
    this.#news = new CallNews(options.hub);
    this.#entries = new CallEntries(options.hub, this.#news, options.log);
    this.tickets = new Tickets(options.relay, options.advertise);
    this.tunnels = new Tunnels(options.relay, options.mediaRates, () => performance.now());
    options.hub.watchers.add(this);
  }

  /** Calls that are over, by how they went. */
  get counters(): CallEntries['counters'] {
    return this.#entries.counters;
  }

  /** The calls under way, at this moment. */
  get running(): CallRegister['all'] {
    return this.#running.all;
  }

  // ---- requests -------------------------------------------------------------------------------------------

  async start(session: ClientSession, body: RequestBody<'call.start'>): Promise<InCall> {
    const { hub } = this.#options;
    const again = this.#running.get(body.call);
    if (again) return this.#startAgain(session, again);
    const { state } = await hub.presentIn(body.conv, session.userId);
    const before = this.#running.inConversation(body.conv);
    if (before && before.id !== body.call) throw await runsAlready(hub, before, session);
    const allowed = await whomToCall(hub, state, session.userId, body.users);
    // From here on nothing waits, so that two who call each other cannot both get through; but what was asked before
    // may hold no more.
    if (this.#closed) throw new PytalkError('stopping');
    if (session.closed) throw new PytalkError('disconnected');
    const users = stillMembers(state, session.userId, allowed);
    const twice = this.#running.get(body.call);
    if (twice) return this.#startAgain(session, twice);
    const running = this.#running.inConversation(body.conv);
    if (running) throw await runsAlready(hub, running, session);
    this.#mustBeFree(session);
    const call = new RunningCall(body.call, body.conv, body.media, session.userId, hub.now());
    for (const user of users)
      call.invite(
        user,
        this.#running.isBusy(user, this.hosts.callsOf(hub.roster.listeners(user))) ? 'busy' : 'calling',
      );
    this.#running.add(call);
    const member = this.#join(call, session, body.key);
    call.stopRingTimer = this.#options.after(ringTimeoutMs, () => this.#ringOut(call));
    for (const user of call.ringing) this.#news.rings(call, user);
    this.#news.runs(call, state, true);
    // When everybody is busy it is over, but the caller must have the answer first.
    if (call.isDone) setImmediate(() => this.#settle(call));
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
    call.stands(session.userId, 'ringing');
    this.#news.changed(call);
  }

  async accept(session: ClientSession, { call: id, key }: RequestBody<'call.accept'>): Promise<InCall> {
    const call = this.#running.get(id);
    if (!call) throw new PytalkError('call-not-found');
    // Who was called does not wait: of two devices that accept, the first one counts.
    if (!call.concerns(session.userId)) await mustTakePart(this.#options.hub, call, session);
    const own = call.memberOf(session.userId);
    if (own && !hasBegunAnew(own, session, key)) return this.#acceptAgain(session, call, own, key);
    this.#mustBeFree(session);
    if (!call.hasRoomFor(own)) {
      throw new PytalkError('call-full', { details: { max: limits.maxCallParticipants } });
    }
    if (own && call.members.delete(own.id)) this.#forget(own);
    const rang = call.isRinging(session.userId);
    const member = this.#join(call, session, key);
    call.stands(session.userId, 'joined');
    call.answeredAt ??= this.#options.hub.now();
    if (rang) this.#news.stopped(call, session.userId, 'elsewhere', session);
    this.#news.changed(call, session);
    return this.#inCall(call, member);
  }

  /** The same device asks again, because the answer was lost with its connection; another one comes too late. */
  #acceptAgain(session: ClientSession, call: RunningCall, own: CallMember, key: CallKey): InCall {
    const isFree = own.connection === null || own.connection === session;
    const isSame = own.sessionId === session.sessionId && own.key.publicKey === key.publicKey;
    if (!isFree || !isSame) throw new PytalkError('call-not-found');
    this.#attach(call, own, session);
    return this.#inCall(call, own);
  }

  decline(session: ClientSession, { call: id, busy }: RequestBody<'call.decline'>): void {
    const call = this.#invitedTo(session, id);
    if (!call.isRinging(session.userId)) return;
    call.stands(session.userId, busy === true ? 'busy' : 'declined');
    this.#news.stopped(call, session.userId, 'declined');
    this.#settle(call);
  }

  leave(session: ClientSession, id: string): void {
    const { call, member } = this.#partIn(session, id);
    this.#remove(call, member);
  }

  resume(session: ClientSession, { call: id, participant }: RequestBody<'call.resume'>): InCall {
    const call = this.#running.get(id);
    const member = call?.members.get(participant);
    if (!call || member?.user !== session.userId || member.sessionId !== session.sessionId) {
      throw new PytalkError('call-not-found');
    }
    this.#attach(call, member, session);
    return this.#inCall(call, member);
  }

  /** The host at this connection has just begun: what its predecessor was in is left. */
  begunAnew(session: ClientSession): void {
    for (const { call, member } of membersOf(this.#running.of(session.userId))) {
      if (isPredecessor(member, session)) this.#remove(call, member);
    }
  }

  /** Passes on what is sealed for another participant. Only keys wait for who is away: a way may be another one by then. */
  pass(session: ClientSession, type: 'call.key' | 'call.way', sent: RequestBody<'call.key'>): void {
    const { call, member } = this.#partIn(session, sent.call);
    const other = call.members.get(sent.to);
    if (!other || other === member) throw new PytalkError('call-not-found');
    const { id: from } = member;
    const { sealed } = sent;
    if (other.connection) other.connection.push(type, { call: call.id, from, sealed });
    else if (type === 'call.key' && other.missed.length < maxMissedKeys) other.missed.push({ from, sealed });
  }

  set(session: ClientSession, { call: id, ...said }: RequestBody<'call.set'>): void {
    const { call, member } = this.#partIn(session, id);
    for (const state of memberStates) member[state] = said[state] ?? member[state];
    this.#news.changed(call);
  }

  // ---- what happens elsewhere -----------------------------------------------------------------------------

  /** A connection has logged in: what rings for the account rings there too. */
  signedIn(listener: Listener): void {
    // After the answer to the login: only then the client knows who it is.
    setImmediate(() => {
      for (const call of this.#running.of(listener.userId)) {
        if (call.isRinging(listener.userId)) this.#news.ringsAt(call, listener);
      }
    });
  }

  /** A connection is gone: a participant may come back within 20 s. */
  disconnected(listener: Listener): void {
    // The same object in its other role.
    const gone: unknown = listener;
    for (const { call, member } of membersOf(this.#running.of(listener.userId))) {
      if (member.connection !== gone) continue;
      member.connection = null;
      this.tunnels.detach(member.relay);
      member.stopAwayTimer = this.#options.after(callAwayTimeoutMs, () => this.#remove(call, member));
      this.#news.changed(call);
    }
  }

  sessionEnded(sessionId: number): void {
    for (const { call, member } of membersOf(this.#running.all)) {
      if (member.sessionId === sessionId) this.#remove(call, member);
    }
  }

  sessionsEnded(user: number, exceptSession: number): void {
    const calls = [...this.#running.of(user)];
    for (const { call, member } of membersOf(calls)) {
      if (member.user === user && member.sessionId !== exceptSession) this.#remove(call, member);
    }
    if (calls.some((call) => call.isRinging(user))) void this.#stopIfGone(user);
  }

  /** Somebody may not be in the calls of a conversation any more: has left it, was removed, or there is a block. */
  excluded(conv: number, user: number): void {
    const call = this.#running.inConversation(conv);
    if (!call) return;
    if (call.isRinging(user)) this.#news.stopped(call, user, 'cancelled');
    call.bar(user);
    if (!call.people.has(user)) return;
    const member = call.memberOf(user);
    if (member) {
      this.#news.ended(call, member, 'failed');
      this.#remove(call, member);
    } else {
      this.#settle(call);
    }
  }

  /** Ends all calls, and lets none begin; resolves when their entries are in the log and on their way to members. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#options.hub.watchers.delete(this);
    for (const call of this.#running.all) this.#finish(call, 'failed');
    await this.#entries.settled();
    this.#options.hub.deliverNow();
  }

  // ---- inside ---------------------------------------------------------------------------------------------

  #mustBeFree(session: ClientSession): void {
    const joined = [...this.#running.of(session.userId)].filter((call) => call.memberAt(session));
    if (joined.length >= this.hosts.callsAt(session)) throw new PytalkError('in-call');
  }

  /** A call that this account began or to which it was invited; a stranger learns nothing. */
  #invitedTo(session: ClientSession, id: string): RunningCall {
    const call = this.#running.get(id);
    if (!call?.concerns(session.userId)) throw new PytalkError('call-not-found');
    return call;
  }

  #partIn(session: ClientSession, id: string): { call: RunningCall; member: CallMember } {
    const call = this.#running.get(id);
    const member = call?.memberAt(session);
    if (!call || !member) throw new PytalkError('call-not-found');
    return { call, member };
  }

  #join(call: RunningCall, session: ClientSession, key: CallKey): CallMember {
    const id = call.nextId();
    const relay = this.tickets.issue(call.id, id);
    const member = newMember(call, { id, session, key, relay, isHosted: this.hosts.has(session) });
    this.#running.concern(call, member.user);
    call.add(member);
    this.tunnels.attach(relay, session);
    return member;
  }

  #inCall(call: RunningCall, { id, relay }: CallMember): InCall {
    return { state: call.state(), participant: id, ticket: this.tickets.shown(relay) };
  }

  /** The participant goes on with this connection. */
  #attach(call: RunningCall, member: CallMember, session: ClientSession): void {
    if (member.connection !== session) this.#mustBeFree(session);
    member.stopAwayTimer?.();
    member.stopAwayTimer = null;
    member.connection = session;
    this.tunnels.attach(member.relay, session);
    const missed = member.missed.splice(0);
    // After the answer, in which the client finds its call again.
    setImmediate(() => {
      for (const { from, sealed } of missed) session.push('call.key', { call: call.id, from, sealed });
    });
    this.#news.changed(call, session);
  }

  #ringOut(call: RunningCall): void {
    for (const user of call.ringing) {
      call.stands(user, 'no-answer');
      this.#news.stopped(call, user, 'no-answer');
    }
    this.#settle(call);
  }

  /** Nobody answers for an account that was deleted or disabled. */
  async #stopIfGone(user: number): Promise<void> {
    const account = await this.#options.hub.storage.account(user).catch(() => null);
    if (account && !account.deleted && !account.disabled) return;
    for (const call of [...this.#running.of(user)]) {
      if (!call.isRinging(user)) continue;
      call.stands(user, 'no-answer');
      this.#settle(call);
    }
  }

  #remove(call: RunningCall, member: CallMember): void {
    if (call.isOver || !call.members.delete(member.id)) return;
    this.#forget(member);
    call.stands(member.user, 'left');
    this.#settle(call);
  }

  #forget(member: CallMember): void {
    member.stopAwayTimer?.();
    this.tunnels.remove(member.relay);
    this.tickets.revoke(member.relay);
  }

  /** Ends a call that has nobody left to talk; else tells how it stands. */
  #settle(call: RunningCall): void {
    if (call.isOver) return;
    if (call.isDone) this.#finish(call, call.end());
    else this.#news.changed(call);
  }

  #finish(call: RunningCall, reason: CallEnd): void {
    if (call.isOver) return;
    call.isOver = true;
    call.stopRingTimer?.();
    this.#running.delete(call);
    for (const user of call.ringing) this.#news.stopped(call, user, 'cancelled');
    for (const member of call.members.values()) {
      this.#news.ended(call, member, reason);
      this.#forget(member);
    }
    this.#entries.write(call);
  }
}
