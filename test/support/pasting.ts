// Carries out the commands of a document as somebody who pastes them into a shell, in order, in one shell, with an empty home.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Readable } from 'node:stream';
import { blocksOf, isShell, shellLines, type ShellLine } from './documents.js';
import { simpleCommands } from './shell-words.js';

export interface Pasting {
  /** An empty folder: the home, and where the shell is. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** What a document writes, and what stands here in its place: addresses, folders of the system. */
  readonly standIns: readonly (readonly [string, string])[];
}

/** One command at most takes so long, and so does the beginning of what goes on: also on a busy machine. */
const deadlineMs = 60_000;
const lookEveryMs = 30;

/** What goes on until the document's end, and what it has said once it can be used. */
const goingOn: readonly (readonly [RegExp, RegExp])[] = [
  [/^pytalk serve\b/, /listening on/],
  [/^pytalk listen\b/, /"ready"/],
  [/^pytalk call .*--answer\b/, /waiting for calls/],
  [/^pytalk (chat(?!.*--plain)|monitor(?!.*--json))\b/, /\S/],
];

/** What goes on until somebody ends it, once it has said that it works: here by Ctrl+C. */
const untilEnded = [/^pytalk call (?!.*--(answer|duration))/, /connected with/] as const;
const interrupted = [0, 130];

/** Needs a terminal, which script(1) gives. */
const onScreen = /^pytalk (chat(?!.*--plain)|monitor(?!.*--json))\b/;

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const withoutComment = (command: string): string => command.replace(/\s+#\s.*$/, '');

class Shell {
  readonly #process: ChildProcess;
  readonly #answers: Interface;
  readonly #folder: string;
  #said = '';
  #started = 0;

  constructor({ folder, env }: Pasting) {
    this.#folder = folder;
    this.#process = spawn('bash', ['--noprofile', '--norc'], {
      cwd: folder,
      env,
      // A process group of its own, which ends as a whole.
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    });
    for (const stream of [this.#process.stdout, this.#process.stderr])
      stream!.on('data', (data: Buffer) => (this.#said += data.toString()));
    this.#answers = createInterface({ input: this.#process.stdio[3] as Readable });
  }

  /** Runs a command to its end. Rejects when it is late: no further command would have its own answer. */
  async run(command: string): Promise<{ status: number; said: string }> {
    this.#said = '';
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`${command} is late: ${this.#said}`)), deadlineMs);
    });
    const answer = new Promise<number>((resolve) =>
      this.#answers.once('line', (line) => resolve(Number(line))),
    );
    this.#process.stdin!.write(`eval ${quoted(command)} </dev/null 3>&-; echo $? >&3\n`);
    const status = await Promise.race([answer, late]);
    clearTimeout(timer);
    return { status, said: this.#said };
  }

  /** Starts a command that goes on; resolves with what went wrong, null when it says that it can be used. */
  async start(command: string, ready: RegExp): Promise<string | null> {
    const path = join(this.#folder, `.going-on-${++this.#started}`);
    const here = onScreen.test(command)
      ? `script --quiet --return --command ${quoted(`stty rows 30 cols 100; ${withoutComment(command)}`)} /dev/null`
      : command;
    const { status } = await this.run(
      `{ eval ${quoted(here)} >${path} 2>&1; echo "ended with $?" >>${path}; } &`,
    );
    const giveUpAt = Date.now() + deadlineMs;
    for (;;) {
      const said = await readFile(path, 'utf8').catch(() => '');
      if (status !== 0 || /^ended with \d+$/m.test(said) || Date.now() > giveUpAt) return said;
      if (ready.test(said)) return null;
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    }
  }

  /** Runs a command until it says that it works, then interrupts it; resolves with what went wrong. */
  async interrupt(command: string, ready: RegExp): Promise<string | null> {
    const path = join(this.#folder, '.interrupted');
    // A job of its own, whose process is the command's.
    await this.run(`set -m; (eval ${quoted(`exec ${command}`)}) >${path} 2>&1 & set +m`);
    const works = async (): Promise<boolean> => ready.test(await readFile(path, 'utf8').catch(() => ''));
    const isAlive = async (): Promise<boolean> => (await this.run('kill -0 $!')).status === 0;
    for (const giveUpAt = Date.now() + deadlineMs; !(await works());) {
      if (Date.now() > giveUpAt || !(await isAlive())) break;
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    }
    const hasWorked = await works();
    const { status } = await this.run('kill -INT $!; wait $!');
    if (hasWorked && interrupted.includes(status)) return null;
    return `${await readFile(path, 'utf8')}\nended with ${status}`;
  }

  /** What has ended of what should have gone on. */
  async endedEarly(): Promise<string[]> {
    const said: string[] = [];
    for (let number = 1; number <= this.#started; number++)
      said.push(await readFile(join(this.#folder, `.going-on-${number}`), 'utf8'));
    return said.filter((text) => /^ended with \d+$/m.test(text));
  }

  async close(): Promise<void> {
    const gone = new Promise((resolve) => this.#process.once('close', resolve));
    process.kill(-this.#process.pid!, 'SIGKILL');
    await gone;
  }
}

/**
 * Pastes all commands of a document that have no note `not run`. Those of blocks with the note `run: WHERE` are
 * pasted in `places[WHERE]`. Returns what went wrong, a line each with its place: what ended with another status than
 * 0 (or `ends with N` in its comment), and what goes on but has ended. Rejects when a command does not end at all.
 */
export async function paste(
  document: string,
  pasting: Pasting,
  { text, places = {} }: { text?: string; places?: Readonly<Record<string, Pasting>> } = {},
): Promise<{ faults: string[]; done: number }> {
  const faults: string[] = [];
  const shells = new Map<string, Shell>();
  let done = 0;
  const shellAt = async (place: string): Promise<readonly [Shell, Pasting]> => {
    const here = place === '' ? pasting : places[place];
    if (here === undefined) throw new Error(`${document}: nobody knows the place ${place}`);
    await mkdir(here.folder, { recursive: true });
    const shell = shells.get(place) ?? new Shell(here);
    shells.set(place, shell);
    return [shell, here];
  };
  const pasteLine = async (place: string, { line, command }: ShellLine): Promise<void> => {
    const [shell, { standIns }] = await shellAt(place);
    const here = standIns.reduce((words, [written, meant]) => words.replaceAll(written, meant), command);
    const going =
      simpleCommands(command).length === 1 ? goingOn.find(([words]) => words.test(command)) : undefined;
    const fail = (said: string): unknown => faults.push(`${document}:${line}: ${command}\n${said}`);
    done++;
    if (going !== undefined || untilEnded[0].test(command)) {
      const said = await (going === undefined
        ? shell.interrupt(here, untilEnded[1])
        : shell.start(here, going[1]));
      if (said !== null) fail(said);
      return;
    }
    const wanted = Number(/#.*\bends with (\d+)/.exec(command)?.[1] ?? 0);
    const { status, said } = await shell.run(here);
    if (status !== wanted) fail(`${said}\nended with ${status}`);
  };
  try {
    for (const block of blocksOf(document, text).filter(isShell)) {
      if (block.note?.startsWith('not run: ') === true) continue;
      const place = block.note?.replace(/^run: /, '') ?? '';
      for (const line of shellLines(block)) await pasteLine(place, line);
    }
    for (const shell of shells.values())
      for (const said of await shell.endedEarly()) faults.push(`${document}: ${said}`);
  } finally {
    for (const shell of shells.values()) await shell.close();
  }
  return { faults, done };
}
