// The part of the conversation list that is on the screen: around the cursor or the open one, or where the wheel has brought it.
import type { ConversationView } from '../../client/api.js';
import { underCursor, visibleConversations } from './conversation-list.js';
import type { ChatState } from './state.js';

/** Rows of the list above the first conversation. */
export const listHeadingRows = 1;

interface ListWindow {
  /** Rows of each conversation. */
  readonly each: 1 | 2;
  /** Place of the first one that is shown. */
  readonly from: number;
  /** The last place that it can begin at. */
  readonly lastFrom: number;
  readonly shown: readonly ConversationView[];
}

/** For a list of `rows` rows; each conversation has two of them if all fit so. */
export function listWindow(state: ChatState, rows: number): ListWindow {
  const list = visibleConversations(state);
  const room = rows - listHeadingRows;
  const each = list.length * 2 <= room || rows > 30 ? 2 : 1;
  const fits = Math.max(1, Math.floor(room / each));
  const wanted = state.focus === 'list' ? underCursor(state)?.id : state.current;
  const at = Math.max(
    0,
    list.findIndex((one) => one.id === wanted),
  );
  const lastFrom = Math.max(0, list.length - fits);
  const from = Math.min(state.listTop ?? Math.max(0, at - Math.floor(fits / 2)), lastFrom);
  return { each, from, lastFrom, shown: list.slice(from, from + fits) };
}
