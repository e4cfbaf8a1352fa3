// Still pictures in the terminal: decoded and shrunk by sharp, drawn as text: half blocks that any terminal can show, or room for pixels.
import { indexOf256, type Colours } from '../../media/terminal/colours.js';
import {
  maxPlaceholderRows,
  pictureId,
  placeholder,
  placeholderRow,
} from '../../media/terminal/placeholders.js';
import type { Picture } from '../../media/terminal/still-pictures.js';
import { PytalkError } from '../../protocol/errors.js';
import { because } from '../../protocol/reasons.js';
import type { Line } from './spans.js';

/**
 * How pictures are shown: `blocks` in the text itself, `placeholders` by text that names them to the terminal, `over` by
 * pixels on cells that the text leaves free, `none` not at all.
 */
export type PictureLook = 'blocks' | 'placeholders' | 'over' | 'none';

/** A picture bomb of a few kilobytes may claim billions of pixels: more than this is not decoded. */
const maxInputPixels = 64_000_000;

/** Never SVG and the like: documents of others that a large program would have to interpret. */
const decoded: ReadonlySet<string | undefined> = new Set(['png', 'jpeg', 'gif', 'webp']);

/** What is told of a picture that cannot be decoded: a library's words are not the reader's. */
export function badPicture(cause: unknown): PytalkError {
  if (cause instanceof PytalkError) return cause;
  return new PytalkError('bad-picture', { details: because('damaged-picture'), cause });
}

/** Decodes a picture (a path or bytes) to at most `maxWidth` × `maxHeight` pixels. Rejects all but PNG, JPEG, GIF and WebP. */
export async function loadPicture(
  source: string | Uint8Array,
  maxWidth: number,
  maxHeight: number,
): Promise<Picture> {
  // Loaded with the first picture: it would take a third of the time in which the chat is on the screen.
  const { default: sharp } = await import('sharp');
  const input = sharp(source, { limitInputPixels: maxInputPixels, failOn: 'error', animated: false });
  const { format } = await input.metadata();
  if (!decoded.has(format)) throw badPicture(new Error(format));
  const { data, info } = await input
    .rotate()
    .resize(maxWidth, maxHeight, { fit: 'inside', withoutEnlargement: true })
    .flatten({ background: '#808080' })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  if (info.channels === 3) return { width: info.width, height: info.height, rgb: data };
  // One channel (grey): three equal ones.
  const rgb = new Uint8Array(info.width * info.height * 3);
  for (let index = 0; index < rgb.length; index++)
    rgb[index] = data[Math.floor(index / 3) * info.channels] ?? 0;
  return { width: info.width, height: info.height, rgb };
}

/** Cells and rows a picture takes in a space: a cell is one pixel wide and two high. Never enlarged. */
export function pictureCells(
  picture: Picture,
  maxCells: number,
  maxRows: number,
): { cells: number; rows: number } {
  const scale = Math.min(1, maxCells / picture.width, (maxRows * 2) / picture.height);
  return {
    cells: Math.max(1, Math.round(picture.width * scale)),
    rows: Math.max(1, Math.ceil((picture.height * scale) / 2)),
  };
}

type Colour = readonly [red: number, green: number, blue: number];

/** The mean colour of a rectangle of the picture, given as fractions of it. */
function sample(picture: Picture, left: number, top: number, right: number, bottom: number): Colour {
  const x0 = Math.floor(left * picture.width);
  const y0 = Math.floor(top * picture.height);
  const x1 = Math.max(x0 + 1, Math.min(picture.width, Math.floor(right * picture.width)));
  const y1 = Math.max(y0 + 1, Math.min(picture.height, Math.floor(bottom * picture.height)));
  const sum = [0, 0, 0];
  for (let y = y0; y < y1; y++)
    for (let x = x0; x < x1; x++)
      for (let channel = 0; channel < 3; channel++)
        sum[channel] = (sum[channel] ?? 0) + (picture.rgb[(y * picture.width + x) * 3 + channel] ?? 0);
  const count = (x1 - x0) * (y1 - y0);
  return [
    Math.round((sum[0] ?? 0) / count),
    Math.round((sum[1] ?? 0) / count),
    Math.round((sum[2] ?? 0) / count),
  ];
}

function colourCode(colour: Colour, depth: Colours): string {
  return depth === 'true' ? `2;${colour.join(';')}` : `5;${indexOf256(...colour)}`;
}

const shades = [' ', '░', '▒', '▓', '█'] as const;

function shade([red, green, blue]: Colour): string {
  const light = (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 256;
  return shades[Math.floor(light * shades.length)] ?? ' ';
}

/** The picture as rows of half blocks with SGR colours; without colours as shades of grey blocks. */
export function drawPicture(picture: Picture, cells: number, rows: number, depth: Colours): string[] {
  return Array.from({ length: rows }, (_, row) => {
    let result = '';
    let last = '';
    for (let column = 0; column < cells; column++) {
      const left = column / cells;
      const right = (column + 1) / cells;
      const top = row / rows;
      const bottom = (row + 1) / rows;
      if (depth === 'none') {
        result += shade(sample(picture, left, top, right, bottom));
        continue;
      }
      const middle = (top + bottom) / 2;
      const upper = colourCode(sample(picture, left, top, right, middle), depth);
      const lower = colourCode(sample(picture, left, middle, right, bottom), depth);
      const codes = `\u001b[38;${upper};48;${lower}m`;
      result += codes === last ? '▀' : `${codes}▀`;
      last = codes;
    }
    return depth === 'none' ? result : `${result}\u001b[0m`;
  });
}

/** Drawing a picture costs milliseconds, and a conversation is drawn at every key: the last drawing is kept with it. */
const drawings = new WeakMap<Picture, { key: string; lines: readonly Line[] }>();

/** The rows of a picture; in pixels each has a piece that says which row of which picture it is. */
export function pictureRows(
  picture: Picture,
  room: { readonly cells: number; readonly rows: number },
  look: { readonly colours: Colours; readonly look: PictureLook },
): readonly Line[] {
  const isBlocks = look.look === 'blocks';
  const mostRows = isBlocks ? room.rows : Math.min(room.rows, maxPlaceholderRows);
  const { cells, rows } = pictureCells(picture, room.cells, mostRows);
  const key = `${cells} ${rows} ${look.look} ${look.colours}`;
  const last = drawings.get(picture);
  if (last?.key === key) return last.lines;
  const texts = isBlocks
    ? drawPicture(picture, cells, rows, look.colours)
    : Array.from({ length: rows }, (_, row) =>
        look.look === 'over' ? placeholder.repeat(cells) : placeholderRow(pictureId(picture), row, cells),
      );
  const lines = texts.map((text, row): Line => [
    { picture: text, cells, ...(!isBlocks && { of: { picture, cells, rows, row } }) },
  ]);
  drawings.set(picture, { key, lines });
  return lines;
}
