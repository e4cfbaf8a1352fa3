import fc from 'fast-check';
import t from 'tap';
import { KeyDecoder, type Input } from '../../../src/cli/chat/keys.js';

function decode(...chunks: string[]): Input[] {
  const decoder = new KeyDecoder();
  return chunks.flatMap((chunk) => decoder.push(chunk));
}

function keys(bytes: string): string[] {
  return decode(bytes).map((input) => (input.type === 'key' ? input.name : `${input.type}:${input.text}`));
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
  t.end();
});

t.test('what it does not know is one unknown key, not text', (t) => {
  t.same(keys('\u001b[?2026;2$y'), ['unknown']);
  t.same(keys('\u001b[99~'), ['unknown']);
  t.end();
});

t.test('no input makes it hang, and any split of it gives the same text', (t) => {
  fc.assert(
    fc.property(
      fc.string({
        unit: fc.constantFrom('\u001b', '[', 'O', '1', ';', '~', 'A', 'u', '2', '0', '\r', 'x', 'é'),
      }),
      (bytes) => {
        const whole = new KeyDecoder();
        const first = [...whole.push(bytes), ...whole.flush()];
        const pieces = new KeyDecoder();
        const second = [...Array.from(bytes).flatMap((char) => pieces.push(char)), ...pieces.flush()];
        const names = (inputs: Input[]): string =>
          inputs.map((one) => (one.type === 'key' ? `<${one.name}>` : one.text)).join('');
        return names(first) === names(second);
      },
    ),
    { numRuns: 500 },
  );
  t.end();
});
