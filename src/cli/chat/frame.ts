// The whole screen as rows of text: the form, or the list beside the open conversation, above the status bar.
import { formDrawing } from './form-lines.js';
import { layoutOf } from './layout.js';
import { listLines } from './list-lines.js';
import { pageLines, paneLines } from './pane-lines.js';
import { fit, span, toAnsi, type Line, type Theme } from './spans.js';
import type { ChatState } from './state.js';
import { statusLine } from './status-line.js';
import { themeOf } from './themes.js';

interface Written {
  readonly theme: Theme;
  readonly columns: number;
  readonly text: string;
}

/** Lines of messages stay the same from key to key: what they look like is kept with them. */
const written = new WeakMap<Line, Written>();

/** A line as text, cut to its room: in a very small terminal not everything fits. */
function rowOf(line: Line, theme: Theme, columns: number): string {
  const known = written.get(line);
  if (known?.theme === theme && known.columns === columns) return known.text;
  const text = toAnsi(fit(line, columns), theme);
  written.set(line, { theme, columns, text });
  return text;
}

function conversationRows(state: ChatState, theme: Theme): string[] {
  const { list, pane, rows } = layoutOf(state);
  const left = list === 0 ? [] : listLines(state, list, rows);
  const right = pane === 0 ? [] : state.overlay === null ? paneLines(state) : pageLines(state, pane, rows);
  const edge = pane === 0 || list === 0 ? '' : toAnsi([span('│', 'dim')], theme);
  return Array.from(
    { length: rows },
    (_, row) => `${rowOf(left[row] ?? [], theme, list)}${edge}${rowOf(right[row] ?? [], theme, pane)}`,
  );
}

/** The rows of a state from the top, as many as the terminal has, each at most as wide. */
export function frameRows(state: ChatState): string[] {
  const theme = themeOf(state.settings.theme, state.palette);
  const { columns } = state.size;
  const { rows } = layoutOf(state);
  const body =
    state.form === null
      ? conversationRows(state, theme)
      : formDrawing(state, state.form, rows).lines.map((line) => rowOf(line, theme, columns));
  const status = state.size.rows > 1 ? [rowOf(statusLine(state), theme, columns)] : [];
  return [...body.slice(0, rows), ...status].map((row) => row.trimEnd());
}
