// The shape of a row of the command table; parsing, help, completion and docs/CLI.md all derive from it.
import type { Action } from '../actions/action.js';
import type { Context } from '../context.js';

/** What a value stands for, for completion. */
export type Completes = 'conversation' | 'person' | 'group' | 'path' | readonly string[];

export interface ArgSpec {
  /** Camel case; the name of the field it fills, and `arg.NAME` in the catalogue. */
  readonly name: string;
  readonly optional?: boolean;
  /** Takes all that follow. Only the last one may. */
  readonly variadic?: boolean;
  readonly completes?: Completes;
}

export interface OptionSpec {
  /** Without dashes, such as `reply-to`; fills the field `replyTo`. `option.NAME` or `option.COMMAND.NAME` in the catalogue. */
  readonly name: string;
  /** One letter. */
  readonly short?: string;
  /** What the value is called in help; absent for a switch. */
  readonly value?: string;
  /** It may be left out; then the field is `true`. */
  readonly valueOptional?: boolean;
  /** May be given several times. */
  readonly many?: boolean;
  readonly completes?: Completes;
}

export type Group = 'begin' | 'talk' | 'read' | 'people' | 'account' | 'script' | 'server';

/** What the person wrote: arguments by name, options in camel case. */
export type Fields = Readonly<Record<string, string | boolean | readonly string[]>>;

/** A command with a life of its own. Resolves with the exit code; nothing means 0. */
export type CommandRun = (context: Context, fields: Fields) => Promise<number | undefined>;

interface Row {
  /** The words, such as `poll create`. */
  readonly name: string;
  readonly group: Group;
  readonly args?: readonly ArgSpec[];
  readonly options?: readonly OptionSpec[];
  /** Without `pytalk`. */
  readonly examples: readonly string[];
  /** Also runs when only the first word is given, as `friends` for `friends list`. */
  readonly isDefault?: boolean;
}

/** A command is an action that `pipe` can carry out as well, or runs by itself. Either is loaded only when it is used. */
export type CommandSpec = Row &
  (
    | { readonly action: () => Promise<Action>; readonly run?: never }
    | { readonly run: () => Promise<CommandRun>; readonly action?: never }
  );

export const arg = {
  with: { name: 'with', completes: 'conversation' },
  user: { name: 'user', completes: 'person' },
  group: { name: 'group', completes: 'group' },
  id: { name: 'id' },
} as const satisfies Record<string, ArgSpec>;
