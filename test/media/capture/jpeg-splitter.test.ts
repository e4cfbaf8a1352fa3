// Tests of cutting byte streams into JPEGs: whole pictures whatever lies inside and between them, in bounded memory.
import { randomBytes } from 'node:crypto';
import sharp from 'sharp';
import t from 'tap';
import { JpegSplitter } from '../../../src/media/capture/jpeg-splitter.js';
import { MultipartJpegs } from '../../../src/media/capture/multipart-jpegs.js';

async function picture(side: number): Promise<Buffer> {
  return sharp(randomBytes(side * side * 3), { raw: { width: side, height: side, channels: 3 } })
    .jpeg({ quality: 80 })
    .toBuffer();
}

/** A picture with another one inside an EXIF segment, as cameras put thumbnails. */
async function withThumbnail(): Promise<Buffer> {
  const [outer, inner] = [await picture(64), await picture(16)];
  const segment = Buffer.concat([Buffer.from([0xff, 0xe1, 0, 0]), inner]);
  segment.writeUInt16BE(inner.length + 2, 2);
  return Buffer.concat([outer.subarray(0, 2), segment, outer.subarray(2)]);
}

t.test('finds every picture, fed at once, byte by byte, and with garbage between', async (t) => {
  const pictures = [await picture(20), await withThumbnail(), await picture(33)];
  const garbage = Buffer.from('--boundary\r\nContent-Type: image/jpeg\r\n\r\n\xff\xff\x00', 'latin1');
  const stream = Buffer.concat(pictures.flatMap((one) => [garbage, one]));
  t.same(new JpegSplitter().push(stream), pictures);
  const splitter = new JpegSplitter();
  const found = [...stream].flatMap((byte) => splitter.push(Buffer.of(byte)));
  t.same(found, pictures);
});

t.test('a picture that was cut off costs only itself', async (t) => {
  const [first, second] = [await picture(40), await picture(40)];
  const found = new JpegSplitter().push(Buffer.concat([first.subarray(0, first.length - 30), second]));
  t.same(found.at(-1), second);
});

t.test('keeps a bounded number of bytes of a stream that never ends a picture', (t) => {
  const splitter = new JpegSplitter();
  splitter.push(Buffer.from([0xff, 0xd8, 0xff, 0xda, 0, 2]));
  for (let megabyte = 0; megabyte < 40; megabyte++) t.same(splitter.push(Buffer.alloc(1 << 20, 7)), []);
  t.end();
});

t.test('parts with and without a length are handed on as their last byte comes', async (t) => {
  const pictures = [await picture(20), await picture(30)];
  for (const [boundary, given] of [
    ['frame', 'frame'],
    ['--frame', 'frame'],
  ] as const) {
    for (const hasLength of [true, false]) {
      const parts = pictures.flatMap((one) => [
        Buffer.from(`--${given}\r\nContent-Type: image/jpeg\r\n`),
        Buffer.from(hasLength ? `Content-Length: ${one.length}\r\n\r\n` : '\r\n'),
        one,
        Buffer.from('\r\n'),
      ]);
      const stream = Buffer.concat(parts);
      const found: Buffer[] = [];
      const stage = new MultipartJpegs(boundary, (jpeg) => found.push(jpeg));
      const end = stream.length - 2;
      for (let at = 0; at < end; at += 7) stage.push(stream.subarray(at, Math.min(end, at + 7)), 1);
      t.same(found, pictures, 'the last one does not wait for the next boundary');
    }
  }
});

t.test('random bytes give no picture and no error', (t) => {
  const splitter = new JpegSplitter();
  const stage = new MultipartJpegs('frame', () => undefined);
  for (let count = 0; count < 2000; count++) {
    const bytes = randomBytes(500);
    splitter.push(bytes);
    stage.push(bytes, 1);
  }
  t.pass();
  t.end();
});
