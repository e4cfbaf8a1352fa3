// A conversation in memory: members, the last sequence number, and what its members have read.
import type { Conversation, LogEvent, Member } from '../protocol/shapes.js';
import type { ConversationRow, Membership, StoredEvent } from './storage/storage.js';

export interface ConversationState {
  row: ConversationRow;
  /** Of what is on disk. */
  lastSeq: number;
  /** Of what is being written; equal to `lastSeq` between commits. */
  givenSeq: number;
  /** Everybody who is or was a member. */
  members: Map<number, Membership>;
  /** Present members, oldest first. */
  present: Membership[];
  /** Of a direct conversation: whether one has blocked the other; null while unknown. */
  blocked: boolean | null;
  /** Members whose receipts have changed and are to be told soon: to all, or to their own devices alone. */
  changedReceipts: Map<number, 'all' | 'own'>;
  /** How many members have it hidden. */
  hiddenCount: number;
  /** The call that runs in it; null for none. */
  call: string | null;
  /** Changes under way that hold on to this object. */
  busy: number;
  /** The last change of members or name; the next one waits for it. */
  changing: Promise<unknown>;
}

export function makeState(row: ConversationRow, lastSeq: number, members: Membership[]): ConversationState {
  const state: ConversationState = {
    row,
    lastSeq,
    givenSeq: lastSeq,
    members: new Map(members.map((member) => [member.user, member])),
    present: [],
    blocked: null,
    changedReceipts: new Map(),
    hiddenCount: 0,
    call: null,
    busy: 0,
    changing: Promise.resolve(),
  };
  refreshPresent(state);
  return state;
}

/** A member who joins at `firstSeq`. */
export function newMembership(
  conv: number,
  user: number,
  admin: boolean,
  at: number,
  firstSeq: number,
): Membership {
  return {
    conv,
    user,
    admin,
    joinedAt: at,
    firstSeq,
    leftSeq: null,
    delivered: firstSeq - 1,
    read: firstSeq - 1,
    toldRead: firstSeq - 1,
    hidden: false,
    muted: false,
    clearedSeq: 0,
  };
}

/** Works out again what depends on the members. */
export function refreshPresent(state: ConversationState): void {
  state.present = [...state.members.values()]
    .filter((member) => member.leftSeq === null)
    .sort((a, b) => a.firstSeq - b.firstSeq || a.joinedAt - b.joinedAt || a.user - b.user);
  state.hiddenCount = state.present.filter((member) => member.hidden).length;
}

/** The member, if this person is one at present. */
export function presentMember(state: ConversationState, user: number): Membership | null {
  const member = state.members.get(user);
  return member?.leftSeq === null ? member : null;
}

/** The last seq this member may see. */
export function visibleSeq(state: ConversationState, member: Membership): number {
  return member.leftSeq ?? state.lastSeq;
}

/** A member as another sees it, or with everything that the own devices know. */
function memberView(member: Membership, viewer: number): Member {
  const { user, admin, delivered } = member;
  return { user, admin, delivered, read: user === viewer ? member.read : member.toldRead };
}

/** The conversation as one of its members sees it. */
export function viewFor(
  state: ConversationState,
  member: Membership,
  summary: { unread: number; lastAt: number | null },
): Conversation {
  return {
    id: state.row.id,
    kind: state.row.kind,
    name: state.row.name,
    members: member.leftSeq === null ? state.present.map((one) => memberView(one, member.user)) : [],
    firstSeq: member.firstSeq,
    lastSeq: visibleSeq(state, member),
    lastAt: summary.lastAt,
    left: member.leftSeq !== null,
    unread: summary.unread,
    hidden: member.hidden,
    muted: member.muted,
    clearedSeq: member.clearedSeq,
    ...(state.call !== null && member.leftSeq === null && { call: state.call }),
  };
}

/** An event as it goes over the wire. */
export function toLogEvent(event: StoredEvent): LogEvent {
  return {
    conv: event.conv,
    seq: event.seq,
    id: event.id,
    from: event.from,
    at: event.at,
    ...(event.class !== 'message' && { class: event.class }),
    ...(event.target !== null && { target: event.target }),
    ...(event.files.length > 0 && { files: [...event.files] }),
    payload: event.payload,
  };
}
