import fc from 'fast-check';
import t from 'tap';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { KeyDecoder, type Input } from '../../../src/cli/chat/keys.js';
import { processTerminal } from '../../../src/cli/chat/terminal.js';

function decode(...chunks: string[]): Input[] {
  const decoder = new KeyDecoder();
  return chunks.flatMap((chunk) => decoder.push(chunk));
}

function told(input: Input): string {
  if (input.type === 'key') return input.name;
  if (input.type === 'mouse') return `${input.does} ${input.x},${input.y}`;
  return `${input.type}:${input.text}`;
}

function keys(bytes: string): string[] {
  return decode(bytes).map(told);
}

t.test('Escape and what follows at once are two keys where no Alt key is meant', (t) => {
  t.same(keys('\u001b/search tea'), ['escape', 'text:/search tea']);
  t.same(keys('\u001b\u0011'), ['escape', 'ctrl+q']);
  t.end();
});

t.test('names the keys that terminals send in different ways', (t) => {
  t.same(keys('\u001b[A\u001bOB\u001b[1;3A\u001b\u001b[B\u001b[1;5C'), [
    'up',
    'down',
    'alt+up',
    'alt+down',
    'ctrl+right',
  ]);
  t.same(keys('\r\n\t\u001b[Z\u007f\u001b\u007f'), [
    'enter',
    'ctrl+j',
    'tab',
    'shift+tab',
    'backspace',
    'alt+backspace',
  ]);
  t.same(keys('\u001b\r\u001b[13;2u\u001b[27;5;13~'), ['alt+enter', 'shift+enter', 'ctrl+enter']);
  t.same(keys('\u001b[5~\u001b[6~\u001b[H\u001b[4~\u001b[3~\u001bOP'), [
    'pageup',
    'pagedown',
    'home',
    'end',
    'delete',
    'f1',
  ]);
  t.same(keys('\u0001\u0017\u001bb\u001b1\u0003'), ['ctrl+a', 'ctrl+w', 'alt+b', 'alt+1', 'ctrl+c']);
  t.end();
});

t.test('typed text comes as text, also when keys stand between', (t) => {
  t.same(keys('héllo 👋\rmore'), ['text:héllo 👋', 'enter', 'text:more']);
  t.end();
});

t.test('a paste keeps its line breaks and its escapes, in pieces too', (t) => {
  t.same(keys('\u001b[200~one\ntwo\u001b[31m\r\u001b[201~x'), ['paste:one\ntwo\u001b[31m\r', 'text:x']);
  const pieces = Array.from('\u001b[200~one\ntwo\u001b[201~');
  t.same(decode(...pieces), [{ type: 'paste', text: 'one\ntwo' }]);
  t.end();
});

t.test('a lone escape is a key once nothing follows it', (t) => {
  const decoder = new KeyDecoder();
  t.same(decoder.push('\u001b'), []);
  t.equal(decoder.isWaiting, true);
  t.same(decoder.flush(), [{ type: 'key', name: 'escape' }]);
  t.equal(decoder.isWaiting, false);
  t.same(decoder.push('\u001b['), []);
  t.same(decoder.flush(), [], 'a sequence that was cut is dropped');
  t.same(decoder.push('\u001bP'), []);
  t.same(decoder.flush(), [{ type: 'key', name: 'alt+P' }]);
  t.end();
});

t.test('answers of the terminal are reports among the keys, in pieces too, and never endless', (t) => {
  const kitty = '\u001b_Gi=31;OK\u001b\\';
  const name = '\u001bP>|kitty(0.42)\u001b\\';
  const rest = ['\u001b[6;20;10t', '\u001b[?62;4;52c', '\u001b[?2026;2$y'];
  const bytes = `a${kitty}${rest.join('')}${name}b`;
  const wanted = ['text:a', ...[kitty, ...rest, name].map((one) => `report:${one}`), 'text:b'];
  t.same(keys(bytes), wanted);
  t.same(decode(...Array.from(bytes)).map(told), wanted);
  t.notMatch(keys(`\u001b_G${'x'.repeat(400)}`).join(), 'report');
  const slow = new KeyDecoder();
  for (const begun of ['\u001b_Gi=3', '\u001bP>|ki', '\u001b[?62;4', '\u001b]11;rgb:1e']) {
    t.same(slow.push(begun), []);
    t.notOk(slow.isWaiting, 'the rest may come late, on a slow line');
    slow.flush();
  }
  t.end();
});

t.test('the rest of an answer that was cut is not typed, what the person types is', (t) => {
  for (const [begun, rest] of [
    ['\u001b[6;2', '0;10t'],
    ['\u001b[6', '4;1;2c'],
    ['\u001b[', '6;20;10t'],
  ] as const) {
    const decoder = new KeyDecoder();
    t.same([...decoder.push(begun), ...decoder.flush(), ...decoder.push(`${rest}x5t`)].map(told), [
      'text:x5t',
    ]);
    t.same([...decoder.push(begun), ...decoder.flush(), ...decoder.push('t')].map(told), ['text:t']);
    t.same(decoder.push(rest).map(told), [`text:${rest}`]);
  }
  const size = new KeyDecoder();
  size.push('\u001b[6;20;1');
  t.notOk(size.isWaiting, 'no key begins so');
  t.end();
});

t.test('an answer in pieces is whole while it is expected, and Escape is fast else', async (t) => {
  const stdin = new PassThrough();
  const stdout = new PassThrough();
  const terminal = processTerminal(stdin as never, stdout as never);
  const heard: string[] = [];
  t.teardown(terminal.onInput((inputs) => heard.push(...inputs.map(told))));
  // Longer than a lone Escape waits; timers fire in their order, however slow the machine.
  const pass = (): Promise<void> => sleep(150);
  stdin.write('\u001b');
  await pass();
  t.same(heard.splice(0), ['escape']);
  terminal.ask('\u001b[16t');
  t.equal(String(stdout.read()), '\u001b[16t');
  for (const [begun, rest] of [
    ['\u001b', '[6;20;10t'],
    ['\u001b[6;2', '0;10t'],
    ['\u001b_', 'Gi=31;OK\u001b\\'],
    ['\u001bP>', '|kitty\u001b\\'],
  ] as const) {
    stdin.write(begun);
    await pass();
    stdin.write(rest);
    t.same(heard.splice(0), [`report:${begun}${rest}`]);
  }
  stdin.write('\u001b');
  await pass();
  stdin.write('x');
  t.same(heard.splice(0), ['escape', 'text:x'], 'what is typed after it is no Alt+x');
});

t.test('what it does not know is one unknown key, not text', (t) => {
  t.same(keys('\u001b[99~'), ['unknown']);
  t.end();
});

t.test('no input makes it hang, and any split of it gives the same text', (t) => {
  fc.assert(
    fc.property(
      fc.string({
        unit: fc.constantFrom(
          '\u001b',
          '[',
          'O',
          '1',
          ';',
          '~',
          'A',
          'u',
          '2',
          '0',
          '<',
          'M',
          '\r',
          'x',
          'é',
        ),
      }),
      (bytes) => {
        const whole = new KeyDecoder();
        const first = [...whole.push(bytes), ...whole.flush()];
        const pieces = new KeyDecoder();
        const second = [...Array.from(bytes).flatMap((char) => pieces.push(char)), ...pieces.flush()];
        const names = (inputs: Input[]): string =>
          inputs.map((one) => (one.type === 'text' ? one.text : `<${told(one)}>`)).join('');
        return names(first) === names(second);
      },
    ),
    { numRuns: 500 },
  );
  t.end();
});

t.test(
  'the mouse: clicks and the wheel, in cells from 0; letting go, moving and other buttons are nothing',
  (t) => {
    t.same(keys('\u001b[<0;1;1M\u001b[<0;1;1m\u001b[<64;200;50Ma\u001b[<65;3;4M'), [
      'click 0,0',
      'wheel-up 199,49',
      'text:a',
      'wheel-down 2,3',
    ]);
    t.same(
      keys('\u001b[<16;10;2M\u001b[<68;10;2M'),
      ['click 9,1', 'wheel-up 9,1'],
      'with Control, with Shift',
    );
    const nothing = [
      '1;5;5M',
      '2;5;5M',
      '32;5;5M',
      '35;5;5M',
      '66;5;5M',
      '0;0;5M',
      '0;5M',
      '0;5;5;5M',
      ';;M',
      'M',
      '0;5;5~',
    ];
    t.same(keys(nothing.map((report) => `\u001b[<${report}`).join('')), []);
    const report = '\u001b[<0;12;34M';
    for (let at = 1; at < report.length; at++) {
      const cut = decode(report.slice(0, at), report.slice(at));
      t.same(cut, [{ type: 'mouse', does: 'click', x: 11, y: 33 }], `cut at ${at}`);
    }
    t.same(decode(...Array.from(report), 'x'), [
      { type: 'mouse', does: 'click', x: 11, y: 33 },
      { type: 'text', text: 'x' },
    ]);
    t.end();
  },
);
