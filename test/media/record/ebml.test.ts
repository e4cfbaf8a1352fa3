// EBML against its literal bytes.
import t from 'tap';
import { date, element, filler, float, opened, uint, vint } from '../../../src/media/record/ebml.js';

const hex = (bytes: Buffer | null): string | undefined => bytes?.toString('hex');

t.test('sizes take as few bytes as hold them, and none looks unknown', (t) => {
  t.equal(hex(vint(0)), '80');
  t.equal(hex(vint(1)), '81');
  t.equal(hex(vint(126)), 'fe');
  t.equal(hex(vint(127)), '407f', 'ff would mean unknown');
  t.equal(hex(vint(16_382)), '7ffe');
  t.equal(hex(vint(16_383)), '203fff');
  t.equal(hex(vint(0x1234567)), '11234567');
  t.equal(hex(vint(2 ** 42 - 2)), '07fffffffffe');
  t.end();
});

t.test('elements are an ID, a size and a value', (t) => {
  t.equal(hex(uint(0xd7, 0)), 'd78100');
  t.equal(hex(uint(0xd7, 1)), 'd78101');
  t.equal(hex(uint(0x2ad7b1, 1_000_000)), '2ad7b1830f4240');
  t.equal(hex(float(0xb5, 48_000)), 'b58840e7700000000000');
  t.equal(hex(element(0xae, uint(0xd7, 1), uint(0x83, 2))), 'ae86d78101838102');
  t.equal(hex(opened(0x1f43b675)), '1f43b67501ffffffffffffff');
  // A second after the millennium.
  t.equal(hex(date(0x4461, Date.UTC(2001, 0, 1, 0, 0, 1))), '446188000000003b9aca00');
  t.end();
});

t.test('a filler takes exactly its room, which one byte is not', (t) => {
  t.equal(filler(1), null);
  for (const length of [0, 2, 3, 8, 9, 10, 127, 128, 129, 130, 5_000]) {
    const bytes = filler(length)!;
    t.equal(bytes.length, length);
    if (length > 0) t.equal(bytes[0], 0xec);
  }
  t.equal(hex(filler(2)), 'ec80');
  t.equal(hex(filler(10)), 'ec010000000000000100');
  t.end();
});
