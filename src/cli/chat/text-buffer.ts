// The text being composed and its cursor: a pure value, edited by graphemes so that no emoji or accent is ever cut.

/** `cursor` is an offset in UTF-16 code units of `text`, always between two graphemes. `goal` is the column that Up and Down keep. */
export interface TextBuffer {
  readonly text: string;
  readonly cursor: number;
  readonly goal: number | null;
}

export const emptyBuffer: TextBuffer = { text: '', cursor: 0, goal: null };

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const wordPattern = /[\p{L}\p{N}\p{M}_]/u;

/** A buffer with this text, the cursor at its end. */
export function bufferOf(text: string): TextBuffer {
  return { text, cursor: text.length, goal: null };
}

/** The nearest border at or after an offset: inserting may have joined graphemes (a combining mark after a letter). */
function borderAtOrAfter(text: string, offset: number): number {
  const part = graphemes.segment(text).containing(offset);
  return part === undefined || part.index === offset
    ? Math.min(offset, text.length)
    : part.index + part.segment.length;
}

export function previousBorder(text: string, cursor: number): number {
  return graphemes.segment(text).containing(cursor - 1)?.index ?? 0;
}

export function nextBorder(text: string, cursor: number): number {
  const part = graphemes.segment(text).containing(cursor);
  return part === undefined ? text.length : part.index + part.segment.length;
}

/** Where the word before the cursor begins: over what is no word, then over the word. */
function wordStart(text: string, cursor: number): number {
  let at = cursor;
  while (at > 0 && !wordPattern.test(text.slice(previousBorder(text, at), at))) at = previousBorder(text, at);
  while (at > 0 && wordPattern.test(text.slice(previousBorder(text, at), at))) at = previousBorder(text, at);
  return at;
}

function wordEnd(text: string, cursor: number): number {
  let at = cursor;
  while (at < text.length && !wordPattern.test(text.slice(at, nextBorder(text, at))))
    at = nextBorder(text, at);
  while (at < text.length && wordPattern.test(text.slice(at, nextBorder(text, at))))
    at = nextBorder(text, at);
  return at;
}

/** Where the word before the cursor begins when words are what spaces part, as Ctrl+W of a shell has it. */
function bigWordStart(text: string, cursor: number): number {
  const before = text.slice(0, cursor);
  return before.length - (/\S*\s*$/.exec(before)?.[0].length ?? 0);
}

export function lineStart(text: string, cursor: number): number {
  return cursor === 0 ? 0 : text.lastIndexOf('\n', cursor - 1) + 1;
}

export function lineEnd(text: string, cursor: number): number {
  const end = text.indexOf('\n', cursor);
  return end === -1 ? text.length : end;
}

function moved(buffer: TextBuffer, cursor: number): TextBuffer {
  return { text: buffer.text, cursor, goal: null };
}

function without(buffer: TextBuffer, from: number, to: number): TextBuffer {
  const text = buffer.text.slice(0, from) + buffer.text.slice(to);
  return { text, cursor: borderAtOrAfter(text, from), goal: null };
}

/** Replaces the text between two offsets; the cursor goes behind the new text. */
export function replaceRange(buffer: TextBuffer, from: number, to: number, text: string): TextBuffer {
  const whole = buffer.text.slice(0, from) + text + buffer.text.slice(to);
  return { text: whole, cursor: borderAtOrAfter(whole, from + text.length), goal: null };
}

export function insert(buffer: TextBuffer, text: string): TextBuffer {
  return replaceRange(buffer, buffer.cursor, buffer.cursor, text);
}

/** Every edit that a key can do; the names are those of the key bindings. */
export const edits = {
  left: (buffer) => moved(buffer, previousBorder(buffer.text, buffer.cursor)),
  right: (buffer) => moved(buffer, nextBorder(buffer.text, buffer.cursor)),
  'word-left': (buffer) => moved(buffer, wordStart(buffer.text, buffer.cursor)),
  'word-right': (buffer) => moved(buffer, wordEnd(buffer.text, buffer.cursor)),
  'line-start': (buffer) => moved(buffer, lineStart(buffer.text, buffer.cursor)),
  'line-end': (buffer) => moved(buffer, lineEnd(buffer.text, buffer.cursor)),
  'delete-left': (buffer) => without(buffer, previousBorder(buffer.text, buffer.cursor), buffer.cursor),
  'delete-right': (buffer) => without(buffer, buffer.cursor, nextBorder(buffer.text, buffer.cursor)),
  'delete-word-left': (buffer) => without(buffer, bigWordStart(buffer.text, buffer.cursor), buffer.cursor),
  'delete-word-right': (buffer) => without(buffer, buffer.cursor, wordEnd(buffer.text, buffer.cursor)),
  'delete-to-line-start': (buffer) => without(buffer, lineStart(buffer.text, buffer.cursor), buffer.cursor),
  'delete-to-line-end': (buffer) => {
    const end = lineEnd(buffer.text, buffer.cursor);
    return without(
      buffer,
      buffer.cursor,
      end === buffer.cursor ? Math.min(end + 1, buffer.text.length) : end,
    );
  },
  newline: (buffer) => insert(buffer, '\n'),
} as const satisfies Record<string, (buffer: TextBuffer) => TextBuffer>;

export type EditName = keyof typeof edits;

export function isEditName(name: string): name is EditName {
  return Object.hasOwn(edits, name);
}
