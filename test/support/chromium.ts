// A headless Chromium, spoken to over a pipe (Chrome DevTools Protocol); only where one is installed.
import { spawn, spawnSync } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { Teardown } from './temporary-folder.js';

/** The browser's command; null where there is none. */
export function findChromium(): string | null {
  const names = ['chromium', 'chromium-browser', 'google-chrome'];
  return names.find((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0) ?? null;
}

export interface Page {
  /** The value of an expression in the page, which may be a promise. */
  evaluate(expression: string): Promise<unknown>;
  /** Resolves when an expression is true; rejects after a while. */
  until(expression: string): Promise<void>;
  /** What the page has complained of. */
  readonly complaints: string[];
}

interface Message {
  id?: number;
  method?: string;
  params?: { entry?: { text?: string }; exceptionDetails?: { text?: string } };
  result?: { targetId?: string; sessionId?: string; result?: { value?: unknown } };
  error?: { message: string };
}

/** Opens a page; the test's teardown ends the browser. `profile` is a folder for it alone. */
export async function openPage(test: Teardown, command: string, profile: string, url: string): Promise<Page> {
  const child = spawn(
    command,
    [
      '--headless=new',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--no-first-run',
      '--autoplay-policy=no-user-gesture-required',
      `--user-data-dir=${profile}`,
      '--remote-debugging-pipe',
      'about:blank',
    ],
    { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] },
  );
  const ended = new Promise((resolve) => child.once('exit', resolve));
  test.teardown(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const [orders, answers] = [child.stdio[3] as Writable, child.stdio[4] as Readable];
  const waiting = new Map<number, (message: Message) => void>();
  const complaints: string[] = [];
  let rest = '';
  answers.on('data', (chunk: Buffer) => {
    const parts = (rest + chunk.toString()).split('\0');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      const message = JSON.parse(part) as Message;
      if (message.id !== undefined) waiting.get(message.id)?.(message);
      const { entry, exceptionDetails } = message.params ?? {};
      if (message.method === 'Log.entryAdded') complaints.push(entry?.text ?? '');
      if (message.method === 'Runtime.exceptionThrown') complaints.push(exceptionDetails?.text ?? '');
    }
  });
  let lastId = 0;
  const ask = async (
    method: string,
    params: object = {},
    sessionId?: string,
  ): Promise<NonNullable<Message['result']>> => {
    const id = ++lastId;
    const message = await new Promise<Message>((resolve) => {
      waiting.set(id, resolve);
      orders.write(`${JSON.stringify({ id, method, params, ...(sessionId && { sessionId }) })}\0`);
    });
    if (message.error) throw new Error(message.error.message);
    return message.result ?? {};
  };
  const { targetId } = await ask('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await ask('Target.attachToTarget', { targetId, flatten: true });
  await ask('Runtime.enable', {}, sessionId);
  await ask('Log.enable', {}, sessionId);
  await ask('Page.navigate', { url }, sessionId);
  const evaluate = async (expression: string): Promise<unknown> => {
    const params = { expression, awaitPromise: true, returnByValue: true, userGesture: true };
    return (await ask('Runtime.evaluate', params, sessionId)).result?.value;
  };
  return {
    complaints,
    evaluate,
    until: async (expression) => {
      const giveUpAt = Date.now() + 30_000;
      while ((await evaluate(expression)) !== true) {
        if (Date.now() > giveUpAt) throw new Error(`never true: ${expression}; ${complaints.join('; ')}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
  };
}
