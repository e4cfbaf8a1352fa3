// `password`: changes the password; every other device must log in again.
import type { Context } from '../context.js';
import { currentPassword, newPassword } from '../passwords.js';
import type { Fields } from '../table/spec.js';

export async function password(context: Context, fields: Fields): Promise<undefined> {
  const { out, say } = context;
  const client = await context.loggedIn();
  const old = await currentPassword(context, fields);
  const fresh = await newPassword(context, fields, 'PYTALK_NEW_PASSWORD');
  await client.changePassword(old, fresh);
  if (out.isJson) await out.json({ username: client.me?.username ?? null, passwordChanged: true });
  else out.line(say('result.password-changed'));
  return undefined;
}
