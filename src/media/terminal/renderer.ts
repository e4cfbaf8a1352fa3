// What every way of drawing offers: pixels into a rectangle of cells, as bytes for the terminal.
import type { ByteWriter } from './byte-writer.js';

/** A rectangle of cells; row and column from 0. */
export interface Region {
  readonly row: number;
  readonly column: number;
  readonly rows: number;
  readonly columns: number;
}

/** Pixels, 3 bytes each: red, green, blue; and the file that they were decoded from. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly rgb: Buffer;
  readonly source: Buffer;
}

export interface Renderer {
  /** Pixels that a region takes; the picture is scaled to them. */
  pixelsOf(region: Region): { width: number; height: number };
  /** Writes what brings the terminal from what it shows to this picture. `id` is the tile's number. */
  draw(out: ByteWriter, id: number, region: Region, pixels: Pixels): void;
  /** Forgets what the terminal shows: it was cleared. */
  reset(): void;
  /** Writes what takes pictures off the terminal that clearing does not; nothing for text. */
  erase(out: ByteWriter): void;
}
