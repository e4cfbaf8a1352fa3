// SRTP and SRTCP: the vectors of RFC 3711 and RFC 7714, replays, the rollover counter, and packets that were changed.
import fc from 'fast-check';
import t from 'tap';
import { windowPackets } from '../../src/protocol/replay-window.js';
import { encodeRtp } from '../../src/protocol/rtp.js';
import { deriveKey, SrtpCipher } from '../../src/protocol/srtp-cipher.js';
import {
  mkiOf,
  SrtcpReceiver,
  SrtcpSender,
  SrtpReceiver,
  SrtpSender,
  srtpOverheadBytes,
} from '../../src/protocol/srtp.js';
import { nonsense } from '../support/random-bytes.js';

const bytes = (hex: string): Buffer => Buffer.from(hex.replace(/\s/g, ''), 'hex');
const master = bytes('000102030405060708090a0b0c0d0e0f 517569642070726f2071756f');

const rtp = (sequenceNumber: number, ssrc = 8, text = `packet ${sequenceNumber}`): Buffer =>
  encodeRtp({
    payloadType: 26,
    marker: false,
    sequenceNumber,
    timestamp: 7,
    ssrc,
    captureTimeMs: 1e12,
    payload: Buffer.from(text),
  });

/** Seals packets with these numbers beyond 16 bits, in order; `from` maps the number to what was sealed. */
function sealed(first: number, last: number, sender = new SrtpSender(master, 0)): Map<number, Buffer> {
  const packets = new Map<number, Buffer>();
  for (let index = first; index <= last; index++) packets.set(index, sender.protect(rtp(index & 0xffff)));
  return packets;
}

t.test('derives the keys of RFC 3711, appendix B.3', async (t) => {
  const key = bytes('e1f97a0d3e018be0d64fa32c06de4139');
  const salt = bytes('0ec675ad498afeebb6960b3aabe6');
  t.equal(deriveKey(key, salt, 0, 16).toString('hex'), 'c61e7a93744f39ee10734afe3ff7a087');
  t.equal(deriveKey(key, salt, 2, 14).toString('hex'), '30cbbc08863d8c85d49db34a9ae1');
  const auth = deriveKey(key, salt, 1, 94).toString('hex');
  t.equal(auth.slice(0, 32), 'cebe321f6ff7716b6fd4ab49af256a15');
  const short = bytes('0ec675ad498afeebb6960b3a');
  const long = Buffer.concat([short, Buffer.alloc(2)]);
  t.same(
    deriveKey(key, short, 5, 12),
    deriveKey(key, long, 5, 12),
    'a salt of 12 bytes is filled up with zeros',
  );
});

// RFC 7714, sections 16.1.1 and 17.1; both begin at the session key and salt.
const session = new SrtpCipher(master.subarray(0, 16), master.subarray(16));

t.test('seals and opens the SRTP packet of RFC 7714', async (t) => {
  const header = bytes('8040f17b 8041f8d3 5501a0b2');
  const payload = Buffer.from('Gallia est omnis divisa in partes tres');
  const expected = bytes(`
    8040f17b 8041f8d3 5501a0b2
    f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a 51c7d19b 36de3adf 8833
    899d7f27 beb16a91 52cf765e e4390cce`);
  t.same(session.seal(0x5501a0b2, 0xf17b, header, payload, 0), expected);
  t.same(session.open(0x5501a0b2, 0xf17b, header, expected.subarray(12)), Buffer.concat([header, payload]));
  t.equal(
    session.open(0x5501a0b2, 0x1f17b, header, expected.subarray(12)),
    null,
    'with another rollover counter',
  );
});

t.test('seals and opens the SRTCP packet of RFC 7714', async (t) => {
  const header = bytes('81c8000d 4d617273');
  const rest = bytes(`
    4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef deadbeef deadbeef deadbeef`);
  const expected = bytes(`
    81c8000d 4d617273
    63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1 730d6fda 4ce09b46 86303ded 0bb9275b
    c84aa458 96cf4d2f c5abf872 45d9eade`);
  const associated = bytes('81c8000d 4d617273 800005d4');
  t.same(session.seal(0x4d617273, 0x5d4, header, rest, 0, associated), expected);
  t.same(
    session.open(0x4d617273, 0x5d4, header, expected.subarray(8), associated),
    Buffer.concat([header, rest]),
  );
});

t.test(
  'a packet comes out as it went in, once, and its header and key number are in the clear',
  async (t) => {
    const sender = new SrtpSender(master, 3);
    const receiver = new SrtpReceiver(master, 3);
    const plain = rtp(1);
    const packet = sender.protect(plain);
    t.equal(packet.length, plain.length + srtpOverheadBytes);
    t.same(packet.subarray(0, 28), plain.subarray(0, 28));
    t.notOk(packet.includes('packet'));
    t.equal(mkiOf(packet), 3);
    t.equal(new SrtpReceiver(master, 4).unprotect(packet), null, 'another key number');
    t.equal(new SrtpReceiver(Buffer.alloc(28), 3).unprotect(packet), null, 'another key');
    t.same(receiver.unprotect(packet), plain);
    t.equal(receiver.unprotect(packet), null, 'the second time');
    t.throws(() => new SrtpSender(master.subarray(1), 0), { code: 'internal' });
  },
);

const newer = Buffer.alloc(28, 77);

t.test('a new key goes on with the same stream, and for a while both open it', (t) => {
  const sender = new SrtpSender(master, 0);
  const receiver = new SrtpReceiver(master, 0);
  const before = sealed(65_530, 65_533, sender);
  sender.renew(newer, 1);
  const after = sealed(65_534, 65_540, sender);
  t.equal(mkiOf(after.get(65_534)!), 1);
  t.equal(receiver.unprotect(after.get(65_534)!), null, 'not known yet');
  receiver.addKey(newer, 1);
  const order = [65_530, 65_532, 65_536, 65_531, 65_534, 65_533, 65_535, 65_537];
  for (const index of order) {
    t.same(receiver.unprotect((before.get(index) ?? after.get(index))!), rtp(index & 0xffff), `${index}`);
  }
  for (const packet of [...before.values(), after.get(65_536)!]) t.equal(receiver.unprotect(packet), null);
  t.equal(receiver.newestUsed, 1);
  sender.renew(master, 1);
  sender.renew(master, 0);
  t.ok(receiver.unprotect(sender.protect(rtp(65_541 & 0xffff))), 'the same number again changes nothing');
  t.end();
});

t.test('the rollover counter is not reset: who gets only the new key finds it', (t) => {
  const sender = new SrtpSender(master, 0);
  for (const [index] of [[60_000], [70_000], [100_000], [131_000]]) sender.protect(rtp(index! & 0xffff));
  sender.renew(newer, 1);
  const receiver = new SrtpReceiver(newer, 1);
  const packets = sealed(131_072, 131_200, sender);
  const opened = [...packets.values()].filter((packet) => receiver.unprotect(packet));
  t.ok(opened.length >= 64, `${opened.length} opened`);
  const reset = new SrtpSender(newer, 1);
  t.notSame(reset.protect(rtp(0)), packets.get(131_072), 'index 0 and index 131,072 are sealed differently');
  t.end();
});

t.test('whoever has an old key adds nothing to a stream that has a newer one', (t) => {
  const [sender, leaver] = [new SrtpSender(master, 0), new SrtpSender(master, 0)];
  const receiver = new SrtpReceiver(master, 0);
  t.ok(receiver.unprotect(sender.protect(rtp(1))));
  receiver.addKey(newer, 1);
  sender.renew(newer, 1);
  t.ok(receiver.unprotect(sender.protect(rtp(10))));
  t.ok(receiver.unprotect(leaver.protect(rtp(9))), 'sent before the change, and late');
  t.equal(receiver.unprotect(leaver.protect(rtp(11))), null, 'after it');
  receiver.forgetBefore(1);
  t.notOk(receiver.knowsKeyOf(leaver.protect(rtp(12))));
  t.equal(receiver.unprotect(leaver.protect(rtp(13))), null);
  t.ok(receiver.unprotect(sender.protect(rtp(14))));
  t.end();
});

t.test('keys have numbers of 32 bits, of which one byte is on the wire', (t) => {
  const sender = new SrtpSender(master, 0);
  const receiver = new SrtpReceiver(master, 0);
  let sequence = 0;
  let opened = 0;
  for (let epoch = 1; epoch <= 700; epoch++) {
    const key = Buffer.alloc(28, epoch);
    key.writeUInt32BE(epoch);
    receiver.addKey(key, epoch);
    if (receiver.unprotect(sender.protect(rtp(++sequence)))) opened++;
    sender.renew(key, epoch);
    if (receiver.unprotect(sender.protect(rtp(++sequence)))) opened++;
  }
  t.equal(opened, 1400);
  receiver.addKey(Buffer.alloc(28, 5), 3);
  t.ok(receiver.unprotect(sender.protect(rtp(sequence + 1))), 'an old number takes no place');
  t.end();
});

t.test('every changed bit and every truncation is refused, and changes nothing', async (t) => {
  const packets = sealed(1, 2);
  const receiver = new SrtpReceiver(master, 0);
  const second = packets.get(2)!;
  let taken = 0;
  for (let bit = 0; bit < 8 * second.length; bit++) {
    const changed = Buffer.from(second);
    changed[bit >> 3]! ^= 1 << (bit & 7);
    if (receiver.unprotect(changed)) taken++;
  }
  for (let length = 0; length < second.length; length++) {
    if (receiver.unprotect(second.subarray(0, length))) taken++;
  }
  t.equal(taken, 0);
  t.ok(receiver.unprotect(second));
  t.ok(receiver.unprotect(packets.get(1)!));
});

t.test('a changed packet of a known stream does not move its window', async (t) => {
  const packets = sealed(1, 30_000);
  const receiver = new SrtpReceiver(master, 0);
  t.ok(receiver.unprotect(packets.get(1)!));
  for (let index = 20_000; index < 20_100; index++) {
    const changed = Buffer.from(packets.get(index)!);
    changed[40]! ^= 1;
    if (receiver.unprotect(changed)) t.fail('was taken');
  }
  t.ok(receiver.unprotect(packets.get(2)!), 'an old one is still new enough');
});

t.test('takes packets in any order within the window, and none twice', async (t) => {
  const packets = sealed(0, 5000);
  const receiver = new SrtpReceiver(master, 0);
  const opens = (index: number): boolean => receiver.unprotect(packets.get(index)!) !== null;
  t.same(
    [3, 1, 2, 0, 3, 1].map(opens),
    [true, true, true, true, false, false],
    'the first ones out of order',
  );
  t.ok(opens(4000), 'far ahead');
  t.notOk(opens(4000 - windowPackets), 'too old');
  t.ok(opens(4000 - windowPackets + 1), 'just new enough');
  t.notOk(opens(4000 - windowPackets + 1));
});

t.test('follows the sequence number around, in any order', async (t) => {
  const packets = sealed(65_000, 65_536 + 600);
  const receiver = new SrtpReceiver(master, 0);
  const opens = (index: number): boolean => receiver.unprotect(packets.get(index)!) !== null;
  t.same([65_530, 65_537, 65_535, 65_540, 65_533, 65_536, 65_533, 65_536, 65_535].map(opens), [
    true,
    true,
    true,
    true,
    true,
    true,
    false,
    false,
    false,
  ]);
  t.ok(opens(65_536 + 600));
  t.ok(opens(65_000), 'from before the wrap, long after it');
  t.notOk(opens(65_000));
});

t.test('any order around the wrap opens each packet once', async () => {
  const packets = sealed(65_436, 65_636);
  const indexes = [...packets.keys()];
  const order = fc.array(fc.constantFrom(...indexes), { minLength: 50, maxLength: 150 });
  fc.assert(
    fc.property(order, (shuffled) => {
      const receiver = new SrtpReceiver(master, 0);
      const seen = new Set<number>();
      return shuffled.every((index) => {
        const opened = receiver.unprotect(packets.get(index)!);
        const expected = !seen.has(index);
        seen.add(index);
        return (opened !== null) === expected;
      });
    }),
    { numRuns: 40 },
  );
});

t.test('who joins late finds the rollover counter, and old packets stay out', async (t) => {
  const sender = new SrtpSender(master, 0);
  // Steps of 30,000: many rounds of the sequence number without sealing each packet.
  let index = 0;
  const jump = (to: number): Buffer => {
    let packet: Buffer = Buffer.alloc(0);
    while (index < to) {
      index = Math.min(to, index + 30_000);
      packet = sender.protect(rtp(index & 0xffff));
    }
    return packet;
  };
  const old = jump(5 * 65_536);
  const start = 200 * 65_536 + 17;
  jump(start);
  const receiver = new SrtpReceiver(master, 0);
  let tries = 1;
  while (receiver.unprotect(jump(start + tries)) === null && tries < 100) tries++;
  t.ok(tries <= 64, `after ${tries} packets`);
  t.equal(receiver.unprotect(old), null);
  t.ok(receiver.unprotect(jump(start + tries + 1)), 'and then knows it');
});

t.test('after a long silence the rollover counter is found again', async (t) => {
  const sender = new SrtpSender(master, 0);
  const receiver = new SrtpReceiver(master, 0);
  t.ok(receiver.unprotect(sender.protect(rtp(10))));
  for (let index = 30_000; index < 150_000; index += 30_000) sender.protect(rtp(index & 0xffff));
  let lost = 0;
  let found = false;
  for (let index = 150_000; index < 150_100 && !found; index++) {
    found = receiver.unprotect(sender.protect(rtp(index & 0xffff))) !== null;
    if (!found) lost++;
  }
  t.ok(found && lost <= 16, `${lost} packets were lost`);
});

t.test('never seals under the same number twice', async (t) => {
  const sender = new SrtpSender(master, 0);
  sender.protect(rtp(65_535));
  t.throws(() => sender.protect(rtp(65_535)), { code: 'internal' });
  t.throws(() => sender.protect(rtp(65_534)), { code: 'internal' });
  t.throws(
    () => sender.protect(rtp(32_767)),
    { code: 'internal' },
    'half a round ahead is half a round back',
  );
  sender.protect(rtp(0));
  t.throws(() => sender.protect(rtp(65_535)), { code: 'internal' });
  sender.protect(rtp(65_535, 16));
  t.throws(() => sender.protect(Buffer.alloc(11)), { code: 'bad-frame' });
});

t.test('the same packet one round later is sealed otherwise', async (t) => {
  const sender = new SrtpSender(master, 0);
  const first = sender.protect(rtp(1));
  for (const sequence of [30_000, 60_000]) sender.protect(rtp(sequence));
  t.notSame(sender.protect(rtp(1)), first);
});

t.test('keeps state for 16 streams and no more', async (t) => {
  const sender = new SrtpSender(master, 0);
  const receiver = new SrtpReceiver(master, 0);
  for (let ssrc = 0; ssrc < 16; ssrc++) t.ok(receiver.unprotect(sender.protect(rtp(1, ssrc))));
  t.equal(receiver.unprotect(sender.protect(rtp(1, 16))), null);
  t.ok(receiver.unprotect(sender.protect(rtp(2, 15))));
});

t.test('RTCP comes out as it went in, once, its order free', async (t) => {
  const sender = new SrtcpSender(master);
  const receiver = new SrtcpReceiver(master);
  const plain = [0, 1, 2, 3].map((at) => bytes(`81cb0003 00000008 0000000${at} 00000000`));
  const packets = plain.map((one) => sender.protect(one));
  t.equal(packets[1]!.subarray(-4).toString('hex'), '80000001', 'encrypted, index 1');
  t.same(packets[0]!.subarray(0, 8), plain[0]!.subarray(0, 8));
  for (const at of [2, 0, 3, 1]) t.same(receiver.unprotect(packets[at]!), plain[at]);
  for (const at of [2, 0, 3, 1]) t.equal(receiver.unprotect(packets[at]!), null);
  t.same(
    new SrtcpReceiver(master).unprotect(sender.protect(bytes('80c90001 00000008'))),
    bytes('80c90001 00000008'),
  );
  t.throws(() => sender.protect(Buffer.alloc(7)), { code: 'internal' });
});

t.test('RTCP that was changed, cut, or is not encrypted is refused, and changes nothing', async (t) => {
  const packet = new SrtcpSender(master).protect(bytes('80c90001 00000008 01020304'));
  const receiver = new SrtcpReceiver(master);
  let taken = 0;
  for (let bit = 0; bit < 8 * packet.length; bit++) {
    const changed = Buffer.from(packet);
    changed[bit >> 3]! ^= 1 << (bit & 7);
    if (receiver.unprotect(changed)) taken++;
  }
  for (let length = 0; length < packet.length; length++) {
    if (receiver.unprotect(packet.subarray(0, length))) taken++;
  }
  t.equal(taken, 0);
  t.ok(receiver.unprotect(packet));
  t.equal(new SrtpReceiver(master, 0).unprotect(packet), null, 'as SRTP');
});

t.test('200,000 buffers of nonsense are answered with null, and never with an exception', async (t) => {
  const packet = sealed(1, 1).get(1)!;
  const control = new SrtcpSender(master).protect(bytes('80c90001 00000008'));
  const receiver = new SrtpReceiver(master, 0);
  const controlReceiver = new SrtcpReceiver(master);
  let opened = 0;
  for (const one of nonsense([packet, control], 200_000)) {
    if (receiver.unprotect(one)) opened++;
    if (controlReceiver.unprotect(one)) opened++;
  }
  t.ok(opened <= 2, 'the two packets themselves, unchanged');
});
