// A row of the screen as styled pieces of text, and how such a row is cut, filled and written with colours.
import { placeholder } from '../../media/terminal/placeholders.js';
import type { Picture } from '../../media/terminal/still-pictures.js';
import { truncate, widthOf } from './text-width.js';

/** What a piece of text is; how that looks is the theme's business. */
export type Role =
  | 'plain'
  | 'dim'
  | 'bold'
  | 'accent'
  | 'good'
  | 'warn'
  | 'bad'
  | 'read'
  | 'unread'
  | 'inverse'
  | 'strike'
  | 'italic'
  | 'code'
  | 'link'
  | 'mention'
  | 'name0'
  | 'name1'
  | 'name2'
  | 'name3'
  | 'name4';

export type Span =
  | { readonly text: string; readonly role: Role }
  /** A row of a picture: our own colour sequences, `cells` wide. Never text from others. `of`: it is shown in pixels. */
  | { readonly picture: string; readonly cells: number; readonly of?: PictureRow };

/** One row of cells of a picture that takes so many. */
interface PictureRow {
  readonly picture: Picture;
  readonly cells: number;
  readonly rows: number;
  readonly row: number;
}

export type Line = readonly Span[];

/** Codes of SGR (ECMA-48 8.3.117) for each role. */
export type Theme = Readonly<Record<Role, string>>;

export function span(text: string, role: Role = 'plain'): Span {
  return { text, role };
}

const names = ['name0', 'name1', 'name2', 'name3', 'name4'] as const;

/** The same person has the same colour everywhere. */
export function nameRole(username: string): Role {
  let hash = 0;
  for (const char of username) hash = (hash * 31 + (char.codePointAt(0) ?? 0)) >>> 0;
  return names[hash % names.length] ?? 'name0';
}

export function spanWidth(piece: Span): number {
  return 'picture' in piece ? piece.cells : widthOf(piece.text);
}

export function lineWidth(line: Line): number {
  return line.reduce((sum, piece) => sum + spanWidth(piece), 0);
}

/** Cuts a line to at most `cells`, with an ellipsis where text was cut. */
export function fit(line: Line, cells: number): Line {
  let room = cells;
  const result: Span[] = [];
  for (const piece of line) {
    const width = spanWidth(piece);
    if (width <= room) result.push(piece);
    else if ('text' in piece) result.push({ text: truncate(piece.text, room), role: piece.role });
    if (width > room) break;
    room -= width;
  }
  return result;
}

/** Cuts or fills a line to exactly `cells`. */
export function fill(line: Line, cells: number): Line {
  const cut = fit(line, cells);
  const missing = cells - lineWidth(cut);
  return missing > 0 ? [...cut, span(' '.repeat(missing))] : cut;
}

/** Left and right parts on one row of exactly `cells`; the left one is cut first. */
export function spread(left: Line, right: Line, cells: number): Line {
  const kept = fit(right, cells);
  const room = cells - lineWidth(kept);
  return [...fill(left, room), ...kept];
}

/** Ours, around text that runs from right to left; nobody else's directions get here. */
const isolates: ReadonlySet<string> = new Set(['\u2068', '\u2069']);

function safe(text: string): string {
  if (isolates.has(text)) return text;
  return text.replace(/[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu, '').replaceAll(placeholder, '\ufffd');
}

/** A line as text with SGR sequences. Controls and directions that got this far are dropped: nothing else can reach the terminal. */
export function toAnsi(line: Line, theme: Theme): string {
  let result = '';
  for (const piece of line) {
    if ('picture' in piece) {
      result += piece.picture;
      continue;
    }
    const text = safe(piece.text);
    const codes = theme[piece.role];
    result += codes === '' || text === '' ? text : `\u001b[${codes}m${text}\u001b[0m`;
  }
  return result;
}
