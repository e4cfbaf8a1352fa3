// What pointing and scrolling change in the state: the selected message, the list's cursor, the part of the list or of a page that is shown.
import { neighbour, underCursor } from './conversation-list.js';
import { layoutOf, pageColumns } from './layout.js';
import { listWindow } from './list-window.js';
import { currentThread, type ChatState } from './state.js';
import { emptyBuffer } from './text-buffer.js';
import { withThread } from './threads.js';

/** Selects a message that was clicked; once more, it or the same spot, and nothing is selected. */
export function withPicked(state: ChatState, id: string, y: number): ChatState {
  const { current, picked } = state;
  if (current === null) return state;
  const { selected } = currentThread(state);
  const isAgain = selected !== null && (selected === id || (picked?.id === selected && picked.y === y));
  const next = withThread(state, current, (thread) => ({ ...thread, selected: isAgain ? null : id }));
  return { ...next, picked: isAgain ? null : { id, y } };
}

export function withFocus(state: ChatState, focus: ChatState['focus']): ChatState {
  return { ...state, focus, completion: null, filter: emptyBuffer, listAt: state.current, listTop: null };
}

export function withListMoved(state: ChatState, places: number): ChatState {
  const next = neighbour(state, underCursor(state)?.id ?? null, places);
  return { ...state, listAt: next?.id ?? null, listTop: null };
}

export function withListScrolled(state: ChatState, rows: number): ChatState {
  const { each, from, lastFrom } = listWindow(state, layoutOf(state).rows);
  const places = Math.sign(rows) * Math.ceil(Math.abs(rows) / each);
  return { ...state, listTop: Math.min(lastFrom, Math.max(0, from + places)) };
}

/** Scrolls a page, or moves to another row of one to choose from. */
export function withOverlayScrolled(state: ChatState, rows: number): ChatState {
  if (state.overlay === null) return state;
  const layout = layoutOf(state);
  const { choice } = state.overlay;
  const height = state.overlay.draw(pageColumns(layout.pane)).length;
  const inSight = Math.max(1, layout.rows - 2);
  const within = (row: number, last: number): number => Math.max(0, Math.min(last, row));
  if (choice !== undefined) {
    const at = within(choice.at + rows, height - 1);
    const top = Math.min(at, Math.max(at - inSight + 1, state.overlay.top));
    return { ...state, overlay: { ...state.overlay, top, choice: { ...choice, at } } };
  }
  const top = within(state.overlay.top + rows, height - inSight);
  return { ...state, overlay: { ...state.overlay, top } };
}
