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
import type { ClientSession } from '../handler.js';
import type { RelayParticipant } from '../relay/relay-messages.js';

type InvitationState = Invitation['state'];

/** Somebody who takes part, with one connection of one device. */
export interface CallMember {
  readonly id: number;
  readonly user: number;
  readonly sessionId: number;
  readonly key: CallKey;
  readonly relay: RelayParticipant;
  muted: boolean;
  camera: boolean;
  /** Null while the chat connection is lost. */
  connection: ClientSession | null;
  /** Sealed keys that came meanwhile. */
  missed: { from: number; sealed: string }[];
  stopAwayTimer: (() => void) | null;
}

export class RunningCall {
  readonly members = new Map<number, CallMember>();
  /** Where those who were invited stand, in order. */
  readonly invited = new Map<number, InvitationState>();
  /** Everybody who took part at some time. */
  readonly joined = new Set<number>();
  answeredAt: number | null = null;
  isOver = false;
  stopRingTimer: (() => void) | null = null;
  #lastId = 0;

  constructor(
    readonly id: string,
    readonly conv: number,
    readonly media: CallMedia,
    readonly by: number,
    readonly startedAt: number,
  ) {}

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
    const state = this.invited.get(user);
    return state === 'calling' || state === 'ringing';
  }

  /** People whose devices ring. */
  get ringing(): number[] {
    return [...this.invited.keys()].filter((user) => this.isRinging(user));
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
      invited: [...this.invited].map(([user, state]) => ({ user, state })),
    };
  }

  /** How it went, for the log. */
  outcome(): CallOutcome {
    if (this.answeredAt !== null) return 'answered';
    const states = new Set(this.invited.values());
    if (states.has('no-answer')) return 'missed';
    if (states.has('calling') || states.has('ringing')) return 'cancelled';
    if (states.has('declined')) return 'declined';
    return states.has('busy') ? 'busy' : 'cancelled';
  }

  /** Why it is over, for those who are still in it. */
  end(): CallEnd {
    const outcome = this.outcome();
    if (outcome === 'answered') return 'hangup';
    return outcome === 'missed' ? 'no-answer' : outcome;
  }
}
