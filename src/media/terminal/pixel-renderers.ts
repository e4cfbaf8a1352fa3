// Pictures as pixels, for terminals that can: kitty's graphics protocol, sixel, and iTerm2's inline images.
import { deflateSync } from 'node:zlib';
import type { ByteWriter } from './byte-writer.js';
import { kittyCommands, maxPlaceholderRows, pictureId, placeholderRow } from './placeholders.js';
import type { Pixels, Region, Renderer } from './renderer.js';
import { throughTmux } from './tmux.js';

/** More than this is not seen in a call, and costs every frame. */
const maxPixels = 640 * 480;
/** tmux reads every byte, and drops what its client does not take in time. */
const maxPixelsInTmux = 320 * 240;

abstract class PixelRenderer implements Renderer {
  readonly #cell: { cellWidth: number; cellHeight: number };

  constructor(cell: { cellWidth: number; cellHeight: number }) {
    this.#cell = cell;
  }

  pixelsOf({ rows, columns }: Region): { width: number; height: number } {
    const width = columns * this.#cell.cellWidth;
    const height = rows * this.#cell.cellHeight;
    const scale = this.scales ? Math.min(1, Math.sqrt(this.maxPixels / (width * height))) : 1;
    return { width: Math.max(1, Math.floor(width * scale)), height: Math.max(1, Math.floor(height * scale)) };
  }

  /** Whether the terminal enlarges pictures to their cells. */
  protected abstract readonly scales: boolean;
  protected readonly maxPixels: number = maxPixels;
  abstract draw(out: ByteWriter, id: number, region: Region, pixels: Pixels): void;

  reset(): void {
    // Every picture is written whole.
  }

  erase(_out: ByteWriter): void {
    // Gone with the text.
  }
}

/** https://sw.kovidgoyal.net/kitty/graphics-protocol: one image and one placement a tile, replaced by the next. */
export class Kitty extends PixelRenderer {
  protected readonly scales = true;
  readonly #ids = new Set<number>();

  draw(out: ByteWriter, id: number, region: Region, { width, height, rgb }: Pixels): void {
    const number = id + 1;
    this.#ids.add(number);
    out.moveTo(region.row, region.column);
    const head = `a=T,q=2,f=24,o=z,s=${width},v=${height},i=${number},p=1,c=${region.columns},r=${region.rows},C=1`;
    for (const command of kittyCommands(head, deflateSync(rgb, { level: 1 }))) out.text(command);
  }

  override erase(out: ByteWriter): void {
    for (const number of this.#ids) out.text(`\u001b_Ga=d,d=I,i=${number},q=2\u001b\\`);
    this.#ids.clear();
  }
}

/** The same through tmux: it sees text that names the image of each tile, which is replaced by the next. */
export class KittyInTmux extends PixelRenderer {
  protected readonly scales = true;
  protected override readonly maxPixels = maxPixelsInTmux;
  /** By tile: what names its image, and the region in which its text is. */
  readonly #tiles = new Map<number, { id: number; shown: string }>();

  draw(out: ByteWriter, id: number, region: Region, { width, height, rgb }: Pixels): void {
    const tile = this.#tiles.get(id) ?? { id: pictureId({}), shown: '' };
    this.#tiles.set(id, tile);
    const { row, column, columns } = region;
    const rows = Math.min(region.rows, maxPlaceholderRows);
    const head = `a=T,U=1,q=2,f=24,o=z,s=${width},v=${height},i=${tile.id},p=1,c=${columns},r=${rows}`;
    for (const command of kittyCommands(head, deflateSync(rgb, { level: 1 }))) out.text(throughTmux(command));
    const shown = `${row} ${column} ${rows} ${columns}`;
    if (tile.shown === shown) return;
    tile.shown = shown;
    for (let at = 0; at < rows; at++) {
      out.moveTo(row + at, column);
      out.text(placeholderRow(tile.id, at, columns));
    }
  }

  override reset(): void {
    for (const tile of this.#tiles.values()) tile.shown = '';
  }

  override erase(out: ByteWriter): void {
    for (const { id } of this.#tiles.values()) out.text(throughTmux(`\u001b_Ga=d,d=I,i=${id},q=2\u001b\\`));
    this.#tiles.clear();
  }
}

/** Sixel graphics (DEC STD 070) with the 216 colours of a 6 x 6 x 6 cube. */
export class Sixel extends PixelRenderer {
  protected readonly scales = false;
  readonly #palette = Array.from({ length: 216 }, (_, index) => {
    const percent = (step: number): number => Math.round(step * 20);
    return `#${index};2;${percent(Math.floor(index / 36))};${percent(Math.floor(index / 6) % 6)};${percent(index % 6)}`;
  }).join('');

  draw(out: ByteWriter, _id: number, region: Region, { width, height, rgb }: Pixels): void {
    // Whole bands: a last one of fewer rows would scroll in some terminals.
    const bands = Math.floor(height / 6);
    out.moveTo(region.row, region.column);
    out.text(`\u001bP0;1;0q"1;1;${width};${bands * 6}${this.#palette}`);
    // For each colour the sixels of a band: bit y of column x.
    const sixels = new Uint8Array(216 * width);
    for (let band = 0; band < bands; band++) {
      const used = new Uint8Array(216);
      for (let y = 0; y < 6; y++) {
        let source = (band * 6 + y) * width * 3;
        for (let x = 0; x < width; x++, source += 3) {
          const colour =
            36 * step(rgb[source] ?? 0) + 6 * step(rgb[source + 1] ?? 0) + step(rgb[source + 2] ?? 0);
          used[colour] = 1;
          const at = colour * width + x;
          sixels[at] = (sixels[at] ?? 0) | (1 << y);
        }
      }
      let isFirst = true;
      for (let colour = 0; colour < 216; colour++) {
        if (used[colour] === 0) continue;
        // Back to the beginning of the band for the next colour.
        if (!isFirst) out.byte(0x24);
        isFirst = false;
        this.#line(out, sixels.subarray(colour * width, (colour + 1) * width), colour);
      }
      out.byte(0x2d);
    }
    out.text('\u001b\\');
  }

  /** The sixels of one colour in a band, run-length encoded; they are empty afterwards. */
  #line(out: ByteWriter, sixels: Uint8Array, colour: number): void {
    out.byte(0x23);
    out.number(colour);
    let run = 0;
    let last = -1;
    for (let x = 0; x <= sixels.length; x++) {
      const sixel = x < sixels.length ? 63 + (sixels[x] ?? 0) : -1;
      if (sixel === last) {
        run++;
        continue;
      }
      // What is empty to the end of the line needs not be said.
      if (run > 3 && !(sixel === -1 && last === 63)) {
        out.byte(0x21);
        out.number(run);
        out.byte(last);
      } else if (!(sixel === -1 && last === 63)) for (let count = 0; count < run; count++) out.byte(last);
      last = sixel;
      run = 1;
    }
    sixels.fill(0);
  }
}

const steps = Uint8Array.from({ length: 256 }, (_, value) => Math.floor((value * 6) / 256));

function step(value: number): number {
  return steps[value] ?? 0;
}

/** iTerm2's inline images (OSC 1337): it decodes JPEGs itself, so that the picture goes through as it came. */
export class Iterm2 extends PixelRenderer {
  protected readonly scales = true;

  draw(out: ByteWriter, _id: number, region: Region, { source }: Pixels): void {
    out.moveTo(region.row, region.column);
    const size = `width=${region.columns};height=${region.rows};preserveAspectRatio=0;doNotMoveCursor=1`;
    out.text(`\u001b]1337;File=inline=1;size=${source.length};${size}:${source.toString('base64')}\u0007`);
  }
}
