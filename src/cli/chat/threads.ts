// The messages of a conversation in the state: kept in order, each once, with what is selected in them.
import { isDeepStrictEqual } from 'node:util';
import type { Message } from '../../client/api.js';
import { emptyThread, type ChatState, type Thread } from './state.js';

/** By seq; what has none yet (the outbox) comes last, by time. */
function inOrder(a: Message, b: Message): number {
  if (a.seq !== null && b.seq !== null) return a.seq - b.seq;
  if (a.seq === null && b.seq === null) return a.sentAt.localeCompare(b.sentAt);
  return a.seq === null ? 1 : -1;
}

/** Messages of the open conversation that are kept: about twelve screens of a large terminal. */
const maxKept = 600;
/** Beyond it, so that not every message of a burst drops one. */
const slack = 60;
/** Of a conversation that is not open any more. */
const keptBehind = 60;

/** Puts messages into a list; one that is there already is replaced, unless nothing of it has changed. */
export function merged(list: readonly Message[], messages: readonly Message[]): readonly Message[] {
  const [first] = messages;
  const last = list.at(-1);
  // What comes live is newer than all that is there.
  if (messages.length === 1 && first !== undefined && (last === undefined || isAfter(first, last))) {
    return list.some((one) => one.id === first.id) ? replaced(list, messages) : [...list, first];
  }
  return replaced(list, messages);
}

function isAfter(a: Message, b: Message): boolean {
  return a.seq !== null && b.seq !== null && a.seq > b.seq;
}

/** A seq is one message's: of two, the one that came last, after the server was brought back from a backup. */
function replaced(list: readonly Message[], messages: readonly Message[]): readonly Message[] {
  const holders = new Map(messages.map(({ seq, id }) => [seq, id]));
  const kept = list.filter(({ seq, id }) => seq === null || (holders.get(seq) ?? id) === id);
  const known = new Map(kept.map((message) => [message.id, message]));
  for (const message of messages) {
    const old = known.get(message.id);
    // The same object is not laid out again.
    if (old === undefined || !isDeepStrictEqual(old, message)) known.set(message.id, message);
  }
  return [...known.values()].sort(inOrder);
}

export function withThread(state: ChatState, conv: number, change: (thread: Thread) => Thread): ChatState {
  return { ...state, threads: { ...state.threads, [conv]: change(state.threads[conv] ?? emptyThread) } };
}

/** Drops what is far from where the person reads, so that a long conversation does not fill the memory. */
function bounded(thread: Thread): Thread {
  const { messages, anchor } = thread;
  if (messages.length <= maxKept + slack) return thread;
  const at = messages.findIndex((message) => message.id === anchor?.id);
  if (at !== -1 && at < messages.length / 2)
    return { ...thread, messages: messages.slice(0, maxKept), hasNewer: true };
  return { ...thread, messages: messages.slice(-maxKept), complete: false };
}

/** Leaves a conversation: it will be shown from its end again, and only that is kept. */
export function leftThread(thread: Thread): Thread {
  if (thread.hasNewer) return emptyThread;
  const messages = thread.messages.slice(-keptBehind);
  const complete = thread.complete && messages.length === thread.messages.length;
  return { ...thread, messages, complete, marker: null, selected: null, anchor: null };
}

/** Adds a message to its conversation, if that has been opened: others are read when they are. */
export function withMessage(state: ChatState, message: Message): ChatState {
  if (message.conv === null || state.threads[message.conv] === undefined) return state;
  return withThread(state, message.conv, (thread) =>
    thread.hasNewer && thread.messages.every((one) => one.id !== message.id)
      ? thread
      : bounded({
          ...thread,
          messages: merged(thread.messages, [message]),
          marker: message.mine ? null : thread.marker,
        }),
  );
}

/** Replaces a message wherever it is shown; one that is not loaded is left alone. */
export function withChangedMessage(state: ChatState, message: Message): ChatState {
  const conv = message.conv;
  const thread = conv === null ? undefined : state.threads[conv];
  if (conv === null || thread?.messages.every((one) => one.id !== message.id) !== false) return state;
  return withThread(state, conv, (one) => ({ ...one, messages: merged(one.messages, [message]) }));
}

/** Seq of the first message that is kept and has one; null for none. */
export function firstSeq({ messages }: Thread): number | null {
  return messages.find((message) => message.seq !== null)?.seq ?? null;
}

/** Seq of the last message that is kept and has one; null for none. */
export function lastSeq({ messages }: Thread): number | null {
  return messages.findLast((message) => message.seq !== null)?.seq ?? null;
}

/** A page; one that was asked for at another place than the thread is now would leave a hole, and is dropped. */
export function withPage(
  state: ChatState,
  page: { conv: number; messages: readonly Message[]; before: number | null; whole: boolean },
): ChatState {
  return withThread(state, page.conv, (thread) => {
    if (page.before === null && thread.hasNewer) return overGap(thread, page.messages, page.whole);
    if (page.before !== null && page.before !== firstSeq(thread)) return { ...thread, loading: false };
    return bounded({
      ...thread,
      messages: merged(thread.messages, page.messages),
      loading: false,
      complete: thread.complete || page.whole,
    });
  });
}

/** The newest page, while what is kept is far from it: whoever wants to be at the end is there now. */
function overGap(thread: Thread, page: readonly Message[], complete: boolean): Thread {
  if (thread.anchor === null) return { ...thread, messages: page, hasNewer: false, loading: false, complete };
  const ids = new Set(thread.messages.map((message) => message.id));
  const known = page.filter((message) => ids.has(message.id));
  return { ...thread, loading: false, messages: merged(thread.messages, known) };
}

/** Messages after the last that is kept; `isEnd` when there are no more. Dropped when another one is the last by now. */
export function withNewer(
  state: ChatState,
  page: { conv: number; messages: readonly Message[]; after: number; isEnd: boolean },
): ChatState {
  return withThread(state, page.conv, (thread) =>
    thread.hasNewer && page.after === lastSeq(thread)
      ? bounded({
          ...thread,
          messages: merged(thread.messages, page.messages),
          hasNewer: !page.isEnd,
          loading: false,
        })
      : { ...thread, loading: false },
  );
}

/** So many messages after one that was gone to are on the screen, too. */
const shownAfter = 3;

/** The thread at another place: a message, selected, and what is around it. */
export function aroundMessage(
  thread: Thread,
  {
    id,
    messages,
    isEnd,
  }: { readonly id: string; readonly messages: readonly Message[]; readonly isEnd: boolean },
): Thread {
  const at = messages.findIndex((message) => message.id === id);
  const below = messages[Math.min(messages.length - 1, at + shownAfter)];
  const anchor = at === -1 || below === undefined ? null : { id: below.id, below: 0 };
  const isLast = isEnd && below === messages.at(-1);
  return {
    ...emptyThread,
    marker: thread.marker,
    messages,
    hasNewer: !isEnd,
    anchor: isLast ? null : anchor,
    selected: at === -1 ? null : id,
  };
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
