// Payloads: what members write and read, and how what cannot be read is passed over.
import fc from 'fast-check';
import t from 'tap';
import { decodePayload, encodePayload, type Payload } from '../../src/protocol/payload.js';

const file = { name: 'a.png', size: 3, type: 'image/png', sha256: '0'.repeat(64) };

t.test('payloads of each class round-trip', async (t) => {
  const messages: Payload[] = [
    { kind: 'text', text: 'été 👍\n' },
    { kind: 'file', file, text: 'look' },
    { kind: 'poll', question: 'When?', options: ['today', 'tomorrow'] },
  ];
  for (const payload of messages) t.same(decodePayload('message', encodePayload(payload)), payload);
  const updates: Payload[] = [
    { kind: 'edit', text: 'x' },
    { kind: 'reaction', emoji: '👍' },
    { kind: 'reaction', emoji: null },
    { kind: 'vote', option: 0 },
    { kind: 'delete' },
  ];
  for (const payload of updates) t.same(decodePayload('update', encodePayload(payload)), payload);
  const left: Payload = { kind: 'left', user: 4 };
  t.same(decodePayload('control', encodePayload(left)), left);
});

t.test('a payload of another class, an unknown kind, or an erased one reads as nothing', async (t) => {
  t.equal(decodePayload('message', '{"kind":"vote","option":1}'), null);
  t.equal(decodePayload('update', '{"kind":"text","text":"x"}'), null);
  t.equal(decodePayload('message', '{"kind":"hologram"}'), null);
  t.equal(decodePayload('message', ''), null);
  t.equal(decodePayload('message', '{'), null);
});

t.test('wrong values read as nothing: long texts, polls of one option, reactions of words', async (t) => {
  t.equal(decodePayload('message', encodePayload({ kind: 'text', text: 'x'.repeat(16_001) })), null);
  t.equal(decodePayload('message', encodePayload({ kind: 'poll', question: 'q', options: ['one'] })), null);
  t.equal(decodePayload('update', encodePayload({ kind: 'reaction', emoji: 'word' })), null);
  t.equal(decodePayload('message', encodePayload({ kind: 'file', file: { ...file, sha256: '../x' } })), null);
});

t.test('random text never makes it throw', async () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.json()),
      fc.constantFrom('message', 'update', 'control'),
      (text, kind) => {
        decodePayload(kind as 'message', text);
        return true;
      },
    ),
  );
});
