// A terminal in memory that shows pictures, by kitty's placements, sixel or iTerm2's inline images: it tells the colour of each cell.
import { inflateSync } from 'node:zlib';
import { FakeTerminal } from './fake-terminal.js';

interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

export type Colour = readonly number[];

/** The middle of each cell of pixels spread over so many cells and rows. */
function middles({ width, height, rgb }: Pixels, cells: number, rows: number): Colour[][] {
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: cells }, (_unused, cell) => {
      const x = Math.floor(((cell + 0.5) * width) / cells);
      const y = Math.floor(((row + 0.5) * height) / rows);
      return [...rgb.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
    }),
  );
}

/** Sixels (DEC STD 070) as pixels: colours of raster attributes `"1;1;w;h`, `#n;2;r;g;b`, `#n`, `!n`, `$` and `-`. */
function sixelPixels(body: string): Pixels {
  const [head = '', ...sizes] = /^P0;1;0q"\d+;\d+;(\d+);(\d+)/.exec(body) ?? [];
  const [width = 0, height = 0] = sizes.map(Number);
  const rgb = new Uint8Array(width * height * 3);
  const colours = new Map<number, Colour>();
  let [x, y, colour]: [number, number, Colour] = [0, 0, [0, 0, 0]];
  for (const [token] of body.slice(head.length).matchAll(/#\d+(?:;2;\d+;\d+;\d+)?|!\d+[?-~]|[?-~]|[$-]/g)) {
    const [number = 0, , ...channels] = token.startsWith('#') ? token.slice(1).split(';').map(Number) : [];
    if (channels.length === 3)
      colours.set(
        number,
        channels.map((percent) => Math.round((percent * 255) / 100)),
      );
    else if (token.startsWith('#')) colour = colours.get(number)!;
    else if (token === '$') x = 0;
    else if (token === '-') [x, y] = [0, y + 6];
    else {
      const count = token.startsWith('!') ? Number.parseInt(token.slice(1), 10) : 1;
      const bits = token.charCodeAt(token.length - 1) - 63;
      for (let at = 0; at < count; at++, x++)
        for (let bit = 0; bit < 6; bit++) if ((bits >> bit) & 1) rgb.set(colour, ((y + bit) * width + x) * 3);
    }
  }
  return { width, height, rgb };
}

/** A PNG of 8 bits a channel without filters. */
function pngPixels(png: Buffer): Pixels {
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  const length = png.readUInt32BE(33);
  const rows = inflateSync(png.subarray(41, 41 + length));
  const lines = Array.from({ length: height }, (_, y) =>
    rows.subarray(y * (width * 3 + 1) + 1, (y + 1) * (width * 3 + 1)),
  );
  return { width, height, rgb: Buffer.concat(lines) };
}

/** Keys of kitty's command `a=p,i=3`. */
function keysOf(text: string): Record<string, string> {
  return Object.fromEntries(text.split(',').map((pair) => pair.split('=') as [string, string]));
}

/** What tmux hands on to the terminal around it. */
export function insideTmux(bytes: string): string {
  return bytes.replaceAll(/\u001bPtmux;((?:[^\u001b]|\u001b\u001b)*)\u001b\\/g, (_, inner: string) =>
    inner.replaceAll('\u001b\u001b', '\u001b'),
  );
}

export class PictureTerminal extends FakeTerminal {
  /** Kitty's images by id. */
  readonly images = new Map<string, Pixels>();
  /** Where kitty's placements are, by the image's id; virtual ones have no cells. */
  readonly placements = new Map<string, Map<string, Colour>>();
  /** Ids of images with a virtual placement, with its columns and rows. */
  readonly virtual = new Map<string, string>();
  private readonly inline = new Map<string, Colour>();
  private chunks = '';
  private head: Record<string, string> = {};

  /** Cells of a picture, `row column` to colour. */
  get pictureCells(): Map<string, Colour> {
    return new Map([...this.inline, ...[...this.placements.values()].flatMap((cells) => [...cells])]);
  }

  protected override wiped(row: number, column: number): void {
    // Before the fields are there, the screen is cleared once.
    (this.inline as Map<string, Colour> | undefined)?.delete(`${row} ${column}`);
  }

  protected override obeyString(string: string): void {
    super.obeyString(string);
    if (string.startsWith('P0;1;0q')) {
      const pixels = sixelPixels(string);
      this.paint(this.inline, pixels, Math.round(pixels.width / 6), Math.round(pixels.height / 6));
    } else if (string.startsWith(']1337;File=')) {
      const [keys = '', data = ''] = string.slice(11).split(':');
      const { width, height } = keysOf(keys.replaceAll(';', ','));
      this.paint(this.inline, pngPixels(Buffer.from(data, 'base64')), Number(width), Number(height));
    } else if (string.startsWith('_G')) this.kitty(string.slice(2));
  }

  private paint(into: Map<string, Colour>, pixels: Pixels, cells: number, rows: number): void {
    for (const [row, line] of middles(pixels, cells, rows).entries())
      for (const [cell, colour] of line.entries())
        into.set(`${this.row + row} ${this.column + cell}`, colour);
  }

  private kitty(command: string): void {
    const [keys = '', data = ''] = command.split(';');
    const now = keysOf(keys);
    if (now['a'] !== undefined) this.head = now;
    const { a, d, i = '', s, v, c = '', r = '', U } = this.head;
    this.chunks += data;
    if (now['m'] === '1') return;
    const bytes = Buffer.from(this.chunks, 'base64');
    this.chunks = '';
    if (a === 't' || a === 'T')
      this.images.set(i, { width: Number(s), height: Number(v), rgb: inflateSync(bytes) });
    if (a === 'T' && U === '1') this.virtual.set(i, `${c}x${r}`);
    else if (a === 'd') {
      this.placements.delete(i);
      if (d === 'I') for (const map of [this.images, this.virtual]) map.delete(i);
    } else if (a === 'p' && U === '1') {
      if (this.images.has(i)) this.virtual.set(i, `${c}x${r}`);
    } else if (a === 'p') {
      const { width, rgb } = this.images.get(i)!;
      const [y, height] = [Number(this.head['y']), Number(this.head['h'])];
      const cells = new Map<string, Colour>();
      this.paint(cells, { width, height, rgb: rgb.subarray(y * width * 3) }, Number(c), Number(r));
      this.placements.set(i, cells);
    }
  }
}
