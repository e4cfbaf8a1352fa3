// Makes a camera's picture a JPEG that stands alone: webcams leave the standard Huffman tables out, which decoders of files want.
import { standardDht } from '../../protocol/jpeg-huffman.js';

const huffman = 0xc4;
const scan = 0xda;

/** The picture itself when it has Huffman tables, or is no JPEG that could be mended; else a copy with the standard ones. */
export function wholeJpeg(jpeg: Buffer): Buffer {
  let pos = 2;
  while (jpeg[pos] === 0xff && pos + 4 <= jpeg.length) {
    const marker = jpeg[pos + 1];
    if (marker === huffman) return jpeg;
    if (marker === scan) return Buffer.concat([jpeg.subarray(0, pos), standardDht, jpeg.subarray(pos)]);
    // Bytes of 0xFF may fill up before a marker (ITU-T T.81, section B.1.1.2).
    pos += marker === 0xff ? 1 : 2 + jpeg.readUInt16BE(pos + 2);
  }
  return jpeg;
}
