// `login`: with a password, or with an administrator's code that sets a new one.
import type { Context } from '../context.js';
import { currentPassword, newPassword } from '../passwords.js';
import type { Fields } from '../table/spec.js';
import { showLogin } from './show-login.js';

export async function login(context: Context, fields: Fields): Promise<undefined> {
  const { user: username, resetCode: code, recoveryKey } = fields;
  if (typeof username !== 'string') return undefined;
  if (typeof code === 'string') {
    const password = await newPassword(context, fields, 'PYTALK_PASSWORD');
    const client = await context.client();
    await client.resetPassword({
      username,
      code,
      password,
      ...(typeof recoveryKey === 'string' && { recoveryKey }),
    });
    await showLogin(context, client, 'result.password-reset');
    return undefined;
  }
  const password = await currentPassword(context, fields);
  const client = await context.client();
  await client.login(username, password);
  await showLogin(context, client, 'result.logged-in');
  return undefined;
}
