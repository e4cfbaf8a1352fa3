// The identity key pair, its wrapping, the recovery key and the safety number.
import t from 'tap';
import { makeIdentity, openIdentity, safetyNumberOf, sealIdentity } from '../../src/client/identity.js';
import { makeRecoveryKey, parseRecoveryKey } from '../../src/client/recovery-key.js';

const secret = Buffer.alloc(64, 7);

t.test('a sealed identity opens with its secret and its purpose only', async (t) => {
  const keys = makeIdentity();
  const wrapped = sealIdentity(keys, secret, 'export-key');
  const sealed = { publicKey: keys.publicKey, wrapped };
  t.equal(Buffer.from(keys.publicKey, 'base64url').length, 32);
  t.equal(Buffer.from(wrapped, 'base64url').length, 61);
  t.same(openIdentity(sealed, secret, 'export-key'), keys);
  t.equal(openIdentity(sealed, Buffer.alloc(64, 8), 'export-key'), null);
  t.equal(openIdentity(sealed, secret, 'recovery-key'), null);
  t.equal(openIdentity({ ...sealed, publicKey: makeIdentity().publicKey }, secret, 'export-key'), null);
});

t.test('a sealed identity of which any byte was changed or cut does not open', async (t) => {
  const keys = makeIdentity();
  const bytes = Buffer.from(sealIdentity(keys, secret, 'export-key'), 'base64url');
  for (let i = 0; i < bytes.length; i++) {
    const changed = Buffer.from(bytes);
    changed[i]! ^= 1;
    const wrapped = changed.toString('base64url');
    t.equal(openIdentity({ publicKey: keys.publicKey, wrapped }, secret, 'export-key'), null);
    const cut = bytes.subarray(0, i).toString('base64url');
    t.equal(openIdentity({ publicKey: keys.publicKey, wrapped: cut }, secret, 'export-key'), null);
  }
});

t.test('the safety number is the same on both sides and another one for another key', async (t) => {
  const alice = { id: 1, publicKey: Buffer.alloc(32, 1).toString('base64url') };
  const bob = { id: 2, publicKey: Buffer.alloc(32, 2).toString('base64url') };
  const number = safetyNumberOf(alice, bob);
  t.match(number, /^(\d{5} ){11}\d{5}$/);
  t.equal(safetyNumberOf(bob, alice), number);
  t.not(safetyNumberOf(alice, { ...bob, publicKey: alice.publicKey }), number);
  t.not(safetyNumberOf(alice, { ...bob, id: 3 }), number);
});

t.test('a recovery key is read back however a person types it', async (t) => {
  const key = makeRecoveryKey(Buffer.from('00112233445566778899aabbccddeeff', 'hex'));
  t.equal(key.text, '008J-4CT4-ANK7-F24S-NAXW-SQFE-ZXJR');
  t.match(key.text, /^([0-9A-HJKMNP-TV-Z]{4}-){6}[0-9A-HJKMNP-TV-Z]{4}$/);
  t.same(parseRecoveryKey(key.text), key.secret);
  t.same(parseRecoveryKey(` ${key.text.toLowerCase().replaceAll('-', ' ')} `), key.secret);
  t.same(parseRecoveryKey(key.text.replaceAll('0', 'O').replaceAll('1', 'l')), key.secret);
  t.not(makeRecoveryKey().text, makeRecoveryKey().text);
});

t.test('a recovery key with a slip of the pen is refused', async (t) => {
  const { text } = makeRecoveryKey(Buffer.alloc(16, 5));
  const wrong = text.split('').map((letter, i) => {
    if (letter === '-') return null;
    return text.slice(0, i) + (letter === '7' ? '8' : '7') + text.slice(i + 1);
  });
  const passed = wrong.filter((one) => one !== null && parseRecoveryKey(one) !== null);
  t.same(passed, []);
  t.equal(parseRecoveryKey(text.slice(1)), null);
  t.equal(parseRecoveryKey(`${text}U`), null);
  t.equal(parseRecoveryKey(text.replace(/.$/, 'U')), null);
});
