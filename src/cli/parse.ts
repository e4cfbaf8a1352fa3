// Reads the command line against the command table: which command, with which fields, or which help is wanted.
import { Argument, Command, CommanderError, Option } from 'commander';
import { PytalkError } from '../protocol/errors.js';
import { placeholder } from './catalogue/placeholders.js';
import type { Say } from './catalogue/translate.js';
import { similar } from './similar.js';
import { commonOptions, optionsTopic } from './table/common-options.js';
import { commands, familyOf } from './table/table.js';
import type { ArgSpec, CommandSpec, Fields, OptionSpec } from './table/spec.js';

export interface Common {
  readonly server?: string;
  readonly fingerprint?: string;
  readonly tls: boolean;
  readonly home?: string;
  readonly json: boolean;
  /** As given; undefined when not given. */
  readonly timeoutMs?: number;
  readonly verbose: boolean;
  readonly quiet: boolean;
}

export type Parsed =
  | { kind: 'version' }
  /** `topic` is the words of a command or of a family of commands, or `options`; empty for all. */
  | { kind: 'help'; topic: string }
  | { kind: 'command'; spec: CommandSpec; fields: Fields };

type Values = Record<string, string | boolean | string[] | undefined>;

const usage = (reason: string): PytalkError => new PytalkError('usage', { details: { reason } });

/**
 * A commander Command that refuses wrong usage in the reader's language. Commander calls these methods for each kind
 * of mistake; should one be renamed, commander's own English sentence is shown instead (`parseArguments`).
 */
class TableCommand extends Command {
  readonly #say: Say;
  readonly #words: string;

  constructor(words: string, say: Say) {
    super(words.split(' ').at(-1));
    this.#say = say;
    this.#words = words;
    this.exitOverride().helpOption(false).helpCommand(false).allowExcessArguments(false);
    this.configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
  }

  /** The end of a sentence about a mistake: where to read what is right. */
  #see(): string {
    return this.#say('usage.see', { command: ['pytalk', this.#words, '--help'].filter(Boolean).join(' ') });
  }

  missingArgument(name: string): never {
    const shown = placeholder(name, this.#say.lang);
    throw usage(
      `${this.#say('usage.missing-argument', { command: this.#words, name: shown })} ${this.#see()}`,
    );
  }

  optionMissingArgument(option: Option): never {
    throw usage(`${this.#say('usage.missing-value', { option: option.flags })} ${this.#see()}`);
  }

  unknownOption(flag: string): never {
    const known = [...this.options, ...(this.parent?.options ?? []), ...(this.parent?.parent?.options ?? [])];
    const near = similar(
      flag,
      known.flatMap((option) => option.long ?? []),
    );
    const meant = near === undefined ? '' : ` ${this.#say('usage.did-you-mean', { word: near })}`;
    const dash = /^-\d|^-.*\s/.test(flag) ? ` ${this.#say('usage.dash')}` : '';
    throw usage(`${this.#say('usage.unknown-option', { option: flag })}${meant}${dash} ${this.#see()}`);
  }

  _excessArguments(received: readonly string[]): never {
    if (this.commands.length > 0) this.unknownCommand();
    const extra = received[this.registeredArguments.length] ?? '';
    throw usage(`${this.#say('usage.excess', { command: this.#words, word: extra })} ${this.#see()}`);
  }

  unknownCommand(): never {
    const word = this.args[0] ?? '';
    const known = this.commands.map((command) => command.name());
    const near = similar(word, known);
    const meant = near === undefined ? '' : ` ${this.#say('usage.did-you-mean', { word: near })}`;
    const wrong = ['pytalk', this.#words, word].filter(Boolean).join(' ');
    throw usage(`${this.#say('usage.unknown-command', { command: wrong })}${meant} ${this.#see()}`);
  }
}

function optionOf(spec: OptionSpec): Option {
  const short = spec.short === undefined ? '' : `-${spec.short}, `;
  const shown = spec.valueOptional === true ? `[${spec.value}]` : `<${spec.value}>`;
  const option = new Option(`${short}--${spec.name}${spec.value === undefined ? '' : ` ${shown}`}`);
  return spec.many === true
    ? option.argParser((value, list: string[] | undefined) => [...(list ?? []), value])
    : option;
}

function argumentOf(spec: ArgSpec): Argument {
  const name = `${spec.name}${spec.variadic === true ? '...' : ''}`;
  return new Argument(spec.optional === true ? `[${name}]` : `<${name}>`);
}

/** `given` as fields: without what was not given. */
function fieldsOf(given: Values): Fields {
  const present = Object.entries(given).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present) as Fields;
}

function buildProgram(say: Say, onCommand: (spec: CommandSpec, fields: Fields) => void): TableCommand {
  const program = new TableCommand('', say);
  for (const spec of commonOptions) program.addOption(optionOf(spec));
  const parents = new Map<string, TableCommand>();
  const parentFor = (word: string): TableCommand => {
    const parent = parents.get(word) ?? new TableCommand(word, say);
    if (!parents.has(word)) program.addCommand(parent);
    parents.set(word, parent);
    return parent;
  };
  const define = (command: TableCommand, spec: CommandSpec): void => {
    for (const one of spec.args ?? []) command.addArgument(argumentOf(one));
    for (const one of spec.options ?? []) command.addOption(optionOf(one));
    command.action((...given: unknown[]) => {
      const values = (spec.args ?? []).map(({ name }, index) => [name, given[index]] as const);
      onCommand(spec, fieldsOf({ ...(Object.fromEntries(values) as Values), ...command.opts<Values>() }));
    });
  };
  for (const spec of commands) {
    const [word = '', sub] = spec.name.split(' ');
    const parent = sub === undefined ? undefined : parentFor(word);
    const command = parent === undefined ? parentFor(word) : new TableCommand(spec.name, say);
    define(command, spec);
    parent?.addCommand(command);
    // Without options: they would be taken from the parent's other commands too.
    if (spec.isDefault === true) parent?.action(() => onCommand(spec, {}));
  }
  return program;
}

/** The words before `--` that are neither options nor values of common options. */
function topicWords(argv: readonly string[]): string[] {
  const withValue = new Set(commonOptions.filter((one) => 'value' in one).map((one) => `--${one.name}`));
  const words: string[] = [];
  for (let index = 0; index < argv.length && argv[index] !== '--'; index++) {
    const word = argv[index] ?? '';
    if (withValue.has(word)) index++;
    else if (!word.startsWith('-')) words.push(word);
  }
  return words;
}

/** Which command help is wanted of; null for words that are none. */
function topicOf(argv: readonly string[]): string | null {
  const [first = '', second = ''] = topicWords(argv);
  const names = commands.map((command) => command.name);
  if (names.includes(`${first} ${second}`)) return `${first} ${second}`;
  const isFamily = second === '' && familyOf(first).length > 0;
  return first === '' || first === optionsTopic || names.includes(first) || isFamily ? first : null;
}

function commonOf(given: Values, say: Say): Common {
  const { server, fingerprint, home, timeout } = given;
  const seconds = typeof timeout === 'string' ? Number(timeout) : undefined;
  if (seconds !== undefined && !(seconds > 0)) throw usage(say('usage.timeout'));
  return {
    ...(typeof server === 'string' && { server }),
    ...(typeof fingerprint === 'string' && { fingerprint }),
    ...(typeof home === 'string' && { home }),
    ...(seconds !== undefined && { timeoutMs: Math.round(seconds * 1000) }),
    tls: given['tls'] !== false,
    json: given['json'] === true,
    verbose: given['verbose'] === true,
    quiet: given['quiet'] === true,
  };
}

/** Reads `argv` (without node and script). Throws PytalkError `usage`. */
export function parseArguments(argv: readonly string[], say: Say): { parsed: Parsed; common: Common } {
  const words = argv[0] === 'help' ? [...argv.slice(1), '--help'] : [...argv];
  const end = words.indexOf('--');
  const options = end === -1 ? words : words.slice(0, end);
  const common = (program: Command): Common => commonOf(program.opts<Values>(), say);
  // Help and version win over every mistake but in the command's own name.
  if (options.length === 0 || options.includes('--help') || options.includes('-h')) {
    const topic = topicOf(words);
    if (topic !== null) return { parsed: { kind: 'help', topic }, common: commonOf({}, say) };
    return parseArguments(topicWords(words), say);
  }
  if (options[0] === '--version' || options[0] === '-V') {
    return { parsed: { kind: 'version' }, common: commonOf({ json: options.includes('--json') }, say) };
  }
  let parsed: Parsed | undefined;
  const program = buildProgram(say, (spec, fields) => (parsed = { kind: 'command', spec, fields }));
  try {
    program.parse(words, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // A family without its second word asks for help: say which words there are.
    if (error.code === 'commander.help') throw usage(incomplete(words, say));
    throw usage(error.message.replace(/^error: /, ''));
  }
  if (parsed === undefined) throw usage(incomplete(words, say));
  return { parsed, common: common(program) };
}

function incomplete(words: readonly string[], say: Say): string {
  const topic = topicOf(words) ?? '';
  const list = familyOf(topic).map((command) => command.name.slice(topic.length + 1));
  return topic === ''
    ? say('usage.no-command')
    : say('usage.incomplete', { command: topic, list: list.join(', ') });
}
