// Tokens and the codes that people type.
import t from 'tap';
import { hashCode, hashToken, makeCode, makeToken } from '../../src/server/codes.js';

t.test('a token has 256 random bits', (t) => {
  t.match(makeToken(), /^[A-Za-z0-9_-]{43}$/);
  t.equal(new Set(Array.from({ length: 1000 }, makeToken)).size, 1000);
  t.match(hashToken('x'), /^[0-9a-f]{64}$/);
  t.end();
});

t.test('a code is the same however it is typed', (t) => {
  const code = makeCode();
  t.match(code, /^([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}$/);
  t.equal(hashCode(code), hashCode(` ${code.toLowerCase().replaceAll('-', ' ')}\n`));
  t.equal(hashCode('01-01'), hashCode('OI-ol'));
  t.not(hashCode(code), hashCode(makeCode()));
  t.end();
});
