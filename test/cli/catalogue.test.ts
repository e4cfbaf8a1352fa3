// The catalogue: nothing missing, nothing unused, the same in both languages.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { en } from '../../src/cli/catalogue/en.js';
import { fr } from '../../src/cli/catalogue/fr.js';
import { isKey, sayIn, translate, translateCount, type Key } from '../../src/cli/catalogue/translate.js';
import { keyRows } from '../../src/cli/chat/help.js';
import { keymapOf } from '../../src/cli/chat/keymap.js';
import { bioText, said } from '../../src/cli/chat/message-text.js';
import { commands, groups } from '../../src/cli/table/table.js';
import { commonOptions } from '../../src/cli/table/common-options.js';
import { errorTexts } from '../../src/protocol/errors.js';
import { defaultBio } from '../../src/protocol/limits.js';
import { projectFile } from '../support/project.js';

const keys = Object.keys(en) as Key[];
const placeholders = (text: string): string[] => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();

t.test('French has every key, with the same placeholders, and is not English', (t) => {
  t.same(Object.keys(fr).sort(), [...keys].sort());
  for (const key of keys) {
    t.same(placeholders(fr[key]), placeholders(en[key]), key);
    t.not(fr[key].trim(), '', key);
  }
  const same = keys.filter(
    (key) => fr[key] === en[key] && / \w+ /.test(en[key]) && !key.startsWith('chat.usage.'),
  );
  t.same(same, []);
  t.end();
});

t.test('French spaces its punctuation and uses typographic apostrophes', (t) => {
  for (const key of keys) {
    const text = fr[key].replace(/`[^`]*`|\{[^}]*\}/g, 'x');
    t.notMatch(text, /[^\s\u00a0\u202f][!?;:](?=[\s»)]|$)/u, key);
    t.notMatch(text, /\p{L}'\p{L}/u, key);
  }
  t.end();
});

t.test('every error code has a sentence', (t) => {
  for (const code of Object.keys(errorTexts)) t.ok(isKey(`error.${code}`), code);
  t.end();
});

function sources(folder: string): string {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter(
      (entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !entry.parentPath.endsWith('catalogue'),
    )
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    .join('\n');
}

/** Keys that are put together while the program runs. */
function derived(): Set<string> {
  const all = new Set<string>(Object.keys(errorTexts).flatMap((code) => [`error.${code}`, `hint.${code}`]));
  for (const group of groups) all.add(`help.group.${group}`);
  for (const option of commonOptions) all.add(`option.${option.name}`);
  for (const command of commands) {
    const name = command.name.replaceAll(' ', '.');
    [`command.${name}`, `command.${name}.more`].forEach((key) => all.add(key));
    for (const arg of command.args ?? []) {
      all.add(isKey(`arg.${name}.${arg.name}`) ? `arg.${name}.${arg.name}` : `arg.${arg.name}`);
    }
    for (const option of command.options ?? []) {
      const own = `option.${name}.${option.name}`;
      all.add(isKey(own) ? own : `option.${option.name}`);
    }
  }
  return all;
}

t.test('every key is used: named in the source, or derived from a table', (t) => {
  const source = sources(projectFile('src', 'cli'));
  const made = derived();
  /** `chat.size.${unit}` uses all that begin with `chat.size.`. */
  const prefixes = [...source.matchAll(/`([a-z][a-zA-Z0-9.-]*\.)\$\{/g)].map((match) => match[1] ?? '');
  const broad = new Set(['command.', 'arg.', 'option.', 'error.', 'hint.', 'help.group.']);
  const unused = keys.filter((key) => {
    const base = key.replace(/\.(one|other)$/, '');
    if (made.has(key) || source.includes(`'${key}'`) || source.includes(`'${base}'`)) return false;
    return !prefixes.some((prefix) => !broad.has(prefix) && key.startsWith(prefix));
  });
  t.same(unused, []);
  t.end();
});

t.test('fills in details, and leaves what it was not given', (t) => {
  t.equal(translate('en', 'error.user-not-found', { name: 'zoe' }), 'there is no user zoe');
  t.equal(translate('fr', 'error.user-not-found', { name: 'zoé' }), 'il n’y a pas d’utilisateur zoé');
  t.equal(translate('en', 'error.user-not-found'), 'there is no user {name}');
  t.end();
});

t.test('counts in the plural of each language', (t) => {
  t.equal(translateCount('en', 'group.members', 0), '0 members');
  t.equal(translateCount('en', 'group.members', 1), '1 member');
  t.equal(translateCount('fr', 'group.members', 0), '0 membre');
  t.equal(sayIn('fr').count('group.members', 2), '2 membres');
  t.match(sayIn('fr').count('group.members', 1_000_000), /^1.000.000 membres$/);
  t.end();
});

t.test('keys are called what they are called on the keyboards of the language, in all texts', (t) => {
  const english = ['Enter', 'Esc', 'PgUp', 'PgDn', 'Home', 'End', 'Backspace', 'Del', 'Shift', 'Up', 'Down'];
  const names = new RegExp(`(?<![\\p{L}/])(${english.join('|')})(?![\\p{L}])`, 'u');
  for (const key of keys) t.notMatch(fr[key].replace(/`[^`]*`/g, 'x'), names, key);
  const told = keyRows(keymapOf().keymap, sayIn('fr')).map(({ left }) => left);
  t.ok(told.includes('Échap'));
  t.same(
    told.filter((left) => names.test(left)),
    [],
  );
  t.end();
});

t.test('whose words follow is told as the language spaces it', (t) => {
  t.equal(said('bob', sayIn('en')), 'bob:');
  t.equal(said('bob', sayIn('fr')), 'bob :');
  t.equal(bioText(defaultBio, sayIn('fr')), 'Bonjour, j’utilise PyTalk !');
  t.equal(bioText('Hi, I use PyTalk', sayIn('fr')), 'Hi, I use PyTalk');
  t.end();
});
