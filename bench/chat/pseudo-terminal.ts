// A program in a pseudo-terminal of its own: keys go in, what it writes is counted and searched, with the time at which it came.
/*
 * `script` of util-linux holds the terminal, between two pipes of this process. What that adds to a time from key to echo: a
 * pipe and a terminal in each direction, and the wake-ups of `script` and of this process. The scenario measures it with `cat` in
 * place of the chat, and does not take it off.
 */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { onBothCpus } from '../machine.js';
import { track } from '../server-process.js';

/** The size that the aims name. */
const columns = 200;
const rows = 50;
const patienceMs = 60_000;
const started = /started (\d+)\r?\n/;

interface Waiting {
  texts: readonly string[];
  resolve(atMs: number): void;
  reject(error: Error): void;
}

export class PseudoTerminal {
  /** All bytes that the program has written. */
  bytes = 0;
  /** Of the program itself; known once it has begun. */
  pid = 0;
  /** When the program was about to be executed. */
  startedAtMs = NaN;
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #exited: Promise<unknown>;
  /** What it has written since `forget`, a character for each byte. */
  #seen = '';
  #waiting: Waiting[] = [];

  private constructor(words: readonly string[], env: NodeJS.ProcessEnv) {
    const quoted = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
    const line = `stty cols ${columns} rows ${rows}; echo started $$; exec ${quoted}`;
    const [command, args] = onBothCpus('script', ['-qefc', line, '/dev/null']);
    this.#child = spawn(command, args, {
      env: { ...env, SHELL: '/bin/sh' },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    track(this.#child);
    this.#child.stdin.on('error', () => undefined);
    this.#child.stdout.on('data', (data: Buffer) => this.#take(data));
    this.#exited = once(this.#child, 'exit');
    this.#child.once('exit', () => this.#gone());
  }

  /** Resolves when the program is about to be executed. */
  static async start(words: readonly string[], env: NodeJS.ProcessEnv): Promise<PseudoTerminal> {
    const terminal = new PseudoTerminal(words, env);
    terminal.startedAtMs = await terminal.shows('started ');
    terminal.pid = Number(started.exec(terminal.#seen)?.[1]);
    return terminal;
  }

  /** Types, and returns the time right before. */
  type(keys: string): number {
    const atMs = performance.now();
    this.#child.stdin.write(keys);
    return atMs;
  }

  /** What was written until now is not looked at any more. */
  forget(): void {
    this.#seen = '';
  }

  /** Resolves with the time at which the last of these texts came. Rejects when the program ends, or after a minute. */
  async shows(...texts: readonly string[]): Promise<number> {
    let late: NodeJS.Timeout | undefined;
    try {
      return await new Promise<number>((resolve, reject) => {
        late = setTimeout(() => reject(new Error(`never shown: ${texts.join(', ')}`)), patienceMs);
        this.#waiting.push({ texts, resolve, reject });
        this.#look(performance.now());
      });
    } finally {
      clearTimeout(late);
    }
  }

  /** Ends the program as a terminal that is closed does. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), 10_000);
    try {
      process.kill(this.pid, 'SIGHUP');
    } catch {
      // It has just ended.
    }
    await this.#exited;
    clearTimeout(kill);
  }

  #take(data: Buffer): void {
    const atMs = performance.now();
    this.bytes += data.length;
    this.#seen += data.toString('latin1');
    this.#look(atMs);
  }

  #look(atMs: number): void {
    const still: Waiting[] = [];
    const done: Waiting[] = [];
    for (const one of this.#waiting)
      (one.texts.every((text) => this.#seen.includes(text)) ? done : still).push(one);
    this.#waiting = still;
    for (const one of done) one.resolve(atMs);
  }

  #gone(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const one of waiting)
      one.reject(new Error(`the program ended before it showed ${one.texts.join(', ')}`));
  }
}
