// Where vim's motions lead in a text: pure, by graphemes.
import { graphemesOf } from './text-width.js';
import { lineEnd, lineStart, nextBorder, previousBorder } from './text-buffer.js';

/** Where a motion leads; `inclusive` operators take the character there too, `lines` take whole lines. */
export interface Motion {
  readonly to: number;
  readonly kind: 'exclusive' | 'inclusive' | 'lines';
}

const wordPattern = /[\p{L}\p{N}\p{M}_]/u;

type CharClass = 'space' | 'word' | 'sign' | 'end';

function classAt(text: string, at: number, big: boolean): CharClass {
  if (at >= text.length) return 'end';
  const char = text.slice(at, nextBorder(text, at));
  if (/^\s/.test(char)) return 'space';
  return big || wordPattern.test(char) ? 'word' : 'sign';
}

/** The beginning of the next word; the end of the text when there is none. */
export function nextWord(text: string, cursor: number, big: boolean): number {
  let at = cursor;
  const first = classAt(text, at, big);
  if (first === 'end') return at;
  while (first !== 'space' && classAt(text, at, big) === first) at = nextBorder(text, at);
  while (classAt(text, at, big) === 'space') at = nextBorder(text, at);
  return at;
}

/** The last character of this word, or of the next when the cursor is on it already. */
export function wordEnd(text: string, cursor: number, big: boolean): number {
  let at = nextBorder(text, cursor);
  while (classAt(text, at, big) === 'space') at = nextBorder(text, at);
  const kind = classAt(text, at, big);
  if (kind === 'end') return previousBorder(text, text.length);
  while (classAt(text, nextBorder(text, at), big) === kind) at = nextBorder(text, at);
  return at;
}

/** The beginning of this word, or of the one before when the cursor is on it already. */
function wordBefore(text: string, cursor: number, big: boolean): number {
  let at = previousBorder(text, cursor);
  while (at > 0 && classAt(text, at, big) === 'space') at = previousBorder(text, at);
  const kind = classAt(text, at, big);
  while (at > 0 && classAt(text, previousBorder(text, at), big) === kind) at = previousBorder(text, at);
  return at;
}

/** The word under the cursor, or the space. */
export function wordAround(text: string, cursor: number): { from: number; to: number } {
  const kind = classAt(text, cursor, false);
  let from = cursor;
  let to = cursor;
  while (from > 0 && classAt(text, previousBorder(text, from), false) === kind)
    from = previousBorder(text, from);
  while (to < text.length && classAt(text, to, false) === kind) to = nextBorder(text, to);
  return { from, to };
}

/** The last place of a line where vim's cursor can stand: on its last character. */
export function lastInLine(text: string, cursor: number): number {
  const start = lineStart(text, cursor);
  const end = lineEnd(text, cursor);
  return end === start ? start : previousBorder(text, end);
}

function firstInLine(text: string, cursor: number): number {
  const start = lineStart(text, cursor);
  const spaces = /^[^\S\n]*/.exec(text.slice(start))?.[0].length ?? 0;
  return Math.min(start + spaces, lastInLine(text, cursor));
}

/** The line a number of lines further, at the same place if it is long enough; null when there is none at all. */
function lineFurther(text: string, cursor: number, lines: number): number | null {
  const column = graphemesOf(text.slice(lineStart(text, cursor), cursor)).length;
  let at = cursor;
  for (let left = Math.abs(lines); left > 0; left--) {
    const next = lines < 0 ? lineStart(text, at) - 1 : lineEnd(text, at) + 1;
    if (next < 0 || next > text.length) return null;
    at = next;
  }
  const start = lineStart(text, at);
  const line = graphemesOf(text.slice(start, lineEnd(text, at)));
  return start + line.slice(0, Math.max(0, Math.min(column, line.length - 1))).join('').length;
}

/** Before or on a character of this line: `f`, `t`, `F`, `T`. Null when it is not there so often. */
export function toChar(
  text: string,
  cursor: number,
  how: string,
  char: string,
  count: number,
): Motion | null {
  const isForward = how === 'f' || how === 't';
  let at = cursor;
  for (let left = count; left > 0; left--) {
    at = isForward
      ? text.indexOf(char, nextBorder(text, at))
      : at === 0
        ? -1
        : text.lastIndexOf(char, at - 1);
    if (at === -1 || at < lineStart(text, cursor) || at >= lineEnd(text, cursor)) return null;
  }
  if (how === 't') return { to: previousBorder(text, at), kind: 'inclusive' };
  if (how === 'T') return { to: nextBorder(text, at), kind: 'exclusive' };
  return { to: at, kind: isForward ? 'inclusive' : 'exclusive' };
}

function repeated(count: number, from: number, step: (at: number) => number): number {
  let at = from;
  for (let left = count; left > 0; left--) at = step(at);
  return at;
}

/** The motion of a key; null when it is none, or leads nowhere. */
export function motionOf(text: string, cursor: number, key: string, count: number | null): Motion | null {
  const times = count ?? 1;
  const exclusive = (to: number): Motion => ({ to, kind: 'exclusive' });
  switch (key) {
    case 'h':
    case 'backspace':
      return exclusive(
        Math.max(
          lineStart(text, cursor),
          repeated(times, cursor, (at) => previousBorder(text, at)),
        ),
      );
    case 'l':
    case ' ':
      return exclusive(
        Math.min(
          lineEnd(text, cursor),
          repeated(times, cursor, (at) => nextBorder(text, at)),
        ),
      );
    case 'w':
    case 'W':
      return exclusive(repeated(times, cursor, (at) => nextWord(text, at, key === 'W')));
    case 'b':
    case 'B':
      return exclusive(repeated(times, cursor, (at) => wordBefore(text, at, key === 'B')));
    case 'e':
    case 'E':
      return { to: repeated(times, cursor, (at) => wordEnd(text, at, key === 'E')), kind: 'inclusive' };
    case '0':
      return exclusive(lineStart(text, cursor));
    case '^':
      return exclusive(firstInLine(text, cursor));
    case '$':
      return { to: lastInLine(text, cursor), kind: 'inclusive' };
    case 'j':
    case 'k': {
      const to = lineFurther(text, cursor, key === 'j' ? times : -times);
      return to === null ? null : { to, kind: 'lines' };
    }
    case 'G':
      return { to: firstInLine(text, text.length), kind: 'lines' };
    case 'gg':
      return { to: firstInLine(text, 0), kind: 'lines' };
    default:
      return null;
  }
}
