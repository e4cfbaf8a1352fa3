// STUN against the test vectors of RFC 5769, byte by byte.
import t from 'tap';
import {
  checkIntegrity,
  decodeStun,
  decodeXorAddress,
  encodeStun,
  encodeXorAddress,
  stunAttribute,
  stunType,
} from '../../src/protocol/stun.js';
import { decodeNonsense } from '../support/random-bytes.js';

const bytes = (hex: string): Buffer => Buffer.from(hex.replace(/\s/g, ''), 'hex');
const transactionId = bytes('b7e7a701bc34d686fa87dfae');

// RFC 5769, section 2.1: a request with SOFTWARE, PRIORITY, ICE-CONTROLLED, USERNAME, MESSAGE-INTEGRITY, FINGERPRINT.
const request = bytes(`
  00010058 2112a442 b7e7a701 bc34d686 fa87dfae
  80220010 5354554e 20746573 7420636c 69656e74
  00240004 6e0001ff
  80290008 932ff9b1 51263b36
  00060009 6576746a 3a683676 59202020
  00080014 9aeaa70c bfd8cb56 781ef2b5 b2d3f249 c1b571a2
  80280004 e57a3bcf`);

// Section 2.2: the answer over IPv4, 192.0.2.1 port 32853; section 2.3 over IPv6.
const answer4 = bytes(`
  0101003c 2112a442 b7e7a701 bc34d686 fa87dfae
  8022000b 74657374 20766563 746f7220
  00200008 0001a147 e112a643
  00080014 2b91f599 fd9e90c3 8c7489f9 2af9ba53 f06be7d7
  80280004 c07d4c96`);
const answer6 = bytes(`
  01010048 2112a442 b7e7a701 bc34d686 fa87dfae
  8022000b 74657374 20766563 746f7220
  00200014 0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9
  00080014 a382954e 4be67bf1 1784c97c 8292c275 bfe3ed41
  80280004 c8fb0b4c`);

t.test('reads the request of RFC 5769', (t) => {
  const message = decodeStun(request);
  t.equal(message.type, stunType.bindingRequest);
  t.ok(message.transactionId.equals(transactionId));
  t.same(
    message.attributes.map(({ type }) => type),
    [0x8022, 0x0024, 0x8029, 0x0006, 0x0008],
  );
  t.equal(message.attributes[0]?.value.toString(), 'STUN test client');
  t.equal(message.attributes[3]?.value.toString(), 'evtj:h6vY');
  t.end();
});

t.test('reads and writes the mapped addresses of RFC 5769', (t) => {
  for (const [message, address] of [
    [answer4, '192.0.2.1'],
    [answer6, '2001:db8:1234:5678:11:2233:4455:6677'],
  ] as const) {
    const { type, attributes } = decodeStun(message);
    t.equal(type, stunType.bindingSuccess);
    const mapped = attributes.find((attribute) => attribute.type === stunAttribute.xorMappedAddress);
    t.same(decodeXorAddress(mapped!.value, transactionId), { address, port: 32853 });
    t.ok(encodeXorAddress({ address, port: 32853 }, transactionId).equals(mapped!.value));
  }
  t.end();
});

t.test('writes messages whose fingerprint it accepts', (t) => {
  const attributes = [{ type: 0x8022, value: Buffer.from('odd') }];
  const encoded = encodeStun({ type: stunType.bindingRequest, transactionId, attributes });
  t.equal(encoded.length, 20 + 8 + 8);
  t.same(decodeStun(encoded), { type: stunType.bindingRequest, transactionId, attributes });
  t.end();
});

t.test('writes short forms of IPv6 addresses, and those that hold IPv4', (t) => {
  for (const [short, long] of [
    ['::1', '::1'],
    ['fe80::2%eth0', 'fe80::2'],
    ['::ffff:192.0.2.1', '::ffff:c000:201'],
    ['2001:db8::', '2001:db8::'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:0:0:1::2', '2001:0:0:1::2'],
    ['::', '::'],
  ] as const) {
    const value = encodeXorAddress({ address: short, port: 1 }, transactionId);
    t.same(decodeXorAddress(value, transactionId), { address: long, port: 1 });
  }
  t.end();
});

t.test('refuses every truncation, every changed byte under the fingerprint, and trailing junk', (t) => {
  for (let length = 0; length < request.length; length++) {
    t.throws(() => decodeStun(request.subarray(0, length)), { code: 'bad-frame' }, `${length} bytes`);
  }
  for (let at = 0; at < request.length; at++) {
    const changed = Buffer.from(request);
    changed[at]! ^= 0x01;
    // A type of its own or a fingerprint that is another attribute is what a change of those bytes can make.
    if (at === request.length - 8 || at === request.length - 7) continue;
    t.throws(() => decodeStun(changed), { code: 'bad-frame' }, `byte ${at}`);
  }
  t.throws(() => decodeStun(Buffer.concat([request, Buffer.alloc(4)])), { code: 'bad-frame' });
  t.throws(() => decodeXorAddress(Buffer.alloc(8), transactionId), { code: 'bad-frame' });
  t.throws(() => decodeXorAddress(Buffer.from('00010000', 'hex'), transactionId), { code: 'bad-frame' });
  t.end();
});

const password = 'VOkJxbRl1RmTxUk/WvJxBt';

t.test('checks the integrity of the messages of RFC 5769', (t) => {
  for (const message of [request, answer4, answer6]) {
    t.ok(checkIntegrity(message, password));
    t.ok(checkIntegrity(message, Buffer.from(password)));
    t.notOk(checkIntegrity(message, password.slice(1)));
  }
  t.end();
});

t.test('writes the answer of RFC 5769 but for its padding, and its integrity holds', (t) => {
  const { type, attributes } = decodeStun(answer4);
  const message = { type, transactionId, attributes: attributes.slice(0, -1) };
  const encoded = encodeStun(message, { integrityKey: password });
  t.equal(encoded.length, answer4.length);
  t.ok(encoded.subarray(0, 31).equals(answer4.subarray(0, 31)), 'up to the padding of SOFTWARE');
  t.ok(checkIntegrity(encoded, password));
  t.notOk(checkIntegrity(encoded, `${password}x`));
  t.same(
    decodeStun(encoded).attributes.map((attribute) => attribute.type),
    [0x8022, stunAttribute.xorMappedAddress, stunAttribute.messageIntegrity],
  );
  t.notOk(checkIntegrity(encodeStun(message), password), 'without a key there is none');
  t.end();
});

t.test('carries a username and a counter under the integrity', (t) => {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(0x0102030405060708n);
  const attributes = [
    { type: stunAttribute.username, value: Buffer.from('ada') },
    { type: stunAttribute.counter, value: counter },
  ];
  const encoded = encodeStun(
    { type: stunType.bindingRequest, transactionId, attributes },
    { integrityKey: 'secret' },
  );
  t.equal(
    encoded.subarray(20, 40).toString('hex'),
    '00060003' + '61646100' + 'c0ca0008' + '0102030405060708',
  );
  for (let at = 0; at < 40; at++) {
    // The length is not what was sent but what it was when the integrity was made.
    if (at === 2 || at === 3) continue;
    const changed = Buffer.from(encoded);
    changed[at]! ^= 0x10;
    t.notOk(checkIntegrity(changed, 'secret'), `byte ${at}`);
  }
  for (let at = 44; at < 64; at++) {
    const changed = Buffer.from(encoded);
    changed[at]! ^= 1;
    t.notOk(checkIntegrity(changed, 'secret'), `byte ${at} of the integrity itself`);
  }
  t.end();
});

t.test('leaves out what stands behind the integrity, but for the fingerprint', (t) => {
  const attributes = [{ type: stunAttribute.username, value: Buffer.from('ada!') }];
  const encoded = encodeStun(
    { type: stunType.bindingRequest, transactionId, attributes },
    { integrityKey: 'secret' },
  );
  const added = Buffer.concat([encoded.subarray(0, -8), bytes('00060004 65766521')]);
  added.writeUInt16BE(added.length - 20, 2);
  t.ok(checkIntegrity(added, 'secret'));
  const { attributes: seen } = decodeStun(added);
  t.same(
    seen.map(({ type }) => type),
    [stunAttribute.username, stunAttribute.messageIntegrity],
  );
  t.equal(seen[0]?.value.toString(), 'ada!');
  t.end();
});

t.test('an integrity of a wrong length is none', (t) => {
  const attributes = [{ type: stunAttribute.messageIntegrity, value: Buffer.alloc(32) }];
  const encoded = encodeStun({ type: stunType.bindingRequest, transactionId, attributes });
  t.notOk(checkIntegrity(encoded, ''));
  for (let length = 0; length < request.length; length++) {
    // Cut behind the integrity it is still whole.
    const expected = length >= request.length - 8;
    t.equal(checkIntegrity(request.subarray(0, length), password), expected, `${length} bytes`);
  }
  t.end();
});

t.test('200,000 buffers of nonsense throw ProtocolError or nothing, and none is taken for intact', (t) => {
  const plain = bytes('00010000 2112a442 b7e7a701 bc34d686 fa87dfae');
  const both = (datagram: Buffer): void => {
    const intact = checkIntegrity(datagram, 'another password');
    if (intact) throw new Error('taken for intact');
    decodeStun(datagram);
  };
  const { decoded, refused, others } = decodeNonsense(both, [request, answer4, answer6, plain]);
  t.same(others, []);
  t.ok(decoded > 10_000 && refused > 10_000, `${decoded} decoded, ${refused} refused`);
  t.end();
});
