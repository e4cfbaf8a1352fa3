// Tests of ICE's checks and orders: literal priorities, round trips, truncations, and what is answered to whom.
import t from 'tap';
import {
  candidatePriority,
  encodeCheck,
  encodeCheckAnswer,
  encodeRoleConflict,
  pairPriority,
  readCheck,
  readCheckAnswer,
  type IceCheck,
} from '../../src/protocol/ice.js';
import { checkIntegrity, decodeStun, stunAttribute, stunType } from '../../src/protocol/stun.js';
import { decodeWayOffer, encodeWayOffer, maxCandidates } from '../../src/protocol/way-offer.js';
import { ProtocolError } from '../../src/protocol/errors.js';

const password = 'the password of who is asked';
const check: IceCheck = {
  transactionId: Buffer.from('0123456789ab'),
  username: 'asked:asking',
  priority: 1_862_270_975,
  isControlling: true,
  tieBreaker: 0x0123_4567_89ab_cdefn,
  isNomination: false,
  paddingBytes: 0,
};
/** What follows MESSAGE-INTEGRITY is not proven by it, and not read. */
const fingerprintBytes = 8;
const from = { address: '192.0.2.7', port: 4711 };

t.test('candidates have the priorities of RFC 8445, section 5.1.2.1', (t) => {
  t.equal(candidatePriority('host', 65_535), 2_130_706_431);
  t.equal(candidatePriority('srflx', 65_535), 1_694_498_815);
  t.equal(candidatePriority('prflx', 65_535), 1_862_270_975);
  t.equal(candidatePriority('host', 65_534), 2_130_706_431 - 256);
  t.end();
});

t.test('pairs have the priorities of section 6.1.2.3, the same on both sides', (t) => {
  t.equal(pairPriority(2, 1), 2n ** 32n + 4n + 1n);
  t.equal(pairPriority(1, 2), 2n ** 32n + 4n);
  const [host, reflexive] = [candidatePriority('host', 65_535), candidatePriority('srflx', 65_535)];
  t.ok(pairPriority(host, host) > pairPriority(host, reflexive), 'two good ones before one');
  t.ok(pairPriority(host, reflexive) > pairPriority(reflexive, reflexive));
  t.end();
});

t.test('a check says all that it should, and is read back', (t) => {
  for (const one of [
    check,
    { ...check, isControlling: false, isNomination: true },
    { ...check, paddingBytes: 1_060 },
  ]) {
    const bytes = encodeCheck(one, password);
    t.same(readCheck(bytes, password), one);
    const { type, attributes } = decodeStun(bytes);
    t.equal(type, stunType.bindingRequest);
    const types = attributes.map((attribute) => attribute.type);
    t.ok(types.includes(one.isControlling ? stunAttribute.iceControlling : stunAttribute.iceControlled));
    t.equal(types.includes(stunAttribute.useCandidate), one.isNomination);
  }
  t.end();
});

t.test('a check that is not proven, not whole or of something unknown is none', (t) => {
  const bytes = encodeCheck(check, password);
  t.equal(readCheck(bytes, 'another password'), null);
  for (let length = 0; length < bytes.length; length++) {
    t.equal(readCheck(bytes.subarray(0, length), password), null, `${length} bytes of it`);
  }
  for (let at = 0; at < bytes.length - fingerprintBytes; at++) {
    const changed = Buffer.from(bytes);
    changed[at] = changed[at]! ^ 1;
    t.equal(readCheck(changed, password), null, `byte ${at} changed`);
  }
  t.equal(readCheck(encodeCheckAnswer(check, from, password), password), null, 'an answer');
  t.end();
});

t.test('an answer is proven, says where the check came from, and is never longer', (t) => {
  for (const paddingBytes of [0, 20, 33, 1_060]) {
    const asked = { ...check, paddingBytes };
    for (const address of ['192.0.2.7', '2001:db8::7']) {
      const answer = encodeCheckAnswer(asked, { ...from, address }, password);
      t.ok(answer.length <= encodeCheck(asked, password).length, `${paddingBytes} bytes of padding`);
      t.same(readCheckAnswer(answer, check.transactionId, password), { mapped: { ...from, address } });
      t.equal(readCheckAnswer(answer, check.transactionId, 'another'), null);
      t.equal(readCheckAnswer(answer, Buffer.from('another one!'), password), null);
    }
  }
  t.end();
});

t.test('a conflict of roles is error 487, proven', (t) => {
  const bytes = encodeRoleConflict(check, password);
  t.ok(checkIntegrity(bytes, password));
  const { type, attributes } = decodeStun(bytes);
  t.equal(type, stunType.bindingError);
  t.same(attributes[0], { type: stunAttribute.errorCode, value: Buffer.of(0, 0, 4, 87) });
  t.ok(bytes.length <= encodeCheck(check, password).length);
  t.end();
});

const offer = {
  number: 7,
  ufrag: 'abcdefgh',
  password: 'abcdefghijklmnopqrstuvwx',
  rtcpKey: Buffer.alloc(28, 1).toString('base64url'),
  candidates: [
    { address: '192.0.2.7', port: 4711, priority: 2_130_706_431 },
    { address: '2001:db8::7', port: 4711, priority: 2_130_706_175 },
  ],
};

t.test('an offer is read back; what is not one is refused', (t) => {
  t.same(decodeWayOffer(encodeWayOffer(offer)), offer);
  const [candidate] = offer.candidates;
  for (const wrong of [
    { ...offer, number: -1 },
    { ...offer, ufrag: 'a' },
    { ...offer, password: 'short' },
    { ...offer, rtcpKey: 'AA' },
    { ...offer, candidates: new Array(maxCandidates + 1).fill(candidate) },
    { ...offer, candidates: [{ ...candidate, address: 'example.org' }] },
    { ...offer, candidates: [{ ...candidate, port: 0 }] },
    null,
  ]) {
    t.throws(() => decodeWayOffer(Buffer.from(JSON.stringify(wrong))), ProtocolError);
  }
  t.throws(() => decodeWayOffer(Buffer.from('{')), ProtocolError);
  t.end();
});
