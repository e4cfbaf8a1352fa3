// Kind and size of pictures from their first bytes.
import sharp from 'sharp';
import t from 'tap';
import { readPictureHeader } from '../../src/server/picture-header.js';

const picture = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: 'blue' } });

t.test('reads what sharp writes', async (t) => {
  const png = await picture(321, 123).png().toBuffer();
  t.same(readPictureHeader(png), { type: 'png', width: 321, height: 123 });
  const jpegs = [
    picture(321, 123).jpeg(),
    picture(321, 123).jpeg({ progressive: true }),
    picture(321, 123)
      .withMetadata({ exif: { IFD0: { Copyright: 'x'.repeat(5000) } } })
      .jpeg(),
  ];
  for (const jpeg of jpegs) {
    t.same(readPictureHeader(await jpeg.toBuffer()), { type: 'jpeg', width: 321, height: 123 });
  }
});

t.test('refuses every truncation of a header, and bytes that are something else', async (t) => {
  for (const [bytes, header] of [
    [await picture(8, 8).png().toBuffer(), 24],
    [await picture(8, 8).jpeg().toBuffer(), 20],
  ] as const) {
    for (let length = 0; length < header; length++) {
      t.throws(() => readPictureHeader(bytes.subarray(0, length)), { code: 'bad-picture' });
    }
  }
  for (const hex of [
    'ffd8ff',
    'ffd8ffe00000',
    'ffd8ffe00001',
    'ffd8ffdaffff',
    'ffd8ffffffff',
    'ffd8ffc0000b08',
  ]) {
    t.throws(() => readPictureHeader(Buffer.from(hex, 'hex')), { code: 'bad-picture' }, hex);
  }
  const empty = await picture(8, 8).png().toBuffer();
  empty.writeUInt32BE(0, 16);
  t.throws(() => readPictureHeader(empty), { code: 'bad-picture' }, 'no pixels');
});
