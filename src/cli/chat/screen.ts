// Brings the terminal from one frame to the next with as few bytes as it takes: only changed rows are written, never a full clear.
import { placeholder } from '../../media/terminal/placeholders.js';
import { textOnly, type Placement, type StillPainter } from '../../media/terminal/still-pictures.js';
import { graphemesOf, widthOf } from './text-width.js';

export interface Frame {
  /** Rows with SGR sequences, each at most as wide as the terminal. */
  readonly rows: readonly string[];
  /** Where the terminal's cursor stands, from 0; null hides it. */
  readonly cursor: { readonly row: number; readonly column: number } | null;
  /** Rows of the terminal above the first one, which belong to somebody else. */
  readonly top?: number;
  /** In pixels; in the rows they are placeholders. */
  readonly pictures?: readonly Placement[];
}

const emptyFrame: Frame = { rows: [], cursor: null };
/** Synchronised output (DEC private mode 2026): the terminal shows the update as a whole; others ignore it. */
const begin = '\u001b[?2026h\u001b[?25l';
const end = '\u001b[?2026l';

/** Graphemes about whose width terminals disagree: joined, with variation selectors, flags, pictographs, marks. */
const disputed = /\u200d|\ufe0e|\ufe0f|[\p{Extended_Pictographic}\p{Regional_Indicator}\p{M}\u1100-\u11ff]/u;
/** The cells of a picture in a row; their marks are no letters of anybody. */
const pictureCells = /(?:\u{10eeee}\p{M}*)+/gu;
const sgr = /\u001b\[[0-9;]*m/g;

function isDisputed(text: string): boolean {
  return disputed.test(text.replace(pictureCells, ''));
}

/**
 * A row as it is written from column 0. After each disputed grapheme the cursor is put where it belongs, so that a
 * terminal which counts it differently does not shift the rest of the row.
 */
function positioned(row: string): string {
  if (!isDisputed(row)) return row;
  let column = 0;
  let result = '';
  let from = 0;
  const text = (piece: string): void => {
    for (const grapheme of graphemesOf(piece)) {
      const width = widthOf(grapheme);
      if (isDisputed(grapheme)) {
        result += `${' '.repeat(width)}\u001b[${column + 1}G${grapheme}\u001b[${column + width + 1}G`;
      } else result += grapheme;
      column += width;
    }
  };
  for (const match of row.matchAll(sgr)) {
    text(row.slice(from, match.index));
    result += match[0];
    from = match.index + match[0].length;
  }
  text(row.slice(from));
  return result;
}

/** One row, over another. Erasing to the end comes only where needed: after the last column it would erase that one. */
function overwritten(row: string, old: string): string {
  const erase = isDisputed(old) ? '\u001b[2K' : '';
  const rest =
    erase === '' && widthOf(row.replace(sgr, '')) < widthOf(old.replace(sgr, '')) ? '\u001b[K' : '';
  return `${erase}${positioned(row)}\u001b[0m${rest}`;
}

/** Pictures that lie over the text, between two frames. */
interface Pictures {
  /** Rows of the frame where a picture stays as it is: what is written there goes around it. */
  readonly kept: ReadonlySet<number>;
  /** Rows that are written anew although their text is the same. */
  readonly touched: ReadonlySet<number>;
  readonly fresh: readonly Placement[];
  readonly gone: readonly Placement[];
}

const noPictures: Pictures = { kept: new Set(), touched: new Set(), fresh: [], gone: [] };

function isSame(a: Placement, b: Placement): boolean {
  const keys = ['picture', 'cells', 'rows', 'firstRow', 'shownRows', 'row', 'column'] as const;
  return keys.every((key) => a[key] === b[key]);
}

function rowsOf(placements: readonly Placement[], top: number): number[] {
  return placements.flatMap(({ row, shownRows }) =>
    Array.from({ length: shownRows }, (_, index) => row - top + index),
  );
}

/** What stays of the pictures of `before`: those that are where they were, in rows that need not be erased. */
function comparePictures(before: Frame, after: Frame): Pictures {
  const { pictures: old = [] } = before;
  const { pictures: wanted = [], top = 0 } = after;
  const isErased = (index: number): boolean =>
    before.rows[index] !== after.rows[index] && isDisputed(before.rows[index] ?? '');
  const stays = wanted.filter(
    (one) => old.some((other) => isSame(one, other)) && !rowsOf([one], top).some((row) => isErased(row)),
  );
  const fresh = wanted.filter((one) => !stays.includes(one));
  const gone = old.filter((one) => !stays.some((other) => isSame(one, other)));
  return {
    kept: new Set(rowsOf(stays, top)),
    touched: new Set(rowsOf([...fresh, ...gone], top)),
    fresh,
    gone,
  };
}

/** The bytes that turn `before` into `after`; empty when nothing differs. */
export function encodeUpdate(before: Frame, after: Frame, painter: StillPainter = textOnly): string {
  const { isOver } = painter;
  const { kept, touched, fresh, gone } = isOver ? comparePictures(before, after) : noPictures;
  const shown = after.pictures ?? [];
  let body = painter.prepare(shown, gone);
  const top = after.top ?? 0;
  const count = Math.max(before.rows.length, after.rows.length);
  for (let index = 0; index < count; index++) {
    const row = after.rows[index] ?? '';
    const old = before.rows[index] ?? '';
    if (row === old && !touched.has(index)) continue;
    const written = overwritten(row, old);
    const room = (cells: string): string => {
      const width = cells.length / placeholder.length;
      return kept.has(index) ? `\u001b[${width}C` : ' '.repeat(width);
    };
    body += `\u001b[${top + index + 1};1H${isOver ? written.replace(pictureCells, room) : written}`;
  }
  for (const picture of fresh) body += painter.draw(picture);
  const { cursor } = after;
  const sameCursor = cursor?.row === before.cursor?.row && cursor?.column === before.cursor?.column;
  if (body === '' && sameCursor) return '';
  const place = cursor === null ? '' : `\u001b[${top + cursor.row + 1};${cursor.column + 1}H\u001b[?25h`;
  return begin + body + place + end;
}

/** Clears the rows from this one on. */
function clearFrom(top: number): string {
  return top === 0 ? '\u001b[2J' : `\u001b[${top + 1};1H\u001b[J`;
}

/** The only writer of frames. A terminal that takes its bytes slowly gets the newest frame later, not all of them. */
export class Screen {
  private shown: Frame = emptyFrame;
  private wanted: Frame = emptyFrame;
  private needsClear = true;
  private isBlocked = false;
  private painter: StillPainter = textOnly;

  /** `write` returns false when the terminal's buffer is full; then `drained` must be called when it is not any more. */
  constructor(private readonly write: (data: string) => boolean) {}

  /** Pictures are drawn by this one from the next frame on, which is written whole. */
  paintWith(painter: StillPainter): void {
    this.removePictures();
    this.painter = painter;
    this.invalidate();
  }

  draw(frame: Frame): void {
    this.wanted = frame;
    this.update();
  }

  /** Forgets what the terminal shows (after a resize, a suspension, Ctrl+L): the next frame is written whole. */
  invalidate(): void {
    this.needsClear = true;
  }

  drained(): void {
    this.isBlocked = false;
    this.update();
  }

  /** Takes everything back from the terminal that is no text: it is left, or may be another one now. */
  removePictures(): void {
    const bytes = this.painter.erase();
    if (bytes !== '') this.write(bytes);
  }

  private update(): void {
    if (this.isBlocked) return;
    const before = this.needsClear ? emptyFrame : this.shown;
    const cleared = this.needsClear
      ? `\u001b[0m${this.painter.clear()}${clearFrom(this.wanted.top ?? 0)}`
      : '';
    const bytes = cleared + encodeUpdate(before, this.wanted, this.painter);
    this.needsClear = false;
    this.shown = this.wanted;
    if (bytes !== '' && !this.write(bytes)) this.isBlocked = true;
  }
}
