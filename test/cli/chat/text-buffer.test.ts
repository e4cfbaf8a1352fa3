import fc from 'fast-check';
import t from 'tap';
import {
  bufferOf,
  edits,
  emptyBuffer,
  insert,
  type EditName,
  type TextBuffer,
} from '../../../src/cli/chat/text-buffer.js';

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const names = Object.keys(edits) as EditName[];

function isBorder({ text, cursor }: TextBuffer): boolean {
  if (cursor === text.length) return true;
  return Array.from(segmenter.segment(text)).some((part) => part.index === cursor);
}

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({
    unit: fc.constantFrom('a', ' ', '\n', '👨‍👩‍👧', 'e\u0301', '🇫', '🇷', '漢', '\u0301', '-', '\u200d'),
  }),
);

t.test('the cursor never stands inside a grapheme, whatever is typed and whichever keys are pressed', (t) => {
  const step = fc.oneof(
    text,
    fc.constantFrom(...names).map((name) => ({ name })),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      let buffer = emptyBuffer;
      for (const one of steps) {
        buffer = typeof one === 'string' ? insert(buffer, one) : edits[one.name](buffer);
        if (!isBorder(buffer)) return false;
      }
      return true;
    }),
    { numRuns: 300 },
  );
  t.end();
});

t.test('moving changes no text, and deleting only ever takes from it', (t) => {
  fc.assert(
    fc.property(text, fc.nat(), fc.constantFrom(...names), (content, at, name) => {
      let buffer = bufferOf(content);
      for (let index = 0; index < at % 20; index++) buffer = edits.left(buffer);
      const after = edits[name](buffer);
      if (name.startsWith('delete')) return after.text.length <= content.length;
      return name === 'newline' || after.text === content;
    }),
    { numRuns: 300 },
  );
  t.end();
});

t.test('left and right are each other’s undo between graphemes', (t) => {
  const family = bufferOf('a👨‍👩‍👧b');
  const before = edits.left(edits.left(family));
  t.equal(before.cursor, 1);
  t.equal(edits.right(before).cursor, 'a👨‍👩‍👧'.length);
  t.equal(edits['delete-left'](edits.left(family)).text, 'ab');
  t.end();
});

t.test('words are deleted as a shell does', (t) => {
  t.equal(edits['delete-word-left'](bufferOf('git commit -m  ')).text, 'git commit ');
  t.equal(edits['word-left'](bufferOf('one two.three')).cursor, 'one two.'.length);
  t.equal(edits['word-right']({ ...bufferOf('  été, là'), cursor: 0 }).cursor, '  été'.length);
  t.equal(edits['delete-word-right']({ ...bufferOf('one two'), cursor: 0 }).text, ' two');
  t.end();
});

t.test('lines begin and end at their breaks', (t) => {
  const buffer = { ...bufferOf('one\ntwo three\nfour'), cursor: 7 };
  t.equal(edits['line-start'](buffer).cursor, 4);
  t.equal(edits['line-end'](buffer).cursor, 13);
  t.equal(edits['delete-to-line-start'](buffer).text, 'one\n three\nfour');
  t.equal(edits['delete-to-line-end'](buffer).text, 'one\ntwo\nfour');
  t.equal(edits['delete-to-line-end']({ ...buffer, cursor: 13 }).text, 'one\ntwo threefour');
  t.end();
});
