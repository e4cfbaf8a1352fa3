// Kitty's graphics protocol: its commands, and pictures as Unicode placeholders, which are text to programs in between.
// https://sw.kovidgoyal.net/kitty/graphics-protocol/#unicode-placeholders
import { randomInt } from 'node:crypto';

/** Each cell of a picture is this character (private use, one cell wide). */
export const placeholder = '\u{10EEEE}';

/** Marks that stand for numbers from 0 on: `rowcolumn-diacritics.txt` of kitty, as ranges, up to what is needed here. */
const markRanges =
  '0305 030D-030E 0310 0312 033D-033F 0346 034A-034C 0350-0352 0357 035B 0363-036F 0483-0487 0592-0595 0597-0599 ' +
  '059C-05A1 05A8-05A9 05AB-05AC 05AF 05C4 0610-0617 0657-065B 065D-065E 06D6-06DC 06DF-06E2 06E4 06E7-06E8 06EB-06EC ' +
  '0730 0732-0733 0735-0736 073A 073D 073F-0741 0743 0745 0747 0749-074A 07EB-07F1 07F3 0816-0819 081B-0823 0825-0827 ' +
  '0829-082D 0951 0953-0954 0F82-0F83 0F86-0F87 135D-135F 17DD 193A 1A17 1A75-1A7C 1B6B 1B6D-1B73 1CD0-1CD2 1CDA-1CDB ' +
  '1CE0 1DC0-1DC1 1DC3-1DC9 1DCB-1DCC 1DD1-1DE6 1DFE 20D0-20D1 20D4-20D7 20DB-20DC 20E1 20E7 20E9 20F0';

const marks = markRanges.split(' ').flatMap((range) => {
  const [from = 0, to = from] = range.split('-').map((code) => Number.parseInt(code, 16));
  return Array.from({ length: to - from + 1 }, (_, at) => String.fromCodePoint(from + at));
});

/** Rows of a placeholder picture at most. */
export const maxPlaceholderRows = marks.length;

/** Ids that differ in their last byte, which is a colour of the 256; 0 is none. */
const idsPerBlock = 255;
/** Blocks of ids that one process uses, from one taken by chance: another program may have pictures in the same terminal. */
const blocks = 4;
const firstBlock = 1 + randomInt(maxPlaceholderRows - blocks - 1);

let count = 0;
const ids = new WeakMap<object, number>();

/** The number under which the terminal knows a picture: the same one for the same object. */
export function pictureId(picture: object): number {
  const known = ids.get(picture);
  if (known !== undefined) return known;
  const block = firstBlock + (Math.floor(count / idsPerBlock) % blocks);
  const id = block * 0x1000000 + (count % idsPerBlock) + 1;
  count++;
  ids.set(picture, id);
  return id;
}

/**
 * A row of a picture as text. The first cell tells row, column and the first byte of the id; the others go on from their
 * left neighbour. The last byte is the colour: one of 256, which tmux hands on as it is.
 */
export function placeholderRow(id: number, row: number, cells: number): string {
  const first = `${placeholder}${marks[row] ?? ''}${marks[0] ?? ''}${marks[Math.floor(id / 0x1000000)] ?? ''}`;
  return `\u001b[38;5;${id % 0x100}m${first}${placeholder.repeat(cells - 1)}\u001b[39m`;
}

/** Characters of one chunk of a command's data. */
const maxChunk = 4096;

/** A command with its data in chunks, each a sequence of its own. */
export function kittyCommands(head: string, data: Buffer): string[] {
  const text = data.toString('base64');
  const count = Math.max(1, Math.ceil(text.length / maxChunk));
  return Array.from({ length: count }, (_, at) => {
    const keys = `${at === 0 ? `${head},` : ''}m=${at === count - 1 ? 0 : 1}`;
    return `\u001b_G${keys};${text.slice(at * maxChunk, (at + 1) * maxChunk)}\u001b\\`;
  });
}
