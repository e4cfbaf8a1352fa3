// `pytalk chat`: takes over the terminal, runs the chat in it, and gives it back whatever happens.
import { coloursOf } from '../../media/terminal/colours.js';
import type { Client, ConnectOptions } from '../../client/api.js';
import { readAnswers, type Graphics } from '../../media/terminal/detect.js';
import { stillPainterFor, textOnly } from '../../media/terminal/still-pictures.js';
import type { ViewChoice } from '../call/call-options.js';
import type { CallSetup, LiveCall } from '../call/live-call.js';
import type { Lang } from '../catalogue/translate.js';
import type { StartedServer } from '../platform/start-server.js';
import type { SettingsKeeper } from '../settings/settings-file.js';
import type { Settings } from '../settings/settings.js';
import { deviceOf } from '../notify/device.js';
import { CallArea } from './call-area.js';
import type { ShowCall } from './calls.js';
import { ClipboardPicture } from './clipboard-picture.js';
import { hour12Of } from '../language.js';
import type { Input } from './keys.js';
import type { DraftFolder } from './drafts.js';
import { ChatApp } from './chat-app.js';
import { cursorOf } from './cursor.js';
import { frameOf } from './frame.js';
import { InkFrame } from './ink-frame.js';
import { graphicsOf } from './picture-look.js';
import { Screen } from './screen.js';
import { initialState, type ChatState } from './state.js';
import { Store } from './store.js';
import { askBackground, asksBackground, paletteOf } from './themes.js';
import { TerminalAnswers } from './terminal-answers.js';
import type { Terminal } from './terminal.js';

export interface ChatOptions {
  /** The conversation to open: `@alice`, `#team` or a bare name. */
  with?: string;
  connect: ConnectOptions;
  openClient: (options: ConnectOptions) => Promise<Client>;
  lang: Lang;
  systemLang: Lang;
  startServer: (port: number) => Promise<StartedServer>;
  settings: SettingsKeeper;
  env: Readonly<Record<string, string | undefined>>;
  terminal: Terminal;
  /** Aborts at a signal that ends the program; Ctrl+C is a key here. */
  interrupt: AbortSignal;
  /** How this side takes part in a call, with these settings. */
  callSetup: (settings: Settings) => CallSetup;
  /** Where drafts are kept; without, they end with the chat. */
  drafts?: DraftFolder;
  /** How calls and pictures are drawn; goes before the setting for pictures. */
  view: ViewChoice;
  /** A call that the chat was opened from: the client belongs to it, and showing it means leaving the chat. */
  beside?: LiveCall;
}

/** Times in texts (`in 3 s`, `is typing`) follow the clock while there are any; else once in a while for the day. */
const tickMs = 1000;
const idleTicks = 30;

function needsClock(state: ChatState): boolean {
  return (
    state.call?.phase === 'connected' ||
    state.connection.retryAtMs !== null ||
    Object.values(state.typing).some((users) => Object.keys(users).length > 0)
  );
}

/** Without colours there are no pictures in pixels, unless the person wants them. */
function asksGraphics(state: ChatState): boolean {
  return state.colours !== 'none' || ['kitty', 'sixel', 'iterm2'].includes(graphicsOf(state)?.view ?? '');
}

function startClock(store: Store): NodeJS.Timeout {
  let ticks = 0;
  return setInterval(() => {
    ticks++;
    if (needsClock(store.state) || ticks % idleTicks === 0)
      store.dispatch({ type: 'ticked', nowMs: Date.now() });
  }, tickMs);
}

/** The first picture is of what the start has found (the local copy, a form), or of what there is after this time: it is the dearest one. */
const firstPictureMs = 400;

/** A stop comes within this time; where there is no shell that could continue the program nothing stops it. */
const stopMs = 300;

interface Suspension {
  /** Stops the program like Ctrl+Z in a shell, with the script that started it. */
  begin(): void;
  /** Idempotent. */
  dispose(): void;
}

/** Takes the terminal back whenever the program is continued, whoever stopped it: it may have been changed meanwhile. */
function suspension(terminal: Terminal, resumed: () => void): Suspension {
  let timer: NodeJS.Timeout | undefined;
  const takeBack = (): void => {
    clearTimeout(timer);
    terminal.leave();
    terminal.enter();
    resumed();
  };
  process.on('SIGCONT', takeBack);
  return {
    begin() {
      terminal.leave();
      process.kill(0, 'SIGTSTP');
      timer = setTimeout(takeBack, stopMs);
    },
    dispose() {
      clearTimeout(timer);
      process.off('SIGCONT', takeBack);
    },
  };
}

interface Listening {
  /** Both idempotent. */
  pause(): void;
  resume(): void;
}

/** Listens to the terminal, but for the time that something else has it. */
function listenTo(
  terminal: Terminal,
  to: { input: (inputs: readonly Input[]) => void; resize: () => void; drain: () => void },
): Listening {
  let undo: (() => void)[] = [];
  const listening: Listening = {
    pause() {
      for (const one of undo) one();
      undo = [];
    },
    resume() {
      if (undo.length > 0) return;
      undo = [terminal.onInput(to.input), terminal.onResize(to.resize), terminal.onDrain(to.drain)];
    },
  };
  listening.resume();
  return listening;
}

/**
 * Runs until the person quits or a signal ends it; resolves with the exit code. The terminal is as before then, also
 * when it rejects: with the error of a drawing that failed.
 */
export async function runChat(options: ChatOptions): Promise<number> {
  const { terminal, env } = options;
  const size = (): ChatState['size'] => {
    const top = area.rows;
    return { columns: terminal.columns, rows: terminal.rows - top, top };
  };
  let isCovered = false;
  const area = new CallArea({
    terminal,
    get say() {
      return app.say;
    },
    keymap: () => store.state.keymap,
    graphics: () => graphicsOf(store.state) ?? store.state.graphics,
    now: () => Date.now(),
    changed: () => repaint(),
    covered(covered) {
      isCovered = covered;
      if (covered) {
        listening.pause();
        terminal.setMouse(false);
      } else {
        listening.resume();
        store.dispatch({ type: 'terminal-focused', focused: true });
        repaint();
      }
    },
  });
  const first = initialState({
    size: size(),
    nowMs: Date.now(),
    lang: options.lang,
    settings: options.settings.settings,
    colours: coloursOf(env),
    palette: paletteOf(env),
    graphics: readAnswers('', env),
    view: options.view,
    systemHour12: hour12Of(env),
    server: options.connect.server ?? '',
  });
  const ink = new InkFrame();
  const screen = new Screen((data) => terminal.write(data));
  let end: (exitCode: number) => void = () => undefined;
  let crash: (error: unknown) => void = () => undefined;
  const ended = new Promise<number>((resolve, reject) => {
    end = resolve;
    crash = reject;
  });
  let painted: Graphics | null = null;
  /** Pictures were drawn while the person looked elsewhere: tmux drops what comes for a window behind others. */
  let isUnseen = false;
  const draw = (state: ChatState): void => {
    if (isCovered) return;
    terminal.setMouse(state.settings.mouse);
    const graphics = graphicsOf(state);
    if (graphics !== painted) screen.paintWith(graphics === null ? textOnly : stillPainterFor(graphics));
    painted = graphics;
    try {
      const { rows, pictures } = frameOf(state);
      if (graphics?.inTmux === true && !state.focused) isUnseen ||= pictures.length > 0;
      else if (isUnseen) {
        isUnseen = false;
        screen.removePictures();
      }
      screen.draw({
        rows: ink.draw(rows, state.size.columns),
        cursor: cursorOf(state),
        top: state.size.top ?? 0,
        pictures,
      });
    } catch (error) {
      crash(error);
    }
  };
  const prepare = function* (state: ChatState): Generator<void> {
    if (isCovered) return;
    try {
      yield* ink.prepare(frameOf(state).rows, state.size.columns);
    } catch (error) {
      crash(error);
    }
  };
  const store = new Store(first, { draw, prepare }, () => Date.now());
  const repaint = (): void => {
    store.dispatch({ type: 'resized', size: size() });
    screen.invalidate();
    store.drawNow();
  };
  /** The terminal may have been cleared by others, or be another one. */
  const redraw = (): void => {
    screen.removePictures();
    repaint();
  };
  const answers = new TerminalAnswers(env, {
    write: (data) => terminal.ask(data),
    told: (told) => store.dispatch({ type: 'graphics', graphics: told }),
  });
  const clipboard = new ClipboardPicture(env, (data) => terminal.ask(data));
  const show: ShowCall = async (client, live) => {
    if (options.beside === undefined) await area.show(client, live);
    else end(0);
  };
  const app = new ChatApp(
    {
      store,
      connect: options.connect,
      settings: options.settings,
      systemLang: options.systemLang,
      startServer: options.startServer,
      openClient: options.openClient,
      now: () => Date.now(),
      device: deviceOf(terminal, env),
      clipboard,
      answered(report) {
        answers.hear(report);
        clipboard.hear(report);
      },
      redraw,
      suspend: () => stopping.begin(),
      callSetup: options.callSetup,
      ...(options.drafts !== undefined && { drafts: options.drafts }),
      showCall: show,
      ...(options.beside !== undefined && { beside: options.beside }),
      ended: end,
    },
    options.with,
  );
  const onInterrupt = (): void => end(0);
  options.interrupt.addEventListener('abort', onInterrupt);
  terminal.enter();
  const stopping = suspension(terminal, redraw);
  const listening = listenTo(terminal, {
    input: (inputs) => app.input(inputs),
    resize: () => {
      area.resized();
      repaint();
    },
    drain: () => screen.drained(),
  });
  // The answer comes like a key; a terminal that does not answer keeps what the environment tells.
  if (asksBackground(first.palette)) terminal.ask(askBackground);
  if (asksGraphics(first)) answers.ask();
  const clock = startClock(store);
  const firstPicture = setTimeout(() => store.begin(), firstPictureMs);
  try {
    app.attempt(() => app.start().finally(() => store.begin()));
    return await ended;
  } finally {
    clearTimeout(firstPicture);
    clearInterval(clock);
    stopping.dispose();
    store.stop();
    listening.pause();
    ink.unmount();
    screen.removePictures();
    terminal.leave();
    terminal.setMouse(false);
    options.interrupt.removeEventListener('abort', onInterrupt);
    await app.close();
    await clipboard.close();
  }
}
