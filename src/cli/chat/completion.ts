// What Tab offers: pure, from the text before the cursor and the names that are known.
import { languages } from '../catalogue/translate.js';
import { kindOf, settingKeyOf, settingKeys, themeNames } from '../settings/settings.js';
import { quoted, splitWords } from './command-line.js';
import { reactionWords } from './reactions.js';
import type { SlashCommand, WordKind } from './slash-command.js';
import { currentConversation, type ChatState, type Completion } from './state.js';
import { replaceRange, type TextBuffer } from './text-buffer.js';

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}

function people(state: ChatState): string[] {
  const known = [
    ...state.friends.map((friend) => friend.user.username),
    ...state.conversations.flatMap((one) => one.members.map((member) => member.username)),
  ];
  return unique(known).filter((name) => name !== state.me);
}

/** The names that a word of this kind can be; paths are the caller's business. */
function namesOf(kind: WordKind, state: ChatState): string[] {
  switch (kind) {
    case 'conversation': {
      const names = [
        ...state.conversations.map((one) => one.name),
        ...people(state).map((name) => `@${name}`),
      ];
      return unique(names);
    }
    case 'person':
      return people(state);
    case 'group':
      return state.conversations.filter((one) => one.kind === 'group').map((one) => one.name);
    case 'friend':
      return state.friends.map((friend) => friend.user.username);
    case 'member':
      return (currentConversation(state)?.members ?? []).map((member) => member.username);
    case 'reaction':
      return [...Object.keys(reactionWords), 'none'];
    case 'setting':
      return [...settingKeys];
    case 'theme':
      return [...themeNames];
    case 'language':
      return ['auto', ...languages];
    case 'friend-action':
      return ['add', 'remove'];
    case 'mute':
      return ['chat', 'mic'];
    case 'setting-value':
    case 'path':
    case 'none':
      return [];
  }
}

/** The beginnings match with or without the `@` or `#` that names a conversation. */
function matching(names: readonly string[], typed: string): string[] {
  const wanted = typed.toLowerCase();
  return names.filter((name) => {
    const lower = name.toLowerCase();
    return lower.startsWith(wanted) || lower.replace(/^[@#]/, '').startsWith(wanted);
  });
}

export interface Spot {
  /** Where the word being completed begins. */
  readonly from: number;
  readonly typed: string;
  readonly kind: WordKind | 'name' | 'mention' | 'emoji';
  /** The word before it, which says what it can be. */
  readonly after?: string;
}

/** The values that a setting can have, when they are few. */
function valuesOf(setting: string): readonly string[] {
  const key = settingKeyOf(setting);
  return key === undefined || key === 'keys' ? [] : kindOf(key).allowed;
}

/** What is being completed at the cursor; null when nothing can be. */
export function spotOf(buffer: TextBuffer, commands: readonly SlashCommand[]): Spot | null {
  const before = buffer.text.slice(0, buffer.cursor);
  if (/^\/[^\s/]*$/.test(before)) return { from: 0, typed: before, kind: 'name' };
  const name = /^\/([^\s/]+)\s/.exec(before)?.[1]?.toLowerCase();
  if (name === undefined) {
    const emoji = /(?:^|[\s(])(:[a-zA-Z0-9_+-]{2,}:?)$/.exec(before)?.[1];
    if (emoji !== undefined) return { from: buffer.cursor - emoji.length, typed: emoji, kind: 'emoji' };
    const mention = /(?:^|\s)([@#][^\s@#]*)$/.exec(before)?.[1];
    return mention === undefined
      ? null
      : { from: buffer.cursor - mention.length, typed: mention, kind: 'mention' };
  }
  const words = splitWords(before);
  const isNew = /\s$/.test(before) && !/\\\s$/.test(before);
  const last = words.at(-1);
  const index = isNew ? words.length - 1 : words.length - 2;
  const command = commands.find((one) => one.name === name);
  const kind = command?.words[Math.min(index, command.words.length - 1)];
  if (kind === undefined || kind === 'none') return null;
  const after = words.at(isNew ? -1 : -2)?.text ?? '';
  if (isNew || last === undefined) return { from: buffer.cursor, typed: '', kind, after };
  return { from: last.start, typed: last.text, kind, after };
}

/** The candidates for a spot, as they are put into the text. `paths` are given for a path. */
export function candidatesOf(
  spot: Spot,
  state: ChatState,
  commands: readonly SlashCommand[],
  paths: readonly string[],
): string[] {
  if (spot.kind === 'name')
    return matching(
      commands.map((one) => `/${one.name}`),
      spot.typed,
    );
  // From a table that has to be loaded.
  if (spot.kind === 'emoji') return [];
  if (spot.kind === 'path') return paths.map((path) => quoted(path));
  if (spot.kind === 'mention') {
    if (spot.typed.startsWith('#')) return matching(namesOf('group', state), spot.typed);
    const members = namesOf('member', state).filter((name) => name !== state.me);
    return matching(
      members.map((name) => `@${name}`),
      spot.typed,
    );
  }
  if (spot.kind === 'setting-value') return matching(valuesOf(spot.after ?? ''), spot.typed);
  return matching(namesOf(spot.kind, state), spot.typed).map((name) => quoted(name));
}

/** Puts a candidate in the place of what was typed; a space follows unless it is a folder. */
export function applied(buffer: TextBuffer, completion: Completion): TextBuffer {
  const candidate = completion.candidates[completion.index];
  if (candidate === undefined) return buffer;
  return replaceRange(
    buffer,
    completion.from,
    buffer.cursor,
    candidate.endsWith('/') ? candidate : `${candidate} `,
  );
}

/** The longest beginning that all candidates share. */
export function commonBeginning(candidates: readonly string[]): string {
  const [first = '', ...others] = candidates;
  let length = first.length;
  for (const other of others) {
    let same = 0;
    while (same < length && first[same] === other[same]) same++;
    length = same;
  }
  return first.slice(0, length);
}
