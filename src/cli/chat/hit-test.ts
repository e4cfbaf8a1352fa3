// What is at a cell of the screen: pure, from the same layout that drawing uses.
import type { ConversationView, Message } from '../../client/api.js';
import { layoutOf } from './layout.js';
import { listHeadingRows, listWindow } from './list-window.js';
import { drawContext, messageAt } from './message-view.js';
import { currentThread, type ChatState } from './state.js';

/** `none` is what does nothing: header, rule, status bar, a form, the pictures of a call. */
type Hit =
  | { readonly in: 'list'; readonly conversation: ConversationView | null; readonly isHeading: boolean }
  | { readonly in: 'messages'; readonly message: Message | null }
  /** The row of its text that is there, hidden ones above counted in. */
  | { readonly in: 'page'; readonly row: number }
  | { readonly in: 'banner' | 'composer' | 'none' };

function listHit(state: ChatState, row: number, rows: number): Hit {
  const { each, shown } = listWindow(state, rows);
  const isHeading = row < listHeadingRows;
  const conversation = isHeading ? null : (shown[Math.floor((row - listHeadingRows) / each)] ?? null);
  return { in: 'list', conversation, isHeading };
}

/** What is at a cell of the terminal, counted from 0. */
export function hitAt(state: ChatState, x: number, y: number): Hit {
  const layout = layoutOf(state);
  const row = y - (state.size.top ?? 0);
  if (state.form !== null || row < 0 || row >= layout.rows || x >= state.size.columns) return { in: 'none' };
  if (x < layout.list) return listHit(state, row, layout.rows);
  // The line between list and pane.
  if (layout.pane === 0 || (layout.list > 0 && x === layout.list)) return { in: 'none' };
  // The first row is its title.
  if (state.overlay !== null) return { in: 'page', row: state.overlay.top + row - 1 };
  const { messageRows } = layout;
  const inMessages = row - layout.headerRows;
  if (inMessages < 0) return { in: 'none' };
  if (inMessages < messageRows) {
    const thread = currentThread(state);
    return { in: 'messages', message: messageAt(thread, messageRows, drawContext(state), inMessages) };
  }
  if (inMessages < messageRows + layout.bannerRows) return { in: 'banner' };
  return { in: row >= layout.rows - layout.composerRows ? 'composer' : 'none' };
}
