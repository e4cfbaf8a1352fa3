// How much a picture differs from the one before: the scene score of ffmpeg's `select` filter, on thumbnails.
import sharp from 'sharp';

const width = 160;
const height = 120;

/** A picture as 160 x 120 grey values, whatever its own size; averaging takes most of a camera's noise out. */
export async function thumbnailOf(jpeg: Buffer): Promise<Buffer> {
  return sharp(jpeg, { failOn: 'error' })
    .resize(width, height, { fit: 'fill', kernel: 'linear' })
    .greyscale()
    .raw()
    .toBuffer();
}

/**
 * From 0 (the same) to 1. As ffmpeg's `scene` (libavfilter/f_select.c): the mean absolute difference, but no more than
 * it has changed since the picture before, so that steady noise or a steady fan counts for nothing.
 */
export class SceneScore {
  #last: Buffer | null = null;
  #lastDifference = 0;

  /** Takes the next thumbnail. The first one scores 0. */
  next(thumbnail: Buffer): number {
    const last = this.#last;
    this.#last = thumbnail;
    if (last?.length !== thumbnail.length) {
      this.#lastDifference = 0;
      return 0;
    }
    let sum = 0;
    for (let at = 0; at < thumbnail.length; at++) sum += Math.abs((thumbnail[at] ?? 0) - (last[at] ?? 0));
    const difference = sum / thumbnail.length / 256;
    const score = Math.min(difference, Math.abs(difference - this.#lastDifference));
    this.#lastDifference = difference;
    return score;
  }
}
