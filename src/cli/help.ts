// Help from the command table: the overview, a family of commands, one command.
import { placeholder } from './catalogue/placeholders.js';
import { isKey, type Key, type Say } from './catalogue/translate.js';
import { padded, cellsOf } from './format/columns.js';
import { commonOptions, optionsTopic } from './table/common-options.js';
import type { ArgSpec, CommandSpec, OptionSpec } from './table/spec.js';
import { commands, familyOf, findCommand, groups } from './table/table.js';

/** What a command is for. Throws for a key that is missing: a test goes through them all. */
function textOf(say: Say, ...keys: readonly string[]): string {
  const key = keys.find(isKey);
  if (key === undefined) throw new Error(`no text for ${keys.join(' or ')}`);
  return say(key);
}

export function summaryOf(command: Pick<CommandSpec, 'name'>, say: Say): string {
  return textOf(say, `command.${command.name.replaceAll(' ', '.')}`);
}

export function argText(command: CommandSpec, arg: ArgSpec, say: Say): string {
  return textOf(say, `arg.${command.name.replaceAll(' ', '.')}.${arg.name}`, `arg.${arg.name}`);
}

export function optionText(command: CommandSpec | null, option: OptionSpec, say: Say): string {
  const own = command === null ? [] : [`option.${command.name.replaceAll(' ', '.')}.${option.name}`];
  return textOf(say, ...own, `option.${option.name}`);
}

/** An argument in capitals: `WITH`, `[TEXT…]`, `PHONE|USER`. */
export function shownArg(arg: ArgSpec, { lang }: Say): string {
  const many = `${placeholder(arg.name, lang)}${arg.variadic === true ? '…' : ''}`;
  return arg.optional === true ? `[${many}]` : many;
}

export function shownOption(option: OptionSpec, say: Say): string {
  return `${option.short === undefined ? '' : `-${option.short}, `}${shownLong(option, say)}`;
}

function shownLong(option: OptionSpec, { lang }: Say): string {
  // Words to choose from stay as they are typed.
  const isChoice = option.value?.includes('|') === true;
  const name =
    option.value === undefined || isChoice ? (option.value ?? '') : placeholder(option.value, lang);
  const value = name === '' ? '' : option.valueOptional === true ? ` [${name}]` : ` ${name}`;
  return `--${option.name}${value}${option.many === true ? ' …' : ''}`;
}

export function usageOf(command: CommandSpec, say: Say): string {
  const options = (command.options ?? []).length > 0 ? `[${say('help.options').toUpperCase()}]` : '';
  const args = (command.args ?? []).map((arg) => shownArg(arg, say));
  return ['pytalk', command.name, ...args, options].filter(Boolean).join(' ');
}

function pairs(rows: readonly (readonly [string, string])[]): string[] {
  const cells = Math.max(...rows.map(([left]) => cellsOf(left)));
  return rows.map(([left, right]) => `  ${padded(left, cells)}  ${right}`);
}

const heading = (say: Say, key: Key): string => say('help.heading', { name: say(key) });

/** An example as it is typed; one that begins with another program stands as it is. */
export function shownExample(example: string): string {
  return example.includes('| pytalk ') ? example : `pytalk ${example}`;
}

function commandHelp(command: CommandSpec, say: Say): string[] {
  const args = (command.args ?? []).map((arg) => [shownArg(arg, say), argText(command, arg, say)] as const);
  const options = (command.options ?? []).map(
    (option) => [shownOption(option, say), optionText(command, option, say)] as const,
  );
  const detail = `command.${command.name.replaceAll(' ', '.')}.more`;
  return [
    `${heading(say, 'help.usage')} ${usageOf(command, say)}`,
    '',
    summaryOf(command, say),
    ...(isKey(detail) ? say(detail).split('\n') : []),
    ...(args.length > 0 ? ['', heading(say, 'help.arguments'), ...pairs(args)] : []),
    ...(options.length > 0 ? ['', heading(say, 'help.options'), ...pairs(options)] : []),
    '',
    heading(say, 'help.examples'),
    ...command.examples.map((example) => `  ${shownExample(example)}`),
    '',
    say('help.common-see'),
  ];
}

function familyHelp(word: string, say: Say): string[] {
  const family = familyOf(word);
  const rows = family.map(
    (command) => [usageOf(command, say).slice('pytalk '.length), summaryOf(command, say)] as const,
  );
  return [
    `${heading(say, 'help.usage')} pytalk ${word} ${say('help.command').toUpperCase()}`,
    '',
    ...pairs(rows),
    '',
    heading(say, 'help.examples'),
    ...family
      .slice(0, 4)
      .flatMap((command) => command.examples.slice(0, 1).map((one) => `  ${shownExample(one)}`)),
    '',
    say('help.more', { command: `pytalk ${word} ${say('help.command').toUpperCase()} --help` }),
  ];
}

/** The first words of a group's commands, each once. */
function wordsOf(group: (typeof groups)[number]): string {
  const words = commands.filter((one) => one.group === group).map((one) => one.name.split(' ')[0] ?? '');
  return [...new Set(words)].join(' ');
}

/** `words` in lines of at most `cells`, with `gap` between two of them. */
function wrapped(words: readonly string[], cells: number, gap: string): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const joined = `${lines.at(-1) ?? ''}${gap}${word}`;
    if (lines.length > 0 && cellsOf(joined) <= cells) lines[lines.length - 1] = joined;
    else lines.push(word);
  }
  return lines;
}

/** A screen of 80 by 24, with a line left for the prompt. */
const screenCells = 80;

function overview(say: Say): string[] {
  const labels = groups.map((group) => say(`help.group.${group}`));
  const room = screenCells - Math.max(...labels.map(cellsOf)) - '    '.length;
  const rows = groups.flatMap((group, index) =>
    wrapped(wordsOf(group).split(' '), room, ' ').map(
      (words, line) => [line === 0 ? (labels[index] ?? '') : '', words] as const,
    ),
  );
  const options = wrapped(
    commonOptions.map((option) => shownLong(option, say)),
    screenCells - 2,
    '  ',
  );
  return [
    say('help.title'),
    '',
    `${heading(say, 'help.usage')} pytalk ${say('help.command').toUpperCase()} [${say('help.options').toUpperCase()}]`,
    '',
    ...pairs(rows),
    '',
    say('help.common-see'),
    ...options.map((line) => `  ${line}`),
    '',
    heading(say, 'help.examples'),
    ...pairs([
      ['pytalk serve', say('help.example.serve')],
      ['pytalk register alice', say('help.example.register')],
      ['pytalk chat', say('help.example.chat')],
      ['pytalk send bob hello', say('help.example.send')],
    ]),
    say('help.more', { command: `pytalk ${say('help.command').toUpperCase()} --help` }),
  ];
}

function optionsHelp(say: Say): string[] {
  const rows = commonOptions.map(
    (option) => [shownOption(option, say), optionText(null, option, say)] as const,
  );
  return [heading(say, 'help.options'), ...pairs(rows)];
}

/** Help on a topic: the words of a command, the first word of a family, `options`, or nothing for the overview. */
export function helpText(topic: string, say: Say): string {
  const command = findCommand(topic);
  const family = familyOf(topic);
  if (topic === '') return overview(say).join('\n');
  if (topic === optionsTopic) return optionsHelp(say).join('\n');
  if (command === undefined) return familyHelp(topic, say).join('\n');
  const also = family.length > 0 ? ['', ...familyHelp(topic, say).slice(2)] : [];
  return [...commandHelp(command, say), ...also].join('\n');
}
