// The messages of a conversation in the state: kept in order, each once, with what is selected in them.
import type { Message } from '../../client/api.js';
import { emptyThread, type ChatState, type Thread } from './state.js';

/** By seq; what has none yet (the outbox) comes last, by time. */
function inOrder(a: Message, b: Message): number {
  if (a.seq !== null && b.seq !== null) return a.seq - b.seq;
  if (a.seq === null && b.seq === null) return a.sentAt.localeCompare(b.sentAt);
  return a.seq === null ? 1 : -1;
}

/** Puts messages into a list; one that is there already is replaced. */
export function merged(list: readonly Message[], messages: readonly Message[]): readonly Message[] {
  const ids = new Set(messages.map((message) => message.id));
  return [...list.filter((message) => !ids.has(message.id)), ...messages].sort(inOrder);
}

export function withThread(state: ChatState, conv: number, change: (thread: Thread) => Thread): ChatState {
  return { ...state, threads: { ...state.threads, [conv]: change(state.threads[conv] ?? emptyThread) } };
}

/** Adds a message to its conversation, if that has been opened: others are read when they are. */
export function withMessage(state: ChatState, message: Message): ChatState {
  if (message.conv === null || state.threads[message.conv] === undefined) return state;
  return withThread(state, message.conv, (thread) => ({
    ...thread,
    messages: merged(thread.messages, [message]),
    marker: message.mine ? null : thread.marker,
  }));
}

/** Replaces a message wherever it is shown; one that is not loaded is left alone. */
export function withChangedMessage(state: ChatState, message: Message): ChatState {
  const conv = message.conv;
  const thread = conv === null ? undefined : state.threads[conv];
  if (conv === null || thread?.messages.every((one) => one.id !== message.id) !== false) return state;
  return withThread(state, conv, (one) => ({ ...one, messages: merged(one.messages, [message]) }));
}

export function withPage(
  state: ChatState,
  page: { conv: number; messages: readonly Message[]; older: boolean; whole: boolean },
): ChatState {
  return withThread(state, page.conv, (thread) => ({
    ...thread,
    messages: merged(thread.messages, page.messages),
    loading: false,
    complete: thread.complete || page.whole,
  }));
}

/** The first of the last `unread` messages that others wrote; null when all are read. */
export function firstUnread(messages: readonly Message[], unread: number): string | null {
  let left = unread;
  let first: string | null = null;
  for (const message of messages.toReversed()) {
    if (left === 0) break;
    if (message.mine || message.kind === 'system') continue;
    first = message.id;
    left--;
  }
  return first;
}

/** Moves the selection up (-1) or down (1); up from nothing selects the newest, down from the newest nothing. */
export function withSelection(thread: Thread, direction: -1 | 1): Thread {
  const choice = thread.messages.filter((message) => message.kind !== 'system');
  const at = choice.findIndex((message) => message.id === thread.selected);
  if (at === -1) return { ...thread, selected: direction === -1 ? (choice.at(-1)?.id ?? null) : null };
  const next = choice[Math.max(0, at + direction)];
  return { ...thread, selected: next?.id ?? null };
}

/** The selected message if it fits, else the newest that does. */
export function targetOf(thread: Thread, fits: (message: Message) => boolean): Message | null {
  const selected = thread.messages.find((message) => message.id === thread.selected);
  if (selected !== undefined) return fits(selected) ? selected : null;
  return thread.messages.findLast((message) => fits(message)) ?? null;
}
