// RTCP: literal bytes of every packet, compounds, NACK packing, truncations and nonsense.
import fc from 'fast-check';
import t from 'tap';
import { decodeRtcp, encodeRtcp, type RtcpPacket } from '../../src/protocol/rtcp.js';
import { decodeNonsense } from '../support/random-bytes.js';

const bytes = (hex: string): Buffer => Buffer.from(hex.replace(/\s/g, ''), 'hex');

const report = {
  ssrc: 0x00000011,
  fractionLost: 0x40,
  lost: -2,
  highestSequence: 0x00020005,
  jitter: 7,
  lastSr: 0x7f008000,
  delaySinceLastSr: 0x00010000,
};
const reportHex = '00000011 40 fffffe 00020005 00000007 7f008000 00010000';

const literals: [RtcpPacket, Buffer][] = [
  [
    {
      kind: 'sender-report',
      ssrc: 8,
      ntpMs: Date.UTC(2024, 0, 1) + 500,
      rtpTimestamp: 90_000,
      packetCount: 3,
      octetCount: 3000,
      reports: [report],
    },
    bytes(`81 c8 000c 00000008 e93c7f00 80000000 00015f90 00000003 00000bb8 ${reportHex}`),
  ],
  [{ kind: 'receiver-report', ssrc: 8, reports: [] }, bytes('80 c9 0001 00000008')],
  [{ kind: 'receiver-report', ssrc: 8, reports: [report] }, bytes(`81 c9 0007 00000008 ${reportHex}`)],
  [{ kind: 'sdes', ssrc: 8, cname: 'ab' }, bytes('81 ca 0003 00000008 01 02 6162 00000000')],
  [{ kind: 'sdes', ssrc: 8, cname: 'abcde' }, bytes('81 ca 0003 00000008 01 05 6162636465 00')],
  [{ kind: 'bye', ssrcs: [8, 9] }, bytes('82 cb 0002 00000008 00000009')],
  [
    { kind: 'nack', senderSsrc: 8, mediaSsrc: 9, lost: [0xfffe, 0xffff, 0x0e, 0x0f] },
    bytes('81 cd 0004 00000008 00000009 fffe 8001 000f 0000'),
  ],
  [
    { kind: 'remb', senderSsrc: 8, bitsPerSecond: 1_500_000, ssrcs: [0x11, 0x19] },
    bytes('8f ce 0006 00000008 00000000 52454d42 02 0edc6c 00000011 00000019'),
  ],
  [
    { kind: 'remb', senderSsrc: 8, bitsPerSecond: 262_143, ssrcs: [] },
    bytes('8f ce 0004 00000008 00000000 52454d42 00 03ffff'),
  ],
  [
    { kind: 'remb', senderSsrc: 8, bitsPerSecond: 262_143 * 2 ** 63, ssrcs: [] },
    bytes('8f ce 0004 00000008 00000000 52454d42 00 ffffff'),
  ],
  [
    {
      kind: 'thin',
      ssrc: 8,
      ranges: [
        { first: 0xfff0, count: 7 },
        { first: 5, count: 300 },
      ],
    },
    bytes('80 cc 0004 00000008 5448494e fff0 0007 0005 012c'),
  ],
];

t.test('writes and reads the literal bytes of every packet, alone and all together', async (t) => {
  for (const [packet, literal] of literals) {
    const isReport = packet.kind === 'sender-report' || packet.kind === 'receiver-report';
    const before = isReport ? '' : '80c9000100000008';
    t.equal(encodeRtcp([packet]).toString('hex'), before + literal.toString('hex'), packet.kind);
    t.same(decodeRtcp(literal), [packet], packet.kind);
  }
  const all = literals.map(([packet]) => packet);
  t.same(decodeRtcp(encodeRtcp(all)), all);
});

t.test('begins every datagram with a report, an empty one of its sender if need be', async (t) => {
  const nack: RtcpPacket = { kind: 'nack', senderSsrc: 8, mediaSsrc: 9, lost: [1] };
  const bye: RtcpPacket = { kind: 'bye', ssrcs: [8, 9] };
  const empty: RtcpPacket = { kind: 'receiver-report', ssrc: 8, reports: [] };
  t.same(decodeRtcp(encodeRtcp([nack, bye])), [empty, nack, bye]);
  t.same(decodeRtcp(encodeRtcp([bye])), [empty, bye]);
  t.same(decodeRtcp(encodeRtcp([empty, nack])), [empty, nack], 'one is enough');
  t.same(decodeRtcp(bytes('80 c9 0001 00000008 80 cb 0000')), [empty], 'a BYE of nobody says nothing');
});

t.test('skips what it does not know', async (t) => {
  const bye = bytes('81 cb 0001 00000008');
  const known = [{ kind: 'bye', ssrcs: [8] }];
  const of = (hex: string): RtcpPacket[] => decodeRtcp(Buffer.concat([bytes(hex), bye]));
  t.same(of('80 cc 0002 00000008 6e616d65'), known, 'APP');
  t.same(of('81 ce 0002 00000008 00000009'), known, 'PLI');
  t.same(of('8f ce 0004 00000008 00000000 41424344 00000000'), known, 'feedback of other applications');
  t.same(of('8f cd 0003 00000008 00000009 00000000'), known, 'other transport feedback');
  t.same(of('81 ca 0003 00000008 02 02 6162 00000000'), known, 'an item that is no CNAME');
  t.same(of('81 ca 0003 00000008 01 02 ffff 00000000'), known, 'a name that is no text');
  t.same(
    of('81 ca 0003 00000008 01 01 61 01 01 62 00 00'),
    [{ kind: 'sdes', ssrc: 8, cname: 'a' }, ...known],
    'another name',
  );
  t.same(decodeRtcp(bytes('81 cb 0003 00000008 05 6c61746572 0000')), known, 'the reason of a BYE');
  t.same(
    decodeRtcp(bytes('82 ca 0005 00000008 01 02 6162 00000000 00000009 01 01 63 00')),
    [
      { kind: 'sdes', ssrc: 8, cname: 'ab' },
      { kind: 'sdes', ssrc: 9, cname: 'c' },
    ],
    'two chunks',
  );
});

t.test('takes padding from the last packet alone', async (t) => {
  t.same(decodeRtcp(bytes('a1 cb 0002 00000008 00000004')), [{ kind: 'bye', ssrcs: [8] }]);
  for (const hex of [
    'a1 cb 0002 00000008 00000000',
    'a1 cb 0002 00000008 00000003',
    'a1 cb 0002 00000008 0000000c',
    'a1 cb 0002 00000008 00000008',
    'a0 cb 0000',
    'a1 cb 0002 00000008 00000004 80 cb 0000',
  ]) {
    t.throws(() => decodeRtcp(bytes(hex)), { code: 'bad-frame' }, hex);
  }
});

t.test('refuses every truncation, trailing junk and counts that are not there', async (t) => {
  for (const [, literal] of literals) {
    for (let length = 0; length < literal.length; length++) {
      t.throws(() => decodeRtcp(literal.subarray(0, length)), { code: 'bad-frame' });
    }
    t.throws(() => decodeRtcp(Buffer.concat([literal, Buffer.alloc(1)])), { code: 'bad-frame' });
    t.throws(() => decodeRtcp(Buffer.concat([literal, Buffer.alloc(4)])), { code: 'bad-frame' });
  }
  for (const hex of [
    '81 c9 0001 00000008',
    '81 c8 0006 00000008 e93c7f00 80000000 00015f90 00000003 00000bb8',
    '83 cb 0002 00000008 00000009',
    '82 ca 0003 00000008 01 02 6162 00000000',
    '81 ca 0003 00000008 01 07 6162 00000000',
    '81 ca 0003 00000008 01 06 6162636465 66',
    '81 ca 0004 00000008 01 02 6162 00000000 00000000',
    '81 ca 0000',
    '81 cd 0002 00000008 00000009',
    '01 cb 0001 00000008',
  ]) {
    t.throws(() => decodeRtcp(bytes(hex)), { code: 'bad-frame' }, hex);
  }
});

t.test('refuses to write what a packet cannot hold', async (t) => {
  const bad: RtcpPacket[] = [
    { kind: 'receiver-report', ssrc: 1, reports: new Array(32).fill(report) as (typeof report)[] },
    { kind: 'bye', ssrcs: new Array(32).fill(1) as number[] },
    { kind: 'sdes', ssrc: 1, cname: 'é'.repeat(128) },
    { kind: 'nack', senderSsrc: 1, mediaSsrc: 2, lost: [] },
    { kind: 'bye', ssrcs: [] },
    { kind: 'remb', senderSsrc: 1, bitsPerSecond: 2 ** 81, ssrcs: [] },
  ];
  for (const packet of bad) t.throws(() => encodeRtcp([packet]), { code: 'internal' }, packet.kind);
});

t.test('any rising list of lost packets comes out of a NACK as it went in, across the wrap', async (t) => {
  fc.assert(
    fc.property(
      fc.nat(0xffff),
      fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 60 }),
      (start, steps) => {
        const lost = [start];
        for (const step of steps) lost.push((lost.at(-1)! + step) & 0xffff);
        const [, packet] = decodeRtcp(encodeRtcp([{ kind: 'nack', senderSsrc: 1, mediaSsrc: 2, lost }]));
        return packet?.kind === 'nack' && packet.lost.join() === lost.join();
      },
    ),
  );
  const run = Array.from({ length: 17 }, (_, at) => (0xfff8 + at) & 0xffff);
  t.equal(
    encodeRtcp([{ kind: 'nack', senderSsrc: 1, mediaSsrc: 2, lost: run }]).length,
    8 + 16,
    '17 in one pair',
  );
});

t.test('a report holds its figures within their fields', async (t) => {
  const wild = { ...report, fractionLost: 300, lost: 0x1_000_000, highestSequence: -1, jitter: 2 ** 32 + 1 };
  const [packet] = decodeRtcp(encodeRtcp([{ kind: 'receiver-report', ssrc: 1, reports: [wild] }]));
  t.match(packet, {
    reports: [{ fractionLost: 255, lost: 0x7fffff, highestSequence: 0xffffffff, jitter: 1 }],
  });
});

t.test('200,000 buffers of nonsense throw ProtocolError, or can be passed on as a relay does', async (t) => {
  const samples = literals.map(([, literal]) => literal);
  const pass = (from: Buffer): Buffer => encodeRtcp(decodeRtcp(from));
  const { decoded, refused, others } = decodeNonsense(pass, [...samples, Buffer.concat(samples)]);
  t.same(others, []);
  t.ok(decoded > 10_000 && refused > 10_000, `${decoded} decoded, ${refused} refused`);
});
