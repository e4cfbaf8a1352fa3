import fc from 'fast-check';
import t from 'tap';
import { encodeUpdate, Screen, type Frame } from '../../../src/cli/chat/screen.js';
import { widthOf } from '../../../src/cli/chat/text-width.js';
import { FakeTerminal } from '../../support/fake-terminal.js';

const columns = 12;
const row = fc
  .array(fc.constantFrom('a', 'b', ' ', '漢', '❤️', '👨‍👩‍👧', '\u001b[31mr\u001b[39m', '✔', 'e\u0301'), {
    maxLength: columns,
  })
  .map((parts) => {
    let used = 0;
    return parts.filter((part) => (used += part.includes('r') ? 1 : widthOf(part)) <= columns).join('');
  });
const frame = fc.array(row, { minLength: 3, maxLength: 3 }).map((rows): Frame => ({ rows, cursor: null }));

function plain(rows: readonly string[]): string[] {
  return rows.map((one) => one.replace(/\u001b\[[0-9;]*m/g, '').trimEnd());
}

t.test('after any two frames the terminal shows the second', (t) => {
  fc.assert(
    fc.property(frame, frame, (first, second) => {
      const terminal = new FakeTerminal(columns, 3);
      const screen = new Screen((data) => terminal.write(data));
      screen.draw(first);
      screen.draw(second);
      return JSON.stringify(terminal.lines) === JSON.stringify(plain(second.rows));
    }),
    { numRuns: 300 },
  );
  t.end();
});

t.test('writes only what has changed, and nothing when nothing has', (t) => {
  const before: Frame = { rows: ['one', 'two', 'three'], cursor: { row: 2, column: 1 } };
  t.equal(encodeUpdate(before, before), '');
  const bytes = encodeUpdate(before, { ...before, rows: ['one', 'TWO', 'three'] });
  t.match(bytes, 'TWO');
  t.notMatch(bytes, 'three');
  t.notMatch(bytes, '\u001b[2J', 'never a full clear');
  t.end();
});

t.test('does not erase after a row as wide as the terminal: that would erase its last cell', (t) => {
  t.notMatch(
    encodeUpdate({ rows: ['x'], cursor: null }, { rows: ['a'.repeat(columns)], cursor: null }),
    '\u001b[K',
  );
  t.end();
});

t.test('puts the cursor right after a character that terminals measure differently', (t) => {
  const bytes = encodeUpdate({ rows: [], cursor: null }, { rows: ['❤️x'], cursor: null });
  t.match(bytes, '❤️\u001b[3Gx');
  t.end();
});

t.test('a slow terminal gets the newest frame when it can take it, not every one', (t) => {
  const written: string[] = [];
  let free = false;
  const screen = new Screen((data) => {
    written.push(data);
    return free;
  });
  screen.draw({ rows: ['first'], cursor: null });
  screen.draw({ rows: ['second'], cursor: null });
  screen.draw({ rows: ['third'], cursor: null });
  t.equal(written.length, 1);
  free = true;
  screen.drained();
  t.equal(written.length, 2);
  t.match(written[1], 'third');
  t.end();
});
