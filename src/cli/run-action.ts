// Carries out a command that is an action: checks its fields, connects, shows the result.
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

export async function runAction(context: Context, action: Action, given: Fields): Promise<void> {
  const { out } = context;
  const fields = action.prepare === undefined ? given : await action.prepare(given, context);
  const carryOut = action.check(fields, context.say);
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
