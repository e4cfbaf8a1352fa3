// The command table: every command there is, in the order of help.
import { accountCommands } from './account.js';
import { callCommands } from './calls.js';
import { messageCommands } from './messages.js';
import { peopleCommands } from './people.js';
import { serverCommands } from './server.js';
import type { CommandSpec, Group } from './spec.js';
import { toolCommands } from './tools.js';

export const commands: readonly CommandSpec[] = [
  ...accountCommands,
  ...messageCommands,
  ...callCommands,
  ...peopleCommands,
  ...toolCommands,
  ...serverCommands,
];

export const groups: readonly Group[] = ['begin', 'talk', 'read', 'people', 'account', 'script', 'server'];

/** First words that stand before others, such as `poll`. */
export function familyOf(word: string): CommandSpec[] {
  return commands.filter((command) => command.name.startsWith(`${word} `));
}

export function findCommand(name: string): CommandSpec | undefined {
  return commands.find((command) => command.name === name);
}

/** The field that an option fills: camel case, as commander has it. */
export function fieldOf(option: string): string {
  return option.replace(/^no-/, '').replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}
