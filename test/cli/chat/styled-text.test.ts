import fc from 'fast-check';
import t from 'tap';
import { lineWidth, toAnsi, type Line } from '../../../src/cli/chat/spans.js';
import { mentions, textLines } from '../../../src/cli/chat/styled-text.js';
import { plainTheme } from '../../../src/cli/chat/themes.js';

/** Pieces as `text` or `role:text`. */
function pieces(text: string, cells = 60): string[] {
  return textLines(text, cells, 'alice').flatMap((line) =>
    line.map((piece) =>
      'picture' in piece ? '' : piece.role === 'plain' ? piece.text : `${piece.role}:${piece.text}`,
    ),
  );
}

function plain(lines: readonly Line[]): string {
  return lines.map((line) => toAnsi(line, plainTheme).replace(/\u001b\[[0-9;]*m/g, '')).join('\n');
}

t.test('words are bold, italic, struck out or code as their signs say', (t) => {
  t.same(pieces('a **b c** d'), ['a ', 'bold:b c', ' d']);
  t.same(pieces('*x* and _y_, ~~z~~'), ['italic:x', ' and ', 'italic:y', ', ', 'strike:z']);
  t.same(pieces('run `rm -rf *` now'), ['run ', 'code:`rm -rf *`', ' now']);
  t.same(pieces('**bold with `code`**'), ['bold:bold with ', 'code:`code`']);
  t.end();
});

t.test('signs that mean something else stay as they were written', (t) => {
  for (const text of [
    'snake_case_name',
    '__init__',
    '2*3*4',
    '*.ts and *.js',
    'a ** b ** c',
    '/usr/*/lib/*',
    '~/.config and ~/x',
    '* item\n* item',
    'a\\*b*',
    '****',
    '__',
  ])
    t.equal(plain(textLines(text, 60, null)), text);
  t.end();
});

t.test('a link shows where it leads, whatever it calls itself', (t) => {
  t.same(pieces('[bank](https://evil.example/x) ok'), ['bank (', 'link:https://evil.example/x', ')', ' ok']);
  t.match(plain(textLines('[https://bank.example](https://evil.example)', 80, null)), 'https://evil.example');
  t.same(pieces('see https://a.example/b?c=d.'), ['see ', 'link:https://a.example/b?c=d', '.']);
  t.end();
});

t.test('fenced code and quoted lines have a bar', (t) => {
  t.equal(
    plain(textLines('```ts\nlet *a* = 1;\n```\n> said\nanswer', 40, null)),
    '▏ let *a* = 1;\n▎ said\nanswer',
  );
  t.end();
});

t.test('one’s own name is a mention, and only that', (t) => {
  t.same(pieces('hi @alice, @bob'), ['hi ', 'mention:@alice', ', ', '@bob']);
  for (const [text, is] of [
    ['@Alice?', true],
    ['thanks @alice.', true],
    ['@alice2', false],
    ['mail alice@alice.example', false],
    ['`@alice`', false],
    ['alice', false],
  ] as const)
    t.equal(mentions(text, 'alice'), is, text);
  t.end();
});

t.test('text from right to left orders itself alone', (t) => {
  const [line = []] = textLines('שלום *עולם* 1', 40, null);
  t.equal(plain([line]), '\u2068שלום עולם 1\u2069');
  t.equal(lineWidth(line), 11);
  t.notMatch(plain(textLines('hello', 40, null)), '\u2068');
  t.end();
});

t.test('only signs around words are taken away, no row is too wide, and no text makes it slow', (t) => {
  const unit = fc.constantFrom(
    '*',
    '**',
    '_',
    '~~',
    '`',
    'a',
    'b ',
    ' ',
    '漢',
    'ش',
    '[',
    '](https://x.y)',
    '@alice',
    '\n',
    '>',
  );
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 60 }), fc.integer({ min: 8, max: 40 }), (text, cells) => {
      const lines = textLines(text, cells, 'alice');
      const letters = (value: string): string => value.replace(/[^ab漢ش@xhtps]/g, '');
      return lines.every((line) => lineWidth(line) <= cells) && letters(plain(lines)) === letters(text);
    }),
    { numRuns: 500 },
  );
  for (const sign of ['*', '**a', '_', '`', '[', '[a](https://', '~~', '@', '> ']) {
    const from = performance.now();
    textLines(sign.repeat(8000), 80, 'alice');
    t.ok(performance.now() - from < 5000, sign);
  }
  t.end();
});
