// Runs command lines inside the test's process, on streams in memory.
import { PassThrough, Writable } from 'node:stream';
import type { Client, ConnectOptions } from '../../src/client/api.js';
import type { Io } from '../../src/cli/io.js';
import { run } from '../../src/cli/run.js';

/** Keeps what is written to it. */
class Sink extends Writable {
  text = '';
  isTTY = false;
  columns = 80;

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    this.emit('text', this.text);
    done();
  }

  /** Resolves when `wanted` has been written. */
  async has(wanted: string): Promise<void> {
    while (!this.text.includes(wanted)) await new Promise((resolve) => this.once('text', resolve));
  }
}

/** A keyboard: remembers whether it is raw. */
class Keyboard extends PassThrough {
  isTTY = false;
  isRaw = false;

  setRawMode(raw: boolean): void {
    this.isRaw = raw;
  }
}

export interface Session {
  readonly stdin: Keyboard;
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly controller: AbortController;
  /** The options of each connection that was asked for. */
  readonly connects: ConnectOptions[];
  readonly io: Io;
}

export interface SessionOptions {
  client?: Client;
  connect?: (options: ConnectOptions) => Promise<Client>;
  env?: Record<string, string>;
  cwd?: string;
  /** What stdin holds, to its end; without it stdin stays open. */
  input?: string;
  tty?: boolean;
}

export function session(options: SessionOptions = {}): Session {
  const stdin = new Keyboard();
  const stdout = new Sink();
  const stderr = new Sink();
  const isTerminal = options.tty === true;
  stdin.isTTY = stdout.isTTY = stderr.isTTY = isTerminal;
  if (options.input !== undefined) stdin.end(options.input);
  const controller = new AbortController();
  const connects: ConnectOptions[] = [];
  const io: Io = {
    stdin,
    stdout,
    stderr,
    env: { PYTALK_LANG: 'en', TERM: 'xterm', ...options.env },
    cwd: options.cwd ?? '/somewhere',
    interrupt: controller.signal,
    now: () => Date.UTC(2026, 2, 3, 12, 0, 0),
    connect: (given) => {
      connects.push(given);
      if (options.connect) return options.connect(given);
      return options.client ? Promise.resolve(options.client) : Promise.reject(new Error('no client'));
    },
  };
  return { stdin, stdout, stderr, controller, connects, io };
}

export interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly connects: readonly ConnectOptions[];
}

/** Runs one command line to its end. */
export async function runCli(argv: readonly string[], options: SessionOptions = {}): Promise<Outcome> {
  const { io, stdout, stderr, connects } = session(options);
  const exitCode = await run(argv, io);
  return { exitCode, stdout: stdout.text, stderr: stderr.text, connects };
}

/** The objects of JSON lines. */
export function jsonLines(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
