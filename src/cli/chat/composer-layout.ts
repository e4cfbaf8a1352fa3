// Where each part of a composed text stands on the screen: wrapped rows, and the cursor between them.
import type { TextBuffer } from './text-buffer.js';
import { graphemesOf, widthOf, wrap, type WrappedRow } from './text-width.js';

export interface ComposerLayout {
  readonly rows: readonly WrappedRow[];
  readonly cursorRow: number;
  readonly cursorColumn: number;
}

/** Lays a buffer out in rows of `cells` cells; the cursor is the last row's that begins at or before it. */
export function layoutBuffer(buffer: TextBuffer, cells: number): ComposerLayout {
  const rows = wrap(buffer.text, cells);
  const cursorRow = Math.max(
    0,
    rows.findLastIndex((row) => row.start <= buffer.cursor),
  );
  const start = rows[cursorRow]?.start ?? 0;
  return {
    rows,
    cursorRow,
    cursorColumn: Math.min(widthOf(buffer.text.slice(start, buffer.cursor)), cells - 1),
  };
}

/** Moves the cursor one row up (-1) or down (1), keeping its column; null when there is no such row. */
export function moveRow(buffer: TextBuffer, direction: -1 | 1, cells: number): TextBuffer | null {
  const layout = layoutBuffer(buffer, cells);
  const row = layout.rows[layout.cursorRow + direction];
  if (row === undefined) return null;
  const goal = buffer.goal ?? layout.cursorColumn;
  const isLast = layout.cursorRow + direction === layout.rows.length - 1;
  let cursor = row.start;
  let column = 0;
  for (const grapheme of graphemesOf(buffer.text.slice(row.start, row.end))) {
    const width = widthOf(grapheme);
    const end = cursor + grapheme.length;
    // A soft-wrapped row's end is the next row's start: the cursor stays on this one.
    const wraps = end === row.end && !isLast && buffer.text[row.end] !== '\n';
    if (column + width > goal || wraps) break;
    cursor = end;
    column += width;
  }
  return { text: buffer.text, cursor, goal };
}
