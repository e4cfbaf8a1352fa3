// Ink places rows as they are, and builds only those that are new.
import t from 'tap';
import { InkFrame } from '../../../src/cli/chat/ink-frame.js';

const columns = 40;
const screen = (change: Record<number, string> = {}): string[] =>
  Array.from({ length: 20 }, (_, row) => change[row] ?? `row ${row} \u001b[1mbold\u001b[22m 漢字 👍`);

/** What is seen of a row: its colours may be written in another way. */
const seen = (row: string): string => row.replaceAll(/\u001b\[[0-9;]*m/g, '').trimEnd();

t.test('rows come out as they went in', async (t) => {
  const ink = new InkFrame();
  t.teardown(() => ink.unmount());
  const rows = screen({ 3: '', 7: '   ', 11: 'x'.repeat(columns), 19: '' });
  const drawn = ink.draw(rows, columns);
  t.equal(drawn.length, rows.length);
  t.same(drawn.map(seen), rows.map(seen));
  t.match(drawn[0], '\u001b[1mbold');
  t.same(ink.draw(rows.slice(0, 5), columns).map(seen), rows.slice(0, 5).map(seen), 'fewer rows');
  t.same(ink.draw(screen(), 60).map(seen), screen().map(seen), 'another width');
});

t.test('what has not changed is not rendered again', async (t) => {
  const ink = new InkFrame();
  t.teardown(() => ink.unmount());
  let frames = 0;
  /** CPU of 20 frames, in each of which these rows are others. */
  const cost = (changed: (row: number) => boolean): number => {
    const begin = process.cpuUsage();
    for (let i = 0; i < 20; i++, frames++) {
      const rows = Array.from({ length: 48 }, (_, row) =>
        `row ${row} ${changed(row) ? frames : ''}`.padEnd(120, '.'),
      );
      t.equal(ink.draw(rows, 120).length, 48);
    }
    const { user, system } = process.cpuUsage(begin);
    return user + system;
  };
  cost(() => true);
  const all = cost(() => true);
  const one = cost((row) => row === 46);
  t.ok(one < all / 2, `one row of 48 costs ${(one / all).toFixed(2)} of all`);
});

t.test('rows that have moved are not built again', (t) => {
  const ink = new InkFrame();
  t.teardown(() => ink.unmount());
  ink.draw(screen(), columns);
  t.equal([...ink.prepare(screen().reverse(), columns)].length, 0);
  t.equal([...ink.prepare([...screen().slice(1), 'new'], columns)].length, 1);
  t.end();
});

t.test('a screen is prepared in steps, and drawn from them', (t) => {
  const ink = new InkFrame();
  t.teardown(() => ink.unmount());
  t.ok([...ink.prepare(screen(), columns)].length > 1);
  t.same(ink.draw(screen(), columns).map(seen), screen().map(seen));
  t.end();
});

t.test('a screen of another width given up halfway leaves nothing behind', (t) => {
  const ink = new InkFrame();
  t.teardown(() => ink.unmount());
  const halfway = ink.prepare(screen(), 20);
  halfway.next();
  t.same(ink.draw(screen(), columns).map(seen), screen().map(seen));
  t.ok(halfway.next().done, 'nothing of the other width is built any more');
  t.same(ink.draw(screen(), columns).map(seen), screen().map(seen));
  t.end();
});
