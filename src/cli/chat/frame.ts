// The whole screen as rows of text: the form, or the list beside the open conversation, above the status bar.
import type { Placement } from '../../media/terminal/still-pictures.js';
import { formDrawing } from './form-lines.js';
import { layoutOf } from './layout.js';
import { listLines } from './list-lines.js';
import { pageLines, paneLines } from './pane-lines.js';
import { fit, span, spanWidth, toAnsi, type Line, type Theme } from './spans.js';
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

interface Drawing {
  readonly rows: readonly string[];
  /** Those that are shown in pixels. */
  readonly pictures: readonly Placement[];
}

/** Pictures in lines that begin at a column, `top` rows below the terminal's first one; consecutive rows of one belong together. */
function placements(lines: readonly Line[], column: number, columns: number, top: number): Placement[] {
  const found: Placement[] = [];
  for (const [row, line] of lines.entries()) {
    let at = 0;
    for (const piece of line) {
      const end = at + spanWidth(piece);
      // A row without room for a picture leaves it out.
      if ('of' in piece && end <= columns) {
        const { picture, cells, rows, row: firstRow } = piece.of;
        const last = found.at(-1);
        if (last?.picture === picture && last.firstRow + last.shownRows === firstRow)
          found[found.length - 1] = { ...last, shownRows: last.shownRows + 1 };
        else
          found.push({ picture, cells, rows, firstRow, shownRows: 1, row: top + row, column: column + at });
      }
      at = end;
    }
  }
  return found;
}

function conversationDrawing(state: ChatState, theme: Theme): Drawing {
  const { list, pane, rows } = layoutOf(state);
  const left = list === 0 ? [] : listLines(state, list, rows);
  const right = pane === 0 ? [] : state.overlay === null ? paneLines(state) : pageLines(state, pane, rows);
  const edge = pane === 0 || list === 0 ? '' : toAnsi([span('│', 'dim')], theme);
  return {
    rows: Array.from(
      { length: rows },
      (_, row) => `${rowOf(left[row] ?? [], theme, list)}${edge}${rowOf(right[row] ?? [], theme, pane)}`,
    ),
    pictures: placements(right.slice(0, rows), list + (edge === '' ? 0 : 1), pane, state.size.top ?? 0),
  };
}

/** The rows of a state from the top, as many as the terminal has, each at most as wide, and the pictures on them. */
export function frameOf(state: ChatState): Drawing {
  const theme = themeOf(state.settings.theme, state.palette);
  const { columns } = state.size;
  const { rows } = layoutOf(state);
  const body =
    state.form === null
      ? conversationDrawing(state, theme)
      : {
          rows: formDrawing(state, state.form, rows).lines.map((line) => rowOf(line, theme, columns)),
          pictures: [],
        };
  const status = state.size.rows > 1 ? [rowOf(statusLine(state), theme, columns)] : [];
  return {
    rows: [...body.rows.slice(0, rows), ...status].map((row) => row.trimEnd()),
    pictures: body.pictures,
  };
}
