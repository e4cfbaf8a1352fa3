// NTP timestamps: literal bytes both ways, across 2036, and their middle.
import t from 'tap';
import { compactNtp, readNtp, writeNtp } from '../../src/protocol/ntp.js';

const newYearMs = Date.UTC(2024, 0, 1) + 500;

t.test('writes and reads milliseconds since 1970, also after 2036', async (t) => {
  const bytes = Buffer.alloc(9);
  writeNtp(bytes, 1, newYearMs);
  t.equal(bytes.toString('hex', 1), 'e93c7f0080000000');
  t.equal(readNtp(bytes, 1), newYearMs);
  const later = Date.UTC(2040, 5, 1);
  writeNtp(bytes, 0, later);
  t.equal(readNtp(bytes, 0), later);
});

t.test('compact times are the middle of the NTP timestamp', async (t) => {
  t.equal(compactNtp(newYearMs), 0x7f008000);
});
