// `pytalk chat --plain`: the same chat line by line, for screen readers, terminals without cursor control, and logs.
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { Client, ConnectOptions, Message } from '../../client/api.js';
import { PytalkError } from '../../protocol/errors.js';
import { exitCodes } from '../exit-codes.js';
import type { Lang } from '../catalogue/translate.js';
import { cleanLine } from '../clean-text.js';
import type { CallSetup } from '../call/live-call.js';
import type { StartedServer } from '../platform/start-server.js';
import type { SettingsKeeper } from '../settings/settings-file.js';
import { silentDevice } from '../notify/device.js';
import type { Action } from './actions.js';
import { ChatApp } from './chat-app.js';
import { isNote, bodyText, previewText, timeText } from './message-text.js';
import { toAnsi } from './spans.js';
import { sayOf, initialState, type ChatState } from './state.js';
import { Store } from './store.js';
import { plainTheme } from './themes.js';
import { bufferOf } from './text-buffer.js';

export interface PlainOptions {
  with?: string;
  connect: ConnectOptions;
  openClient: (options: ConnectOptions) => Promise<Client>;
  lang: Lang;
  systemLang: Lang;
  startServer: () => Promise<StartedServer>;
  systemHour12: boolean;
  settings: SettingsKeeper;
  input: Readable;
  output: Writable;
  interrupt: AbortSignal;
  callSetup: CallSetup;
}

/** Messages shown when a conversation is opened. */
const openingMessages = 10;
/** How long the end of the input waits for what was written. */
const drainMs = 10_000;

function messageText(message: Message, state: ChatState): string {
  const say = sayOf(state);
  const where = message.conv === state.current ? '' : `[${cleanLine(message.conversation)}] `;
  if (isNote(message)) return `${where}${timeText(message.sentAt, say.hour12)} ${previewText(message, say)}`;
  const options =
    message.poll?.options.map((option, index) => `${index + 1}) ${cleanLine(option.text)}`) ?? [];
  const body = message.kind === 'text' && !message.deleted ? bodyText(message) : previewText(message, say);
  const text = [body, ...options].join('\n').replaceAll('\n', '\n      ');
  return `${where}${timeText(message.sentAt, say.hour12)} ${cleanLine(message.from)}: ${text}`;
}

/** What an action has to say to somebody who reads lines; empty for what only a screen shows. */
function told(action: Action, before: ChatState, after: ChatState): string[] {
  if (action.type === 'opened') return [`== ${cleanLine(action.conversation.name)} ==`];
  if (action.type === 'page-loaded') {
    const isFirst = (before.threads[action.conv]?.messages.length ?? 0) === 0;
    return isFirst
      ? action.messages.slice(-openingMessages).map((message) => messageText(message, after))
      : [];
  }
  if (action.type === 'message-arrived')
    return action.message.mine ? [] : [messageText(action.message, after)];
  if (action.type === 'noticed') return action.notice === null ? [] : [action.notice.text];
  if (action.type === 'overlay' && action.overlay !== null) {
    const lines = action.overlay.draw(before.size.columns);
    return [action.overlay.title, ...lines.map((line) => toAnsi(line, plainTheme).trimEnd())];
  }
  if (action.type === 'connection' && before.connection.state !== action.connection.state) {
    const { state } = action.connection;
    if (state !== 'connecting')
      return [sayOf(after)(state === 'online' ? 'chat.connected' : 'chat.disconnected')];
  }
  return [];
}

/** Prints what actions tell, instead of drawing the state that they make. */
class LineStore extends Store {
  constructor(
    first: ChatState,
    private readonly options: { print(line: string): void; loggedOut(): void },
  ) {
    super(
      first,
      () => undefined,
      () => Date.now(),
    );
  }

  override dispatch(action: Action): void {
    const before = this.state;
    super.dispatch(action);
    for (const line of told(action, before, this.state)) this.options.print(line);
    if (action.type === 'form-shown') this.options.loggedOut();
  }
}

/** Runs until the input ends, `/quit` or an interrupt; resolves with the exit code. Rejects when nobody is logged in. */
export async function runPlainChat(options: PlainOptions): Promise<number> {
  const client = await options.openClient({ ...options.connect, mode: 'live', offline: true });
  if (client.me === null) {
    await client.close();
    throw new PytalkError('not-logged-in');
  }
  let end: (exitCode: number) => void = () => undefined;
  const ended = new Promise<number>((resolve) => {
    end = resolve;
  });
  const size = { columns: 80, rows: 24 };
  const first = initialState({
    size,
    nowMs: Date.now(),
    lang: options.lang,
    settings: options.settings.settings,
    systemHour12: options.systemHour12,
    colours: 'none',
    server: client.server,
  });
  const store = new LineStore(first, {
    print: (line) => void options.output.write(`${line}\n`),
    loggedOut: () => end(exitCodes.login),
  });
  const nothing = (): void => undefined;
  const app = new ChatApp(
    {
      ...options,
      store,
      showCall: null,
      now: () => Date.now(),
      device: silentDevice,
      redraw: nothing,
      suspend: nothing,
      ended: end,
    },
    options.with,
  );
  options.interrupt.addEventListener('abort', () => end(0), { once: true });
  try {
    app.tellSettingsProblems();
    await app.enter(client);
    // Only now: a line that comes before somebody listens would be lost.
    const lines = createInterface({ input: options.input, terminal: false });
    void ended.finally(() => lines.close());
    lines.on('line', (line) => {
      store.dispatch({ type: 'composed', buffer: bufferOf(line) });
      app.submit();
    });
    lines.on('close', () => {
      app
        .whenIdle()
        .then(() => client.drained(drainMs))
        .then(
          () => end(0),
          () => end(exitCodes.unreachable),
        );
    });
    return await ended;
  } finally {
    store.stop();
    await app.close();
  }
}
