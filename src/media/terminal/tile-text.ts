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

/** As few cells of a word say something still. */
const leastCells = 4;

/**
 * Parts of a status, the most important first, in so many cells: the last ones are left out for want of room. The first of
 * those is cut instead when it is in words; a number that is cut would be another one.
 */
export function fittingParts(status: string, cells: number): string {
  const parts = status.replace(controls, '').split(gap);
  let shown = parts.shift() ?? '';
  for (const part of parts) {
    const room = cells - stringWidth(shown) - gap.length;
    const fits = stringWidth(part) <= room;
    if (fits || (room >= leastCells && !/^\d/.test(part))) shown += gap + cut(part, room);
    if (!fits) break;
  }
  return cut(shown, cells);
}

/** The same with a hint at its end, which stays whole. */
export function hinted(status: string, hint: string, cells: number): string {
  if (hint === '') return fittingParts(status, cells);
  return `${fittingParts(status, Math.max(1, cells - stringWidth(hint) - gap.length))}${gap}${hint}`;
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
