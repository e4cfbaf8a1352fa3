// Gets passwords without ever taking them as an argument: prompt, --password-stdin, or the environment.
import { PytalkError } from '../protocol/errors.js';
import type { Say } from './catalogue/translate.js';
import type { Io } from './io.js';
import type { Prompter } from './prompt.js';
import type { Fields } from './table/spec.js';

/** Where a password may come from. */
export interface PasswordSource {
  readonly say: Say;
  readonly io: Pick<Io, 'env'>;
  /** Whether somebody sits there who can be asked. */
  readonly isInteractive: boolean;
  readonly prompter: Pick<Prompter, 'secret' | 'pipedLine'>;
}

const usage = (reason: string): PytalkError => new PytalkError('usage', { details: { reason } });

async function piped(context: PasswordSource): Promise<string> {
  const line = await context.prompter.pipedLine();
  if (line === undefined) throw usage(context.say('usage.password-stdin-empty'));
  return line;
}

/** The password of an account that exists. */
export async function currentPassword(context: PasswordSource, fields: Fields): Promise<string> {
  if (fields['passwordStdin'] === true) return piped(context);
  const given = context.io.env['PYTALK_PASSWORD'];
  if (given !== undefined && given !== '') return given;
  if (!context.isInteractive) throw usage(context.say('usage.no-terminal-password'));
  return context.prompter.secret(context.say('prompt.password'));
}

/** A password to be set: typed twice at a terminal. */
export async function newPassword(
  context: PasswordSource,
  fields: Fields,
  variable: string,
): Promise<string> {
  if (fields['passwordStdin'] === true) return piped(context);
  const given = context.io.env[variable];
  if (given !== undefined && given !== '') return given;
  if (!context.isInteractive) throw usage(context.say('usage.no-terminal-password'));
  const password = await context.prompter.secret(context.say('prompt.new-password'));
  const again = await context.prompter.secret(context.say('prompt.new-password-again'));
  if (again !== password) throw usage(context.say('usage.passwords-differ'));
  return password;
}
