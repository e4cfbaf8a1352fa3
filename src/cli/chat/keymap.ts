// The keys as this person has them: the table of bindings with the changes of the configuration file worked in.
import type { Key, Say } from '../catalogue/translate.js';
import { cleanLine } from '../clean-text.js';
import type { SettingsKeeper } from '../settings/settings-file.js';
import { defaultSettings, type Settings } from '../settings/settings.js';
import { keyNames } from './keys.js';
import { bindings, formCommands, type Binding, type Command, type Place } from './key-bindings.js';

/** Its `keys`: a key and the command that it shall do, a slash command that it shall run, or null for nothing. */
type KeySettings = Pick<Settings, 'keyMode' | 'keys'>;

/** What a key does: a command of the table, or a slash command as it would be typed. */
type Does = Command | `/${string}`;

export interface KeyRow extends Omit<Binding, 'does'> {
  readonly does: Does;
}

export interface Keymap {
  readonly mode: Settings['keyMode'];
  readonly rows: readonly KeyRow[];
  /** Keys that the person has changed. */
  readonly own: ReadonlySet<string>;
}

interface KeyProblem {
  readonly key: Key;
  readonly details: { readonly name: string; readonly command: string };
}

const otherNames: Readonly<Record<string, string>> = {
  esc: 'escape',
  return: 'enter',
  pgup: 'pageup',
  pgdn: 'pagedown',
  del: 'delete',
  ins: 'insert',
  bs: 'backspace',
};

/** A key as the decoder names it, from how a person writes it (`Ctrl+X`, `alt-f4`); null when there is no such key. */
export function keyNamed(written: string): string | null {
  const parts = /^((?:(?:ctrl|alt|shift)[+-])*)(.+)$/i.exec(written === ' ' ? written : written.trim());
  if (parts === null) return null;
  const modifiers = new Set((parts[1] ?? '').toLowerCase().split(/[+-]/).filter(Boolean));
  const rest = parts[2] ?? '';
  const isOne = Array.from(rest).length === 1;
  const lower = rest.toLowerCase();
  const name = isOne ? (modifiers.has('ctrl') ? lower : rest) : (otherNames[lower] ?? lower);
  if (!isOne && !keyNames.has(name)) return null;
  const before = ['ctrl', 'alt', 'shift'].filter((one) => modifiers.has(one)).map((one) => `${one}+`);
  return before.join('') + name;
}

/** The places where a command can be done; null when there is no such command. */
function placesOf(command: string): ReadonlySet<Place> | null {
  if (command.startsWith('/')) return new Set<Place>(['any']);
  const rows = bindings.filter((row) => row.does === command);
  return rows.length === 0 ? null : new Set(rows.map((row) => row.place));
}

function without(rows: readonly KeyRow[], key: string, isMeant: (row: KeyRow) => boolean): KeyRow[] {
  return rows.map((row) =>
    isMeant(row) && row.keys.includes(key) ? { ...row, keys: row.keys.filter((one) => one !== key) } : row,
  );
}

/** One change worked in. A key of a command that holds everywhere loses what it did in single places. */
function withKey(rows: readonly KeyRow[], key: string, does: Does, places: ReadonlySet<Place>): KeyRow[] {
  const holdsIn = (place: Place): boolean =>
    places.has(place) || (places.has('any') && (place !== 'form' || formCommands.has(does)));
  const freed = without(rows, key, (row) => holdsIn(row.place));
  const found = freed.some((row) => row.does === does);
  if (!found) return [...freed, { place: 'any', keys: [key], does }];
  const first = new Set<Place>();
  return freed.map((row) => {
    if (row.does !== does || first.has(row.place)) return row;
    first.add(row.place);
    return { ...row, keys: [key, ...row.keys] };
  });
}

/** What is wrong with one change; null when it can be done. */
function problemOf(key: string | null, written: string, command: string | null): Key | null {
  if (key === null) return 'chat.bad-key';
  if (command === null) return null;
  const places = placesOf(command);
  if (places === null || command === '/') return 'chat.bad-key-command';
  // A letter is text wherever one can write.
  const isLetter = Array.from(key).length === 1;
  return isLetter && !(places.size === 1 && places.has('page')) ? 'chat.bad-key-letter' : null;
}

/** The keymap of a configuration, and what in it cannot be done: that is left out. */
export function keymapOf({ keyMode: mode, keys: own }: KeySettings = defaultSettings): {
  keymap: Keymap;
  problems: KeyProblem[];
} {
  const problems: KeyProblem[] = [];
  const changed = new Set<string>();
  let rows: readonly KeyRow[] = bindings;
  for (const [written, command] of Object.entries(own)) {
    const key = keyNamed(written);
    const problem = problemOf(key, written, command);
    if (problem !== null || key === null) {
      problems.push({
        key: problem ?? 'chat.bad-key',
        details: { name: written, command: command ?? 'null' },
      });
      continue;
    }
    changed.add(key);
    const places = command === null ? null : placesOf(command);
    rows =
      command === null || places === null
        ? without(rows, key, () => true)
        : withKey(rows, key, command as Does, places);
  }
  return { keymap: { mode, rows, own: changed }, problems };
}

/** What cannot be done of a configuration, one line each. */
export function keyProblems(settings: KeySettings, say: Say): string[] {
  return keymapOf(settings).problems.map((problem) => problemText(problem, say));
}

/** What is wrong in the file of the settings, its keys included, one line each. */
export function settingsProblems(keeper: SettingsKeeper, say: Say): string[] {
  return [...keeper.problems(say), ...keyProblems(keeper.settings, say)];
}

function problemText({ key, details: { name, command } }: KeyProblem, say: Say): string {
  return say(key, { name: cleanLine(name), command: cleanLine(command) });
}

/** Why the keys cannot be changed so; null when they can. What was wrong before is no reason. */
export function newKeyProblem(before: Settings['keys'], after: Settings['keys'], say: Say): string | null {
  const { problems } = keymapOf({ keyMode: 'emacs', keys: after });
  const fresh = problems.find(({ details: { name } }) => after[name] !== before[name]);
  return fresh === undefined ? null : problemText(fresh, say);
}

/** What a key does in a place; undefined when nothing. */
export function commandOf(keymap: Keymap, key: string, place: Place): Does | undefined {
  const { rows } = keymap;
  const row =
    rows.find((one) => one.place === place && one.keys.includes(key)) ??
    rows.find((one) => one.place === 'any' && one.keys.includes(key));
  return row?.does;
}
