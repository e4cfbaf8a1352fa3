// The way into the line-by-line chat for who is not logged in: questions, and answers as lines; passwords are not echoed.
import type { Client } from '../../client/api.js';
import { PytalkError } from '../../protocol/errors.js';
import type { Say } from '../catalogue/translate.js';
import { cleanLine } from '../clean-text.js';
import { currentPassword, newPassword, type PasswordSource } from '../passwords.js';
import type { Prompter } from '../prompt.js';
import type { Fields } from '../table/spec.js';
import { errorText } from './context.js';
import type { LineInput } from './line-input.js';

export interface Asking extends PasswordSource {
  readonly prompter: Pick<Prompter, 'line' | 'secret' | 'pipedLine'>;
}

/** Asks where there is no terminal: questions are printed, answers come from a pipe. */
export function askingByLines(
  { say, io }: Pick<PasswordSource, 'say' | 'io'>,
  lines: LineInput,
  print: (text: string) => void,
): Asking {
  const line = async (question: string): Promise<string> => {
    print(question.trimEnd());
    const answer = await lines.next();
    if (answer === undefined) throw new PytalkError('cancelled');
    return answer;
  };
  return {
    say,
    io,
    isInteractive: false,
    prompter: { line, pipedLine: () => lines.next(), secret: line },
  };
}

async function register(client: Client, { asking, fields }: LogInQuestions): Promise<void> {
  const { say, prompter } = asking;
  const username = (await prompter.line(say('chat.plain.username'))).trim();
  const phone = (await prompter.line(say('prompt.phone'))).replace(/[\s.-]/g, '');
  const optional: Partial<Record<'firstName' | 'lastName' | 'email' | 'invite', string>> = {};
  for (const [name, question] of [
    ['firstName', 'prompt.first-name'],
    ['lastName', 'prompt.last-name'],
    ['email', 'prompt.email'],
    ['invite', 'chat.plain.invite'],
  ] as const) {
    const answer = (await prompter.line(say(question))).trim();
    if (answer !== '') optional[name] = answer;
  }
  const password = await newPassword(asking, fields, 'PYTALK_PASSWORD');
  await client.register({ username, phone, password, ...optional });
}

async function logIn(client: Client, { asking, fields }: LogInQuestions): Promise<void> {
  const username = (await asking.prompter.line(asking.say('chat.plain.username'))).trim();
  await client.login(username, await currentPassword(asking, fields));
}

/** Somebody at a keyboard may try again after a mistake; a script, or who is cut off, may not. */
function isMistake(error: unknown, client: Client, asking: Asking): error is PytalkError {
  const isRefusal = error instanceof PytalkError && error.code !== 'cancelled';
  return isRefusal && asking.isInteractive && client.state === 'online';
}

interface LogInQuestions {
  readonly asking: Asking;
  /** Of the command: whether passwords come from stdin. */
  readonly fields: Fields;
  readonly print: (text: string) => void;
}

/** Resolves once somebody is logged in. Rejects with `cancelled` when they leave, or with what failed. */
export async function logInByLines(client: Client, questions: LogInQuestions): Promise<void> {
  const { asking, print } = questions;
  const say: Say = asking.say;
  const server = cleanLine(client.server);
  print(say('chat.plain.nobody', { server }));
  const answer = (await asking.prompter.line(say('chat.plain.has-account'))).trim().toLowerCase();
  const isKnown = say('prompt.yes-answers').split(' ').includes(answer);
  while (client.me === null) {
    try {
      await (isKnown ? logIn : register)(client, questions);
    } catch (error) {
      if (!isMistake(error, client, asking)) throw error;
      print(errorText(error, say));
    }
  }
  const name = cleanLine(client.me.username);
  print(say(isKnown ? 'result.logged-in' : 'result.registered', { name, server }));
}
