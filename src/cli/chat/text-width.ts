// How wide text is in terminal cells, and how it is cut and wrapped: the only place that measures.
import stringWidth from 'string-width';

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const plainAscii = /^[\x20-\x7e]*$/;

/** Cells that a text without line breaks takes. */
export function widthOf(text: string): number {
  return plainAscii.test(text) ? text.length : stringWidth(text);
}

/** The graphemes of a text, in order. */
export function graphemesOf(text: string): string[] {
  return plainAscii.test(text)
    ? Array.from(text)
    : Array.from(segmenter.segment(text), (part) => part.segment);
}

/** The beginning of a text that fits into `cells`; with an ellipsis when something was cut. */
export function truncate(text: string, cells: number): string {
  if (cells <= 0) return '';
  if (widthOf(text) <= cells) return text;
  let used = 0;
  let result = '';
  for (const grapheme of graphemesOf(text)) {
    const width = widthOf(grapheme);
    if (used + width > cells - 1) break;
    result += grapheme;
    used += width;
  }
  return `${result}…`;
}

/** A piece of a wrapped text: one row, and where it begins and ends in the original. */
export interface WrappedRow {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Wraps one line (no `\n`) at spaces, or inside a word longer than a row. Rows keep their trailing spaces in
 * `start`/`end` but not in `text`, so that offsets map back; a row always takes at least one grapheme.
 */
function wrapLine(line: string, cells: number, offset: number): WrappedRow[] {
  const rows: WrappedRow[] = [];
  let start = 0;
  let used = 0;
  let at = 0;
  let breakAt = -1;
  const push = (end: number): void => {
    rows.push({ text: line.slice(start, end).trimEnd(), start: offset + start, end: offset + end });
    start = end;
  };
  for (const grapheme of graphemesOf(line)) {
    const width = widthOf(grapheme);
    while (used + width > cells && at > start && grapheme !== ' ') {
      push(breakAt > start ? breakAt : at);
      used = widthOf(line.slice(start, at));
      breakAt = -1;
    }
    at += grapheme.length;
    used += width;
    if (grapheme === ' ' || grapheme === '-') breakAt = at;
  }
  push(line.length);
  return rows;
}

/** Wraps a text of any number of lines into rows of at most `cells` cells. An empty line is an empty row. */
export function wrap(text: string, cells: number): WrappedRow[] {
  const room = Math.max(1, cells);
  const rows: WrappedRow[] = [];
  let offset = 0;
  for (const line of text.split('\n')) {
    rows.push(...wrapLine(line, room, offset));
    offset += line.length + 1;
  }
  return rows;
}
