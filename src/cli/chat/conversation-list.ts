// The list of conversations in the state: order, unread counts, presence, and what the filter leaves of it.
import type { ConversationView, MemberView, Message } from '../../client/api.js';
import type { ChatState } from './state.js';
import { isMissed } from './message-text.js';
import { mentions } from './styled-text.js';

/** Times are ISO 8601 in UTC: they sort as text. */
function timeOf(conversation: ConversationView): string {
  return conversation.last?.sentAt ?? '';
}

function newestFirst(list: readonly ConversationView[]): ConversationView[] {
  return [...list].sort((a, b) => (timeOf(a) === timeOf(b) ? 0 : timeOf(a) < timeOf(b) ? 1 : -1));
}

/** Puts a conversation that has a new message where it belongs: most often first. */
function moved(list: readonly ConversationView[], changed: ConversationView): ConversationView[] {
  const others = list.filter((one) => one.id !== changed.id);
  const at = others.findIndex((one) => timeOf(one) <= timeOf(changed));
  return others.toSpliced(at === -1 ? others.length : at, 0, changed);
}

function patched(
  state: ChatState,
  matches: (one: ConversationView) => boolean,
  change: (one: ConversationView) => ConversationView,
): ChatState {
  return { ...state, conversations: state.conversations.map((one) => (matches(one) ? change(one) : one)) };
}

/** The whole list, freshly read. One that is open but has no message yet stays in it. */
export function withConversations(state: ChatState, list: readonly ConversationView[]): ChatState {
  const open = state.conversations.filter(
    (one) => one.id === state.current && !list.some((other) => other.id === one.id),
  );
  // What was read on another device is not missed any more.
  const missed = state.missed.filter((id) => list.some((one) => one.id === id && one.unread > 0));
  return { ...state, missed, conversations: newestFirst([...open, ...list]) };
}

export function withConversation(state: ChatState, conversation: ConversationView): ChatState {
  const others = state.conversations.filter((one) => one.id !== conversation.id);
  return { ...state, conversations: newestFirst([conversation, ...others]) };
}

/** A new message moves its conversation up; it is unread unless its own or seen (`isSeen`). */
export function withLast(state: ChatState, message: Message, isSeen: boolean): ChatState {
  const counts = !message.mine && message.kind !== 'system' && !isSeen;
  const known = state.conversations.find((one) => one.id === message.conv);
  if (known === undefined) return state;
  const changed = {
    ...known,
    last: message,
    hidden: false,
    lastSeq: Math.max(known.lastSeq, message.seq ?? 0),
    unread: known.unread + (counts ? 1 : 0),
  };
  const next = { ...state, conversations: moved(state.conversations, changed) };
  const isMention = counts && known.kind === 'group' && mentions(message.text ?? '', state.me);
  if (isMention) return withMark(next, 'mentioned', known.id);
  return counts && isMissed(message) ? withMark(next, 'missed', known.id) : next;
}

/** In what is not read yet somebody mentions this account, or has called in vain. */
export function withMark(state: ChatState, mark: 'mentioned' | 'missed', conv: number): ChatState {
  return state[mark].includes(conv) ? state : { ...state, [mark]: [...state[mark], conv] };
}

/** The last message was edited, deleted, delivered… */
export function withChangedLast(state: ChatState, message: Message): ChatState {
  return patched(
    state,
    (one) => one.last?.id === message.id,
    (one) => ({ ...one, last: message }),
  );
}

export function withRead(state: ChatState, conv: number): ChatState {
  const mentioned = state.mentioned.filter((one) => one !== conv);
  const missed = state.missed.filter((one) => one !== conv);
  return patched(
    { ...state, mentioned, missed },
    (one) => one.id === conv && one.unread > 0,
    (one) => ({ ...one, unread: 0 }),
  );
}

export function withPresence(
  state: ChatState,
  presence: { user: string; online: boolean; lastSeenAt: string | null },
): ChatState {
  const { user, online, lastSeenAt } = presence;
  const next = patched(
    state,
    (one) => one.members.some((member) => member.username === user),
    (one) => ({
      ...one,
      members: one.members.map((member) =>
        member.username === user ? { ...member, online, lastSeenAt } : member,
      ),
    }),
  );
  return {
    ...next,
    friends: state.friends.map((friend) =>
      friend.user.username === user ? { ...friend, online, lastSeenAt } : friend,
    ),
  };
}

/** Whoever reads this is online, whatever the server has told. */
export function isOnline(state: ChatState, member: MemberView): boolean {
  return member.online || member.username === state.me;
}

/** The conversations that are shown: not the hidden ones, unless searched for or open. */
export function visibleConversations(state: ChatState): readonly ConversationView[] {
  const wanted = state.filter.text.trim().toLowerCase();
  return state.conversations.filter((one) => {
    if (wanted === '') return !one.hidden || one.id === state.current;
    const names = [one.name, one.peer?.firstName ?? '', one.peer?.lastName ?? ''];
    return names.join(' ').toLowerCase().includes(wanted);
  });
}

/** The conversation a number of places further down (or up, negative) from one; wraps around. */
export function neighbour(state: ChatState, from: number | null, places: number): ConversationView | null {
  const list = visibleConversations(state);
  if (list.length === 0) return null;
  const at = list.findIndex((one) => one.id === from);
  const index = at === -1 ? (places > 0 ? 0 : list.length - 1) : (at + places + list.length) % list.length;
  return list[index] ?? null;
}

/** The conversation under the list's cursor: the first when the one that was there is filtered away. */
export function underCursor(state: ChatState): ConversationView | null {
  const list = visibleConversations(state);
  return list.find((one) => one.id === state.listAt) ?? list[0] ?? null;
}

/** Unread messages of all conversations that are not muted. */
export function unreadElsewhere(state: ChatState): number {
  return state.conversations.reduce(
    (sum, one) => sum + (one.muted || one.id === state.current ? 0 : one.unread),
    0,
  );
}
