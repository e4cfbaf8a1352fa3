// `account delete`: asks once more, then deletes the account for good.
import { PytalkError } from '../../protocol/errors.js';
import { cleanLine } from '../clean-text.js';
import type { Context } from '../context.js';
import { currentPassword } from '../passwords.js';
import type { Fields } from '../table/spec.js';

export async function accountDelete(context: Context, fields: Fields): Promise<undefined> {
  const { out, say, prompter } = context;
  const client = await context.loggedIn();
  const username = client.me?.username ?? '';
  if (fields['yes'] !== true) {
    if (!context.isInteractive) {
      throw new PytalkError('usage', { details: { reason: say('usage.needs-yes') } });
    }
    const isSure = await prompter.confirm(say('prompt.delete-account', { name: cleanLine(username) }));
    if (!isSure) throw new PytalkError('cancelled');
  }
  await client.deleteAccount(await currentPassword(context, fields));
  if (out.isJson) await out.json({ username, deleted: true });
  else out.line(say('result.account-deleted', { name: cleanLine(username) }));
  return undefined;
}
