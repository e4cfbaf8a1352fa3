import { readFileSync } from 'node:fs';
import t from 'tap';
import { sayIn } from '../../../src/cli/catalogue/translate.js';
import { bindings } from '../../../src/cli/chat/key-bindings.js';
import { commandOf, keymapOf, keyNamed, keyProblems } from '../../../src/cli/chat/keymap.js';
import { projectFile } from '../../support/project.js';
import { KeyDecoder } from '../../../src/cli/chat/keys.js';

t.test('keys are named as people write them', (t) => {
  for (const [written, name] of [
    ['Ctrl+T', 'ctrl+t'],
    ['ctrl-t', 'ctrl+t'],
    ['shift+alt+Up', 'alt+shift+up'],
    ['alt+A', 'alt+A'],
    ['Esc', 'escape'],
    ['F12', 'f12'],
    ['ctrl+PgUp', 'ctrl+pageup'],
    ['ctrl+space', 'ctrl+space'],
    ['alt++', 'alt++'],
    ['alt+-', 'alt+-'],
    ['hyper+x', null],
    ['ctrl+', null],
    ['', null],
  ] as const)
    t.equal(keyNamed(written), name, written);
  t.end();
});

t.test('every key of the table is one that the decoder knows', (t) => {
  for (const { keys } of bindings) for (const key of keys) t.equal(keyNamed(key), key, key);
  const decoder = new KeyDecoder();
  t.same(decoder.push('\u001f\u001b[24~'), [
    { type: 'key', name: 'ctrl+_' },
    { type: 'key', name: 'f12' },
  ]);
  t.end();
});

t.test('no key has two meanings in one place', (t) => {
  const seen = new Set<string>();
  for (const { place, keys } of bindings) {
    for (const key of keys) {
      t.notOk(seen.has(`${place} ${key}`), `${place} ${key}`);
      seen.add(`${place} ${key}`);
    }
  }
  t.end();
});

t.test('a key gets another command, none, or a slash command', (t) => {
  const { keymap, problems } = keymapOf({
    keyMode: 'emacs',
    keys: {
      'ctrl+t': 'next-unread',
      'Ctrl+K': 'help',
      'alt+up': null,
      f6: '/mute',
      'ctrl+o': 'send',
      z: 'page-close',
    },
  });
  t.same(problems, []);
  t.equal(commandOf(keymap, 'ctrl+t', 'composer'), 'next-unread');
  t.equal(commandOf(keymap, 'alt+a', 'list'), 'next-unread', 'the old key stays');
  t.equal(commandOf(keymap, 'ctrl+k', 'composer'), 'help', 'also where the key meant something of its own');
  t.equal(
    commandOf(keymap, 'ctrl+k', 'form'),
    'delete-to-line-end',
    'but not where the command cannot be done',
  );
  t.equal(commandOf(keymap, 'alt+up', 'composer'), undefined);
  t.equal(commandOf(keymap, 'f6', 'composer'), '/mute');
  t.equal(commandOf(keymap, 'ctrl+o', 'composer'), 'send');
  t.equal(commandOf(keymap, 'ctrl+o', 'list'), undefined);
  t.equal(commandOf(keymap, 'z', 'page'), 'page-close');
  t.equal(commandOf(keymapOf().keymap, 'ctrl+t', 'composer'), undefined, 'the table itself is as it was');
  t.end();
});

t.test('what cannot be done is told, and everything else works', (t) => {
  const { keymap, problems } = keymapOf({
    keyMode: 'vim',
    keys: {
      'hyper+x': 'send',
      'ctrl+t': 'fly',
      g: 'next-unread',
      'ctrl+g': 'next-unread',
    },
  });
  t.same(problems, [
    { key: 'chat.bad-key', details: { name: 'hyper+x', command: 'send' } },
    { key: 'chat.bad-key-command', details: { name: 'ctrl+t', command: 'fly' } },
    { key: 'chat.bad-key-letter', details: { name: 'g', command: 'next-unread' } },
  ]);
  t.match(keyProblems({ keyMode: 'vim', keys: { 'ctrl+t': 'fly' } }, sayIn('en')), [
    /ctrl\+t cannot do “fly”/,
  ]);
  t.equal(keymap.mode, 'vim');
  t.equal(commandOf(keymap, 'ctrl+g', 'composer'), 'next-unread');
  t.end();
});

t.test('docs/CLI.md names every command that a key can have, with its keys', (t) => {
  const written = readFileSync(projectFile('docs', 'CLI.md'), 'utf8').replace(/ +/g, ' ');
  const commands = new Map<string, string[]>();
  for (const { does, keys } of bindings) commands.set(does, [...(commands.get(does) ?? []), ...keys]);
  for (const [does, keys] of commands) {
    const row = `| \`${does}\` | ${[...new Set(keys)].map((key) => `\`${key}\``).join(' ')} |`;
    t.ok(written.includes(row), row);
  }
  t.end();
});
