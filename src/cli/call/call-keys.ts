// The keys of a call's screen, as one table from which its help is made.
import type { Key, Say } from '../catalogue/translate.js';

export type CallCommand =
  | 'microphone'
  | 'camera'
  | 'screen'
  | 'speaker'
  | 'louder'
  | 'softer'
  | 'chat'
  | 'layout'
  | 'again'
  | 'safety'
  | 'help'
  | 'quit';

/** The one table of keys in a call; the help is made from it. */
const callKeys: readonly { keys: readonly string[]; does: CallCommand; help: Key }[] = [
  { keys: ['m'], does: 'microphone', help: 'call.key.microphone' },
  { keys: ['v'], does: 'camera', help: 'call.key.camera' },
  { keys: ['d'], does: 'screen', help: 'call.key.screen' },
  { keys: ['s'], does: 'speaker', help: 'call.key.speaker' },
  { keys: ['+', '='], does: 'louder', help: 'call.key.louder' },
  { keys: ['-'], does: 'softer', help: 'call.key.softer' },
  { keys: ['l'], does: 'layout', help: 'call.key.layout' },
  { keys: ['c'], does: 'chat', help: 'call.key.chat' },
  { keys: ['n'], does: 'safety', help: 'call.key.safety' },
  { keys: ['r'], does: 'again', help: 'call.key.again' },
  { keys: ['?'], does: 'help', help: 'call.key.help' },
  { keys: ['q', 'escape', 'ctrl+c'], does: 'quit', help: 'call.key.quit' },
];

/** What a key does; undefined for one that does nothing. */
export function commandOf(key: string): CallCommand | undefined {
  const name = key.length === 1 ? key.toLowerCase() : key;
  return callKeys.find(({ keys }) => keys.includes(name))?.does;
}

/** A line for each key. */
export function helpLines(say: Say): string[] {
  return callKeys.map(({ keys, help }) => `${(keys[0] ?? '').padEnd(3)}${say(help)}`);
}
