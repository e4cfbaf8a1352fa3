// Still pictures beside text: which bytes put them onto the terminal, move them, cut them, and take them off again.
import { crc32, deflateSync } from 'node:zlib';
import { ByteWriter } from './byte-writer.js';
import type { Graphics } from './detect.js';
import { Iterm2, Sixel } from './pixel-renderers.js';
import { kittyCommands, pictureId } from './placeholders.js';
import { throughTmux } from './tmux.js';

/** A small decoded picture: `rgb` holds `width` × `height` × 3 bytes. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/** Where a picture is on the screen, and which of its rows of cells are. */
export interface Placement {
  readonly picture: Picture;
  /** Cells and rows that the whole picture takes. */
  readonly cells: number;
  readonly rows: number;
  /** The first of its rows that is shown, and how many are. */
  readonly firstRow: number;
  readonly shownRows: number;
  /** Cell of the terminal in which the first one begins, from 0. */
  readonly row: number;
  readonly column: number;
}

export interface StillPainter {
  /** Pictures are drawn over cells that the text leaves free; else the text itself shows them. */
  readonly isOver: boolean;
  /** Written before the text: `shown` are all pictures of the screen, `gone` those that are not there any more. */
  prepare(shown: readonly Placement[], gone: readonly Placement[]): string;
  /** Written after the text, for each picture that is new in its place. */
  draw(placement: Placement): string;
  /** Written before the text is cleared: pictures that lie over it go. */
  clear(): string;
  /** Takes everything back that the terminal has been given. */
  erase(): string;
}

/** Pictures that are kept in the terminal's memory, in case that they are scrolled to again. */
const maxKept = 48;

/** What the terminal has been given, oldest first. */
class Given {
  readonly #sizes = new Map<number, string>();

  constructor(private readonly wrap: (sequence: string) => string) {}

  /** The picture, if the terminal does not have it. */
  give(picture: Picture): string {
    const id = pictureId(picture);
    if (this.#sizes.has(id)) return '';
    this.#sizes.set(id, '');
    const { width, height, rgb } = picture;
    const head = `a=t,q=2,f=24,o=z,s=${width},v=${height},i=${id}`;
    return this.commands(kittyCommands(head, deflateSync(rgb)));
  }

  /** True when the picture had another size, or none. */
  isNewSize(picture: Picture, size: string): boolean {
    const id = pictureId(picture);
    const isNew = this.#sizes.get(id) !== size;
    // The one that was used last comes last.
    this.#sizes.delete(id);
    this.#sizes.set(id, size);
    return isNew;
  }

  /** Takes the oldest ones back, but for those on the screen. */
  limit(shown: readonly Placement[]): string {
    const needed = new Set(shown.map(({ picture }) => pictureId(picture)));
    const spare = [...this.#sizes.keys()].filter((id) => !needed.has(id));
    return this.#take(spare.slice(0, Math.max(0, this.#sizes.size - maxKept)));
  }

  takeAll(): string {
    return this.#take([...this.#sizes.keys()]);
  }

  commands(sequences: readonly string[]): string {
    return sequences.map((sequence) => this.wrap(sequence)).join('');
  }

  #take(some: readonly number[]): string {
    for (const id of some) this.#sizes.delete(id);
    return this.commands(some.map((id) => `\u001b_Ga=d,d=I,i=${id},q=2\u001b\\`));
  }
}

/** Kitty's placeholders: the terminal gets each picture once, and the text says where it is. */
class Placeholders implements StillPainter {
  readonly isOver = false;
  readonly #given: Given;

  constructor(inTmux: boolean) {
    this.#given = new Given(inTmux ? throughTmux : (sequence) => sequence);
  }

  prepare(shown: readonly Placement[]): string {
    const given = this.#given;
    let bytes = '';
    for (const { picture, cells, rows } of shown) {
      bytes += given.give(picture);
      if (!given.isNewSize(picture, `${cells} ${rows}`)) continue;
      const place = `a=p,U=1,q=2,i=${pictureId(picture)},p=1,c=${cells},r=${rows}`;
      bytes += given.commands([`\u001b_G${place}\u001b\\`]);
    }
    return bytes + given.limit(shown);
  }

  draw(): string {
    return '';
  }

  clear(): string {
    return '';
  }

  erase(): string {
    return this.#given.takeAll();
  }
}

/** The pixel rows of a picture that belong to the rows that are shown. */
function shownPixels({ picture, rows, firstRow, shownRows }: Placement): { y: number; height: number } {
  const y = Math.round((picture.height * firstRow) / rows);
  const end = Math.round((picture.height * (firstRow + shownRows)) / rows);
  return { y: Math.min(y, picture.height - 1), height: Math.max(1, end - y) };
}

/** Kitty's graphics where there are no placeholders: the picture is placed at the cursor, and taken away again. */
class KittyPlacements implements StillPainter {
  readonly isOver = true;
  readonly #given = new Given((sequence) => sequence);

  prepare(shown: readonly Placement[], gone: readonly Placement[]): string {
    const taken = gone.map(({ picture }) => `\u001b_Ga=d,d=i,i=${pictureId(picture)},p=1,q=2\u001b\\`);
    return (
      taken.join('') +
      shown.map(({ picture }) => this.#given.give(picture)).join('') +
      this.#given.limit(shown)
    );
  }

  draw(placement: Placement): string {
    const { picture, cells, shownRows, row, column } = placement;
    const { y, height } = shownPixels(placement);
    const part = `x=0,y=${y},w=${picture.width},h=${height}`;
    const place = `a=p,q=2,C=1,i=${pictureId(picture)},p=1,c=${cells},r=${shownRows},${part}`;
    return `\u001b[${row + 1};${column + 1}H\u001b_G${place}\u001b\\`;
  }

  clear(): string {
    return this.#given.takeAll();
  }

  erase(): string {
    return this.#given.takeAll();
  }
}

/** A picture of another size, by the mean of the four nearest pixels. */
function scaled({ width, height, rgb }: Picture, toWidth: number, toHeight: number): Buffer {
  const result = Buffer.allocUnsafe(toWidth * toHeight * 3);
  let to = 0;
  for (let row = 0; row < toHeight; row++) {
    const y = Math.min(height - 1, Math.max(0, ((row + 0.5) * height) / toHeight - 0.5));
    const top = Math.floor(y) * width;
    const below = Math.min(height - 1, Math.floor(y) + 1) * width;
    for (let column = 0; column < toWidth; column++) {
      const x = Math.min(width - 1, Math.max(0, ((column + 0.5) * width) / toWidth - 0.5));
      const left = Math.floor(x);
      const right = Math.min(width - 1, left + 1);
      for (let channel = 0; channel < 3; channel++) {
        const at = (index: number): number => rgb[index * 3 + channel] ?? 0;
        const upper = at(top + left) * (1 - (x - left)) + at(top + right) * (x - left);
        const lower = at(below + left) * (1 - (x - left)) + at(below + right) * (x - left);
        result[to++] = Math.round(upper + (lower - upper) * (y - Math.floor(y)));
      }
    }
  }
  return result;
}

/** What is drawn as bytes at the cursor; those of each picture are kept while it is shown in the same way. */
abstract class Inline implements StillPainter {
  readonly isOver = true;
  readonly #encoded = new WeakMap<Picture, { key: string; bytes: string }>();

  prepare(): string {
    return '';
  }

  draw(placement: Placement): string {
    const { picture, cells, rows, firstRow, shownRows, row, column } = placement;
    const key = `${cells} ${rows} ${firstRow} ${shownRows}`;
    let known = this.#encoded.get(picture);
    if (known?.key !== key) {
      known = { key, bytes: this.encode(placement) };
      this.#encoded.set(picture, known);
    }
    return `\u001b[${row + 1};${column + 1}H${known.bytes}`;
  }

  clear(): string {
    return '';
  }

  erase(): string {
    return '';
  }

  /** Bytes that draw it where the cursor is. */
  protected abstract encode(placement: Placement): string;
}

/** What a renderer of the call's pictures writes, without its move of the cursor. */
function withoutMove(write: (out: ByteWriter) => void): string {
  const out = new ByteWriter();
  write(out);
  return out
    .take()
    .toString('latin1')
    .replace(/^\u001b\[[\d;]*H/, '');
}

/** Scaled pixels that are kept, so that a picture is not scaled anew at each row that it is scrolled by. */
const maxScaledBytes = 16_000_000;

class SixelPictures extends Inline {
  readonly #cell: { cellWidth: number; cellHeight: number };
  /** The one that was used last comes last. */
  readonly #scaled = new Map<Picture, { width: number; height: number; rgb: Buffer }>();

  constructor(cell: { cellWidth: number; cellHeight: number }) {
    super();
    this.#cell = cell;
  }

  protected encode({ picture, cells, rows, firstRow, shownRows }: Placement): string {
    const { cellWidth, cellHeight } = this.#cell;
    const width = cells * cellWidth;
    const whole = this.#scale(picture, width, rows * cellHeight);
    const height = shownRows * cellHeight;
    const rgb = whole.subarray(firstRow * cellHeight * width * 3).subarray(0, height * width * 3);
    const region = { row: 0, column: 0, rows: shownRows, columns: cells };
    return withoutMove((out) =>
      new Sixel(this.#cell).draw(out, 0, region, { width, height, rgb, source: rgb }),
    );
  }

  #scale(picture: Picture, width: number, height: number): Buffer {
    const known = this.#scaled.get(picture);
    const isSame = known?.width === width && known.height === height;
    const rgb = isSame ? known.rgb : scaled(picture, width, height);
    this.#scaled.delete(picture);
    this.#scaled.set(picture, { width, height, rgb });
    let bytes = [...this.#scaled.values()].reduce((sum, one) => sum + one.rgb.length, 0);
    for (const [old, one] of this.#scaled) {
      if (bytes <= maxScaledBytes) break;
      bytes -= one.rgb.length;
      this.#scaled.delete(old);
    }
    return rgb;
  }
}

function pngChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(data.length, 0);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), body.length + 4);
  return chunk;
}

/** Pixels as PNG (RFC 2083), 8 bits a channel, rows without a filter. */
function pngOf(width: number, height: number, rgb: Uint8Array): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const rows = Buffer.alloc((width * 3 + 1) * height);
  for (let y = 0; y < height; y++)
    rows.set(rgb.subarray(y * width * 3, (y + 1) * width * 3), y * (width * 3 + 1) + 1);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const chunks = [
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(rows)),
    pngChunk('IEND', Buffer.alloc(0)),
  ];
  return Buffer.concat([signature, ...chunks]);
}

class Iterm2Pictures extends Inline {
  readonly #renderer = new Iterm2({ cellWidth: 1, cellHeight: 1 });

  protected encode(placement: Placement): string {
    const { picture, cells, shownRows } = placement;
    const { width, rgb } = picture;
    const { y, height } = shownPixels(placement);
    const part = rgb.subarray(y * width * 3, (y + height) * width * 3);
    const source = pngOf(width, height, part);
    const region = { row: 0, column: 0, rows: shownRows, columns: cells };
    return withoutMove((out) => this.#renderer.draw(out, 0, region, { width, height, rgb: source, source }));
  }
}

/** Nothing but text. */
export const textOnly: StillPainter = {
  isOver: false,
  prepare: () => '',
  draw: () => '',
  clear: () => '',
  erase: () => '',
};

export function stillPainterFor(graphics: Graphics): StillPainter {
  switch (graphics.view) {
    case 'kitty':
      return graphics.placeholders ? new Placeholders(graphics.inTmux) : new KittyPlacements();
    case 'sixel':
      return new SixelPictures(graphics);
    case 'iterm2':
      return new Iterm2Pictures();
    case 'blocks':
    case 'ascii':
      return textOnly;
  }
}
