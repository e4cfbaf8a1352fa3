import t from 'tap';
import { commandOf, helpLines } from '../../../src/cli/call/call-keys.js';
import { sayIn } from '../../../src/cli/catalogue/translate.js';
import { keymapOf } from '../../../src/cli/chat/keymap.js';

const { keymap } = keymapOf();

t.test('what the keys of the chat do for a call, they do over the whole terminal too', (t) => {
  t.equal(commandOf('f2', keymap), 'chat');
  t.equal(commandOf('f3', keymap), 'microphone');
  t.equal(commandOf('f4', keymap), 'quit');
  t.equal(commandOf('f5', keymap), 'camera');
  t.equal(commandOf('f6', keymap), 'softer');
  t.equal(commandOf('f7', keymap), 'louder');
  t.equal(commandOf('f8', keymap), 'screen');
  t.equal(commandOf('escape', keymap), 'back', 'which hangs up nothing');
  t.equal(commandOf('ctrl+c', keymap), 'quit');
  t.equal(commandOf('M', keymap), 'microphone');
  t.equal(commandOf('f9', keymap), undefined);
  t.end();
});

t.test('keys that the person has changed are changed there too, and its list says so', (t) => {
  const own = keymapOf({ keyMode: 'emacs', keys: { f9: 'call-end', f4: null } }).keymap;
  t.equal(commandOf('f9', own), 'quit');
  t.equal(commandOf('f4', own), undefined);
  t.match(helpLines(sayIn('en'), own).join('\n'), /^q F9 +hang up$/m);
  t.end();
});

t.test('the list names the keys of both, below one another', (t) => {
  for (const lang of ['en', 'fr'] as const) {
    const lines = helpLines(sayIn(lang), keymap);
    for (const key of ['m F3', 'v F5', 'd F8', '+ F7', '- F6', 'c F2', '? F1', 'q F4', 's', 'l'])
      t.ok(
        lines.some((line) => line.startsWith(`${key}  `)),
        `${lang} ${key}`,
      );
  }
  t.end();
});
