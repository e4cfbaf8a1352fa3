// Brings the terminal from one frame to the next with as few bytes as it takes: only changed rows are written, never a full clear.
import { graphemesOf, widthOf } from './text-width.js';

export interface Frame {
  /** Rows with SGR sequences, each at most as wide as the terminal. */
  readonly rows: readonly string[];
  /** Where the terminal's cursor stands, from 0; null hides it. */
  readonly cursor: { readonly row: number; readonly column: number } | null;
  /** Rows of the terminal above the first one, which belong to somebody else. */
  readonly top?: number;
}

const emptyFrame: Frame = { rows: [], cursor: null };
/** Synchronised output (DEC private mode 2026): the terminal shows the update as a whole; others ignore it. */
const begin = '\u001b[?2026h\u001b[?25l';
const end = '\u001b[?2026l';

/** Graphemes about whose width terminals disagree: joined, with variation selectors, flags, pictographs, marks. */
const disputed = /\u200d|\ufe0e|\ufe0f|[\p{Extended_Pictographic}\p{Regional_Indicator}\p{M}\u1100-\u11ff]/u;
const sgr = /\u001b\[[0-9;]*m/g;

/**
 * A row as it is written from column 0. After each disputed grapheme the cursor is put where it belongs, so that a
 * terminal which counts it differently does not shift the rest of the row.
 */
function positioned(row: string): string {
  if (!disputed.test(row)) return row;
  let column = 0;
  let result = '';
  let from = 0;
  const text = (piece: string): void => {
    for (const grapheme of graphemesOf(piece)) {
      const width = widthOf(grapheme);
      if (disputed.test(grapheme)) {
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
  const erase = disputed.test(old) ? '\u001b[2K' : '';
  const rest =
    erase === '' && widthOf(row.replace(sgr, '')) < widthOf(old.replace(sgr, '')) ? '\u001b[K' : '';
  return `${erase}${positioned(row)}\u001b[0m${rest}`;
}

/** The bytes that turn `before` into `after`; empty when nothing differs. */
export function encodeUpdate(before: Frame, after: Frame): string {
  let body = '';
  const top = after.top ?? 0;
  const count = Math.max(before.rows.length, after.rows.length);
  for (let index = 0; index < count; index++) {
    const row = after.rows[index] ?? '';
    const old = before.rows[index] ?? '';
    if (row !== old) body += `\u001b[${top + index + 1};1H${overwritten(row, old)}`;
  }
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

  /** `write` returns false when the terminal's buffer is full; then `drained` must be called when it is not any more. */
  constructor(private readonly write: (data: string) => boolean) {}

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

  private update(): void {
    if (this.isBlocked) return;
    const before = this.needsClear ? emptyFrame : this.shown;
    let bytes = encodeUpdate(before, this.wanted);
    if (this.needsClear) bytes = `\u001b[0m${clearFrom(this.wanted.top ?? 0)}${bytes}`;
    this.needsClear = false;
    this.shown = this.wanted;
    if (bytes !== '' && !this.write(bytes)) this.isBlocked = true;
  }
}
