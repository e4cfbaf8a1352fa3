// One call in memory: who takes part, who was invited, and when it is over; knows no connections but as places to push to.
import type {
  CallEnd,
  CallKey,
  CallMedia,
  CallOutcome,
  CallState,
  Invitation,
  Participant,
} from '../../protocol/call-shapes.js';
import { limits } from '../../protocol/limits.js';
import type { ClientSession } from '../handler.js';
import type { RelayParticipant } from '../relay/relay-messages.js';

type InvitationState = Invitation['state'];
/** What ends an invitation without the call. */
type Refusal = Extract<InvitationState, 'declined' | 'busy' | 'no-answer'>;

/** What a participant says of itself, by `call.set`. */
export const memberStates = ['muted', 'camera', 'screen', 'recording'] as const;

/** Somebody who takes part, with one connection of one device. */
export interface CallMember {
  readonly id: number;
  readonly user: number;
  readonly sessionId: number;
  readonly key: CallKey;
  readonly relay: RelayParticipant;
  muted: boolean;
  camera: boolean;
  screen: boolean;
  recording: boolean;
  /** Null while the chat connection is lost. */
  connection: ClientSession | null;
  /** Joined by a connection that answers by itself (`call.host`). */
  readonly isHosted: boolean;
  /** Sealed keys that came meanwhile. */
  missed: { from: number; sealed: string }[];
  stopAwayTimer: (() => void) | null;
}

export class RunningCall {
  readonly members = new Map<number, CallMember>();
  /** Everybody who took part at some time. */
  readonly joined = new Set<number>();
  answeredAt: number | null = null;
  isOver = false;
  stopRingTimer: (() => void) | null = null;
  readonly #invited = new Map<number, InvitationState>();
  /** Who may not come back. */
  readonly #barred = new Set<number>();
  #lastRefusal: Refusal | null = null;
  #lastId = 0;

  constructor(
    readonly id: string,
    readonly conv: number,
    readonly media: CallMedia,
    readonly by: number,
    readonly startedAt: number,
  ) {}

  /** Where those who were invited stand, in order. */
  get invited(): ReadonlyMap<number, InvitationState> {
    return this.#invited;
  }

  invite(user: number, state: 'calling' | 'busy'): void {
    this.#invited.set(user, state);
    this.stands(user, state);
  }

  /** Notes where somebody stands now, if they were invited. */
  stands(user: number, state: InvitationState): void {
    if (!this.#invited.has(user)) return;
    this.#invited.set(user, state);
    if (state === 'declined' || state === 'busy' || state === 'no-answer') this.#lastRefusal = state;
  }

  /** From now on this person has no part in the call. */
  bar(user: number): void {
    this.#barred.add(user);
    this.stands(user, 'left');
  }

  isBarred(user: number): boolean {
    return this.#barred.has(user);
  }

  /** Whether somebody may join, decline, or come back: who called, who was called, and who has joined all the same. */
  concerns(user: number): boolean {
    return !this.#barred.has(user) && this.people.has(user);
  }

  /** Everybody who called, was called, or took part. */
  get people(): ReadonlySet<number> {
    return new Set([this.by, ...this.#invited.keys(), ...this.joined]);
  }

  /** Whether a number and a place are left for one more, who may take the place of `instead`. */
  hasRoomFor(instead?: CallMember): boolean {
    const taken = this.members.size - (instead ? 1 : 0);
    return taken < limits.maxCallParticipants && this.#lastId < limits.maxParticipantNumber;
  }

  nextId(): number {
    return ++this.#lastId;
  }

  add(member: CallMember): void {
    this.members.set(member.id, member);
    this.joined.add(member.user);
  }

  memberOf(user: number): CallMember | undefined {
    return [...this.members.values()].find((member) => member.user === user);
  }

  memberAt(connection: ClientSession): CallMember | undefined {
    return [...this.members.values()].find((member) => member.connection === connection);
  }

  isRinging(user: number): boolean {
    const state = this.#invited.get(user);
    return state === 'calling' || state === 'ringing';
  }

  /** People whose devices ring. */
  get ringing(): number[] {
    return [...this.#invited.keys()].filter((user) => this.isRinging(user));
  }

  /** Whether there is nobody left to talk with. */
  get isDone(): boolean {
    return this.members.size === 0 || (this.members.size < 2 && this.ringing.length === 0);
  }

  state(): CallState {
    const participants = [...this.members.values()].map((member): Participant => ({
      id: member.id,
      user: member.user,
      key: member.key,
      ssrc: member.relay.ssrc,
      muted: member.muted,
      camera: member.camera,
      screen: member.screen,
      recording: member.recording,
      away: member.connection === null,
    }));
    return {
      call: this.id,
      conv: this.conv,
      media: this.media,
      by: this.by,
      startedAt: this.startedAt,
      answeredAt: this.answeredAt,
      participants,
      invited: [...this.#invited].map(([user, state]) => ({ user, state })),
    };
  }

  /** Since the first one accepted, in milliseconds. */
  durationMs(now: number): number {
    return this.answeredAt === null ? 0 : Math.max(0, now - this.answeredAt);
  }

  /** How it went, for the log. When several refused, the last of them says it. */
  outcome(): CallOutcome {
    if (this.answeredAt !== null) return 'answered';
    if (this.#lastRefusal === null || this.ringing.length > 0) return 'cancelled';
    return this.#lastRefusal === 'no-answer' ? 'missed' : this.#lastRefusal;
  }

  /** Why it is over, for those who are still in it. */
  end(): CallEnd {
    const outcome = this.outcome();
    if (outcome === 'answered') return 'hangup';
    return outcome === 'missed' ? 'no-answer' : outcome;
  }
}

/** Somebody who joins now, under a number of the call's. */
export function newMember(
  call: RunningCall,
  {
    id,
    session,
    key,
    relay,
    isHosted,
  }: Pick<CallMember, 'id' | 'key' | 'relay' | 'isHosted'> & { session: ClientSession },
): CallMember {
  return {
    id,
    user: session.userId,
    sessionId: session.sessionId,
    key,
    relay,
    muted: false,
    camera: call.media === 'video',
    screen: false,
    recording: false,
    connection: session,
    isHosted,
    missed: [],
    stopAwayTimer: null,
  };
}

/** Whether a device that takes part, and has lost its connection, asks to join as one that knows nothing of it any more. */
export function hasBegunAnew(member: CallMember, session: ClientSession, key: CallKey): boolean {
  const isSame = member.sessionId === session.sessionId && member.connection === null;
  return isSame && member.key.publicKey !== key.publicKey;
}

/** All who are in these calls at this moment, so that they may go meanwhile. */
export function membersOf(calls: Iterable<RunningCall>): { call: RunningCall; member: CallMember }[] {
  return [...calls].flatMap((call) => [...call.members.values()].map((member) => ({ call, member })));
}
