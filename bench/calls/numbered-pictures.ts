// Pictures that say which one they are: by their bytes while they pass untouched, by black and white blocks when encoded anew.
import { createHash, randomBytes } from 'node:crypto';
import sharp from 'sharp';
import { parseJpeg } from '../../src/protocol/rtp-jpeg.js';

const width = 640;
const height = 480;
/** The number and, so that noise is no number, its complement: a row of blocks each. */
const bits = 10;
const block = width / bits;
/** Noise is made in this size and blown up: about as many bytes as a camera's picture. */
const grain = 8;

export interface NumberedPictures {
  readonly jpegs: readonly Buffer[];
  /** Number of the picture with this scan; null when none of them has it. */
  byScan(scan: Buffer): number | null;
}

function hashOf(scan: Buffer): string {
  return createHash('sha1').update(scan).digest('base64');
}

export async function numberedPictures(count: number): Promise<NumberedPictures> {
  const noise = randomBytes((width / grain) * (height / grain) * 3);
  const background = await sharp(noise, {
    raw: { width: width / grain, height: height / grain, channels: 3 },
  })
    .resize(width, height)
    .raw()
    .toBuffer();
  const jpegs: Buffer[] = [];
  for (let number = 0; number < count; number++) {
    const pixels = Buffer.from(background);
    for (let y = 0; y < 2 * block; y++) {
      for (let bit = 0; bit < bits; bit++) {
        const isSet = ((number >> bit) & 1) === (y < block ? 1 : 0);
        const from = (y * width + bit * block) * 3;
        pixels.fill(isSet ? 255 : 0, from, from + block * 3);
      }
    }
    jpegs.push(
      await sharp(pixels, { raw: { width, height, channels: 3 } })
        .jpeg({ quality: 75, chromaSubsampling: '4:2:0', optimiseCoding: false })
        .toBuffer(),
    );
  }
  const numbers = new Map(jpegs.map((jpeg, number) => [hashOf(parseJpeg(jpeg).scan), number]));
  return { jpegs, byScan: (scan) => numbers.get(hashOf(scan)) ?? null };
}

/** The number that a picture shows, whatever became of its size and quality; null when it shows none. */
export async function readNumber(jpeg: Buffer): Promise<number | null> {
  const { data, info } = await sharp(jpeg).greyscale().raw().toBuffer({ resolveWithObject: true });
  const scale = info.width / width;
  let number = 0;
  for (let bit = 0; bit < bits; bit++) {
    const x = Math.floor((bit + 0.5) * block * scale);
    const isSet = (row: number): boolean =>
      (data[Math.floor((row + 0.5) * block * scale) * info.width + x] ?? 0) > 127;
    if (isSet(0) === isSet(1)) return null;
    if (isSet(0)) number |= 1 << bit;
  }
  return number;
}
