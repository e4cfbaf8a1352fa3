// Repair packets (RFC 8627): literal bytes, masks of every size, truncations and nonsense.
import fc from 'fast-check';
import t from 'tap';
import { decodeRepair, encodeRepair, packetOf, parityOf, type Repair } from '../../src/protocol/flexfec.js';
import { decodeNonsense } from '../support/random-bytes.js';

const bytes = (hex: string): Buffer => Buffer.from(hex.replace(/\s/g, ''), 'hex');

// Two RTP packets: payload type 26, the second with its marker, and three bytes longer.
const first = bytes('80 1a 0010 00000100 11223344 aabb');
const second = bytes('80 9a 0012 00000101 11223344 01020304 05');
// Flags: 00 and 1a ^ 9a; length: 2 ^ 5; timestamp: 100 ^ 101; then the payloads.
const parity = bytes('00 80 0007 00000001 abb90304 05');
const repair: Repair = { base: 0x10, offsets: [0, 2], parity };
// Mask of 15 bits, offsets 0 and 2: 0 101 0000 0000 0000.
const literal = bytes('00 80 0007 00000001 0010 5000 abb90304 05');

t.test('writes and reads the literal bytes', async (t) => {
  t.same(parityOf([first, second]), parity);
  t.same(encodeRepair(repair), literal);
  t.same(decodeRepair(literal), repair);
});

t.test('the XOR with all packets but one is that one, whichever it is', async (t) => {
  for (const [lost, here] of [
    [first, second],
    [second, first],
  ] as const) {
    const rest = Buffer.from(decodeRepair(literal).parity);
    const other = Buffer.concat([parityOf([here])], rest.length);
    for (let at = 0; at < rest.length; at++) rest[at]! ^= other[at]!;
    t.same(packetOf(rest, lost.readUInt16BE(2), 0x11223344), lost);
  }
});

t.test('masks have 15, 46 and 110 bits, as the last offset wants', async (t) => {
  const body = parity.subarray(8).toString('hex');
  const head = '00 80 0007 00000001 0010';
  const at = (offsets: number[]): Buffer => encodeRepair({ base: 0x10, offsets, parity });
  t.same(at([14]), bytes(`${head} 0001 ${body}`));
  t.same(at([0, 15, 45]), bytes(`${head} c000 40000001 ${body}`));
  t.same(at([46, 109]), bytes(`${head} 8000 80000000 8000000000000001 ${body}`));
  for (const offsets of [[14], [0, 15, 45], [46, 109], [3, 20, 108]]) {
    t.same(decodeRepair(at(offsets)), { base: 0x10, offsets, parity });
  }
});

t.test('refuses every truncation within the header, and other forms of FlexFEC', async (t) => {
  for (const sample of [literal, encodeRepair({ base: 9, offsets: [0, 60], parity })]) {
    const header = sample.length - 5;
    for (let length = 0; length < header; length++) {
      t.throws(() => decodeRepair(sample.subarray(0, length)), { code: 'bad-frame' }, `${length} bytes`);
    }
  }
  for (const form of [0x40, 0x80, 0xc0]) {
    const other = Buffer.from(literal);
    other[0] = form;
    t.throws(() => decodeRepair(other), { code: 'bad-frame' });
  }
  t.throws(
    () => decodeRepair(bytes('00 80 0007 00000001 0010 0000 abb9')),
    { code: 'bad-frame' },
    'no packet',
  );
});

t.test('refuses to write what no mask holds, and to make a packet longer than its parity', async (t) => {
  for (const offsets of [[], [110]])
    t.throws(() => encodeRepair({ ...repair, offsets }), { code: 'internal' });
  t.equal(packetOf(bytes('00 1a 0003 00000001 aabb'), 1, 2), null);
});

t.test('any repair comes out as it went in', async () => {
  const offsets = fc
    .uniqueArray(fc.nat(109), { minLength: 1, maxLength: 30 })
    .map((all) => all.sort((a, b) => a - b));
  const data = fc.uint8Array({ minLength: 8, maxLength: 60 }).map((one) => {
    one[0]! &= 0x3f;
    return Buffer.from(one);
  });
  fc.assert(
    fc.property(fc.nat(0xffff), offsets, data, (base, which, parity) => {
      const decoded = decodeRepair(encodeRepair({ base, offsets: which, parity }));
      return (
        decoded.base === base && decoded.offsets.join() === which.join() && decoded.parity.equals(parity)
      );
    }),
  );
});

t.test('nonsense is refused or read, and nothing else happens', async (t) => {
  const outcome = decodeNonsense(decodeRepair, [
    literal,
    encodeRepair({ base: 9, offsets: [0, 60], parity }),
  ]);
  t.same(outcome.others, []);
  t.ok(outcome.decoded > 1000 && outcome.refused > 1000);
});
