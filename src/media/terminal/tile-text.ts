// The few words on a call's screen: names cut to their room, loudness as bars.
import stringWidth from 'string-width';

const meterCells = 6;
const meterParts = '▁▂▃▄▅▆▇█';
const controls = /[\u0000-\u001f\u007f-\u009f]/g;

/** Loudness as a few bars. */
function meterOf(level: number): string {
  let meter = '';
  for (let at = 0; at < meterCells; at++) {
    const part = Math.round((level * meterCells - at) * meterParts.length) - 1;
    meter += part < 0 ? ' ' : (meterParts[Math.min(part, meterParts.length - 1)] ?? ' ');
  }
  return meter.trimEnd();
}

const graphemes = new Intl.Segmenter();

/** As much of a text as so many cells show. */
function cut(text: string, cells: number): string {
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

/** Narrower tiles have no meter: the name is worth more. */
const meterFromCells = 24;

/** What the line above somebody's picture says: a sign while they speak (null: no place for one), name, marks, loudness; never wider than so many cells. */
export function nameLine(
  look: { name: string; muted: boolean; isFrozen: boolean; level: number; speaks: boolean | null },
  cells: number,
): string {
  const sign = look.speaks === null ? '' : look.speaks ? '▶ ' : '  ';
  const marks = [look.muted ? '🔇' : '', look.isFrozen ? '⏸' : ''].filter((mark) => mark !== '').join(' ');
  const hasMeter = !look.muted && cells >= meterFromCells;
  const after = [marks, hasMeter ? meterOf(look.level) : ''].filter((part) => part !== '');
  const marksCells = marks === '' ? 0 : 1 + stringWidth(marks);
  const room = cells - sign.length - marksCells - (hasMeter ? 1 + meterCells : 0);
  const name = cut(look.name.replace(controls, ''), Math.max(1, room));
  return cut(sign + [name, ...after].join(' '), cells);
}

/** A line without control characters, cut or filled up to so many cells. */
export function filledUp(text: string, cells: number): string {
  const line = cut(text.replace(controls, ''), cells);
  return line + ' '.repeat(Math.max(0, cells - stringWidth(line)));
}

/** Between the parts of a status. */
const gap = '  ';

/** Parts, the most important first, as one line: the last ones are left out for want of room, the hint at its end is not. */
export function hinted(text: string, hint: string, cells: number): string {
  const room = hint === '' ? cells : Math.max(1, cells - stringWidth(hint) - gap.length);
  const parts = text.replace(controls, '').split(gap);
  while (parts.length > 1 && stringWidth(parts.join(gap)) > room) parts.pop();
  const line = cut(parts.join(gap), room);
  return hint === '' ? line : `${line}${gap}${hint}`;
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
