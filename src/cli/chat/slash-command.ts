// The shape of a row in the table of slash commands.
import type { CommandLine } from './command-line.js';
import type { ChatContext } from './context.js';

/** What Tab completes at a word: names known here, or a path. */
export type WordKind =
  | 'conversation'
  | 'person'
  | 'group'
  | 'friend'
  | 'member'
  | 'reaction'
  | 'setting'
  | 'setting-value'
  | 'theme'
  | 'language'
  | 'path'
  | 'friend-action'
  | 'mute'
  | 'none';

export interface SlashCommand<Name extends string = string> {
  readonly name: Name;
  /** Kinds of the words after the name; the last one repeats. */
  readonly words: readonly WordKind[];
  /** How many words there must be. */
  readonly least: number;
  /** Takes the message that it means before it waits for anything: what is selected later is meant for the next one. */
  run(context: ChatContext, line: CommandLine, text: string): Promise<void> | void;
}

/** Keeps the names of a table as a union, so that help texts are checked by the compiler. */
export function table<Name extends string>(
  rows: readonly SlashCommand<Name>[],
): readonly SlashCommand<Name>[] {
  return rows;
}
