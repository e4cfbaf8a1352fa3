// The way into the line-by-line chat for who is not logged in: questions, and answers as lines; passwords are not echoed.
import type { Client, ConnectOptions } from '../../client/api.js';
import { PytalkError } from '../../protocol/errors.js';
import type { Say } from '../catalogue/translate.js';
import { cleanLine } from '../clean-text.js';
import { currentPassword, newPassword, type PasswordSource } from '../passwords.js';
import type { StartedServer } from '../platform/start-server.js';
import type { Prompter } from '../prompt.js';
import type { Fields } from '../table/spec.js';
import { sentenceOf } from '../failure.js';
import type { LineInput } from './line-input.js';
import { defaultServer, isNobodyHere } from './log-in.js';

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
  const phone = await prompter.line(say('prompt.phone'));
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

/** Somebody at a keyboard may try again after a mistake; a script, or who leaves, may not. */
function mayTryAgain(error: unknown, asking: Asking): error is PytalkError {
  return error instanceof PytalkError && error.code !== 'cancelled' && asking.isInteractive;
}

interface LogInQuestions {
  readonly asking: Asking;
  /** Of the command: whether passwords come from stdin. */
  readonly fields: Fields;
  readonly print: (text: string) => void;
}

interface Ways {
  readonly connect: ConnectOptions;
  openClient(options: ConnectOptions): Promise<Client>;
  startServer(): Promise<StartedServer>;
}

/** Where no server is known: the one that is named, or a new one on this machine. */
async function chooseServer(ways: Ways, { asking, print }: LogInQuestions): Promise<Opened> {
  const { say, prompter } = asking;
  const named = (await prompter.line(say('chat.plain.which-server'))).trim();
  if (named !== '')
    return { client: await ways.openClient({ ...ways.connect, mode: 'live', server: named }), isOwn: false };
  print(say('chat.form.starting'));
  const { address, pid, dataDir, logFile } = await ways.startServer();
  const client = await ways.openClient({ ...ways.connect, mode: 'live', server: address });
  print(say('chat.form.started', { pid, path: dataDir, log: logFile }));
  return { client, isOwn: true };
}

interface Opened {
  readonly client: Client;
  /** The server was started just now, and has no accounts. */
  readonly isOwn: boolean;
}

async function openByLines(ways: Ways, questions: LogInQuestions): Promise<Opened> {
  const { asking, print } = questions;
  try {
    const client = await ways.openClient({ ...ways.connect, mode: 'live', offline: true });
    return { client, isOwn: false };
  } catch (error) {
    if (!asking.isInteractive || !isNobodyHere(ways.connect, error)) throw error;
  }
  print(asking.say('chat.plain.first', { server: defaultServer }));
  for (;;) {
    try {
      return await chooseServer(ways, questions);
    } catch (error) {
      if (!mayTryAgain(error, asking)) throw error;
      print(sentenceOf(error, asking.say));
    }
  }
}

/** True when an account was made. */
async function logInTo({ client, isOwn }: Opened, questions: LogInQuestions): Promise<boolean> {
  const { asking, print } = questions;
  const say: Say = asking.say;
  const server = cleanLine(client.server);
  let isKnown = false;
  if (!isOwn) {
    print(say('chat.plain.nobody', { server }));
    const answer = (await asking.prompter.line(say('chat.plain.has-account'))).trim().toLowerCase();
    isKnown = say('prompt.yes-answers').split(' ').includes(answer);
  }
  while (client.me === null) {
    try {
      await (isKnown ? logIn : register)(client, questions);
    } catch (error) {
      if (!mayTryAgain(error, asking) || client.state !== 'online') throw error;
      print(sentenceOf(error, say));
    }
  }
  const name = cleanLine(client.me.username);
  print(say(isKnown ? 'result.logged-in' : 'result.registered', { name, server }));
  return !isKnown;
}

export interface Entered {
  /** Logged in; whoever called closes it. */
  readonly client: Client;
  /** The account was made just now. */
  readonly isNew: boolean;
  /** Whom a new person wants in their contacts first. */
  readonly friend: string | null;
}

/**
 * Opens the client of this home, and asks for what is missing: a server, an account, for a new one a friend. Rejects with
 * `cancelled` when the person leaves, or with what failed; nothing is open then.
 */
export async function enterByLines(ways: Ways, questions: LogInQuestions): Promise<Entered> {
  const opened = await openByLines(ways, questions);
  const { client, isOwn } = opened;
  try {
    const isNew = client.me === null && (await logInTo(opened, questions));
    // On a server that has just started there is nobody yet.
    const asksFriend = isNew && !isOwn && questions.asking.isInteractive;
    const { say, prompter } = questions.asking;
    const friend = asksFriend ? (await prompter.line(say('chat.plain.first-friend'))).trim() : '';
    return { client, isNew, friend: friend === '' ? null : friend };
  } catch (error) {
    await client.close();
    throw error;
  }
}
