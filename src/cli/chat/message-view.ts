// The part of a conversation that is on the screen: only these messages are wrapped and drawn.
import type { Message } from '../../client/api.js';
import { layoutOf } from './layout.js';
import { laidOut } from './message-cache.js';
import type { DrawContext } from './message-lines.js';
import { lookOf } from './picture-look.js';
import type { Line } from './spans.js';
import { sayOf, currentThread, type Anchor, type ChatState, type Thread } from './state.js';

export function drawContext(state: ChatState): DrawContext {
  const { pane, rows } = layoutOf(state);
  const thread = currentThread(state);
  return {
    columns: pane,
    pictureRows: Math.min(20, Math.floor((rows - 3) * 0.6)),
    say: sayOf(state),
    nowMs: state.nowMs,
    ...lookOf(state),
    pictures: state.pictures,
    transfers: state.transfers,
    marker: thread.marker,
    selected: thread.selected,
    me: state.me,
  };
}

function block(messages: readonly Message[], index: number, context: DrawContext): readonly Line[] {
  const message = messages[index];
  return message === undefined ? [] : laidOut(message, messages[index - 1] ?? null, context);
}

/** The anchor as an index; the newest message when there is none or it is not loaded any more. */
function place(thread: Thread): { index: number; below: number } {
  const index = thread.messages.findIndex((message) => message.id === thread.anchor?.id);
  if (thread.anchor === null || index === -1) return { index: thread.messages.length - 1, below: 0 };
  return { index, below: thread.anchor.below };
}

interface VisibleRows {
  readonly lines: readonly Line[];
  /** Indices of the first and the last message on the screen. */
  readonly first: number;
  readonly last: number;
}

interface VisibleBlocks {
  /** From the top; of the first one rows may be hidden above. */
  readonly blocks: readonly (readonly Line[])[];
  readonly height: number;
  readonly first: number;
  readonly last: number;
}

function visibleBlocks(thread: Thread, rows: number, context: DrawContext): VisibleBlocks {
  const start = place(thread);
  let { index, below } = start;
  const blocks: (readonly Line[])[] = [];
  let height = 0;
  while (index >= 0 && height < rows) {
    const drawn = block(thread.messages, index, context);
    const shown = below > 0 ? drawn.slice(0, Math.max(0, drawn.length - below)) : drawn;
    blocks.push(shown);
    height += shown.length;
    below = 0;
    index--;
  }
  return { blocks: blocks.reverse(), height, first: index + 1, last: start.index };
}

/** The rows on the screen, at most `rows`. */
export function visibleRows(thread: Thread, rows: number, context: DrawContext): VisibleRows {
  const { blocks, height, first, last } = visibleBlocks(thread, rows, context);
  return { lines: blocks.flat().slice(Math.max(0, height - rows)), first, last };
}

/** The message that has this row of the `rows` on the screen; null above the first. */
export function messageAt(thread: Thread, rows: number, context: DrawContext, row: number): Message | null {
  const { blocks, height, first } = visibleBlocks(thread, rows, context);
  // Rows of the blocks before this one; negative where blank rows are above the first.
  let before = row + height - rows;
  if (before < 0) return null;
  for (const [place, lines] of blocks.entries()) {
    if (before < lines.length) return thread.messages[first + place] ?? null;
    before -= lines.length;
  }
  return null;
}

/** The last place to scroll up to: the first row of the conversation is the first on the screen. */
function topmost(thread: Thread, rows: number, context: DrawContext): Anchor | null {
  let height = 0;
  for (const [index, message] of thread.messages.entries()) {
    height += block(thread.messages, index, context).length;
    if (height >= rows) return { id: message.id, below: height - rows };
  }
  return null;
}

function isBefore(thread: Thread, a: Anchor, b: Anchor | null): boolean {
  if (b === null) return true;
  const at = thread.messages.findIndex((message) => message.id === a.id);
  const other = thread.messages.findIndex((message) => message.id === b.id);
  return at < other || (at === other && a.below > b.below);
}

/** At the newest message that is kept; when there are newer ones the place is held, as they are about to come. */
function atEnd(thread: Thread): Thread {
  const last = thread.messages.at(-1);
  return { ...thread, anchor: thread.hasNewer && last !== undefined ? { id: last.id, below: 0 } : null };
}

/** Scrolls by rows: negative is up, towards older messages. */
export function scrolledThread(thread: Thread, by: number, rows: number, context: DrawContext): Thread {
  const { messages } = thread;
  let { index, below } = place(thread);
  below -= by;
  while (index >= 0 && below >= block(messages, index, context).length) {
    below -= block(messages, index, context).length;
    index--;
  }
  while (below < 0) {
    index++;
    if (index >= messages.length) return atEnd(thread);
    below += block(messages, index, context).length;
  }
  const message = messages[index];
  const top = topmost(thread, rows, context);
  if (top === null) return { ...thread, anchor: null };
  const anchor = message === undefined ? top : { id: message.id, below };
  if (index === messages.length - 1 && below === 0) return atEnd(thread);
  return { ...thread, anchor: isBefore(thread, anchor, top) ? top : anchor };
}

/** True when the newest message is on the screen. */
export function isAtEnd(thread: Thread): boolean {
  return thread.anchor === null && !thread.hasNewer;
}

/** Scrolls as little as it takes to bring the selected message onto the screen. */
export function revealSelected(thread: Thread, rows: number, context: DrawContext): Thread {
  const target = thread.messages.findIndex((message) => message.id === thread.selected);
  if (target === -1) return thread;
  const { index, below } = place(thread);
  if (target > index || (target === index && below > 0)) {
    const isLast = target === thread.messages.length - 1;
    return isLast
      ? atEnd(thread)
      : { ...thread, anchor: { id: thread.messages[target]?.id ?? '', below: 0 } };
  }
  // Rows from the top of the target to the bottom of the screen.
  let span = -below;
  for (let at = index; at >= target; at--) span += block(thread.messages, at, context).length;
  return span <= rows ? thread : scrolledThread(thread, rows - span, rows, context);
}

/** This many messages before the first or after the last one that is kept the next page is fetched. */
const loadAhead = 30;

/** How near to the ends of what is kept of the open conversation the screen is. */
export function edgeOf(state: ChatState): {
  isNearFirst: boolean;
  isNearLast: boolean;
  isAfterLast: boolean;
} {
  const thread = currentThread(state);
  const { first, last } = visibleRows(thread, layoutOf(state).messageRows, drawContext(state));
  return {
    isNearFirst: first < loadAhead,
    isNearLast: last > thread.messages.length - loadAhead,
    isAfterLast: thread.hasNewer && thread.anchor === null,
  };
}
