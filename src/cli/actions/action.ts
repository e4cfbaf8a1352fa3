// What a command does, apart from how it was asked for: shared by the command line and by `pipe`.
import { z } from 'zod';
import { en, fr } from 'zod/locales';
import type { Client, Message, TransferOptions } from '../../client/api.js';
import { PytalkError } from '../../protocol/errors.js';
import type { Lang, Say } from '../catalogue/translate.js';
import type { Context } from '../context.js';
import type { View } from '../format/view.js';
import type { Fields } from '../table/spec.js';

/** What an action may use besides the client. */
export interface Use {
  readonly say: Say;
  /** The folder that relative paths begin at. */
  readonly cwd: string;
  /** A way to tell of a transfer under way; `label` is for people. */
  progress(label: string): TransferOptions;
  /** Carries out `send` of the message `id`; where it only reaches the outbox, also waits until it is stored. */
  stored(id: string, send: () => Promise<Message>): Promise<Message>;
}

interface Done {
  /** Lists are printed one object a line by the command line, and answered as one array by `pipe`. */
  readonly json: unknown;
  /** Names of conversations seen on the way, kept for completion. */
  readonly names: readonly string[];
  /** Lines for people, cleaned. */
  show(view: View): readonly string[];
}

export interface Action {
  readonly mode: 'once' | 'live';
  /** What the command line does to the fields first, such as reading `-` from stdin. */
  readonly prepare?: (fields: Fields, context: Context) => Promise<Fields>;
  /** Checks the fields; throws PytalkError `usage`. What it returns carries the action out. */
  check(given: unknown, say: Say): (client: Client, use: Use) => Promise<Done>;
}

interface ActionSpec<F, R> {
  /** `live` for what needs the local copy. Default `once`. */
  readonly mode?: 'once' | 'live';
  readonly fields: z.ZodType<F>;
  readonly prepare?: (fields: Fields, context: Context) => Promise<Fields>;
  run(client: Client, fields: F, use: Use): Promise<R>;
  json(result: R, say: Say): unknown;
  show(result: R, view: View, fields: F): readonly string[];
  names?(result: R): readonly string[];
}

const reasons: Readonly<Record<Lang, z.core.$ZodErrorMap>> = {
  en: en().localeError,
  fr: fr().localeError,
};

/** What is wrong with a field, said for people: the library's own sentences name types and arrays. */
function reasonOf(issue: z.core.$ZodIssue | undefined, say: Say): string {
  if (issue?.code === 'too_small') {
    if (issue.origin === 'array') return say('usage.too-few', { count: Number(issue.minimum) });
    if (issue.origin === 'string') return say('usage.empty');
    return say('usage.at-least', { min: Number(issue.minimum) });
  }
  if (issue?.code === 'too_big') return say('usage.at-most', { max: Number(issue.maximum) });
  if (issue?.code === 'invalid_value')
    return say('usage.one-of', { allowed: issue.values.map(String).join(', ') });
  if (issue?.code === 'invalid_type' && issue.expected === 'number') return say('usage.not-a-number');
  if (issue?.code === 'invalid_type' && issue.expected === 'int') return say('usage.not-a-whole-number');
  return issue?.message ?? '';
}

function checked<F>(shape: z.ZodType<F>, given: unknown, say: Say): F {
  const result = shape.safeParse(given, { error: reasons[say.lang] });
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = issue?.path.join('.') ?? '';
  const reason = say('usage.field', { field, reason: reasonOf(issue, say) });
  throw new PytalkError('usage', { details: { reason } });
}

export function defineAction<F, R>(spec: ActionSpec<F, R>): Action {
  return {
    mode: spec.mode ?? 'once',
    ...(spec.prepare && { prepare: spec.prepare }),
    check: (given, say) => {
      const fields = checked(spec.fields, given, say);
      return async (client, use) => {
        const result = await spec.run(client, fields, use);
        return {
          json: spec.json(result, say),
          names: spec.names?.(result) ?? [],
          show: (view) => spec.show(result, view, fields),
        };
      };
    },
  };
}

/** A person's name as written, with or without `@`. */
export const personField = z
  .string()
  .min(1)
  .transform((name) => name.replace(/^@/, ''));
/** A group's name, with or without `#`. */
export const groupField = z
  .string()
  .min(1)
  .transform((name) => (name.startsWith('#') ? name : `#${name}`));
export const withField = z.string().min(1);
export const idField = z
  .string()
  .min(1)
  .transform((id) => id.toLowerCase());
/** Words of the command line, or one string. */
export const textField = z.union([z.string(), z.array(z.string()).transform((words) => words.join(' '))]);
/** A number, also as the text of a command line. */
export const numberField = z.coerce.number().int().min(0);
/** One name, or several, also parted by commas. */
export const namesField = z.union([z.string(), z.array(z.string())]).transform((given) =>
  [given]
    .flat()
    .flatMap((part) => part.split(','))
    .map((name) => name.trim().replace(/^@/, ''))
    .filter((name) => name !== ''),
);
