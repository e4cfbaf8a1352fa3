// Carries out a command that is an action: checks its fields, connects, shows the result.
import { PytalkError } from '../protocol/errors.js';
import type { Action, Use } from './actions/action.js';
import type { Context } from './context.js';
import { viewOf } from './format/view.js';
import { rememberNames } from './known-names.js';
import { progressBar } from './progress.js';
import type { Fields } from './table/spec.js';

/** What an action may use when it is asked for on the command line. */
function useOf(context: Context): Use {
  const { io, say, out } = context;
  return {
    say,
    cwd: io.cwd,
    progress: (label) => ({
      signal: io.interrupt,
      ...(!out.isQuiet && { onProgress: progressBar(io, say, label) }),
    }),
    stored: (_id, send) => send(),
  };
}

/** Wrong fields are wrong usage: says where to read what is right. */
function checked(
  context: Context,
  name: string,
  action: Action,
  fields: Fields,
): ReturnType<Action['check']> {
  try {
    return action.check(fields, context.say);
  } catch (error) {
    if (!(error instanceof PytalkError) || error.code !== 'usage') throw error;
    const see = context.say('usage.see', { command: `pytalk ${name} --help` });
    const reason = `${String(error.details['reason'])}. ${see}`;
    throw new PytalkError('usage', { details: { reason }, cause: error });
  }
}

/** `name` is the command's words. */
export async function runAction(
  context: Context,
  name: string,
  action: Action,
  given: Fields,
): Promise<void> {
  const { out } = context;
  const fields = action.prepare === undefined ? given : await action.prepare(given, context);
  const carryOut = checked(context, name, action, fields);
  const client = await context.loggedIn(action.mode);
  const done = await carryOut(client, useOf(context));
  if (out.isJson) {
    for (const value of Array.isArray(done.json) ? (done.json as unknown[]) : [done.json])
      await out.json(value);
  } else {
    for (const line of done.show(viewOf(context))) out.line(line);
  }
  await rememberNames(context.home, done.names);
}
