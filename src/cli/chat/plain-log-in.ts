// The way into the line-by-line chat for who is not logged in: questions, and answers as lines; passwords are not echoed.
import { checkFields, type NewAccount } from '../../client/accounts.js';
import type { Address } from '../../client/address.js';
import type { Client, ConnectOptions } from '../../client/api.js';
import { PytalkError } from '../../protocol/errors.js';
import { phoneDigits } from '../../protocol/names.js';
import type { Say } from '../catalogue/translate.js';
import { cleanLine } from '../clean-text.js';
import { currentPassword, newPassword, type PasswordSource } from '../passwords.js';
import type { StartedServer } from '../platform/start-server.js';
import type { Prompter } from '../prompt.js';
import type { Fields } from '../table/spec.js';
import { sentenceOf } from '../failure.js';
import type { LineInput } from './line-input.js';
import { faultyFields } from './forms.js';
import { freeAddressHere } from './log-in.js';

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

/** What is undefined has to be asked for. */
type Answers = { [Name in keyof NewAccount]?: NewAccount[Name] | undefined };

/** Asks until the answer will do; a script's answer that will not is refused at once. */
async function ask(
  { asking, print }: LogInQuestions,
  read: () => Promise<string>,
  use: (answer: string) => void,
): Promise<void> {
  for (;;) {
    try {
      use(await read());
      return;
    } catch (error) {
      if (!mayTryAgain(error, asking)) throw error;
      print(sentenceOf(error, asking.say));
    }
  }
}

const registerRows = [
  ['username', 'chat.plain.username'],
  ['phone', 'prompt.phone'],
  ['firstName', 'prompt.first-name'],
  ['lastName', 'prompt.last-name'],
  ['email', 'prompt.email'],
  ['invite', 'chat.plain.invite'],
] as const;

/** Asks for what is not among the answers yet, each checked as it is given; what may be left out is an empty answer. */
async function askForAccount(answers: Answers, questions: LogInQuestions): Promise<void> {
  const { say, prompter, io } = questions.asking;
  for (const [name, question] of registerRows) {
    if (answers[name] !== undefined) continue;
    const isNeeded = name === 'username' || name === 'phone';
    await ask(
      questions,
      () => prompter.line(say(question)),
      (typed) => {
        const answer = name === 'phone' ? phoneDigits(typed) : typed.trim();
        if (isNeeded || answer !== '') checkFields({ [name]: answer });
        answers[name] = answer;
      },
    );
  }
  if (answers.password !== undefined) return;
  const isTyped = questions.fields['passwordStdin'] !== true && (io.env['PYTALK_PASSWORD'] ?? '') === '';
  // What comes from elsewhere would be the same again.
  await ask(
    isTyped ? questions : { ...questions, asking: { ...questions.asking, isInteractive: false } },
    () => newPassword(questions.asking, questions.fields, 'PYTALK_PASSWORD'),
    (password) => {
      checkFields({ password });
      answers.password = password;
    },
  );
}

/** Makes the account; what the server refuses is asked again, and nothing else. */
async function register(client: Client, questions: LogInQuestions, answers: Answers): Promise<void> {
  await askForAccount(answers, questions);
  const given = Object.fromEntries(Object.entries(answers).filter(([, value]) => value !== ''));
  try {
    await client.register(given as unknown as NewAccount);
  } catch (error) {
    const faulty = error instanceof PytalkError ? faultyFields[error.code] : undefined;
    for (const name of Object.keys(answers) as (keyof NewAccount)[])
      if (faulty === undefined || faulty === name) answers[name] = undefined;
    throw error;
  }
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
  startServer(port: number): Promise<StartedServer>;
}

/** Where no server is known: the one that is named, or a new one on this machine. */
async function chooseServer(ways: Ways, { asking, print }: LogInQuestions, port: number): Promise<Opened> {
  const { say, prompter } = asking;
  const named = (await prompter.line(say('chat.plain.which-server'))).trim();
  if (named !== '')
    return { client: await ways.openClient({ ...ways.connect, mode: 'live', server: named }), isOwn: false };
  print(say('chat.form.starting'));
  const { address, pid, dataDir, logFile } = await ways.startServer(port);
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
  let here: Address | null;
  try {
    const client = await ways.openClient({ ...ways.connect, mode: 'live', offline: true });
    return { client, isOwn: false };
  } catch (error) {
    here = freeAddressHere(ways.connect, error);
    if (!asking.isInteractive || here === null) throw error;
  }
  print(asking.say('chat.plain.first', { server: here.name }));
  for (;;) {
    try {
      return await chooseServer(ways, questions, here.port);
    } catch (error) {
      if (!mayTryAgain(error, asking)) throw error;
      print(sentenceOf(error, asking.say));
    }
  }
}

/** Asks until the answer is one; Enter alone is yes. */
async function saysYes({ asking, print }: LogInQuestions, question: string): Promise<boolean> {
  const { say, prompter } = asking;
  for (;;) {
    const answer = (await prompter.line(question)).trim().toLowerCase();
    if (answer === '' || say('prompt.yes-answers').split(' ').includes(answer)) return true;
    if (say('prompt.no-answers').split(' ').includes(answer)) return false;
    print(say('chat.plain.yes-or-no'));
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
    isKnown = await saysYes(questions, say('chat.plain.has-account'));
  }
  const answers: Answers = {};
  while (client.me === null) {
    try {
      if (isKnown) await logIn(client, questions);
      else await register(client, questions, answers);
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
  /** Whom a new person wants in their contacts first, or a slash command instead. */
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
