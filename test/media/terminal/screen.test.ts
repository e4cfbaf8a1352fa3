// Tests of pictures in terminals: a little terminal applies the bytes, and shows what it would show.
import { inflateSync } from 'node:zlib';
import sharp from 'sharp';
import t from 'tap';
import { Ascii } from '../../../src/media/terminal/ascii.js';
import { ByteWriter } from '../../../src/media/terminal/byte-writer.js';
import { coloursOf } from '../../../src/media/terminal/colours.js';
import { Questions, readAnswers, type Graphics } from '../../../src/media/terminal/detect.js';
import { HalfBlocks } from '../../../src/media/terminal/half-blocks.js';
import { fitted, layoutOf } from '../../../src/media/terminal/layout.js';
import { placeholder } from '../../../src/media/terminal/placeholders.js';
import { Kitty, KittyInTmux, Sixel } from '../../../src/media/terminal/pixel-renderers.js';
import { screenOf } from '../../../src/media/screen-number.js';
import { CallScreen } from '../../../src/media/terminal/screen.js';
import { seededRandom } from '../../support/bad-network.js';
import { insideTmux, PictureTerminal } from '../../support/picture-terminal.js';

interface Cell {
  text: string;
  upper: string;
  lower: string;
}

/** Applies cursor moves, true colours and text; throws at what it does not know. */
class TinyTerminal {
  readonly cells = new Map<string, Cell>();
  row = 0;
  column = 0;
  foreground = '';
  background = '';

  write(bytes: Buffer): void {
    const text = bytes.toString('utf8');
    for (let at = 0; at < text.length;) {
      const escape = /^\u001b\[([?\d;]*)([A-Za-z])/.exec(text.slice(at));
      if (escape) {
        this.#control(escape[1]!, escape[2]!);
        at += escape[0].length;
        continue;
      }
      const character = String.fromCodePoint(text.codePointAt(at)!);
      const isHalf = character === '▀';
      this.cells.set(`${this.row} ${this.column}`, {
        text: character,
        upper: isHalf ? this.foreground : this.background,
        lower: this.background,
      });
      this.column++;
      at += character.length;
    }
  }

  #control(numbers: string, letter: string): void {
    const values = numbers.split(';').map(Number);
    if (letter === 'H') [this.row, this.column] = [values[0]! - 1, values[1]! - 1];
    else if (letter === 'J') this.cells.clear();
    else if (letter === 'm') {
      if (numbers === '0') this.foreground = this.background = '';
      for (let at = 0; at < values.length; at++) {
        if (values[at] === 38) this.foreground = values.slice(at + 2, at + 5).join(' ');
        if (values[at] === 48) this.background = values.slice(at + 2, at + 5).join(' ');
        if (values[at] === 38 || values[at] === 48) at += 4;
      }
    } else if (letter !== 'h' && letter !== 'l') throw new Error(`unknown control ${letter}`);
  }
}

const region = { row: 2, column: 3, rows: 6, columns: 10 };

function noise(width: number, height: number, random: () => number): Buffer {
  return Buffer.from(Array.from({ length: width * height * 3 }, () => Math.floor(random() * 256)));
}

t.test('half blocks show the picture, within the tolerance, and nothing outside their region', (t) => {
  const renderer = new HalfBlocks(true);
  const terminal = new TinyTerminal();
  const random = seededRandom(1);
  const { width, height } = renderer.pixelsOf(region);
  t.same([width, height], [10, 12]);
  for (let frame = 0; frame < 20; frame++) {
    const rgb = noise(width, height, random);
    const out = new ByteWriter();
    renderer.draw(out, 1, region, { width, height, rgb, source: rgb });
    terminal.write(out.take());
    for (let row = 0; row < 6; row++) {
      for (let column = 0; column < 10; column++) {
        const cell = terminal.cells.get(`${row + 2} ${column + 3}`)!;
        for (const [shown, at] of [
          [cell.upper, (row * 2 * width + column) * 3],
          [cell.lower, ((row * 2 + 1) * width + column) * 3],
        ] as const) {
          const off = shown.split(' ').map((value, channel) => Math.abs(Number(value) - rgb[at + channel]!));
          if (Math.max(...off) > 22) t.fail(`${shown} is not ${[...rgb.subarray(at, at + 3)].join(' ')}`);
        }
      }
    }
  }
  for (const key of terminal.cells.keys()) {
    const [row = 0, column = 0] = key.split(' ').map(Number);
    if (row < 2 || row > 7 || column < 3 || column > 12) t.fail(`written outside: ${key}`);
  }
  t.end();
});

t.test('a picture that does not change costs no bytes, one that is nearly the same few', (t) => {
  for (const renderer of [new HalfBlocks(true), new HalfBlocks(false), new Ascii()]) {
    const { width, height } = renderer.pixelsOf(region);
    const rgb = noise(width, height, seededRandom(2));
    const bytesOf = (pixels: Buffer): number => {
      const out = new ByteWriter();
      renderer.draw(out, 1, region, { width, height, rgb: pixels, source: pixels });
      return out.length;
    };
    const first = bytesOf(rgb);
    t.equal(bytesOf(rgb), 0);
    const changed = Buffer.from(rgb);
    changed.fill(0, 0, 9);
    const few = bytesOf(changed);
    t.ok(few > 0 && few < first / 4, `${few} of ${first} bytes`);
  }
  t.end();
});

t.test('kitty gets the pixels, and sixel its bands', (t) => {
  const cell = { cellWidth: 4, cellHeight: 8 };
  const kitty = new Kitty(cell);
  const { width, height } = kitty.pixelsOf(region);
  const rgb = noise(width, height, seededRandom(3));
  const out = new ByteWriter();
  kitty.draw(out, 1, region, { width, height, rgb, source: rgb });
  const data = [
    ...out
      .take()
      .toString()
      .matchAll(/\u001b_G[^;]*;([^\u001b]*)\u001b\\/g),
  ]
    .map(([, part]) => part)
    .join('');
  t.same(inflateSync(Buffer.from(data, 'base64')), rgb);
  const gone = new ByteWriter();
  kitty.erase(gone);
  t.match(gone.take().toString(), 'a=d,d=I,i=2');

  const sixel = new Sixel(cell);
  out.clear();
  const size = sixel.pixelsOf(region);
  const blue = Buffer.alloc(size.width * size.height * 3);
  for (let at = 2; at < blue.length; at += 3) blue[at] = 255;
  sixel.draw(out, 1, region, { ...size, rgb: blue, source: blue });
  const bands = Math.floor(size.height / 6);
  t.match(
    out.take().toString(),
    new RegExp(`(#5!${size.width}~-){${bands}}\u001b\\\\$`.replace('\\\\', '\\\\')),
  );
  t.end();
});

t.test('through tmux kitty gets each picture anew, and the text that names it once', (t) => {
  const terminal = new PictureTerminal(20, 10);
  const tmux = new KittyInTmux({ cellWidth: 4, cellHeight: 8 });
  const { width, height } = tmux.pixelsOf(region);
  const draw = (seed: number): { rgb: Buffer; bytes: string } => {
    const rgb = noise(width, height, seededRandom(seed));
    const out = new ByteWriter();
    tmux.draw(out, 1, region, { width, height, rgb, source: rgb });
    const bytes = out.take().toString();
    t.notMatch(bytes, /[^\u001b]\u001b_G/, 'nothing that tmux would drop');
    terminal.write(insideTmux(bytes));
    return { rgb, bytes };
  };
  const first = draw(1);
  t.match(terminal.lines[2], new RegExp(`^ {3}${placeholder}\u0305\u0305[^]{1,2}(${placeholder}){9}$`, 'u'));
  t.match(terminal.lines[7], `${placeholder}\u033d\u0305`);
  const second = draw(2);
  t.ok(!second.bytes.includes(placeholder) && first.bytes.includes(placeholder));
  t.same(
    [...terminal.images.values()].map(({ rgb }) => Buffer.from(rgb)),
    [second.rgb],
  );
  t.same([...terminal.virtual.values()], ['10x6']);
  const out = new ByteWriter();
  tmux.erase(out);
  terminal.write(insideTmux(out.take().toString()));
  t.equal(terminal.images.size, 0);
  t.end();
});

t.test('what a terminal answers decides how pictures are drawn', (t) => {
  const env = { TERM: 'xterm-256color', COLORTERM: 'truecolor' };
  const view = (answers: string, more = {}): string => readAnswers(answers, { ...env, ...more }).view;
  t.equal(view(''), 'blocks');
  t.equal(view('\u001b_Gi=31;OK\u001b\\\u001b[?62;c'), 'kitty');
  t.equal(view('\u001b_Gi=31;OK\u001b\\\u001b[?62;c', { TMUX: '/tmp/x' }), 'blocks');
  const around = (outside: string, passes: boolean): string =>
    readAnswers('\u001b[?62;c', { ...env, TMUX: '/tmp/x' }, { outside, passes }).view;
  t.equal(around('kitty(0.42.1) xterm-kitty', true), 'kitty');
  t.equal(around('ghostty 1.2.0 xterm-ghostty', true), 'kitty');
  t.equal(around('kitty(0.42.1) xterm-kitty', false), 'blocks');
  t.equal(around('WezTerm 2024 xterm-256color', true), 'blocks');
  t.equal(view('\u001b[?62;4;22c'), 'sixel');
  t.equal(view('\u001bP>|iTerm2 3.5\u001b\\\u001b[?62;4c'), 'iterm2');
  t.equal(view('', { NO_COLOR: '1' }), 'ascii');
  t.match(readAnswers('\u001b[6;18;9t\u001b[?1;2c', env), { cellWidth: 9, cellHeight: 18 });
  t.equal(coloursOf({ TERM: 'dumb' }), 'none');
  t.end();
});

t.test('a terminal is asked for kitty’s graphics when it has told its name, and tmux never', (t) => {
  const name = (text: string): string => `\u001bP>|${text}\u001b\\`;
  const asked = new Questions({ TERM: 'xterm-256color' });
  t.notMatch(asked.first, '\u001b_');
  t.equal(asked.hear(name('kitty(0.42.1)')), '', 'its answers are not all there');
  t.match(asked.hear('\u001b[?62;c'), /^\u001b_Gi=31,.*\u001b\[c$/);
  t.equal(asked.hear('\u001b_Gi=31;OK\u001b\\'), '');
  t.equal(asked.hear('\u001b[?62;c'), null);
  t.equal(readAnswers(asked.answers, {}).view, 'kitty');
  for (const [env, answer] of [
    [{ TERM: 'xterm-256color' }, name('tmux 3.4')],
    [{ TERM: 'xterm-256color' }, ''],
    [{ TERM: 'tmux-256color' }, name('kitty(0.42.1)')],
    [{ TERM: 'screen' }, name('kitty(0.42.1)')],
    [{ TMUX: '/tmp/x' }, name('kitty(0.42.1)')],
  ] as const)
    t.equal(new Questions(env).hear(`${answer}\u001b[?62;c`), null);
  t.ok(readAnswers(`${name('tmux 3.4')}\u001b[?62;c`, {}).inTmux);
  t.end();
});

t.test('tiles never overlap and stay on the screen, from a phone to a wall', (t) => {
  for (const [columns, rows] of [
    [40, 19],
    [80, 23],
    [200, 49],
    [20, 60],
  ] as const) {
    for (const people of [[0], [0, 1], [0, 1, 2], [0, 1, 2, 3, 4, 5, 6, 7]]) {
      for (const name of ['split', 'large', 'others'] as const) {
        const taken = new Set<string>();
        for (const { picture, nameRow } of layoutOf(people, name, columns, rows)) {
          t.ok(picture.rows > 0 && picture.columns > 0 && nameRow === picture.row - 1);
          for (let row = nameRow; row < picture.row + picture.rows; row++) {
            for (let column = picture.column; column < picture.column + picture.columns; column++) {
              if (taken.has(`${row} ${column}`) || row >= rows || column >= columns) {
                t.fail(`${name} ${columns}x${rows} ${people.length}: ${row} ${column}`);
              }
              taken.add(`${row} ${column}`);
            }
          }
        }
      }
    }
  }
  t.same(fitted({ row: 0, column: 0, rows: 10, columns: 100 }, 640, 480, 0.5), {
    row: 0,
    column: 37,
    rows: 10,
    columns: 26,
  });
  t.end();
});

const graphics: Graphics = { ...readAnswers('', {}), view: 'blocks', colours: 'true' };

t.test('a notice that is too long is broken between words, and anew in another size', async (t) => {
  const terminal = new TinyTerminal();
  const screen = new CallScreen({
    write: (bytes) => {
      terminal.write(Buffer.from(bytes));
      return true;
    },
    columns: 40,
    rows: 12,
    graphics,
    now: () => 0,
  });
  const row = (number: number, columns: number): string =>
    Array.from({ length: columns }, (_, at) => terminal.cells.get(`${number} ${at}`)?.text ?? ' ')
      .join('')
      .trimEnd();
  const drawn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));
  screen.setPerson(1, { name: 'bob', muted: false, camera: true });
  screen.notice(['safety number 11111 22222 33333 44444 55555 66666']);
  screen.status('status');
  await drawn();
  t.equal(row(9, 40), 'safety number 11111 22222 33333 44444');
  t.equal(row(10, 40), '55555 66666');
  t.equal(row(11, 40), 'status');
  screen.resize(20, 12);
  await drawn();
  t.same(
    [8, 9, 10].map((at) => row(at, 20)),
    ['safety number 11111', '22222 33333 44444', '55555 66666'],
  );
  screen.status('@bob  0:14  direct  3 ms', '? keys');
  await drawn();
  t.equal(row(11, 20), '@bob  0:14  ? keys', 'what to press stays in sight');
  screen.close();
});

t.test(
  'a terminal that is full gets nothing more, and then the newest picture alone',
  { timeout: 20_000 },
  async (t) => {
    const terminal = new TinyTerminal();
    let isFull = false;
    let writes = 0;
    const screen = new CallScreen({
      write: (bytes) => {
        writes++;
        terminal.write(Buffer.from(bytes));
        return !isFull;
      },
      columns: 40,
      rows: 12,
      graphics,
      now: () => 0,
    });
    const colour = async (red: number): Promise<Buffer> =>
      sharp({ create: { width: 64, height: 48, channels: 3, background: { r: red, g: 0, b: 0 } } })
        .jpeg()
        .toBuffer();
    const shows = async (red: number): Promise<void> => {
      for (;;) {
        const middle = terminal.cells.get('6 20');
        if (middle && Math.abs(Number(middle.lower.split(' ')[0]) - red) < 24) return;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    screen.setPerson(1, { name: 'bob\u001b[31m', muted: false, camera: true });
    screen.picture(1, await colour(200));
    await shows(200);
    t.equal(terminal.cells.get('0 0')?.text, 'b', 'the name is there, without its control characters');
    isFull = true;
    screen.status('full');
    await new Promise((resolve) => setTimeout(resolve, 50));
    const before = writes;
    for (const red of [20, 60, 100]) screen.picture(1, await colour(red));
    await new Promise((resolve) => setTimeout(resolve, 100));
    t.equal(writes, before, 'nothing is written to a full terminal');
    isFull = false;
    screen.drained();
    await shows(100);
    screen.resize(30, 10);
    await new Promise((resolve) => setTimeout(resolve, 100));
    t.equal(terminal.cells.get('9 29')?.text, ' ', 'the status line is at the new bottom');
    t.notOk([...terminal.cells.keys()].some((key) => Number(key.split(' ')[0]) > 9));
    screen.close();
  },
);

t.test('a second picture has a tile of its own beside its person, which goes with it', async (t) => {
  const terminal = new TinyTerminal();
  const write = (bytes: Uint8Array): boolean => {
    terminal.write(Buffer.from(bytes));
    return true;
  };
  const screen = new CallScreen({ write, columns: 60, rows: 20, graphics, now: () => 0 });
  const drawn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  const rowOf = (row: number): string =>
    Array.from({ length: 60 }, (_, column) => terminal.cells.get(`${row} ${column}`)?.text ?? ' ').join('');
  const names = (): string => Array.from({ length: 20 }, (_, row) => rowOf(row)).join(' ');
  screen.setPerson(0, { name: 'you', muted: false, camera: true });
  screen.setPerson(1, { name: 'alice', muted: false, camera: true });
  screen.setPerson(screenOf(1), { name: 'alice (screen)', muted: false, camera: true });
  await drawn();
  t.match(names(), /alice .*alice \(screen\)/);
  t.match(names(), /you/);
  screen.removePerson(screenOf(1));
  await drawn();
  t.notMatch(names(), /screen/);
  t.match(names(), /alice/);
  screen.close();
});
