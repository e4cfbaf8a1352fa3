// Text from others can never steer a terminal.
import fc from 'fast-check';
import t from 'tap';
import { cleanBlock, cleanLine, safeJson } from '../../src/cli/clean-text.js';

/** Any UTF-16 units, with those that matter in the majority. */
const hostile = fc.array(
  fc.oneof(
    fc.integer({ min: 0, max: 0x9f }),
    fc.constantFrom(
      0x1b,
      0x9b,
      0x5b,
      0x5d,
      0x07,
      0x5c,
      0x202e,
      0x2066,
      0x200d,
      0x0301,
      0xd83d,
      0xde00,
      0x2028,
    ),
    fc.integer({ min: 0, max: 0xffff }),
  ),
  { maxLength: 200 },
);
const text = hostile.map((units) => String.fromCharCode(...units));

t.test('what would name a picture of the terminal to it names none', (t) => {
  t.equal(cleanLine('a\u{10eeee}\u0305\u0305b'), 'a\ufffd\u0305\u0305b');
  t.equal(cleanBlock('\u{10eeee}'), '\ufffd');
  t.end();
});

t.test('no control character, direction control or lone surrogate comes through', (t) => {
  const forbidden = /[\p{Cc}\p{Cs}\u2028-\u202e\u2066-\u2069]/u;
  const holds = fc.property(text, (input) => {
    const block = cleanBlock(input).replaceAll('\n', '');
    return !forbidden.test(cleanLine(input)) && !forbidden.test(block);
  });
  t.doesNotThrow(() => fc.assert(holds, { numRuns: 3000 }));
  t.end();
});

t.test('cleaning twice changes nothing more', (t) => {
  const holds = fc.property(text, (input) => cleanBlock(cleanBlock(input)) === cleanBlock(input));
  t.doesNotThrow(() => fc.assert(holds, { numRuns: 1000 }));
  t.end();
});

t.test('takes escape sequences out whole', (t) => {
  t.equal(cleanLine('a\x1b[31mred\x1b[0m!'), 'ared!');
  t.equal(cleanLine('x\x1b]0;title\x07y'), 'xy');
  t.equal(cleanLine('x\x1b]52;c;ZXZpbA==\x1b\\y'), 'xy');
  t.equal(cleanLine('x\x9b2Jy\x1bcz'), 'xyz');
  t.equal(cleanLine('x\x1bP1;2|data\x9cy'), 'xy');
  t.equal(cleanBlock('one\r\ntwo\rthree\x1b]never ended\nfour'), 'one\ntwo\nthree\nfour');
  t.end();
});

t.test('leaves languages and emoji as they are', (t) => {
  for (const sample of ['Ça va où ?', 'שלום \u200fא', 'नमस्ते', '👨‍👩‍👧‍👦 👍🏽 🏴󠁧󠁢󠁥󠁮󠁧󠁿 ❤️', 'Z̴͑e']) {
    t.equal(cleanLine(sample), sample);
  }
  t.end();
});

t.test('caps towers of marks, floods of invisible characters, and lines', (t) => {
  t.equal(cleanLine(`a${'\u0301'.repeat(500)}b`), `a${'\u0301'.repeat(8)}b`);
  t.equal(cleanLine(`a${'\u200b'.repeat(500)}b`).length, 10);
  t.equal(cleanLine('x'.repeat(5000)).length, 1000);
  t.equal(cleanLine('😀'.repeat(10), 6), '😀😀…');
  t.end();
});

t.test('escapes in JSON what JSON leaves in the clear', (t) => {
  const value = { text: 'a\x7f\x9b\u202e\u2028\n' };
  t.equal(safeJson(value), '{"text":"a\\u007f\\u009b\\u202e\\u2028\\n"}');
  t.same(JSON.parse(safeJson(value)), value);
  t.end();
});
