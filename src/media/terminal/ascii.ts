// Pictures as characters, for terminals without colours: the lighter the denser.
import type { ByteWriter } from './byte-writer.js';
import type { Pixels, Region, Renderer } from './renderer.js';

const ramp = Buffer.from(' .,:;i1tfLCG08@');
/** Steps of the ramp that a cell may be off before it is written anew. */
const tolerance = 1;

export class Ascii implements Renderer {
  readonly #shown = new Map<number, { key: string; steps: Int8Array }>();

  pixelsOf({ rows, columns }: Region): { width: number; height: number } {
    return { width: columns, height: rows };
  }

  reset(): void {
    this.#shown.clear();
  }

  erase(): void {
    // Text is cleared with the rest.
  }

  draw(out: ByteWriter, id: number, region: Region, { rgb }: Pixels): void {
    const { rows, columns, row: top, column: left } = region;
    const key = `${top} ${left} ${rows} ${columns}`;
    let shown = this.#shown.get(id);
    if (shown?.key !== key) {
      shown = { key, steps: new Int8Array(rows * columns).fill(-100) };
      this.#shown.set(id, shown);
    }
    const { steps } = shown;
    for (let row = 0; row < rows; row++) {
      let cursor = -1;
      for (let column = 0; column < columns; column++) {
        const cell = row * columns + column;
        const at = cell * 3;
        const light = (rgb[at] ?? 0) * 54 + (rgb[at + 1] ?? 0) * 183 + (rgb[at + 2] ?? 0) * 19;
        const step = Math.min(ramp.length - 1, (light * ramp.length) >> 16);
        if (Math.abs((steps[cell] ?? 0) - step) <= tolerance) continue;
        if (cursor !== column) out.moveTo(top + row, left + column);
        cursor = column + 1;
        steps[cell] = step;
        out.byte(ramp[step] ?? 0x20);
      }
    }
  }
}
