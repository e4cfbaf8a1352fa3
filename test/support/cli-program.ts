// The program as a process: its lines, its JSON, its end.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { projectFile } from './project.js';
import type { Teardown } from './temporary-folder.js';

export interface Program {
  readonly child: ChildProcess;
  /** The next line of stdout; rejects when there is none. */
  line(): Promise<string>;
  /** Reads on until a JSON line passes. */
  until(passes: (value: Record<string, unknown>) => boolean): Promise<Record<string, unknown>>;
  readonly ended: Promise<number | null>;
  stderr: string;
}

/** Starts the program; the test's teardown kills it. `through`: a command that runs it somewhere else. */
export function program(
  test: Teardown,
  argv: readonly string[],
  env: Record<string, string> = {},
  through: readonly string[] = [],
): Program {
  const [command, ...args] = [...through, process.execPath, projectFile('bin', 'pytalk.js'), ...argv];
  const child = spawn(command ?? '', args, {
    env: { ...process.env, PYTALK_LANG: 'en', ...env },
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  test.teardown(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const result: Program = {
    child,
    line: async () => {
      const next = await lines.next();
      if (next.done === true) throw new Error(`the program ended: ${result.stderr}`);
      return next.value;
    },
    until: async (passes) => {
      for (;;) {
        const value = JSON.parse(await result.line()) as Record<string, unknown>;
        if (passes(value)) return value;
      }
    },
    ended,
    stderr: '',
  };
  child.stderr.on('data', (data: Buffer) => (result.stderr += data.toString()));
  return result;
}
