// The help page, made from the table of slash commands and the table of keys.
import { isKey, type Key, type Say } from '../catalogue/translate.js';
import { keyText } from './key-bindings.js';
import type { Keymap, KeyRow } from './keymap.js';
import { missedSign, said } from './message-text.js';
import type { CommandName } from './slash-commands.js';
import { span, type Line } from './spans.js';
import { widthOf, wrap } from './text-width.js';

export interface HelpRow {
  readonly left: string;
  readonly right: string;
}

/** What is told stands beside its name; below it where the name is long or the screen narrow. */
function twoColumns(rows: readonly HelpRow[], columns: number): Line[] {
  const longest = Math.max(...rows.map((row) => widthOf(row.left)));
  const width = Math.min(longest, Math.floor(columns * 0.42));
  const indent = columns < 40 ? 4 : width + 3;
  return rows.flatMap(({ left, right }): Line[] => {
    const lines = wrap(right, Math.max(10, columns - indent)).map((row): Line => [
      span(' '.repeat(indent)),
      span(row.text),
    ]);
    const [first = [], ...more] = lines;
    if (widthOf(left) + 3 > indent) return [[span(` ${left}`, 'accent')], ...lines];
    return [
      [span(` ${left}${' '.repeat(indent - 1 - widthOf(left))}`, 'accent'), ...first.slice(1)],
      ...more,
    ];
  });
}

/** `Alt+1 … Alt+9`, `Ctrl+W, Alt+Backspace`: the first two keys, or the ends of a long row. */
function keysText(binding: KeyRow, say: Say): string {
  const [first = '', second] = binding.keys;
  const last = binding.keys.at(-1) ?? first;
  if (binding.keys.length > 4) return `${keyText(first, say)} … ${keyText(last, say)}`;
  return second === undefined ? keyText(first, say) : `${keyText(first, say)}, ${keyText(second, say)}`;
}

/** What each command is for. */
export function commandRows(commands: readonly { readonly name: CommandName }[], say: Say): HelpRow[] {
  return commands.map(({ name }) => ({ left: say(`chat.usage.${name}`), right: say(`chat.help.${name}`) }));
}

/** The commands in a sentence each: keys and signs are of the screen. */
export function helpSentences(commands: readonly { readonly name: CommandName }[], say: Say): string[] {
  return commands.map(({ name }) => {
    // Nothing is selected here: what a command means is the newest.
    const plain = `chat.help.${name}.plain`;
    return `${said(say(`chat.usage.${name}`), say)} ${say(isKey(plain) ? plain : `chat.help.${name}`)}`;
  });
}

/** The keys that are worth telling. */
export function keyRows(keymap: Keymap, say: Say): HelpRow[] {
  const told = new Set<string>();
  return keymap.rows.flatMap((row): HelpRow[] => {
    if (row.keys.length === 0) return [];
    if (row.does.startsWith('/')) return [{ left: keysText(row, say), right: row.does }];
    if (row.help === undefined || told.has(row.help)) return [];
    told.add(row.help);
    return [{ left: keysText(row, say), right: say(row.help) }];
  });
}

/** What the signs behind messages mean. */
export function signRows(say: Say): HelpRow[] {
  const signs = ['queued', 'sent', 'delivered', 'read', 'failed', 'missed'] as const;
  return signs.map((sign) => ({
    left: { queued: '○', sent: '✓', delivered: '✓✓', read: '✔✔', failed: '✗', missed: missedSign }[sign],
    right: say(`chat.sign.${sign}`),
  }));
}

/** All three together, as a page. */
export function helpPage(
  commands: readonly { readonly name: CommandName }[],
  keymap: Keymap,
  say: Say,
  columns: number,
): Line[] {
  const heading = (key: Key): Line[] => wrap(say(key), columns).map((row): Line => [span(row.text, 'bold')]);
  return [
    ...heading('chat.help-commands'),
    ...twoColumns(commandRows(commands, say), columns),
    [],
    ...heading('chat.help-keys'),
    ...twoColumns(keyRows(keymap, say), columns),
    [],
    ...heading('chat.help-signs'),
    ...twoColumns(signRows(say), columns),
  ];
}
