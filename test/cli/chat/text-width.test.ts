import fc from 'fast-check';
import t from 'tap';
import { layoutBuffer, moveRow } from '../../../src/cli/chat/composer-layout.js';
import { bufferOf } from '../../../src/cli/chat/text-buffer.js';
import { truncate, widthOf, wrap } from '../../../src/cli/chat/text-width.js';

const text = fc.string({
  unit: fc.constantFrom('a', 'bc', ' ', '\n', '漢', '👍🏽', 'e\u0301', '👨‍👩‍👧', '-', '🇫🇷'),
});

t.test('no wrapped row is wider than its room, and no character is lost', (t) => {
  fc.assert(
    fc.property(text, fc.integer({ min: 2, max: 20 }), (content, cells) => {
      const rows = wrap(content, cells);
      const fits = rows.every((row) => widthOf(row.text) <= cells);
      const whole = rows.map((row) => content.slice(row.start, row.end)).join('');
      return fits && whole === content.replaceAll('\n', '');
    }),
    { numRuns: 500 },
  );
  t.end();
});

t.test('wraps at spaces, and inside a word only when it is longer than a row', (t) => {
  t.same(
    wrap('hello big world', 10).map((row) => row.text),
    ['hello big', 'world'],
  );
  t.same(
    wrap('abcdefgh', 3).map((row) => row.text),
    ['abc', 'def', 'gh'],
  );
  t.same(
    wrap('a\n\nb', 3).map((row) => row.text),
    ['a', '', 'b'],
  );
  t.same(
    wrap('漢字かな', 5).map((row) => row.text),
    ['漢字', 'かな'],
  );
  t.end();
});

t.test('cut text shows an ellipsis and is never wider than asked', (t) => {
  t.equal(truncate('hello', 5), 'hello');
  t.equal(truncate('hello!', 5), 'hell…');
  t.equal(truncate('漢字漢字', 6), '漢字…');
  t.equal(truncate('abc', 0), '');
  fc.assert(
    fc.property(
      text,
      fc.nat({ max: 12 }),
      (content, cells) => widthOf(truncate(content.replaceAll('\n', ''), cells)) <= cells,
    ),
  );
  t.end();
});

t.test('the cursor is inside its row for every position', (t) => {
  fc.assert(
    fc.property(text, fc.nat(), fc.integer({ min: 4, max: 12 }), (content, at, cells) => {
      const { rows, cursorRow, cursorColumn } = layoutBuffer(
        { ...bufferOf(content), cursor: at % (content.length + 1) },
        cells,
      );
      return cursorRow < rows.length && cursorColumn >= 0 && cursorColumn < cells;
    }),
  );
  t.end();
});

t.test('up and down keep the column over a shorter row', (t) => {
  const start = { ...bufferOf('first line\nab\nthird line'), cursor: 8 };
  const down = moveRow(start, 1, 40);
  t.equal(down?.cursor, 13);
  const again = down && moveRow(down, 1, 40);
  t.equal(again?.cursor, 14 + 8);
  t.equal(moveRow(start, -1, 40), null);
  t.equal(again && moveRow(again, 1, 40), null);
  t.end();
});
