// Pictures in pixels: what is on the terminal after any two frames, what they cost, and what belongs to nobody else.
import fc from 'fast-check';
import t from 'tap';
import { Screen, type Frame } from '../../../src/cli/chat/screen.js';
import { widthOf } from '../../../src/cli/chat/text-width.js';
import { readAnswers, type Graphics } from '../../../src/media/terminal/detect.js';
import { pictureId, placeholder, placeholderRow } from '../../../src/media/terminal/placeholders.js';
import { stillPainterFor, type Picture, type Placement } from '../../../src/media/terminal/still-pictures.js';
import { insideTmux, PictureTerminal, type Colour } from '../../support/picture-terminal.js';

const columns = 14;
const height = 8;

/** A picture of a pixel for each cell, in colours that sixels have; each of its pixels another one. */
function pictureOf(blue: number, cells: number, rows: number): Picture {
  const rgb = Array.from({ length: cells * rows }, (_, at) => [
    51 * Math.floor(at / cells),
    51 * (at % cells),
    51 * blue,
  ]).flat();
  return { width: cells, height: rows, rgb: Uint8Array.from(rgb) };
}

const pictures = [pictureOf(1, 5, 4), pictureOf(4, 3, 6)];

const text = (most: number): fc.Arbitrary<string> =>
  fc
    .array(fc.constantFrom('a', 'b', '漢', '❤️', '\u001b[31mr\u001b[39m', 'e\u0301', '👍'), {
      maxLength: most,
    })
    .map((parts) => {
      let used = 0;
      return parts.filter((part) => (used += part.includes('r') ? 1 : widthOf(part)) <= most).join('');
    });

const plainWidth = (part: string): number => widthOf(part.replace(/\u001b\[[0-9;]*m/g, ''));

/** Rows of text with one picture at some place, cut above or below, or none. */
const frame: fc.Arbitrary<Frame> = fc
  .record({
    lefts: fc.array(text(4), { minLength: height, maxLength: height }),
    rights: fc.array(text(3), { minLength: height, maxLength: height }),
    which: fc.integer({ min: 0, max: pictures.length }),
    row: fc.integer({ min: 0, max: 4 }),
    firstRow: fc.integer({ min: 0, max: 3 }),
    cut: fc.integer({ min: 0, max: 3 }),
  })
  .map(({ lefts, rights, which, row, firstRow, cut }) => {
    const picture = pictures[which];
    if (picture === undefined) return { rows: lefts, cursor: null, pictures: [] };
    const { width: cells, height: rows } = picture;
    const shownRows = Math.min(height - row, Math.max(1, rows - firstRow - cut));
    const placement: Placement = { picture, cells, rows, firstRow, shownRows, row, column: 4 };
    return {
      cursor: null,
      pictures: [placement],
      rows: lefts.map((left, at) => {
        if (at < row || at >= row + shownRows) return left;
        return `${left}${' '.repeat(4 - plainWidth(left))}${placeholder.repeat(cells)}${rights[at]}`;
      }),
    };
  });

/** What must be seen of a frame's pictures. */
function wanted({ pictures: shown = [] }: Frame): Map<string, Colour> {
  const cells = new Map<string, Colour>();
  for (const { picture, firstRow, shownRows, row, column } of shown)
    for (let y = 0; y < shownRows; y++)
      for (let x = 0; x < picture.width; x++) {
        const at = ((firstRow + y) * picture.width + x) * 3;
        cells.set(`${row + y} ${column + x}`, [...picture.rgb.subarray(at, at + 3)]);
      }
  return cells;
}

const graphicsOf = (view: Graphics['view']): Graphics => ({
  ...readAnswers('', {}),
  view,
  cellWidth: 6,
  cellHeight: 6,
});

const sorted = (cells: Map<string, Colour>): string =>
  JSON.stringify([...cells].sort(([a], [b]) => (a < b ? -1 : 1)));

for (const view of ['sixel', 'iterm2', 'kitty'] as const) {
  t.test(`${view}: after any frames the terminal shows the last one, its text and its pictures`, (t) => {
    fc.assert(
      fc.property(fc.array(frame, { minLength: 2, maxLength: 4 }), (frames) => {
        const terminal = new PictureTerminal(columns, height);
        const screen = new Screen((data) => terminal.write(data));
        screen.paintWith(stillPainterFor(graphicsOf(view)));
        for (const one of frames) screen.draw(one);
        const last = frames.at(-1)!;
        const rows = last.rows.map((row) =>
          row
            .replace(/\u001b\[[0-9;]*m/g, '')
            .replaceAll(placeholder, ' ')
            .trimEnd(),
        );
        return (
          sorted(terminal.pictureCells) === sorted(wanted(last)) &&
          JSON.stringify(terminal.lines) === JSON.stringify(rows)
        );
      }),
      { numRuns: 300 },
    );
    t.end();
  });
}

/** A frame with a picture and some text beside, below and above. */
function scene(beside: string, below: string, row = 1): Frame {
  const picture = pictures[0]!;
  const { width: cells, height: rows } = picture;
  return {
    cursor: null,
    pictures: [{ picture, cells, rows, firstRow: 0, shownRows: rows, row, column: 4 }],
    rows: Array.from({ length: height }, (_, at) =>
      at === height - 1
        ? below
        : at >= row && at < row + rows
          ? `${at === 2 ? beside : '    '}${placeholder.repeat(cells)}`
          : '',
    ),
  };
}

t.test(
  'what changes beside or below a picture does not draw it again; a picture that moves is drawn once',
  (t) => {
    for (const view of ['sixel', 'iterm2', 'kitty'] as const) {
      const terminal = new PictureTerminal(columns, height);
      const screen = new Screen((data) => terminal.write(data));
      screen.paintWith(stillPainterFor(graphicsOf(view)));
      screen.draw(scene('abcd', 'x'));
      const draws = (): number => terminal.strings.filter((one) => /^(P|_Ga=p|\])/.test(one)).length;
      t.equal(draws(), 1);
      screen.draw(scene('abcd', 'xy'));
      screen.draw(scene('abce', 'xy'));
      t.equal(draws(), 1, `${view}: nothing of the picture`);
      t.same(sorted(terminal.pictureCells), sorted(wanted(scene('', ''))));
      t.match(terminal.lines[2], 'abce');
      screen.draw(scene('abce', 'xy', 2));
      t.equal(draws(), 2);
      // Sixels end with a whole band: the cells under the last one may be covered in part.
      t.match(terminal.writes.at(-1), '\u001b[4;1H', 'also rows with the same text are written');
      screen.draw({ rows: ['all', 'of', 'it', 'text'], cursor: null });
      t.equal(terminal.pictureCells.size, 0, `${view}: gone`);
    }
    t.end();
  },
);

t.test('placeholders: a picture is sent once, in chunks, and then is text', (t) => {
  for (const inTmux of [false, true]) {
    const terminal = new PictureTerminal(columns, height);
    const screen = new Screen((data) => terminal.write(insideTmux(data)));
    screen.paintWith(stillPainterFor({ ...graphicsOf('kitty'), placeholders: true, inTmux }));
    const picture: Picture = {
      width: 100,
      height: 80,
      rgb: Uint8Array.from({ length: 24_000 }, (_, at) => (at * 7919) % 251),
    };
    const id = pictureId(picture);
    const at = (row: number, firstRow: number): Frame => ({
      cursor: null,
      pictures: [{ picture, cells: 10, rows: 4, firstRow, shownRows: 4 - firstRow, row, column: 0 }],
      rows: Array.from({ length: height }, (_, index) =>
        index >= row && index < row + 4 - firstRow ? placeholderRow(id, firstRow + index - row, 10) : 'text',
      ),
    });
    screen.draw(at(2, 0));
    t.same(terminal.images.get(String(id))?.rgb, Buffer.from(picture.rgb));
    t.same([...terminal.virtual], [[String(id), '10x4']]);
    t.ok(
      terminal.strings.every((one) => one.length < 4400),
      'in chunks',
    );
    const sent = terminal.strings.length;
    screen.draw(at(1, 0));
    screen.draw(at(0, 2));
    screen.invalidate();
    screen.draw(at(0, 2));
    t.equal(terminal.strings.length, sent, 'scrolled and drawn anew without being sent again');
    t.match(terminal.lines[0], `${placeholder}\u030e\u0305`, 'its third row is the first on the screen');
    screen.removePictures();
    t.equal(terminal.images.size, 0, 'and the terminal keeps nothing of it');
  }
  t.end();
});

t.test('the terminal keeps some pictures that are off the screen, not all', (t) => {
  const terminal = new PictureTerminal(columns, height);
  const screen = new Screen((data) => terminal.write(data));
  screen.paintWith(stillPainterFor({ ...graphicsOf('kitty'), placeholders: true }));
  for (let index = 0; index < 300; index++) {
    const picture = pictureOf(index % 5, 2, 2);
    const placement = { picture, cells: 2, rows: 2, firstRow: 0, shownRows: 2, row: 0, column: 0 };
    screen.draw({ rows: [], cursor: null, pictures: [placement] });
    if (!terminal.virtual.has(String(pictureId(picture)))) t.fail(`picture ${index} is not there`);
  }
  t.ok(terminal.images.size > 10 && terminal.images.size < 60, `${terminal.images.size} images`);
  t.end();
});

t.test('sixels of a picture are scaled once while it is scrolled, and are those that fit the rows', (t) => {
  const rgb = Uint8Array.from({ length: 30 * 40 * 3 }, (_, index) => (index * 7) % 256);
  const plain: Picture = { width: 30, height: 40, rgb };
  let reads = 0;
  const counted: Picture = {
    width: 30,
    height: 40,
    get rgb() {
      reads++;
      return rgb;
    },
  };
  const painter = stillPainterFor(graphicsOf('sixel'));
  const draw = (one: typeof painter, picture: Picture, firstRow: number, cells = 6): string =>
    one.draw({ picture, cells, rows: 4, firstRow, shownRows: 4 - firstRow, row: 0, column: 0 });
  for (const firstRow of [0, 1, 2, 1])
    t.equal(draw(painter, counted, firstRow), draw(stillPainterFor(graphicsOf('sixel')), plain, firstRow));
  t.equal(reads, 1);
  draw(painter, counted, 0, 7);
  t.equal(reads, 2, 'another size is scaled anew');
  t.end();
});
