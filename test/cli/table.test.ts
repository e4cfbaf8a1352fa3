// The command table: every row can be parsed, explained in both languages, and loaded.
import t from 'tap';
import { sayIn, languages } from '../../src/cli/catalogue/translate.js';
import { placeholder, placeholdersFr } from '../../src/cli/catalogue/placeholders.js';
import { argText, helpText, optionText, shownExample, summaryOf } from '../../src/cli/help.js';
import { cellsOf } from '../../src/cli/format/columns.js';
import { parseArguments } from '../../src/cli/parse.js';
import { commonOptions } from '../../src/cli/table/common-options.js';
import type { CommandSpec } from '../../src/cli/table/spec.js';
import { commands, familyOf, fieldOf, groups } from '../../src/cli/table/table.js';
import { simpleCommands } from '../support/shell-words.js';

const say = sayIn('en');

t.test('names are unique and each command says what, with what, and how', (t) => {
  const names = commands.map((command) => command.name);
  t.equal(new Set(names).size, names.length);
  for (const lang of languages) {
    const sayHere = sayIn(lang);
    for (const command of commands) {
      t.ok(summaryOf(command, sayHere).length > 5, command.name);
      for (const arg of command.args ?? []) t.ok(argText(command, arg, sayHere));
      for (const option of command.options ?? []) t.ok(optionText(command, option, sayHere));
      t.ok(groups.includes(command.group));
      t.ok(command.examples.length > 0, `${command.name} has an example`);
    }
    for (const option of commonOptions) t.ok(optionText(null, option, sayHere));
  }
  t.end();
});

t.test('every example is a command line that parses to its command', (t) => {
  for (const command of commands) {
    for (const example of command.examples) {
      // An example has no `pytalk` before it, unless something else comes first.
      const words = simpleCommands(shownExample(example)).at(-1) ?? [];
      t.equal(words[0], 'pytalk', example);
      const { parsed } = parseArguments(words.slice(1), say);
      t.equal(parsed.kind === 'command' ? parsed.spec.name : parsed.kind, command.name, example);
    }
  }
  t.end();
});

t.test('what stands for a value is French in French help, and words to choose from are not', (t) => {
  const names = [{ options: commonOptions }, ...commands].flatMap(
    ({ args = [], options = [] }: Pick<CommandSpec, 'args' | 'options'>) => [
      ...args.map(({ name }) => name),
      ...options.map(({ value = '' }) => value),
    ],
  );
  const words = names
    .filter((name) => !name.includes('|'))
    .flatMap((name) => placeholder(name, 'en').match(/[A-Z][A-Z0-9-]*/g) ?? []);
  t.same([...new Set(words)].sort(), Object.keys(placeholdersFr).sort());
  const french = (topic: string): string => helpText(topic, sayIn('fr'));
  t.match(french('send'), 'pytalk send AVEC [TEXTE…]');
  t.match(french('friends add'), 'TÉLÉPHONE|UTILISATEUR');
  t.match(french('options'), /--server HÔTE\[:PORT\][^]*--timeout SECONDES[^]*--lang en\|fr/);
  t.match(french('serve'), '--metrics [HÔTE:]PORT');
  t.end();
});

t.test('every command can be loaded', async (t) => {
  for (const command of commands) {
    if (command.run) t.type(await command.run(), 'function', command.name);
    else t.type((await command.action()).check, 'function', command.name);
  }
});

t.test('no option of a command hides a common one, and letters are unique within a command', (t) => {
  for (const command of commands) {
    const all = [...commonOptions, ...(command.options ?? [])];
    const letters = all.flatMap((option) => ('short' in option && option.short ? [option.short] : []));
    const fields = all.map((option) => fieldOf(option.name));
    t.equal(new Set(letters).size, letters.length, command.name);
    t.equal(new Set(fields).size, fields.length, command.name);
  }
  t.end();
});

t.test(
  'an option takes a value in every command or in none, so that completion knows without the command',
  (t) => {
    const takes = new Map<string, boolean>();
    for (const option of commands.flatMap((command) => command.options ?? [])) {
      for (const flag of [`--${option.name}`, ...(option.short ? [`-${option.short}`] : [])]) {
        const value = option.value !== undefined;
        t.equal(takes.get(flag) ?? value, value, flag);
        takes.set(flag, value);
      }
    }
    t.end();
  },
);

t.test('the overview fits one screen and names every command', (t) => {
  for (const lang of languages) {
    const text = helpText('', sayIn(lang));
    const lines = text.split('\n');
    // 24, and one of them is the prompt's.
    t.ok(lines.length <= 23, `${lines.length} lines`);
    for (const line of lines) t.ok(cellsOf(line) <= 80, line);
    for (const command of commands) t.match(text, command.name.split(' ')[0] ?? '');
    const options = helpText('options', sayIn(lang));
    for (const option of commonOptions) {
      t.match(text, `--${option.name}`);
      t.ok(options.includes(optionText(null, option, sayIn(lang))), option.name);
    }
  }
  t.end();
});

t.test('help of a command shows its usage, options and examples', (t) => {
  const text = helpText('send', say);
  for (const part of [
    'Usage: pytalk send WITH [TEXT…] [OPTIONS]',
    '--reply-to ID',
    'pytalk send bob hello',
  ]) {
    t.ok(text.includes(part), part);
  }
  const family = helpText('groups', say);
  for (const command of familyOf('groups')) t.ok(family.includes(command.name));
  t.match(helpText('poll vote', sayIn('fr')), /Utilisation : pytalk poll vote ID N/);
  t.end();
});
