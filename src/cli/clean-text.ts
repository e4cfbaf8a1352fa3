// The one place where text from others is made safe before it reaches a terminal.
import { limits } from '../protocol/limits.js';

/**
 * Control sequences of ECMA-48: CSI, then strings (OSC, DCS, SOS, PM, APC) up to their terminator or the line's end,
 * then other escapes. Taken out whole, so that no `[31m` stays behind.
 */
const sequences =
  /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?|\x1b[ -/]*[0-~]?/g;
const controls = /[\x00-\x09\x0b-\x1f\x7f-\x9f]/g;
/** Embeddings, overrides and isolates (Unicode annex 9): they could make text around them read in another order. */
const directions = /[\u202a-\u202e\u2066-\u2069]/g;
/** Marks and invisible characters in a row; an emoji flag of tags has 7, written languages at most a few. */
const tower = /([\p{M}\p{Cf}\u115f\u1160\u3164\uffa0]{8})[\p{M}\p{Cf}\u115f\u1160\u3164\uffa0]+/gu;
/** Lone surrogates, and kitty's placeholder: it would show a picture that the terminal has, of somebody else. */
const noCharacter = /\p{Cs}|\u{10eeee}/gu;

function cut(line: string, maxChars: number): string {
  return line.length <= maxChars ? line : `${line.slice(0, maxChars - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

function clean(text: string): string {
  return text
    .replace(sequences, '')
    .replace(/\t/g, '    ')
    .replace(controls, '')
    .replace(directions, '')
    .replace(noCharacter, '\ufffd')
    .replace(tower, '$1');
}

/** One line: line breaks become spaces. At most `maxChars` UTF-16 units. */
export function cleanLine(text: string, maxChars = 1000): string {
  return cut(clean(text.replace(/\r\n|[\n\r\v\f\u0085\u2028\u2029]/g, ' ')).replace(/\n/g, ' '), maxChars);
}

/** Text with its line breaks as `\n`; nothing else that a terminal would obey. Each line has at most `maxChars`. */
export function cleanBlock(text: string, maxChars: number = limits.maxTextChars): string {
  return clean(text.replace(/\r\n|[\r\v\f\u0085\u2028\u2029]/g, '\n'))
    .split('\n')
    .map((line) => cut(line, maxChars))
    .join('\n');
}

/** A value as one line of JSON that is safe on a terminal too: what JSON leaves in the clear is escaped as well. */
export function safeJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
