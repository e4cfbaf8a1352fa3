// Lines up cells in columns, by what they measure on a terminal.
import { truncate, widthOf } from '../chat/text-width.js';

const sgr = /\x1b\[[0-9;]*m/g;

/** Cells that a text takes, colours not counted. */
export function cellsOf(text: string): number {
  return widthOf(text.replace(sgr, ''));
}

export function padded(text: string, cells: number): string {
  return text + ' '.repeat(Math.max(0, cells - cellsOf(text)));
}

/** Cuts a text without colours so that it fits. */
export function fitted(text: string, cells: number): string {
  return truncate(text, Math.max(1, cells));
}

/** Rows as lines, columns two cells apart; the last column is not padded. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cellsOf(cell));
  }
  return rows.map((row) =>
    row
      .map((cell, index) => (index === row.length - 1 ? cell : padded(cell, widths[index] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
