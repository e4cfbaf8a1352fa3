// ffmpeg: finding one, and running it so that its output comes promptly and nothing of it stays behind.
import { spawn, type ChildProcess } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import type { Readable } from 'node:stream';
import { PytalkError } from '../protocol/errors.js';

type Env = Readonly<Record<string, string | undefined>>;

export interface Ffmpeg {
  path: string;
  /** Where it was found; `installer` is an old one inside an npm package, for local sources alone. */
  origin: 'option' | 'ffmpeg-static' | 'path' | 'installer';
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** What an optional package exports, when it is installed and works here. */
function optional(name: string): unknown {
  try {
    return createRequire(import.meta.url)(name) as unknown;
  } catch {
    // Not installed, or not for this system (one of them throws a string then).
    return null;
  }
}

async function onPath(env: Env): Promise<string | null> {
  const names = process.platform === 'win32' ? ['ffmpeg.exe', 'ffmpeg.cmd'] : ['ffmpeg'];
  for (const folder of (env['PATH'] ?? env['Path'] ?? '').split(delimiter)) {
    for (const name of names) {
      const path = join(folder, name);
      if (folder !== '' && (await isExecutable(path))) return path;
    }
  }
  return null;
}

/** Rejects with `ffmpeg-missing`. `given` is the person's choice, which must be there. */
export async function findFfmpeg(given: string | null, env: Env = process.env): Promise<Ffmpeg> {
  if (given !== null) {
    if (await isExecutable(given)) return { path: given, origin: 'option' };
    throw new PytalkError('ffmpeg-missing');
  }
  const bundled = optional('ffmpeg-static');
  if (typeof bundled === 'string' && (await isExecutable(bundled))) {
    return { path: bundled, origin: 'ffmpeg-static' };
  }
  const found = await onPath(env);
  if (found !== null) return { path: found, origin: 'path' };
  const installer = optional('@ffmpeg-installer/ffmpeg');
  if (typeof installer === 'object' && installer !== null && 'path' in installer) {
    const { path } = installer;
    if (typeof path === 'string' && (await isExecutable(path))) return { path, origin: 'installer' };
  }
  throw new PytalkError('ffmpeg-missing');
}

const killAfterMs = 1_500;
/** Of what it says on stderr the end is kept: the reason is there. */
const keptErrorChars = 4_000;

export interface Running {
  readonly stdout: Readable;
  /** Resolves when it has ended by itself or was closed, with its last words. */
  readonly ended: Promise<{ code: number | null; lastWords: string }>;
  /** Asks it to end, then makes it. Idempotent; resolves when it is gone. */
  close(): Promise<void>;
}

/** Runs a program whose stdout is read. It ends by itself when we are gone, as nobody reads its output any more. */
export function runProgram(path: string, args: readonly string[], stdin: Readable | null = null): Running {
  const child: ChildProcess = spawn(path, args, {
    stdio: [stdin ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    windowsHide: true,
  });
  let errors = '';
  child.stderr?.on('data', (data: Buffer) => {
    errors = (errors + data.toString()).slice(-keptErrorChars);
  });
  if (stdin && child.stdin) {
    child.stdin.on('error', () => undefined);
    stdin.pipe(child.stdin);
  }
  const ended = new Promise<{ code: number | null; lastWords: string }>((resolve) => {
    child.once('error', (error) => resolve({ code: null, lastWords: error.message }));
    child.once('close', (code) => resolve({ code, lastWords: lastWordsOf(errors) }));
  });
  let closing: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
    // Its output must be taken, or its end is never told.
    child.stdout?.resume();
    await ended;
    clearTimeout(timer);
  };
  const { stdout } = child;
  if (!stdout) throw new PytalkError('internal');
  stdout.on('error', () => undefined);
  return { stdout, ended, close: () => (closing ??= close()) };
}

/** The line that says what went wrong: the last one that is no statistics. */
function lastWordsOf(errors: string): string {
  const lines = errors
    .split(/[\r\n]+/)
    .map((line) => line.replace(/^\[[^\]]*\]\s*/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('frame='));
  return lines.at(-1) ?? '';
}
