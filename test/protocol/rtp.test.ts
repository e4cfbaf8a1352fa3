// RTP: literal bytes, header extensions, padding, round trips, truncations and nonsense; telling datagrams apart.
import fc from 'fast-check';
import t from 'tap';
import {
  datagramKind,
  decodeRtp,
  encodeRtp,
  rtpHeaderBytes,
  sequenceDiff,
  sequenceOf,
  ssrcOf,
  timestampDiff,
  type RtpPacket,
} from '../../src/protocol/rtp.js';
import { decodeNonsense } from '../support/random-bytes.js';

const bytes = (hex: string): Buffer => Buffer.from(hex.replace(/\s/g, ''), 'hex');

const plain: RtpPacket = {
  payloadType: 111,
  marker: true,
  sequenceNumber: 0xfffe,
  timestamp: 0x01020304,
  ssrc: 0xfffffff8,
  captureTimeMs: null,
  payload: Buffer.from('abc'),
};
const plainBytes = Buffer.from([
  0x80, // version 2, no padding, extension or CSRC
  0xef, // marker, payload type 111
  ...[0xff, 0xfe], // sequence number
  ...[0x01, 0x02, 0x03, 0x04], // timestamp
  ...[0xff, 0xff, 0xff, 0xf8], // SSRC
  ...[0x61, 0x62, 0x63], // payload
]);

// 2024-01-01T00:00:00.500Z is 3,913,056,000.5 seconds after 1900.
const captured: RtpPacket = { ...plain, marker: false, captureTimeMs: Date.UTC(2024, 0, 1) + 500 };
const capturedBytes = bytes(
  '90 6f fffe 01020304 fffffff8' + 'bede 0003' + '17 e93c7f00 80000000 000000' + '616263',
);

t.test('writes and reads the literal bytes', async (t) => {
  t.same(encodeRtp(plain), plainBytes);
  t.same(decodeRtp(plainBytes), plain);
  t.same(encodeRtp(captured), capturedBytes);
  t.same(decodeRtp(capturedBytes), captured);
  t.equal(ssrcOf(plainBytes), 0xfffffff8);
  t.equal(sequenceOf(plainBytes), 0xfffe);
  t.equal(rtpHeaderBytes(plainBytes), 12);
  t.equal(rtpHeaderBytes(capturedBytes), 28);
});

t.test('skips CSRCs, padding and other extensions', async (t) => {
  const header = '6f fffe 01020304 fffffff8';
  const payloadOf = (hex: string): string => decodeRtp(bytes(hex)).payload.toString();
  t.equal(payloadOf(`82 ${header} 00000001 00000002 616263`), 'abc');
  t.equal(payloadOf(`a0 ${header} 616263 000003`), 'abc');
  t.equal(payloadOf(`a0 ${header} 03 0003`), '', 'all of it is padding');
  t.equal(payloadOf(`91 ${header} 00000001 1000 0001 17171717 616263`), 'abc', 'two-byte elements');
});

t.test('finds the capture time among other elements, with and without a clock offset', async (t) => {
  const extended = (words: number, elements: string): number | null =>
    decodeRtp(
      bytes(`90 6f fffe 01020304 fffffff8 bede ${words.toString(16).padStart(4, '0')} ${elements} 61`),
    ).captureTimeMs;
  const time = 'e93c7f0080000000';
  const ms = Date.UTC(2024, 0, 1) + 500;
  t.equal(extended(5, `1f ${time} 1122334455667788 000000`), ms);
  t.equal(extended(4, `22 aabbcc 17 ${time} 000000`), ms, 'after another');
  t.equal(extended(4, `0000 17 ${time} 20 11 000000`), ms, 'after padding');
  t.equal(extended(3, `f0 17 ${time} 0000`), null, 'id 15 ends the elements');
  t.equal(extended(3, `01 17 ${time} 0000`), null, 'id 0 with a length ends them too');
  t.equal(extended(1, '12 aabbcc'), null, 'a length that the time never has');
  t.equal(extended(0, ''), null);
  t.throws(() => extended(1, '17 aabbcc'), { code: 'bad-frame' }, 'longer than the extension');
});

t.test('takes times after 2036, where NTP begins again', async (t) => {
  for (const captureTimeMs of [
    0,
    Date.UTC(2036, 1, 7, 6, 28, 15) + 999.75,
    Date.UTC(2036, 1, 7, 6, 28, 16),
    Date.UTC(2100, 0),
  ]) {
    t.equal(decodeRtp(encodeRtp({ ...plain, captureTimeMs })).captureTimeMs, captureTimeMs);
  }
});

t.test('refuses every truncated header, wrong versions and wrong padding', async (t) => {
  for (let length = 0; length < 28; length++) {
    t.throws(() => decodeRtp(capturedBytes.subarray(0, length)), { code: 'bad-frame' }, `${length} bytes`);
  }
  for (const hex of [
    '40 6f fffe 01020304 fffffff8',
    'c0 6f fffe 01020304 fffffff8',
    '8f 6f fffe 01020304 fffffff8 00000001',
    'a0 6f fffe 01020304 fffffff8 616200',
    'a0 6f fffe 01020304 fffffff8 616204',
    'a0 6f fffe 01020304 fffffff8',
    'b0 6f fffe 01020304 fffffff8 10000000',
  ]) {
    t.throws(() => decodeRtp(bytes(hex)), { code: 'bad-frame' }, hex);
  }
});

t.test('any packet comes out as it went in', async () => {
  const packet = fc.record({
    payloadType: fc.nat(127),
    marker: fc.boolean(),
    sequenceNumber: fc.nat(0xffff),
    timestamp: fc.nat(0xffffffff),
    ssrc: fc.nat(0xffffffff),
    // Clocks give fractions; a quarter of a millisecond is more than they promise.
    captureTimeMs: fc.option(fc.nat(8_000_000_000_000).map((quarters) => quarters / 4)),
    payload: fc.uint8Array({ maxLength: 1200 }).map((data) => Buffer.from(data)),
  });
  fc.assert(
    fc.property(packet, (value) => {
      const decoded = decodeRtp(encodeRtp(value));
      const { payload, captureTimeMs, ...rest } = decoded;
      const near = Math.abs((captureTimeMs ?? 0) - (value.captureTimeMs ?? 0)) < 0.001;
      const same = Object.entries(rest).every(([key, one]) => value[key as keyof typeof rest] === one);
      return (
        payload.equals(value.payload) &&
        near &&
        same &&
        (captureTimeMs === null) === (value.captureTimeMs === null)
      );
    }),
  );
});

t.test('200,000 buffers of nonsense throw ProtocolError or nothing', async (t) => {
  const { decoded, refused, others } = decodeNonsense(decodeRtp, [plainBytes, capturedBytes]);
  t.same(others, []);
  t.ok(decoded > 10_000 && refused > 10_000, `${decoded} decoded, ${refused} refused`);
});

t.test('tells datagrams apart by their first bytes', async (t) => {
  t.equal(datagramKind(bytes('0001')), 'stun');
  t.equal(datagramKind(bytes('0301')), 'stun');
  t.equal(datagramKind(bytes('0401')), 'other');
  t.equal(datagramKind(bytes('1400')), 'other', 'DTLS');
  t.equal(datagramKind(bytes('7f00')), 'other');
  t.equal(datagramKind(bytes('8000')), 'rtp');
  t.equal(datagramKind(bytes('bfff')), 'rtp');
  t.equal(datagramKind(bytes('c000')), 'other');
  t.equal(datagramKind(bytes('80bf')), 'rtp', 'marker and payload type 63');
  t.equal(datagramKind(bytes('80c0')), 'rtcp');
  t.equal(datagramKind(bytes('80c8')), 'rtcp');
  t.equal(datagramKind(bytes('80df')), 'rtcp');
  t.equal(datagramKind(bytes('80e0')), 'rtp');
  t.equal(datagramKind(Buffer.alloc(0)), 'other');
  t.equal(datagramKind(bytes('80')), 'other');
});

t.test('measures distances across the wrap', async (t) => {
  t.equal(sequenceDiff(2, 0xffff), 3);
  t.equal(sequenceDiff(0xffff, 2), -3);
  t.equal(sequenceDiff(7, 7), 0);
  t.equal(sequenceDiff(0x8000, 0), -0x8000);
  t.equal(sequenceDiff(0x7fff, 0), 0x7fff);
  t.equal(timestampDiff(5, 0xffffffff), 6);
  t.equal(timestampDiff(0xffffffff, 5), -6);
});
