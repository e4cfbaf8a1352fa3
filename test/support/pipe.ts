// `pytalk pipe` as a process of its own: requests as JSON lines, answers, and the events in between.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { projectFile } from './project.js';
import type { Teardown } from './temporary-folder.js';

interface PipeEvent {
  type: string;
  message?: {
    id: string;
    kind: string;
    conversation: string;
    from: string;
    text: string | null;
    seq: number;
  };
  state?: string;
}

type PipeAnswer = { ok: true; result: unknown } | { ok: false; error: { code: string; message: string } };

export interface Pipe {
  readonly events: PipeEvent[];
  /** Answers by request; `null` where the process ended before it answered. */
  ask(name: string, fields?: object): Promise<PipeAnswer | null>;
  /** The result of a request. Rejects with the error's code. */
  result(name: string, fields?: object): Promise<unknown>;
  /** Resolves once an event that fits has come. */
  event(fits: (event: PipeEvent) => boolean): Promise<void>;
  kill(): Promise<void>;
  /** Ends its input; resolves with its exit code. */
  end(): Promise<number | null>;
}

/** Starts `pytalk pipe` on a home that is logged in, and waits until it is ready. */
export async function startPipe(test: Teardown, home: string): Promise<Pipe> {
  const child: ChildProcess = spawn(
    process.execPath,
    [projectFile('bin/pytalk.js'), 'pipe', '--home', home],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, PYTALK_LANG: 'en' },
    },
  );
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const events: PipeEvent[] = [];
  const waiting = new Map<number, (answer: PipeAnswer | null) => void>();
  let watchers: { fits: (event: PipeEvent) => boolean; resolve: () => void }[] = [];
  let lastId = 0;
  // Input after its death is a result here, not an accident.
  child.stdin!.on('error', () => undefined);
  const lines = createInterface({ input: child.stdout! });
  lines.on('line', (line) => {
    const value = JSON.parse(line) as PipeEvent & { id?: number };
    if (value.id === undefined) {
      events.push(value);
      for (const { resolve } of watchers.filter(({ fits }) => fits(value))) resolve();
      watchers = watchers.filter(({ fits }) => !fits(value));
      return;
    }
    waiting.get(value.id)?.(value as unknown as PipeAnswer);
    waiting.delete(value.id);
  });
  lines.on('close', () => {
    for (const resolve of waiting.values()) resolve(null);
    waiting.clear();
  });
  const pipe: Pipe = {
    events,
    ask: (name, fields = {}) =>
      new Promise((resolve) => {
        const id = ++lastId;
        waiting.set(id, resolve);
        child.stdin!.write(`${JSON.stringify({ id, do: name, ...fields })}\n`);
      }),
    result: async (name, fields) => {
      const answer = await pipe.ask(name, fields);
      if (answer?.ok !== true) throw new Error(`${name}: ${answer?.error.code ?? 'no answer'}`);
      return answer.result;
    },
    event: (fits) =>
      events.some(fits) ? Promise.resolve() : new Promise((resolve) => watchers.push({ fits, resolve })),
    kill: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await exited;
      }
    },
    end: async () => {
      child.stdin!.end();
      return (await exited)[0];
    },
  };
  test.teardown(() => pipe.kill());
  await Promise.race([pipe.event(({ type }) => type === 'ready'), exited]);
  return pipe;
}
