// The keys of a call's screen, as one table from which its help is made; those of the chat mean the same in it.
import type { Key, Say } from '../catalogue/translate.js';
import { keyText, type Command } from '../chat/key-bindings.js';
import { commandOf as chatCommandOf, type Keymap } from '../chat/keymap.js';

export type CallCommand =
  | 'microphone'
  | 'camera'
  | 'screen'
  | 'speaker'
  | 'louder'
  | 'softer'
  | 'chat'
  | 'back'
  | 'layout'
  | 'again'
  | 'safety'
  | 'help'
  | 'quit';

interface CallKey {
  readonly keys: readonly string[];
  readonly does: CallCommand;
  /** The command of the chat whose keys, which the person may have changed, do this too. */
  readonly chat?: Command;
  readonly help?: Key;
}

/** The one table of keys in a call; the help is made from it. */
const callKeys: readonly CallKey[] = [
  { keys: ['m'], does: 'microphone', chat: 'call-sound', help: 'call.key.microphone' },
  { keys: ['v'], does: 'camera', chat: 'call-camera', help: 'call.key.camera' },
  { keys: ['d'], does: 'screen', chat: 'call-screen', help: 'call.key.screen' },
  { keys: ['s'], does: 'speaker', help: 'call.key.speaker' },
  { keys: ['+', '='], does: 'louder', chat: 'call-louder', help: 'call.key.louder' },
  { keys: ['-'], does: 'softer', chat: 'call-softer', help: 'call.key.softer' },
  { keys: ['l'], does: 'layout', help: 'call.key.layout' },
  { keys: ['c'], does: 'chat', chat: 'call', help: 'call.key.chat' },
  { keys: [], does: 'back', chat: 'cancel' },
  { keys: ['n'], does: 'safety', help: 'call.key.safety' },
  { keys: ['r'], does: 'again', help: 'call.key.again' },
  { keys: ['?'], does: 'help', chat: 'help', help: 'call.key.help' },
  { keys: ['q', 'ctrl+c'], does: 'quit', chat: 'call-end', help: 'call.key.quit' },
];

/** What a key does; undefined for one that does nothing. */
export function commandOf(key: string, keymap: Keymap): CallCommand | undefined {
  const name = key.length === 1 ? key.toLowerCase() : key;
  const own = callKeys.find(({ keys }) => keys.includes(name));
  if (own !== undefined) return own.does;
  const command = chatCommandOf(keymap, key, 'any');
  return callKeys.find(({ chat }) => chat !== undefined && chat === command)?.does;
}

/** A line for each command that is worth telling: its own key, that of the chat, what it does. */
export function helpLines(say: Say, keymap: Keymap): string[] {
  const rows = callKeys.flatMap(({ keys: [own = ''], chat, help }) => {
    if (help === undefined) return [];
    const [inChat] = keymap.rows.find(({ does }) => does === chat)?.keys ?? [];
    return [{ keys: inChat === undefined ? own : `${own} ${keyText(inChat, say)}`, text: say(help) }];
  });
  const width = Math.max(...rows.map(({ keys }) => keys.length)) + 2;
  return rows.map(({ keys, text }) => `${keys.padEnd(width)}${text}`);
}
