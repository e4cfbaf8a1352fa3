// `register`: makes an account on a server and logs in; asks for what is missing when there is a terminal.
import { PytalkError } from '../../protocol/errors.js';
import type { Key } from '../catalogue/translate.js';
import type { Context } from '../context.js';
import { newPassword } from '../passwords.js';
import type { Fields } from '../table/spec.js';
import { showLogin } from './show-login.js';

const optional = [
  ['firstName', 'prompt.first-name'],
  ['lastName', 'prompt.last-name'],
  ['email', 'prompt.email'],
] as const satisfies readonly (readonly [string, Key])[];

function textField(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

async function phoneOf(context: Context, fields: Fields): Promise<string> {
  const given = textField(fields, 'phone');
  if (given !== undefined) return given;
  if (context.isInteractive) return context.prompter.line(context.say('prompt.phone'));
  throw new PytalkError('usage', { details: { reason: context.say('usage.phone-missing') } });
}

export async function register(context: Context, fields: Fields): Promise<undefined> {
  const username = textField(fields, 'user') ?? '';
  const phone = await phoneOf(context, fields);
  const details: Partial<Record<'firstName' | 'lastName' | 'email', string>> = {};
  const asks = context.isInteractive && fields['phone'] === undefined;
  for (const [name, question] of optional) {
    const given =
      textField(fields, name) ?? (asks ? (await context.prompter.line(context.say(question))).trim() : '');
    if (given !== '') details[name] = given;
  }
  const password = await newPassword(context, fields, 'PYTALK_PASSWORD');
  const invite = textField(fields, 'invite');
  const client = await context.client();
  await client.register({ username, password, phone, ...details, ...(invite !== undefined && { invite }) });
  await showLogin(context, client, 'result.registered');
  return undefined;
}
