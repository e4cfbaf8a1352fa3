// Pictures as coloured half blocks (U+2580): two pixels a cell, and only the cells that have changed are written.
import type { ByteWriter } from './byte-writer.js';
import { indexOf256 } from './colours.js';
import type { Pixels, Region, Renderer } from './renderer.js';

const upperHalf = Buffer.from('▀');
const unknown = -1;
/** A cell is left as it is while no channel is further off than this, of 255: cameras are never quite still. */
const tolerance = 14;
/** One row in so many is written exactly in each picture, so that no error stays for longer than a second. */
const exactEvery = 24;
/** Colours are rounded to steps of 8: neighbours become equal, and a colour that goes on need not be written again. */
const colourMask = 0xf8;

/** What a region of the terminal shows. */
interface Shown {
  readonly key: string;
  /** Colours of both halves of each cell, 24 bits; `unknown` before the first picture. */
  readonly upper: Int32Array;
  readonly lower: Int32Array;
  turn: number;
}

export class HalfBlocks implements Renderer {
  readonly #isTrueColour: boolean;
  readonly #shown = new Map<number, Shown>();
  /** The colours the terminal writes with at this moment. */
  #foreground = unknown;
  #background = unknown;

  constructor(isTrueColour: boolean) {
    this.#isTrueColour = isTrueColour;
  }

  pixelsOf({ rows, columns }: Region): { width: number; height: number } {
    return { width: columns, height: rows * 2 };
  }

  reset(): void {
    this.#shown.clear();
  }

  erase(): void {
    // Text is cleared with the rest.
  }

  draw(out: ByteWriter, id: number, region: Region, { width, rgb }: Pixels): void {
    const { rows, columns } = region;
    const shown = this.#shownIn(id, region);
    const { upper, lower } = shown;
    shown.turn = (shown.turn + 1) % exactEvery;
    this.#foreground = this.#background = unknown;
    let isAnything = false;
    for (let row = 0; row < rows; row++) {
      const allowed = row % exactEvery === shown.turn ? 7 : tolerance;
      let cursor = -1;
      for (let column = 0; column < columns; column++) {
        const at = (row * 2 * width + column) * 3;
        const below = at + width * 3;
        const wantedUpper = packed(rgb, at);
        const wantedLower = packed(rgb, below);
        const cell = row * columns + column;
        if (
          isNear(upper[cell] ?? unknown, wantedUpper, allowed) &&
          isNear(lower[cell] ?? unknown, wantedLower, allowed)
        ) {
          continue;
        }
        if (cursor !== column) {
          // One or two cells that are right are written again for fewer bytes than the cursor's move.
          out.moveTo(region.row + row, region.column + column);
        }
        cursor = column + 1;
        upper[cell] = wantedUpper;
        lower[cell] = wantedLower;
        isAnything = true;
        this.#cell(out, wantedUpper, wantedLower);
      }
    }
    if (isAnything) out.text('\u001b[0m');
  }

  #shownIn(id: number, { row, column, rows, columns }: Region): Shown {
    const key = `${row} ${column} ${rows} ${columns}`;
    const known = this.#shown.get(id);
    if (known?.key === key) return known;
    const cells = rows * columns;
    const fresh: Shown = {
      key,
      upper: new Int32Array(cells).fill(unknown),
      lower: new Int32Array(cells).fill(unknown),
      turn: 0,
    };
    this.#shown.set(id, fresh);
    return fresh;
  }

  /** One cell with as few changes of colour as it takes. */
  #cell(out: ByteWriter, upper: number, lower: number): void {
    if (upper === lower) {
      // A space shows the background alone.
      this.#colour(out, unknown, upper);
      out.byte(0x20);
      return;
    }
    this.#colour(out, upper, lower);
    out.buffer(upperHalf);
  }

  #colour(out: ByteWriter, foreground: number, background: number): void {
    const setsForeground = foreground !== unknown && foreground !== this.#foreground;
    const setsBackground = background !== this.#background;
    if (!setsForeground && !setsBackground) return;
    out.text('\u001b[');
    if (setsForeground) {
      this.#code(out, 38, foreground);
      this.#foreground = foreground;
      if (setsBackground) out.byte(0x3b);
    }
    if (setsBackground) {
      this.#code(out, 48, background);
      this.#background = background;
    }
    out.byte(0x6d);
  }

  #code(out: ByteWriter, what: number, colour: number): void {
    const red = colour >> 16;
    const green = (colour >> 8) & 0xff;
    const blue = colour & 0xff;
    out.number(what);
    if (this.#isTrueColour) {
      out.text(';2;');
      out.number(red);
      out.byte(0x3b);
      out.number(green);
      out.byte(0x3b);
      out.number(blue);
    } else {
      out.text(';5;');
      out.number(indexOf256(red, green, blue));
    }
  }
}

function packed(rgb: Buffer, at: number): number {
  return (
    (((rgb[at] ?? 0) & colourMask) << 16) |
    (((rgb[at + 1] ?? 0) & colourMask) << 8) |
    ((rgb[at + 2] ?? 0) & colourMask)
  );
}

/** Whether each channel of two colours differs by at most so much. */
function isNear(shown: number, wanted: number, allowed: number): boolean {
  if (shown === wanted) return true;
  if (shown === unknown) return false;
  return (
    Math.abs((shown >> 16) - (wanted >> 16)) <= allowed &&
    Math.abs(((shown >> 8) & 0xff) - ((wanted >> 8) & 0xff)) <= allowed &&
    Math.abs((shown & 0xff) - (wanted & 0xff)) <= allowed
  );
}
