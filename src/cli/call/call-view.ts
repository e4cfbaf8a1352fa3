// A call over the whole terminal: both pictures, a status line, keys; until it is over or the person goes to the chat.
import { readFile } from 'node:fs/promises';
import type { Client } from '../../client/api.js';
import type { Graphics } from '../../media/terminal/detect.js';
import { ownerOfScreen, screenOf } from '../../media/screen-number.js';
import { CallScreen } from '../../media/terminal/screen.js';
import type { Say } from '../catalogue/translate.js';
import { keymapOf, type Keymap } from '../chat/keymap.js';
import type { Input } from '../chat/keys.js';
import type { Terminal } from '../chat/terminal.js';
import { cleanLine } from '../clean-text.js';
import { commandOf, helpLines, type CallCommand } from './call-keys.js';
import { newProblems, newsText } from './call-output.js';
import { StatusLine } from './call-status.js';
import type { CallNews } from './call-news.js';
import type { LiveCall } from './live-call.js';

/** Number of this side among the participants. */
const selfId = 0;
const tickMs = 1000;
/** How long a notice stays. */
const noticeMs = 6000;
/** The safety number stays longer: it is to be read aloud. */
const safetyNumberMs = 15_000;
const volumeStep = 0.1;

/** How the view was left: the call is over, or goes on while the person reads; `again` asks for another one. */
export type Left = 'over' | 'chat' | 'again';

export interface CallViewOptions {
  client: Client;
  live: LiveCall;
  terminal: Terminal;
  graphics: Graphics;
  say: Say;
  now: () => number;
  /** It belongs to a chat, which has the terminal again after Esc. */
  inChat?: boolean;
  /** The keys of that chat; without, those that everybody has. */
  keymap?: Keymap;
  /** It has the upper rows only, above a chat that has the keys. */
  isShared?: boolean;
  /** After the end it waits for a key, so that the person sees how it ended; else it is left at once. */
  stays: boolean;
  /** Leaves by itself after so many milliseconds, as if it were over. */
  lastsMs?: number;
  /** Aborts at a signal that ends the program: then nobody is there for the key that it waits for. */
  interrupt?: AbortSignal;
}

/** Runs the view. The terminal must have been entered; it is not left. */
export function showCall(options: CallViewOptions): Promise<Left> {
  return new CallView(options).run();
}

class CallView {
  readonly #options: CallViewOptions;
  readonly #screen: CallScreen;
  readonly #keymap: Keymap;
  readonly #undo: (() => void)[] = [];
  #connectedAtMs: number | null = null;
  readonly #status = new StatusLine();
  #safetyNumber: string | null = null;
  #noticeTimer: NodeJS.Timeout | undefined;
  #helpShown = false;
  readonly #isNew = newProblems();
  #over = false;
  #leave: (how: Left) => void = () => undefined;

  constructor(options: CallViewOptions) {
    this.#options = options;
    this.#keymap = options.keymap ?? keymapOf().keymap;
    const { terminal, graphics, now, isShared = false } = options;
    this.#screen = new CallScreen({
      write: (bytes) => terminal.write(bytes),
      columns: terminal.columns,
      rows: terminal.rows,
      graphics,
      now,
      isShared,
    });
  }

  async run(): Promise<Left> {
    const { live, terminal, client, say } = this.#options;
    const left = new Promise<Left>((resolve) => (this.#leave = resolve));
    const screen = this.#screen;
    const { answeredAt } = live.call;
    if (answeredAt !== null) this.#connectedAtMs = Date.parse(answeredAt);
    screen.setPerson(selfId, {
      name: say('call.you'),
      muted: live.muted,
      camera: live.cameraOn,
    });
    for (const person of live.people.values()) this.#person(person.id);
    if (live.people.size === 0)
      this.#notice(this.#withPage(say('call.calling', { with: cleanLine(live.call.conversation) })), null);
    this.#undo.push(
      live.on((news) => this.#hear(news)),
      live.watch({
        self: (frame) => screen.picture(selfId, frame.jpeg),
        frame: (frame) => screen.picture(frame.from, frame.jpeg),
        screen: (frame) => screen.picture(screenOf(frame.from), frame.jpeg),
        level: ({ from, level }) => screen.level(from, level),
      }),
      terminal.onInput((inputs) => this.#input(inputs)),
      terminal.onResize(() => screen.resize(terminal.columns, terminal.rows)),
      terminal.onDrain(() => screen.drained()),
    );
    const timer = setInterval(() => this.#tick(), tickMs);
    const { lastsMs, interrupt } = this.#options;
    const onInterrupt = (): void => {
      if (this.#over) this.#leave('over');
    };
    interrupt?.addEventListener('abort', onInterrupt);
    const end = lastsMs === undefined ? undefined : setTimeout(() => this.#leave('over'), lastsMs);
    void this.#avatar(selfId, client.me?.username);
    this.#tick();
    if (live.call.end !== null) this.#ended();
    try {
      return await left;
    } finally {
      interrupt?.removeEventListener('abort', onInterrupt);
      clearInterval(timer);
      clearTimeout(end);
      clearTimeout(this.#noticeTimer);
      for (const undo of this.#undo) undo();
      screen.close();
    }
  }

  #person(id: number): void {
    const person = this.#options.live.people.get(id);
    if (!person) return;
    this.#screen.setPerson(id, {
      name: cleanLine(person.username),
      muted: person.muted,
      camera: person.camera,
    });
    const number = screenOf(id);
    if (!person.screen) this.#screen.removePerson(number);
    else {
      const name = this.#options.say('call.screen-of', { user: cleanLine(person.username) });
      this.#screen.setPerson(number, { name, muted: false, camera: true });
    }
  }

  /** Shown while there is no picture. */
  async #avatar(id: number, username: string | undefined): Promise<void> {
    if (username === undefined) return;
    const { client } = this.#options;
    try {
      const path = await client.avatarPath(await client.profile(username));
      if (path !== null) this.#screen.avatar(id, await readFile(path));
    } catch {
      // A face is no reason to disturb a call.
    }
  }

  #hear(news: CallNews): void {
    const { live, say, now } = this.#options;
    switch (news.type) {
      case 'participant': {
        const person = [...live.people.values()].find(({ username }) => username === news.user);
        if (person && news.joined) {
          this.#person(person.id);
          void this.#avatar(person.id, person.username);
        } else this.#removeMissing();
        if (news.away) this.#notice(newsText(news, say), noticeMs);
        break;
      }
      case 'connected':
        this.#connectedAtMs = now();
        this.#safetyNumber = news.safetyNumber;
        // Above a chat there is no room for it; `n` over the whole terminal shows it, and /verify.
        if (this.#options.isShared === true) this.#notice('', 0);
        else this.#showSafetyNumber();
        break;
      case 'ended':
        this.#ended(news);
        return;
      case 'muted':
      case 'camera':
        this.#screen.setPerson(selfId, { name: say('call.you'), muted: live.muted, camera: live.cameraOn });
        break;
      case 'screen':
        this.#notice(newsText(news, say), noticeMs / 3);
        break;
      case 'recording':
        if (news.error) this.#notice(newsText(news, say), noticeMs);
        break;
      case 'problem':
      case 'path':
        if (news.type === 'path' ? news.path === null : this.#isNew(news, now())) {
          this.#notice(newsText(news, say, this.#options.inChat === true ? 'chat' : 'shell'), noticeMs);
        }
        break;
      case 'ringing':
        break;
    }
    this.#tick();
  }

  #removeMissing(): void {
    const { people } = this.#options.live;
    for (const id of this.#screen.people) {
      if (id !== selfId && !people.has(ownerOfScreen(id) ?? id)) this.#screen.removePerson(id);
    }
  }

  #showSafetyNumber(): void {
    const number = this.#safetyNumber;
    if (number === null) return;
    this.#notice(this.#withPage(this.#options.say('call.safety-number', { number })), safetyNumberMs);
  }

  /** The address of the page was printed where this screen is now. */
  #withPage(text: string): string {
    const { say, live } = this.#options;
    return live.page === null ? text : `${text}\n${say('web.open', { url: live.page })}`;
  }

  /** Shows a notice for a while; null: until the next one. */
  #notice(text: string, lastsMs: number | null): void {
    clearTimeout(this.#noticeTimer);
    this.#helpShown = false;
    this.#screen.notice(text.split('\n'));
    if (lastsMs !== null) this.#noticeTimer = setTimeout(() => this.#screen.notice([]), lastsMs);
  }

  #tick(): void {
    // The last figures stay: a clock that goes on would say that the call does.
    if (this.#over) return;
    const { live, say, now } = this.#options;
    const stats = live.stats();
    const sample = { stats, atMs: now() };
    const connectedForMs = this.#connectedAtMs === null ? null : now() - this.#connectedAtMs;
    const status = { live, connectedForMs, silent: live.volume === 0, volume: live.volume };
    const text = this.#status.text(status, sample, say);
    this.#screen.status(text, this.#options.isShared === true ? '' : say('call.help-hint'));
  }

  #ended(news?: CallNews & { type: 'ended' }): void {
    const { say, stays, interrupt } = this.#options;
    this.#tick();
    this.#over = true;
    if (!stays || news === undefined || interrupt?.aborted === true) {
      this.#leave('over');
      return;
    }
    this.#notice(`${newsText(news, say)}\n${say('call.after')}`, null);
  }

  #input(inputs: readonly Input[]): void {
    for (const input of inputs) {
      if (input.type === 'key') this.#press(input.name);
      else if (input.type === 'text') for (const key of input.text) this.#press(key);
    }
  }

  #press(key: string): void {
    const command = commandOf(key, this.#keymap);
    if (command !== undefined) this.#do(command);
  }

  #do(what: CallCommand): void {
    const { live, say } = this.#options;
    if (this.#over) {
      if (what === 'again') this.#leave('again');
      else if (what === 'quit' || what === 'back') this.#leave('over');
      return;
    }
    switch (what) {
      case 'microphone':
        if (live.hasMicrophone) live.setMuted(!live.muted);
        else this.#notice(say('call.without-microphone'), noticeMs);
        return;
      case 'camera':
        live.setCamera(!live.cameraOn);
        return;
      case 'screen':
        live.setScreen(!live.screenOn);
        return;
      case 'speaker':
        live.toggleSpeaker();
        this.#notice(say(live.volume === 0 ? 'call.speaker-off' : 'call.speaker-on'), noticeMs / 3);
        return;
      case 'louder':
      case 'softer': {
        live.changeVolume(what === 'louder' ? volumeStep : -volumeStep);
        this.#notice(say('call.volume', { percent: Math.round(live.volume * 100) }), noticeMs / 3);
        return;
      }
      case 'layout':
        this.#screen.nextLayout();
        return;
      case 'chat':
        this.#leave('chat');
        return;
      case 'back':
        if (this.#helpShown) this.#help();
        else if (this.#options.inChat === true) this.#leave('chat');
        return;
      case 'safety':
        this.#showSafetyNumber();
        return;
      case 'help':
        this.#help();
        return;
      case 'again':
        return;
      case 'quit':
        void live.hangUp();
    }
  }

  #help(): void {
    const { say } = this.#options;
    if (this.#helpShown) {
      this.#notice('', 0);
      return;
    }
    this.#notice(this.#withPage(helpLines(say, this.#keymap).join('\n')), null);
    this.#helpShown = true;
  }
}
