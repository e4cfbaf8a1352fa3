// `recovery-key`: makes a new one and shows it, once.
import { cleanLine } from '../clean-text.js';
import type { Context } from '../context.js';
import { currentPassword } from '../passwords.js';
import type { Fields } from '../table/spec.js';

export async function recoveryKey(context: Context, fields: Fields): Promise<undefined> {
  const { out, say } = context;
  const client = await context.loggedIn();
  const key = await client.makeRecoveryKey(await currentPassword(context, fields));
  if (out.isJson) {
    await out.json({ recoveryKey: key });
    return undefined;
  }
  out.line(cleanLine(key));
  out.note(say('result.recovery-key'));
  return undefined;
}
