// Whatever a peer writes changes its own message alone, and no control of theirs reaches the terminal.
import fc from 'fast-check';
import t from 'tap';
import type { Message } from '../../../src/client/api.js';
import { frameOf } from '../../../src/cli/chat/frame.js';
import { layoutOf } from '../../../src/cli/chat/layout.js';
import { laidOut } from '../../../src/cli/chat/message-cache.js';
import { drawContext } from '../../../src/cli/chat/message-view.js';
import { reduce } from '../../../src/cli/chat/reduce.js';
import { Screen } from '../../../src/cli/chat/screen.js';
import { initialState, type ChatState } from '../../../src/cli/chat/state.js';
import { paletteOf } from '../../../src/cli/chat/themes.js';
import { FakeClient, fakeMessage } from '../../support/fake-client.js';
import { FakeTerminal } from '../../support/fake-terminal.js';

const columns = 80;
const rows = 30;

/** A group with some lines of others, and `last` at its end. */
function groupWith(last: Message | null): ChatState {
  const client = new FakeClient();
  const conversation = client.talk('#team', ['bob', 'carol']);
  client.talk('@dave');
  const messages = Array.from({ length: 30 }, (_, index) =>
    fakeMessage({
      from: index % 2 === 0 ? 'bob' : 'carol',
      conv: 1,
      seq: index + 1,
      text: `line ${index} 漢字 שלום`,
      sentAt: new Date(Date.UTC(2026, 2, 3, 12, index)).toISOString(),
    }),
  );
  const actions = [
    { type: 'logged-in', me: 'alice', server: 'test' },
    { type: 'conversations-loaded', conversations: client.views },
    { type: 'opened', conversation },
    {
      type: 'page-loaded',
      conv: 1,
      messages: last === null ? messages : [...messages, last],
      before: null,
      whole: true,
    },
  ] as const;
  const palette = paletteOf({ TERM: 'xterm-256color' });
  const nowMs = Date.UTC(2026, 2, 3, 13);
  return actions.reduce<ChatState>(
    reduce,
    initialState({ size: { columns, rows }, nowMs, lang: 'en', colours: '256', server: 'test', palette }),
  );
}

const calm = frameOf(groupWith(null)).rows;

/** Throws when the message changes anything but the rows that are its own, or a control gets out. */
function check(text: string): void {
  const hostile = fakeMessage({ from: 'bob', conv: 1, seq: 99, text, sentAt: '2026-03-03T12:40:00.000Z' });
  const state = groupWith(hostile);
  const thread = state.threads[1]?.messages ?? [];
  const own = laidOut(hostile, thread.at(-2) ?? null, drawContext(state)).length;
  if (own > 25) throw new Error(`it takes ${own} rows`);
  const frame = frameOf(state).rows;
  const { list, headerRows, messageRows } = layoutOf(state);
  // Rows of the pane begin behind the list and the line beside it, which are the same in every row of a frame.
  const pane = (row: string): string => row.slice(row.indexOf('│'));
  const left = (row: string): string => row.slice(0, row.indexOf('│'));
  if (list === 0 || frame.length !== calm.length) throw new Error('the frame has another shape');
  frame.forEach((row, index) => {
    if (index < rows - 1 && left(row) !== left(calm[index] ?? '')) throw new Error(`list, row ${index}`);
    if (index >= headerRows && index < headerRows + messageRows) return;
    if (row !== calm[index]) throw new Error(`row ${index} differs: ${JSON.stringify(row)}`);
  });
  // The messages before it stand higher by the rows that it takes, and are as they were.
  for (let index = headerRows; index < headerRows + messageRows - own; index++) {
    if (pane(frame[index] ?? '') !== pane(calm[index + own] ?? '')) throw new Error(`message, row ${index}`);
  }
  // The terminal in memory throws at any control that is not ours, and at what is outside the screen.
  const terminal = new FakeTerminal(columns, rows);
  const screen = new Screen((data) => terminal.write(data));
  screen.draw({ rows: calm, cursor: null });
  screen.draw({ rows: frame, cursor: null });
  const bytes = terminal.writes.join('');
  if (/[\u202a-\u202e\u2066\u2067]/.test(bytes)) throw new Error('a direction that is not ours');
  for (const row of frame) {
    if (row.split('\u2068').length !== row.split('\u2069').length)
      throw new Error('an isolate without its end');
    if (row.length > 4000) throw new Error(`a row of ${row.length} characters`);
  }
}

const samples: Record<string, string> = {
  'escape sequences': '\u001b[2J\u001b[31mred\u001b[10;10Hmoved\u001bc\u001b#8',
  'a title and the clipboard (OSC 0, OSC 52)': '\u001b]0;pwned\u0007\u001b]52;c;cHduZWQ=\u001b\\after',
  'C1 controls': '\u009b2J\u009d52;c;eA==\u009c\u0090q\u009c',
  'an unfinished sequence': 'text \u001b[',
  'a device string (DCS, sixel)': '\u001bPq#0;2;0;0;0#0~~@@vv@@~~\u001b\\',
  'bidirectional overrides': '\u202egnp.exe\u202c \u2067abc\u2069 \u2066\u2066\u2066',
  'marks of direction': '\u200f\u200e\u061cabc',
  'a flood of zero width': 'a' + '\u200b\u200d\u2060\ufeff'.repeat(5000) + 'b',
  'a tower of marks': 'Z' + '\u0301\u0308\u0489'.repeat(5000),
  'many towers': ('e' + '\u0301'.repeat(8)).repeat(2000),
  'a line of a megabyte': 'x'.repeat(1_000_000),
  'a megabyte without spaces or letters': '漢'.repeat(300_000),
  'a hundred thousand lines': '\n'.repeat(100_000),
  'tabs, bells and backspaces': '\t\t\u0007\b\b\b\u000b\u000c\r\n\r',
  'line and paragraph separators': 'a\u2028b\u2029c\u0085d',
  'lone surrogates': '\ud800 \udfff',
  'flags, families and tags': '🇫🇷'.repeat(50) + '👨‍👩‍👧‍👦'.repeat(50) + '🏴\u{e0067}\u{e0062}\u{e007f}',
  'Hangul fillers and blanks': '\u3164\u115f\u1160\uffa0\u2800'.repeat(100),
  'half of our own signs': '│ ▌ › ● `**_[x](https://x.y',
};

for (const [name, text] of Object.entries(samples)) {
  t.test(`${name} changes its own message alone`, (t) => {
    t.doesNotThrow(() => check(text));
    t.end();
  });
}

t.test('nor does any mixture of them, or any text at all', (t) => {
  const piece = fc.oneof(
    fc.constantFrom(...Object.values(samples).map((text) => text.slice(0, 200))),
    fc.constantFrom(
      '\u001b',
      '[',
      ']52;',
      '\u0007',
      '\u009b',
      '\u202e',
      '\u2069',
      '\u0301',
      '\u200d',
      'م',
      'א',
      '漢',
      '\n',
      '*',
      '`',
    ),
    fc.string({ unit: 'binary', maxLength: 20 }),
  );
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => check(pieces.join(''))),
      { numRuns: 150 },
    ),
  );
  t.end();
});
