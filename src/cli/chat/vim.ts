// Vim's normal mode in the composer: what each key makes of the text; pure, one key at a time.
import {
  replaceRange,
  lineEnd,
  lineStart,
  nextBorder,
  previousBorder,
  type TextBuffer,
} from './text-buffer.js';
import { graphemesOf } from './text-width.js';
import { lastInLine, motionOf, nextWord, toChar, wordAround, wordEnd } from './vim-motions.js';

export interface Vim {
  readonly mode: 'insert' | 'normal';
  /** The keys of a command that is not complete yet: `2d`. */
  readonly pending: string;
}

/** What a key asks of the chat, beside what it does to the text. */
export type VimWish = 'undo' | 'redo' | 'up' | 'down' | 'oldest' | 'newest' | 'search' | 'command';

export interface VimStep {
  readonly vim: Vim;
  readonly buffer: TextBuffer;
  /** What was deleted or copied last; a line when it ends with a line break. */
  readonly register: string;
  readonly wish: VimWish | null;
}

export const vimInsert: Vim = { mode: 'insert', pending: '' };
const normal: Vim = { mode: 'normal', pending: '' };

/** A command as far as it was typed: `2d3w`, `"` is not among them. */
const grammar = /^([1-9]\d*)?(?:([dcy])([1-9]\d*)?)?(g|[fFtTr]|[ia])?(.*)$/su;

interface Parsed {
  readonly count: number | null;
  readonly operator: string;
  readonly prefix: string;
  readonly key: string;
}

function parse(keys: string): Parsed {
  const [, first, operator = '', second, prefix = '', key = ''] = grammar.exec(keys) ?? [];
  const count = first === undefined && second === undefined ? null : Number(first ?? 1) * Number(second ?? 1);
  // `i` and `a` begin a text object only behind an operator.
  if (operator === '' && (prefix === 'i' || prefix === 'a'))
    return { count, operator, prefix: '', key: prefix };
  return { count: count === null ? null : Math.min(count, 999), operator, prefix, key };
}

/** The cursor of normal mode stands on a character, not behind the last one. */
function onCharacter(buffer: TextBuffer): TextBuffer {
  const { text, cursor } = buffer;
  return { text, cursor: Math.min(cursor, lastInLine(text, cursor)), goal: null };
}

function at(buffer: TextBuffer, cursor: number): TextBuffer {
  return { text: buffer.text, cursor, goal: null };
}

interface Range {
  readonly from: number;
  readonly to: number;
  readonly isLines: boolean;
}

function linesRange(text: string, from: number, to: number): Range {
  return { from: lineStart(text, from), to: lineEnd(text, to), isLines: true };
}

/** What an operator is for; null when the motion leads nowhere. */
function rangeOf(buffer: TextBuffer, { count, operator, prefix, key }: Parsed): Range | null {
  const { text, cursor } = buffer;
  if (key === operator && prefix === '') {
    let to = cursor;
    for (let left = (count ?? 1) - 1; left > 0 && lineEnd(text, to) < text.length; left--)
      to = lineEnd(text, to) + 1;
    return linesRange(text, cursor, to);
  }
  if (prefix === 'i' || prefix === 'a') {
    if (key !== 'w') return null;
    const { from, to } = wordAround(text, cursor);
    const spaces = prefix === 'a' ? (/^[^\S\n]*/.exec(text.slice(to))?.[0].length ?? 0) : 0;
    return { from, to: to + spaces, isLines: false };
  }
  // `cw` on a word changes to its end: vim has it so.
  if (operator === 'c' && (key === 'w' || key === 'W') && /\S/.test(text.charAt(cursor))) {
    let end = previousBorder(text, nextWordEnd(text, cursor, key === 'W'));
    for (let left = (count ?? 1) - 1; left > 0; left--) end = wordEnd(text, end, key === 'W');
    return { from: cursor, to: nextBorder(text, end), isLines: false };
  }
  const motion = isFind(prefix)
    ? toChar(text, cursor, prefix, key, count ?? 1)
    : motionOf(text, cursor, prefix + key, count);
  if (motion === null) return null;
  const [from, to] = motion.to < cursor ? [motion.to, cursor] : [cursor, motion.to];
  if (motion.kind === 'lines') return linesRange(text, from, to);
  if (motion.kind === 'inclusive') return { from, to: nextBorder(text, to), isLines: false };
  // `dw` on the last word of a line leaves the line break.
  const stays = key === 'w' || key === 'W' ? Math.min(to, Math.max(lineEnd(text, cursor), from)) : to;
  return { from, to: stays, isLines: false };
}

/** Just behind the word under the cursor. */
function nextWordEnd(text: string, cursor: number, big: boolean): number {
  const end = nextWord(text, cursor, big);
  return cursor + text.slice(cursor, end).trimEnd().length;
}

function isFind(prefix: string): boolean {
  return prefix !== '' && 'fFtT'.includes(prefix);
}

/** Whole lines go with one of the line breaks beside them. */
function cut(buffer: TextBuffer, { from, to, isLines }: Range): TextBuffer {
  if (!isLines) return replaceRange(buffer, from, to, '');
  const { text } = buffer;
  const isLast = to >= text.length;
  const begin = isLast ? Math.max(0, from - 1) : from;
  const rest = replaceRange(buffer, begin, isLast ? to : to + 1, '');
  return at(rest, lineStart(rest.text, Math.min(from, rest.text.length)));
}

function operate(before: VimStep, parsed: Parsed): VimStep {
  const { buffer } = before;
  const range = rangeOf(buffer, parsed);
  if (range === null) return { ...before, vim: normal };
  const taken = buffer.text.slice(range.from, range.to) + (range.isLines ? '\n' : '');
  const register = taken === '' ? before.register : taken;
  if (parsed.operator === 'y')
    return {
      ...before,
      vim: normal,
      register,
      buffer: range.isLines ? buffer : onCharacter(at(buffer, range.from)),
    };
  if (parsed.operator === 'c') {
    const changed = replaceRange(buffer, range.from, range.to, '');
    return { ...before, vim: vimInsert, register, buffer: at(changed, range.from) };
  }
  return { ...before, vim: normal, register, buffer: onCharacter(cut(buffer, range)) };
}

/** More is not put at once, however large the count. */
const maxPutChars = 20_000;

function put(buffer: TextBuffer, register: string, isAfter: boolean, wanted: number): TextBuffer {
  if (register === '') return buffer;
  const count = Math.max(1, Math.min(wanted, Math.floor(maxPutChars / register.length)));
  const { text, cursor } = buffer;
  if (register.endsWith('\n')) {
    const block = register.repeat(count);
    const end = lineEnd(text, cursor);
    if (!isAfter) {
      const start = lineStart(text, cursor);
      return at(replaceRange(buffer, start, start, block), start);
    }
    return at(replaceRange(buffer, end, end, `\n${block.slice(0, -1)}`), end + 1);
  }
  const place = isAfter && lineEnd(text, cursor) > cursor ? nextBorder(text, cursor) : cursor;
  const next = replaceRange(buffer, place, place, register.repeat(count));
  return onCharacter(at(next, previousBorder(next.text, next.cursor)));
}

/** Changes each of the next `count` characters of the line; null when there are not so many. */
function replaced(buffer: TextBuffer, count: number, change: (char: string) => string): TextBuffer | null {
  const { text, cursor } = buffer;
  const chars = graphemesOf(text.slice(cursor, lineEnd(text, cursor))).slice(0, count);
  if (chars.length < count) return null;
  const fresh = chars.map((char) => change(char)).join('');
  return replaceRange(buffer, cursor, cursor + chars.join('').length, fresh);
}

function swappedCase(char: string): string {
  return char === char.toUpperCase() ? char.toLowerCase() : char.toUpperCase();
}

/** The short forms of operators. */
const short: Readonly<Record<string, string>> = {
  x: 'dl',
  X: 'dh',
  D: 'd$',
  C: 'c$',
  s: 'cl',
  S: 'cc',
  Y: 'yy',
};

/** Where insert mode begins for a key; null when the key begins none. */
function beginning({ text, cursor }: TextBuffer, key: string): TextBuffer | null {
  const buffer = { text, cursor, goal: null };
  switch (key) {
    case 'i':
      return buffer;
    case 'I':
      return at(buffer, motionOf(text, cursor, '^', null)?.to ?? cursor);
    case 'a':
      return at(buffer, Math.min(lineEnd(text, cursor), nextBorder(text, cursor)));
    case 'A':
      return at(buffer, lineEnd(text, cursor));
    case 'o': {
      const end = lineEnd(text, cursor);
      return at(replaceRange(buffer, end, end, '\n'), end + 1);
    }
    case 'O': {
      const start = lineStart(text, cursor);
      return at(replaceRange(buffer, start, start, '\n'), start);
    }
    default:
      return null;
  }
}

const wishes: Readonly<Record<string, VimWish>> = {
  u: 'undo',
  '/': 'search',
  ':': 'command',
};

/** One key in normal mode that is no operator. */
function single(before: VimStep, parsed: Parsed): VimStep {
  const { buffer, register } = before;
  const { prefix, key, count } = parsed;
  const done = (next: TextBuffer | null): VimStep => ({ ...before, vim: normal, buffer: next ?? buffer });
  if (prefix === 'r') {
    const next = replaced(buffer, count ?? 1, () => key);
    return done(next && at(next, previousBorder(next.text, next.cursor)));
  }
  if (isFind(prefix)) {
    const motion = toChar(buffer.text, buffer.cursor, prefix, key, count ?? 1);
    return done(motion && onCharacter(at(buffer, motion.to)));
  }
  const wish = wishes[key];
  if (wish !== undefined) return { ...before, vim: normal, wish };
  if (key === 'p' || key === 'P') return done(put(buffer, register, key === 'p', count ?? 1));
  if (key === '~') {
    const left = graphemesOf(buffer.text.slice(buffer.cursor, lineEnd(buffer.text, buffer.cursor))).length;
    const next = replaced(buffer, Math.min(count ?? 1, left), swappedCase);
    return done(next && onCharacter(next));
  }
  const begun = beginning(buffer, key);
  if (begun !== null) return { ...before, vim: vimInsert, buffer: begun };
  if (buffer.text === '' || ((key === 'j' || key === 'k') && !buffer.text.includes('\n'))) {
    const empty: Readonly<Record<string, VimWish>> = { j: 'down', k: 'up', G: 'newest', gg: 'oldest' };
    return { ...before, vim: normal, wish: empty[prefix + key] ?? null };
  }
  const motion = motionOf(buffer.text, buffer.cursor, prefix + key, count);
  return done(motion && onCharacter(at(buffer, motion.to)));
}

/** True while more keys must come. */
function isIncomplete({ operator, prefix, key }: Parsed, keys: string): boolean {
  if (key !== '') return false;
  return operator !== '' || prefix !== '' || /^[1-9]\d*$/.test(keys);
}

/**
 * What a key does in vim mode; null for one that vim has no business with: the table of bindings knows it.
 * Keys are single characters, or names as the decoder has them.
 */
export function vimKey(vim: Vim, buffer: TextBuffer, register: string, key: string): VimStep | null {
  const before: VimStep = { vim, buffer, register, wish: null };
  if (vim.mode === 'insert') {
    if (key !== 'escape') return null;
    const { text, cursor } = buffer;
    const left = Math.max(lineStart(text, cursor), previousBorder(text, cursor));
    return { ...before, vim: normal, buffer: onCharacter(at(buffer, left)) };
  }
  if (key === 'escape') return vim.pending === '' ? null : { ...before, vim: normal };
  if (key === 'ctrl+r') return { ...before, vim: normal, wish: 'redo' };
  const isChar = graphemesOf(key).length === 1;
  if (!isChar && key !== 'backspace') return vim.pending === '' ? null : { ...before, vim: normal };
  const typed = vim.pending + key;
  const keys = vim.pending.replace(/\d/g, '') === '' ? vim.pending + (short[key] ?? key) : typed;
  const parsed = parse(keys);
  if (isIncomplete(parsed, keys)) return { ...before, vim: { mode: 'normal', pending: keys } };
  return parsed.operator === '' ? single(before, parsed) : operate(before, parsed);
}
