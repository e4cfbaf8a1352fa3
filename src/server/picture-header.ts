// Reads what kind of picture some bytes are and how large it is, from the header alone: nothing is decoded.
import { PytalkError } from '../protocol/errors.js';
import { because } from '../protocol/reasons.js';

export interface PictureHeader {
  type: 'png' | 'jpeg';
  /** Pixels. */
  width: number;
  height: number;
}

const pngSignature = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');

/** Throws PytalkError `bad-picture` for what is neither PNG (RFC 2083) nor JPEG (ITU-T T.81). */
export function readPictureHeader(bytes: Buffer): PictureHeader {
  const header = bytes.subarray(0, 16).equals(pngSignature) ? readPng(bytes) : readJpeg(bytes);
  if (header && header.width > 0 && header.height > 0) return header;
  throw new PytalkError('bad-picture', { details: because('avatar-format') });
}

/** Signature, then the IHDR chunk: width and height first. */
function readPng(bytes: Buffer): PictureHeader | null {
  if (bytes.length < 24) return null;
  return { type: 'png', width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}

/** Segments of marker (2 bytes) and length (2 bytes, counting itself) up to the start of frame, SOF0 to SOF15. */
function readJpeg(bytes: Buffer): PictureHeader | null {
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xffd8) return null;
  let pos = 2;
  while (pos + 4 <= bytes.length) {
    if (bytes[pos] !== 0xff) return null;
    const marker = bytes[pos + 1] ?? 0;
    if (marker === 0xff) {
      pos++;
      continue;
    }
    if (isStartOfFrame(marker)) {
      if (pos + 9 > bytes.length) return null;
      return { type: 'jpeg', height: bytes.readUInt16BE(pos + 5), width: bytes.readUInt16BE(pos + 7) };
    }
    const length = bytes.readUInt16BE(pos + 2);
    if (length < 2 || marker === 0xda || marker === 0xd9) return null;
    pos += 2 + length;
  }
  return null;
}

/** C4, C8 and CC in that range are tables, an extension and arithmetic coding. */
function isStartOfFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}
