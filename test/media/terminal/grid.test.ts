// Tests of a group on the call's screen: who speaks and who is muted, in letters and not by colour alone, in tiles of any size.
import t, { type Test } from 'tap';
import { readAnswers } from '../../../src/media/terminal/detect.js';
import { CallScreen } from '../../../src/media/terminal/screen.js';
import { Speaking } from '../../../src/media/terminal/speaking.js';
import { nameLine } from '../../../src/media/terminal/tile-text.js';
import { widthOf } from '../../../src/cli/chat/text-width.js';
import { FakeTerminal } from '../../support/fake-terminal.js';

const graphics = { ...readAnswers('', {}), view: 'blocks', colours: 'true' } as const;
const names = [
  'you',
  'bob',
  'carol',
  'dave\u001b[31m\n',
  'élodie-with-a-very-long-name',
  '漢字漢字漢字漢字漢字',
  'eve',
  'mallory',
];

/** Loudness comes ten times a second. */
function speaks(levels: readonly number[]): boolean[] {
  const speaking = new Speaking();
  return levels.map((level, at) => {
    speaking.heard(level, at * 100);
    return speaking.is;
  });
}

t.test('a word marks the speaker, a pause between words does not unmark', (t) => {
  const loud = Array.from({ length: 5 }, () => 0.6);
  const soft = Array.from({ length: 12 }, () => 0.1);
  t.same(speaks([0.6, 0.1, 0.6, 0.1]), [false, false, false, false], 'a knock is no word');
  t.same(speaks(loud), [false, false, true, true, true]);
  const pausing = speaks([...loud, 0.1, 0.2, 0.1, ...loud, ...soft]);
  const changes = pausing.filter((is, at) => at > 0 && is !== pausing[at - 1]).length;
  t.equal(changes, 2, 'begins once and ends once');
  t.equal(pausing.at(-1), false);
  t.same(
    speaks([...loud, 0.35, 0.35, 0.35, 0.35, 0.35, 0.35, 0.35, 0.35, 0.35])
      .slice(2)
      .includes(false),
    false,
  );
  const flicker = speaks(Array.from({ length: 100 }, (_, at) => (at % 2 === 0 ? 0.45 : 0.25)));
  t.ok(
    flicker.filter((is, at) => at > 0 && is !== flicker[at - 1]).length <= 1,
    'near the limit nothing flickers',
  );
  t.end();
});

t.test('a name fits its tile, with its marks, whatever it holds', (t) => {
  for (const name of [...names, '👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧', '\u0007\u009b31mx', '']) {
    for (let cells = 1; cells <= 60; cells++) {
      for (const speaks of [null, false, true]) {
        for (const muted of [false, true]) {
          const line = nameLine({ name, muted, isFrozen: muted, level: 1, speaks }, cells);
          if (widthOf(line) > cells) t.fail(`${JSON.stringify(line)} is wider than ${cells}`);
          if (/[\u0000-\u001f\u007f-\u009f]/.test(line)) t.fail(`controls in ${JSON.stringify(line)}`);
        }
      }
    }
  }
  const look = { name: 'alice', isFrozen: false, level: 0, muted: false };
  t.equal(nameLine({ ...look, speaks: true }, 19), '▶ alice');
  t.equal(nameLine({ ...look, speaks: false }, 19), '  alice', 'names stay where they are');
  t.equal(nameLine({ ...look, speaks: false, muted: true }, 19), '  alice 🔇');
  t.equal(nameLine({ ...look, speaks: null, level: 1 }, 40), 'alice ██████');
  t.end();
});

/** Eight people of whom carol speaks and eve is muted, as a terminal of this size shows them without pictures. */
async function eight(t: Test, columns: number, rows: number): Promise<string[]> {
  const terminal = new FakeTerminal(columns, rows);
  const state = { atMs: 0 };
  const screen = new CallScreen({
    write: (bytes) => terminal.write(Buffer.from(bytes).toString('utf8')),
    columns,
    rows,
    graphics,
    now: () => state.atMs,
  });
  t.teardown(() => screen.close());
  for (const [id, name] of names.entries())
    screen.setPerson(id, { name, muted: name === 'eve', camera: true });
  screen.status('#team  8 people');
  for (; state.atMs < 500; state.atMs += 100) {
    screen.level(2, 0.9);
    screen.level(6, 0.9);
    screen.level(1, 0.1);
  }
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  return terminal.lines;
}

/** What stands where, without the rows that are empty. */
const written = (lines: readonly string[]): [number, string][] =>
  lines.flatMap((line, row): [number, string][] => (line === '' ? [] : [[row, line]]));

t.test('eight people at 80x24: four by two, in names and letters', async (t) => {
  t.same(written(await eight(t, 80, 24)), [
    [0, '  bob               ▶ carol               dave[31m            élodie-with-a-ve…'],
    [6, '         B                   C                   D                   É'],
    [11, '  漢字漢字漢字漢字…   eve 🔇              mallory             you'],
    [17, '         漢                  E                   M                   Y'],
    [23, '#team  8 people'],
  ]);
});

t.test('eight people at 200x50: with meters', async (t) => {
  const column = (at: number, texts: readonly string[]): string =>
    texts.reduce((line, text, one) => line + ' '.repeat(at + one * 50 - widthOf(line)) + text, '');
  t.same(written(await eight(t, 200, 50)), [
    [0, column(0, ['  bob ▅', '▶ carol █████▃', '  dave[31m', '  élodie-with-a-very-long-name'])],
    [12, column(24, ['B', 'C', 'D', 'É'])],
    [24, column(0, ['  漢字漢字漢字漢字漢字', '  eve 🔇', '  mallory', '  you'])],
    [36, column(24, ['漢', 'E', 'M', 'Y'])],
    [49, '#team  8 people'],
  ]);
});
