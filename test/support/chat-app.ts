// Runs the chat on a terminal and with a client that are both in memory.
import { noDevices } from './calling.js';
import type { ViewChoice } from '../../src/cli/call/call-options.js';
import type { DraftFolder } from '../../src/cli/chat/drafts.js';
import { runChat } from '../../src/cli/chat/chat.js';
import { FakeClient } from './fake-client.js';
import type { StartedServer } from '../../src/cli/platform/start-server.js';
import type { SettingsKeeper } from '../../src/cli/settings/settings-file.js';
import { memorySettings } from './settings.js';
import { FakeTerminal } from './fake-terminal.js';

export interface RunningChat {
  readonly terminal: FakeTerminal;
  readonly client: FakeClient;
  readonly ended: Promise<number>;
  /** Types, and resolves when the screen shows `text` (or does not any more). */
  type(bytes: string, text?: string | RegExp): Promise<void>;
  shows(text: string | RegExp): Promise<void>;
  hides(text: string): Promise<void>;
  /** Resolves when the client has been asked for this, so often. */
  asks(call: string, times?: number): Promise<void>;
  quit(): Promise<number>;
  /** As SIGTERM does. */
  interrupt(): void;
}

const patienceMs = 10_000;

export async function startChat(
  t: { teardown(work: () => Promise<unknown>): unknown },
  options: {
    client?: FakeClient;
    columns?: number;
    rows?: number;
    with?: string;
    env?: Record<string, string>;
    open?: () => Promise<FakeClient>;
    lang?: 'en' | 'fr';
    settings?: SettingsKeeper;
    drafts?: DraftFolder;
    /** What the terminal says as soon as the chat has it. */
    says?: string;
    startServer?: () => Promise<StartedServer>;
    terminal?: FakeTerminal;
    view?: ViewChoice;
    /** The microphone for calls; `test` where nothing is said. */
    mic?: string;
  } = {},
): Promise<RunningChat> {
  const terminal = options.terminal ?? new FakeTerminal(options.columns ?? 80, options.rows ?? 24);
  const client = options.client ?? new FakeClient();
  const controller = new AbortController();
  const ended = runChat({
    ...(options.with === undefined ? {} : { with: options.with }),
    connect: {},
    openClient: options.open ?? (() => Promise.resolve(client)),
    lang: options.lang ?? 'en',
    systemLang: 'en',
    startServer: options.startServer ?? (() => Promise.reject(new Error('not here'))),
    settings: options.settings ?? memorySettings(),
    callSetup: () => ({ ...noDevices, mic: options.mic ?? 'test' }),
    ...(options.drafts !== undefined && { drafts: options.drafts }),
    view: options.view ?? 'blocks',
    env: options.env ?? { TERM: 'xterm-256color', NO_COLOR: '1' },
    terminal,
    interrupt: controller.signal,
  });
  if (options.says !== undefined) terminal.type(options.says);
  const until = async (isTrue: () => boolean, what: string): Promise<void> => {
    const giveUpAt = Date.now() + patienceMs;
    while (!isTrue()) {
      if (Date.now() > giveUpAt) throw new Error(`never ${what}:\n${terminal.text}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const shows = (text: string | RegExp): Promise<void> =>
    until(
      () => (typeof text === 'string' ? terminal.text.includes(text) : text.test(terminal.text)),
      `shown ${String(text)}`,
    );
  const chat: RunningChat = {
    terminal,
    client,
    ended,
    shows,
    hides: (text) => until(() => !terminal.text.includes(text), `hidden ${text}`),
    asks: (call, times = 1) =>
      until(() => client.calls.filter((one) => one === call).length >= times, `asked ${call}`),
    async type(bytes, text) {
      terminal.type(bytes);
      if (text !== undefined) await shows(text);
    },
    interrupt: () => controller.abort(),
    async quit() {
      // Once more: in a call it is asked for.
      for (const key of ['\u0011', '\u0011']) terminal.type(key);
      return ended;
    },
  };
  t.teardown(() => chat.quit());
  await until(() => terminal.text.trim() !== '', 'drawn');
  return chat;
}
