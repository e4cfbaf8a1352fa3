// Reads a slash command as it was typed: its name, its words (quotes keep spaces), and the rest of the line as it stands.

export interface Word {
  readonly text: string;
  /** Offsets in the typed line. */
  readonly start: number;
  readonly end: number;
}

export interface CommandLine {
  readonly name: string;
  /** The words after the name. */
  readonly words: readonly Word[];
  /** Everything after the name, trimmed. */
  readonly rest: string;
}

/** Words parted by spaces; `"…"` and `'…'` keep spaces, a backslash keeps the next character. */
export function splitWords(line: string): Word[] {
  const words: Word[] = [];
  const pattern = /(?:"[^"]*"?|'[^']*'?|\\.|[^\s"'\\])+|\\$/gsu;
  for (const match of line.matchAll(pattern)) {
    const text = match[0].replace(/"([^"]*)"?|'([^']*)'?|\\(.)/gsu, (_whole, double, single, escaped) =>
      String(double ?? single ?? escaped ?? ''),
    );
    words.push({ text, start: match.index, end: match.index + match[0].length });
  }
  return words;
}

/** Null for a text that is no command; `//` begins a text with one slash. */
export function parseCommandLine(text: string): CommandLine | null {
  const match = /^\/([\p{L}\p{N}?-]+)(?:\s+|$)/u.exec(text);
  const name = match?.[1];
  if (match === null || name === undefined) return null;
  const words = splitWords(text).slice(1);
  return { name: name.toLowerCase(), words, rest: text.slice(match[0].length).trim() };
}

/** The typed line after a number of words, as it stands; empty when there is no more. */
export function restAfter(line: CommandLine, text: string, count: number): string {
  const last = line.words[count - 1];
  return last === undefined ? '' : text.slice(last.end).trim();
}

/** A word as it must be typed to be read as one. */
export function quoted(word: string): string {
  return /[\s"'\\]/.test(word) ? word.replace(/[\s"'\\]/g, (char) => `\\${char}`) : word;
}
