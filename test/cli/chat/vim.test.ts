import fc from 'fast-check';
import t from 'tap';
import { bufferOf, type TextBuffer } from '../../../src/cli/chat/text-buffer.js';
import { graphemesOf } from '../../../src/cli/chat/text-width.js';
import { vimInsert, vimKey, type Vim, type VimStep } from '../../../src/cli/chat/vim.js';

/** `a|b` is the text `ab` with the cursor before `b`. */
function bufferAt(marked: string): TextBuffer {
  const cursor = marked.indexOf('|');
  return { ...bufferOf(marked.replace('|', '')), cursor: cursor === -1 ? marked.length : cursor };
}

function marked({ text, cursor }: TextBuffer): string {
  return `${text.slice(0, cursor)}|${text.slice(cursor)}`;
}

function namesOf(keys: string): string[] {
  return keys.match(/<[^>]+>|./gsu)?.map((key) => (key.length > 1 ? key.slice(1, -1) : key)) ?? [];
}

/** Presses keys, from normal mode; what vim leaves alone in insert mode is written. */
function press(from: string, keys: string, register = ''): VimStep {
  let step: VimStep = { vim: { mode: 'normal', pending: '' }, buffer: bufferAt(from), register, wish: null };
  for (const key of namesOf(keys)) {
    const next = vimKey(step.vim, step.buffer, step.register, key);
    if (next !== null) step = next;
    else if (step.vim.mode === 'insert') {
      const { text, cursor } = step.buffer;
      const buffer = {
        text: text.slice(0, cursor) + key + text.slice(cursor),
        cursor: cursor + key.length,
        goal: null,
      };
      step = { ...step, buffer, wish: null };
    }
  }
  return step;
}

/** Text with cursor, keys, text with cursor after them, and the mode where it is insert mode. */
const keystrokes: readonly (readonly [string, string, string, ('insert' | undefined)?])[] = [
  // motions
  ['abc de|f', 'h', 'abc d|ef'],
  ['|abc', 'h', '|abc'],
  ['|abc', 'l', 'a|bc'],
  ['ab|c', 'l', 'ab|c'],
  ['|abc def', '5l', 'abc d|ef'],
  ['|one two.three', 'w', 'one |two.three'],
  ['one |two.three', 'w', 'one two|.three'],
  ['|one two.three four', 'W', 'one |two.three four'],
  ['|one two.three four', '2W', 'one two.three |four'],
  ['one two|', 'b', 'one |two'],
  ['one |two', 'b', '|one two'],
  // at the end of a text there is no next word, and nothing to wait for
  ['|', '3w', '|'],
  ['one\n|', 'w', 'one\n|'],
  ['|', '2e', '|'],
  ['|', 'b', '|'],
  ['|one two', 'e', 'on|e two'],
  ['on|e two', 'e', 'one tw|o'],
  ['one two|', '0', '|one two'],
  ['  one tw|o', '^', '  |one two'],
  ['|one two', '$', 'one tw|o'],
  ['|a\nbc', 'j', 'a\n|bc'],
  ['abc\nd|ef', 'k', 'a|bc\ndef'],
  ['abc|\nd', 'j', 'abc\n|d'],
  ['a\nb\n|c', 'gg', '|a\nb\nc'],
  ['|a\nb\nc', 'G', 'a\nb\n|c'],
  ['|one, two', 'f,', 'one|, two'],
  ['|one, two', 't,', 'on|e, two'],
  ['one, tw|o', 'Fo', '|one, two'],
  ['|one', 'fz', '|one'],
  ['|👨‍👩‍👧é漢', 'll', '👨‍👩‍👧é|漢'],
  // changes
  ['a|bc', 'x', 'a|c'],
  ['ab|c', 'x', 'a|b'],
  ['|abcd', '3x', '|d'],
  ['ab|c', 'X', 'a|c'],
  ['|one two three', 'dw', '|two three'],
  ['|one two three', '2dw', '|three'],
  ['|one two three', 'd2w', '|three'],
  ['one |two\nthree', 'dw', 'one| \nthree'],
  ['|one two', 'de', '| two'],
  ['one tw|o', 'db', 'one |o'],
  ['one |two', 'd0', '|two'],
  ['one |two', 'D', 'one| '],
  ['one |two', 'd$', 'one| '],
  ['|one, two', 'dt,', '|, two'],
  ['|one, two', 'df,', '| two'],
  ['a\n|b\nc', 'dd', 'a\n|c'],
  ['a\n|b', 'dd', '|a'],
  ['|a', 'dd', '|'],
  ['|a\nb\nc', '2dd', '|c'],
  ['|a\nb\nc', 'dj', '|c'],
  ['one t|wo three', 'diw', 'one | three'],
  ['one t|wo three', 'daw', 'one |three'],
  ['|one two', 'cwsix<escape>', 'si|x two'],
  ['one t|wo three', 'ciw2<escape>', 'one |2 three'],
  ['one |two', 'Cten<escape>', 'one te|n'],
  ['a\n|b\nc', 'ccx<escape>', 'a\n|x\nc'],
  ['|abc', 'sx', 'x|bc', 'insert'],
  ['a|bc', 'rx', 'a|xc'],
  ['|abc', '~', 'A|bc'],
  ['|abc', '3~', 'AB|C'],
  ['|abc', '5rx', '|abc'],
  // into insert mode
  ['a|b', 'i', 'a|b', 'insert'],
  ['a|b', 'a', 'ab|', 'insert'],
  ['  a|b', 'I', '  |ab', 'insert'],
  ['|ab', 'A', 'ab|', 'insert'],
  ['|a\nb', 'ox', 'a\nx|\nb', 'insert'],
  ['a\n|b', 'Ox', 'a\nx|\nb', 'insert'],
  ['|', 'ahello<escape>', 'hell|o'],
  // copying
  ['|one two', 'ywP', 'one| one two'],
  ['|ab', 'xp', 'b|a'],
  ['|ab', 'ylp', 'a|ab'],
  ['|a\nb', 'yyp', 'a\n|a\nb'],
  ['a\n|b', 'yyP', 'a\n|b\nb'],
  ['|a\nb', 'ddp', 'b\n|a'],
  ['|a\nb', 'yy2p', 'a\n|a\na\nb'],
  ['|one two', 'dwA x<escape>p', 'two xone| '],
  // given up
  ['|abc', 'd<escape>x', '|bc'],
  ['|abc', 'dzx', '|bc'],
  ['|abc', '2<left>x', '|bc'],
];

t.test('each row of keystrokes makes its text', (t) => {
  for (const [from, keys, to, mode = 'normal'] of keystrokes) {
    const step = press(from, keys);
    t.equal(marked(step.buffer), to, `${from}  ${keys}`);
    t.equal(step.vim.mode, mode, `${from}  ${keys}: mode`);
  }
  t.end();
});

t.test('what is no text is asked of the chat', (t) => {
  for (const [from, key, wish] of [
    ['|', 'j', 'down'],
    ['|', 'k', 'up'],
    ['|one line', 'k', 'up'],
    ['|', 'G', 'newest'],
    ['|', 'gg', 'oldest'],
    ['|abc', 'u', 'undo'],
    ['|abc', '<ctrl+r>', 'redo'],
    ['|abc', '/', 'search'],
    ['|abc', ':', 'command'],
    ['|', 'x', null],
  ] as const) {
    t.equal(press(from, key).wish, wish, `${from} ${key}`);
  }
  t.end();
});

t.test('keys that vim has no business with go on to the table of bindings', (t) => {
  const normal: Vim = { mode: 'normal', pending: '' };
  for (const key of ['enter', 'up', 'pageup', 'ctrl+c', 'escape', 'alt+1'])
    t.equal(vimKey(normal, bufferOf('a'), '', key), null, key);
  for (const key of ['x', 'enter', 'ctrl+r']) t.equal(vimKey(vimInsert, bufferOf('a'), '', key), null, key);
  t.end();
});

t.test('no keys cut a grapheme or leave the text', (t) => {
  const key = fc.constantFrom(
    ...'hlwbeWBE0^$xXdDcCyYsSpPuiaIAoOrfFtTgGjk~2 é👍'.split(/(?:)/u),
    'escape',
    'backspace',
    'ctrl+r',
  );
  const text = fc.string({
    unit: fc.constantFrom('a', 'B', ' ', '\n', '.', 'e\u0301', '👨‍👩‍👧', '漢'),
    maxLength: 12,
  });
  fc.assert(
    fc.property(text, fc.array(key, { maxLength: 15 }), (content, keys) => {
      let step: VimStep = {
        vim: { mode: 'normal', pending: '' },
        buffer: { ...bufferOf(content), cursor: 0 },
        register: '',
        wish: null,
      };
      for (const one of keys) {
        step = vimKey(step.vim, step.buffer, step.register, one) ?? step;
        const { text: now, cursor } = step.buffer;
        const borders = [0];
        for (const grapheme of graphemesOf(now)) borders.push((borders.at(-1) ?? 0) + grapheme.length);
        if (!borders.includes(cursor)) return false;
        if (step.vim.mode === 'normal' && cursor > 0 && cursor === now.length && now.at(-1) !== '\n')
          return false;
      }
      return true;
    }),
    { numRuns: 300 },
  );
  t.end();
});
