// `pytalk chat --plain`: the same chat line by line, for screen readers, terminals without cursor control, and logs.
import type { Readable, Writable } from 'node:stream';
import type { ConnectionState, Message } from '../../client/api.js';
import { exitCodes } from '../exit-codes.js';
import type { Say } from '../catalogue/translate.js';
import { cleanBlock, cleanLine } from '../clean-text.js';
import { silentDevice } from '../notify/device.js';
import type { Action } from './actions.js';
import type { ChatOptions } from './chat.js';
import { ChatApp } from './chat-app.js';
import { LineInput } from './line-input.js';
import { isNote, bodyText, goneText, previewText, said, timeText } from './message-text.js';
import { toAnsi, type Line } from './spans.js';
import { sayOf, initialState, type ChatState } from './state.js';
import { Store } from './store.js';
import { plainTheme } from './themes.js';
import type { Entered } from './plain-log-in.js';
import { bufferOf } from './text-buffer.js';

export interface PlainOptions extends Omit<ChatOptions, 'env' | 'terminal' | 'drafts' | 'view' | 'beside'> {
  systemHour12: boolean;
  input: Readable;
  output: Writable;
  /** Opens the client, and asks for what is missing; rejects when nobody is logged in after it. */
  enter(lines: LineInput, print: (text: string) => void): Promise<Entered>;
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
  return `${where}${timeText(message.sentAt, say.hour12)} ${said(message.from, say)} ${text}`;
}

/** A row without what only a screen can show. */
function rowText(line: Line): string {
  return toAnsi(
    line.filter((piece) => 'text' in piece),
    plainTheme,
  ).trimEnd();
}

/** What became of something that this account has written: ticks are not seen here. */
function ownText(message: Message, before: ChatState, after: ChatState): string[] {
  const say = sayOf(after);
  const known = before.threads[message.conv ?? 0]?.messages.find((one) => one.id === message.id);
  if (message.state === 'queued' && known === undefined)
    return after.connection.state === 'online' ? [] : [say('chat.plain.waits')];
  if (known === undefined) return [];
  if (message.state === 'failed' && known.state !== 'failed')
    return [say('chat.failed', { reason: cleanLine(message.error?.message ?? '') })];
  if (known.state === 'queued' && message.state !== 'queued') return [say('chat.plain.sent')];
  if (message.deleted && !known.deleted) return [goneText(message, say)];
  return message.editedAt !== known.editedAt ? [say('chat.plain.edited')] : [];
}

/** A call that begins to ring, here or at the others, and what to type. */
function ringText(before: ChatState, { call }: ChatState, say: Say): string[] {
  if (call?.phase === 'calling' && before.call?.phase !== 'calling')
    return [say('chat.plain.calling', { name: cleanLine(call.with) })];
  if (call?.phase !== 'incoming' || before.call?.phase === 'incoming') return [];
  const text = say(`chat.call-incoming-${call.media}`, { name: cleanLine(call.with) });
  return [say('chat.plain.call-keys', { text })];
}

/** What an action has to say to somebody who reads lines; empty for what only a screen shows. */
export function told(action: Action, before: ChatState, after: ChatState): string[] {
  if (action.type === 'opened') return [`== ${cleanLine(action.conversation.name)} ==`];
  if (action.type === 'page-loaded') {
    const isFirst = (before.threads[action.conv]?.messages.length ?? 0) === 0;
    return isFirst
      ? action.messages.slice(-openingMessages).map((message) => messageText(message, after))
      : [];
  }
  if (action.type === 'message-arrived' || action.type === 'message-changed') {
    const { message } = action;
    if (message.mine) return ownText(message, before, after);
    return action.type === 'message-arrived' ? [messageText(message, after)] : [];
  }
  if (action.type === 'noticed') return action.notice === null ? [] : [action.notice.text];
  if (action.type === 'overlay' && action.overlay !== null) {
    const { title, sentences, draw } = action.overlay;
    return [title, ...(sentences ?? draw(before.size.columns).map((line) => rowText(line)))];
  }
  if (action.type === 'call') return ringText(before, after, sayOf(after));
  return [];
}

/** Prints what actions tell, instead of drawing the state that they make. */
class LineStore extends Store {
  private toldState: ConnectionState | null = null;

  constructor(
    first: ChatState,
    private readonly options: { print(line: string): void; loggedOut(): void },
  ) {
    super(first, { draw: () => undefined, prepare: () => [] }, () => Date.now());
  }

  override dispatch(action: Action): void {
    const before = this.state;
    super.dispatch(action);
    if (action.type === 'connection') this.tellConnection(action.connection.state);
    for (const line of told(action, before, this.state)) this.options.print(line);
    if (action.type === 'form-shown') this.options.loggedOut();
  }

  /** Once when it is lost and once when it is back, however often it was tried in between. */
  private tellConnection(state: ConnectionState): void {
    if (state === 'connecting' || state === this.toldState) return;
    this.toldState = state;
    this.options.print(sayOf(this.state)(state === 'online' ? 'chat.connected' : 'chat.disconnected'));
  }
}

/** What is new at the start, and what to do. */
function tellStart(state: ChatState, print: (text: string) => void): void {
  const say = sayOf(state);
  for (const { name, unread, muted, last } of state.conversations) {
    if (unread === 0 || muted || last === null) continue;
    const text = previewText(last, say);
    print(say.count('chat.plain.unread', unread, { name: cleanLine(name), text }));
  }
  if (state.current === null) print(say('chat.plain.hint'));
}

/** Runs until the input ends, `/quit` or an interrupt; resolves with the exit code. Rejects when nobody logs in. */
export async function runPlainChat(options: PlainOptions): Promise<number> {
  const lines = new LineInput(options.input);
  // Whatever it is and whoever wrote it: only lines of text reach the output.
  const print = (text: string): void => void options.output.write(`${cleanBlock(text)}\n`);
  let end: (exitCode: number) => void = () => undefined;
  const ended = new Promise<number>((resolve) => {
    end = resolve;
  });
  const stop = (): void => {
    end(0);
    lines.close();
  };
  options.interrupt.addEventListener('abort', stop, { once: true });
  const { client, isNew, friend } = await options.enter(lines, print).catch((error: unknown) => {
    lines.close();
    throw error;
  });
  const first = initialState({
    size: { columns: 80, rows: 24 },
    nowMs: Date.now(),
    lang: options.lang,
    settings: options.settings.settings,
    systemHour12: options.systemHour12,
    colours: 'none',
    server: client.server,
  });
  const store = new LineStore(first, { print, loggedOut: () => end(exitCodes.login) });
  const nothing = (): void => undefined;
  const app = new ChatApp(
    {
      ...options,
      store,
      showCall: null,
      now: () => Date.now(),
      device: silentDevice,
      clipboard: null,
      answered: nothing,
      redraw: nothing,
      suspend: nothing,
      ended: (exitCode) => void atRest().then(() => end(exitCode)),
    },
    options.with,
  );
  /** Lines of a script come faster than they are carried out: leaving waits for those before it, but not for ever. */
  const atRest = async (): Promise<void> => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, drainMs);
    });
    await Promise.race([app.whenIdle(), late]);
    clearTimeout(timer);
  };
  const readAll = async (): Promise<void> => {
    for (let line = await lines.next(); line !== undefined; line = await lines.next()) {
      store.dispatch({ type: 'composed', buffer: bufferOf(line) });
      app.submit();
    }
    await app.whenIdle();
    await client.drained(drainMs);
  };
  try {
    app.tellSettingsProblems();
    await app.enter(client);
    if (isNew) app.runSlash('/tour');
    else tellStart(store.state, print);
    if (friend !== null) app.runSlash(friend.startsWith('/') ? friend : `/friend add ${friend}`);
    readAll().then(
      () => end(0),
      () => end(exitCodes.unreachable),
    );
    return await ended;
  } finally {
    options.interrupt.removeEventListener('abort', stop);
    lines.close();
    store.stop();
    await app.close();
  }
}
