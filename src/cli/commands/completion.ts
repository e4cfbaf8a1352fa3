// `completion`: the script that makes a shell complete pytalk's commands; and what the script asks for while it does.
import type { Context } from '../context.js';
import { completionScript } from '../completion-scripts.js';
import { PytalkError } from '../../protocol/errors.js';
import type { Fields } from '../table/spec.js';

export function completion(context: Context, fields: Fields): Promise<undefined> {
  const script = completionScript(String(fields['shell']), context.say);
  if (script === null) {
    throw new PytalkError('usage', { details: { reason: context.say('usage.shell') } });
  }
  context.io.stdout.write(script);
  return Promise.resolve(undefined);
}
