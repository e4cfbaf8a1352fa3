// Redundant audio: literal bytes, round trips, truncations and nonsense.
import fc from 'fast-check';
import t from 'tap';
import { decodeRed, encodeRed, type RedBlock } from '../../src/protocol/red.js';
import { decodeNonsense } from '../support/random-bytes.js';

const bytes = (hex: string): Buffer => Buffer.from(hex.replace(/\s/g, ''), 'hex');

const blocks: RedBlock[] = [
  { payloadType: 111, timestampOffset: 1920, data: Buffer.from('old') },
  { payloadType: 111, timestampOffset: 960, data: Buffer.from('newer') },
  { payloadType: 111, timestampOffset: 0, data: Buffer.from('newest') },
];
// 1920 << 10 | 3 = 0x1e0003, 960 << 10 | 5 = 0x0f0005.
const literal = bytes(`ef 1e0003 ef 0f0005 6f 6f6c64 6e65776572 6e6577657374`);

t.test('writes and reads the literal bytes', async (t) => {
  t.same(encodeRed(blocks), literal);
  t.same(decodeRed(literal), blocks);
  t.same(decodeRed(bytes('6f 61')), [{ payloadType: 111, timestampOffset: 0, data: Buffer.from('a') }]);
});

t.test('refuses every truncation that cuts more than the primary', async (t) => {
  const primaryAt = literal.length - 'newest'.length;
  for (let length = 0; length < primaryAt; length++) {
    t.throws(() => decodeRed(literal.subarray(0, length)), { code: 'bad-frame' }, `${length} bytes`);
  }
  t.equal(decodeRed(literal.subarray(0, primaryAt)).at(-1)?.data.length, 0);
});

t.test('refuses to write what a header cannot hold', async (t) => {
  const primary = { payloadType: 1, timestampOffset: 0, data: Buffer.alloc(2000) };
  t.equal(encodeRed([primary]).length, 2001);
  t.throws(() => encodeRed([]), { code: 'internal' });
  t.throws(() => encodeRed([primary, primary]), { code: 'internal' });
  for (const timestampOffset of [-1, 0x4000]) {
    t.throws(() => encodeRed([{ ...primary, timestampOffset, data: Buffer.alloc(1) }, primary]), {
      code: 'internal',
    });
  }
});

t.test('any blocks come out as they went in', async () => {
  const data = fc.uint8Array({ maxLength: 1023 }).map((one) => Buffer.from(one));
  const older = fc.record({ payloadType: fc.nat(127), timestampOffset: fc.nat(0x3fff), data });
  const primary = fc.record({ payloadType: fc.nat(127), timestampOffset: fc.constant(0), data });
  fc.assert(
    fc.property(fc.array(older, { maxLength: 5 }), primary, (before, last) => {
      const all = [...before, last];
      const decoded = decodeRed(encodeRed(all));
      return (
        decoded.length === all.length &&
        decoded.every(
          (block, at) =>
            block.payloadType === all[at]!.payloadType &&
            block.timestampOffset === all[at]!.timestampOffset &&
            block.data.equals(all[at]!.data),
        )
      );
    }),
  );
});

t.test('200,000 buffers of nonsense throw ProtocolError or nothing', async (t) => {
  const { decoded, refused, others } = decodeNonsense(decodeRed, [literal]);
  t.same(others, []);
  t.ok(decoded > 10_000 && refused > 10_000, `${decoded} decoded, ${refused} refused`);
});
