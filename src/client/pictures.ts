// Pictures and other files as they go into a message: type, dimensions, and a thumbnail of a few kilobytes.
import { basename } from 'node:path';
import { PytalkError } from '../protocol/errors.js';
import { limits } from '../protocol/limits.js';
import { safeFileName } from '../protocol/names.js';
import { because } from '../protocol/reasons.js';
import type { FileInfo } from '../protocol/payload.js';
import { readHead, typeOfBytes } from './files.js';
import { isPictureType } from './view.js';

/** Phones make up to 50 megapixels and some 108; what says it has more is refused before it is decoded. */
const maxPixels = 120_000_000;
/** Width and height of a thumbnail at most; qualities tried until one fits into the limit. */
const thumbPixels = 240;
const thumbQualities = [70, 45, 20];

/** The description of a file without its hash. Rejects with `file-unreadable`. */
export async function describeFile(path: string): Promise<Omit<FileInfo, 'sha256'>> {
  const { head, size } = await readHead(path);
  const plain = { name: safeFileName(basename(path)), size, type: typeOfBytes(head) };
  if (!isPictureType(plain.type)) return plain;
  try {
    return { ...plain, ...(await picture(path)) };
  } catch (error) {
    // Without sharp a picture still is one, only without a preview.
    if (error instanceof PytalkError && error.code === 'bad-picture') {
      return { ...plain, type: 'application/octet-stream' };
    }
    return plain;
  }
}

/** Refuses what is no PNG or JPEG that can be decoded, or is too large for an avatar, with `bad-picture`. */
export async function checkAvatar(path: string): Promise<void> {
  const { head, size } = await readHead(path);
  const type = typeOfBytes(head);
  if (type !== 'image/png' && type !== 'image/jpeg') {
    throw new PytalkError('bad-picture', { details: because('avatar-format') });
  }
  if (size > limits.maxAvatarBytes) {
    throw new PytalkError('file-too-large', { details: { bytes: size, max: limits.maxAvatarBytes } });
  }
  await picture(path);
}

/** Dimensions as shown (turned as its EXIF says) and a thumbnail. Rejects with `bad-picture`. */
async function picture(path: string): Promise<{ width: number; height: number; thumb?: string }> {
  // Loaded when needed: it takes 50 ms, and most commands send no picture.
  const { default: sharp } = await import('sharp');
  try {
    const source = sharp(path, {
      limitInputPixels: maxPixels,
      sequentialRead: true,
      failOn: 'error',
    }).rotate();
    const { width, height, orientation = 1 } = await source.metadata();
    const turned = orientation >= 5;
    const size = turned ? { width: height, height: width } : { width, height };
    const small = await source
      .resize({ width: thumbPixels, height: thumbPixels, fit: 'inside', withoutEnlargement: true })
      .flatten({ background: '#ffffff' })
      .raw()
      .toBuffer({ resolveWithObject: true });
    for (const quality of thumbQualities) {
      const { width: w, height: h, channels } = small.info;
      const thumb = await sharp(small.data, { raw: { width: w, height: h, channels } })
        .jpeg({ quality })
        .toBuffer();
      if (thumb.length <= limits.maxThumbBytes) return { ...size, thumb: thumb.toString('base64') };
    }
    return size;
  } catch (cause) {
    throw new PytalkError('bad-picture', { details: because('damaged-picture'), cause });
  }
}
