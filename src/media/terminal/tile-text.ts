// The few words on a call's screen: names cut to their room, loudness as bars.
import stringWidth from 'string-width';

export const meterCells = 6;
const meterParts = '▁▂▃▄▅▆▇█';
const controls = /[\u0000-\u001f\u007f-\u009f]/g;

/** Loudness as a few bars. */
export function meterOf(level: number): string {
  let meter = '';
  for (let at = 0; at < meterCells; at++) {
    const part = Math.round((level * meterCells - at) * meterParts.length) - 1;
    meter += part < 0 ? ' ' : (meterParts[Math.min(part, meterParts.length - 1)] ?? ' ');
  }
  return meter.trimEnd();
}

const graphemes = new Intl.Segmenter();

/** As much of a text as so many cells show. */
export function cut(text: string, cells: number): string {
  if (stringWidth(text) <= cells) return text;
  let result = '';
  let width = 0;
  for (const { segment } of graphemes.segment(text)) {
    width += stringWidth(segment);
    if (width > cells - 1) break;
    result += segment;
  }
  return `${result}…`;
}

/** A line without control characters, cut or filled up to so many cells. */
export function filledUp(text: string, cells: number): string {
  const line = cut(text.replace(controls, ''), cells);
  return line + ' '.repeat(Math.max(0, cells - stringWidth(line)));
}

/** A line as several, broken between words, none wider than so many cells; a longer word is left to be cut. */
export function wrapped(text: string, cells: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && stringWidth(last) + 1 + stringWidth(word) <= cells) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines;
}

/** The first character, which may be several code points. */
export function firstOf(text: string): string {
  for (const { segment } of graphemes.segment(text)) return segment;
  return '?';
}
