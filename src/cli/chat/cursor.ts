// Where the terminal's own cursor stands: in the field or text being written, so that input methods and readers find it.
import { layoutBuffer } from './composer-layout.js';
import { formDrawing } from './form-lines.js';
import { composerCells, layoutOf, promptCells } from './layout.js';
import { composerTop } from './pane-lines.js';
import { currentComposer, type ChatState } from './state.js';
import { widthOf } from './text-width.js';

/** Before the text that the list is searched for. */
const filterPromptCells = 3;

export function cursorOf(state: ChatState): { row: number; column: number } | null {
  const layout = layoutOf(state);
  if (state.form !== null) return formDrawing(state, state.form, layout.rows).cursor;
  if (state.overlay !== null) return null;
  if (state.focus === 'list') {
    if (layout.list === 0) return null;
    return { row: 0, column: Math.min(filterPromptCells + widthOf(state.filter.text), layout.list - 1) };
  }
  if (layout.pane === 0) return null;
  const { cursorRow, cursorColumn } = layoutBuffer(currentComposer(state).buffer, composerCells(layout.pane));
  const top = composerTop(cursorRow, layout.composerRows);
  const left = layout.list === 0 ? 0 : layout.list + 1;
  return {
    row: layout.rows - layout.composerRows + cursorRow - top,
    column: left + promptCells + cursorColumn,
  };
}
