// Calls inside the chat: one that rings, one that is called, one that goes on; kept in step with what the status bar shows.
import type { Client } from '../../client/api.js';
import type { Call } from '../../client/call-api.js';
import type { CallMedia as MediaKind } from '../../protocol/call-shapes.js';
import { newcomersAsTheyAre, newProblems, newsText, waysOnceConnected } from '../call/call-output.js';
import type { CallNews } from '../call/call-news.js';
import type { CallSetup, LiveCall } from '../call/live-call.js';
import { StatusLine } from '../call/call-status.js';
import type { Key, Say } from '../catalogue/translate.js';
import { PytalkError, type ErrorDetails } from '../../protocol/errors.js';
import { cleanLine } from '../clean-text.js';
import type { Notifier } from '../notify/notifier.js';
import type { Action } from './actions.js';
import type { CallLine } from './state.js';

const ringEveryMs = 3000;
const statusEveryMs = 1000;
/** The key that calls again does so only that long after a call: later it would surprise. */
const againMs = 120_000;
/** Of the speaker's volume, for each key or word. */
export const volumeStep = 0.1;

/** What runs a call: media, codecs, the relay. Most chats have none, so it is loaded for the first one. */
const callParts = (): Promise<typeof import('../call/live-call.js')> => import('../call/live-call.js');

/** Shows a call over the whole terminal; resolves when it is over, or with `chat` when the person wants to read. */
export type ShowCall = (client: Client, live: LiveCall) => Promise<void>;

export interface CallsHost {
  readonly say: Say;
  readonly setup: CallSetup;
  /** Null where there is no screen to draw pictures on. */
  readonly showCall: ShowCall | null;
  dispatch(action: Action): void;
  info(key: Key, details?: ErrorDetails): void;
  tell(text: string, kind: 'info' | 'error'): void;
  attempt(work: () => Promise<void>): void;
  /** Opens the conversation of a call, unless another one is open. */
  openBeside(name: string): Promise<void>;
  readonly notifier: Notifier;
  now(): number;
}

export class ChatCalls {
  readonly #client: Client;
  readonly #host: CallsHost;
  readonly #undo: (() => void)[];
  #ringing: Call | null = null;
  #live: LiveCall | null = null;
  #bell: NodeJS.Timeout | undefined;
  #clock: NodeJS.Timeout | undefined;
  #status = new StatusLine();
  #shown: CallLine | null = null;
  /** The camera that was chosen during a call, while the settings name the one that they named then. */
  #chosen: { camera: string; instead: string } | null = null;
  /** The last call that was missed or is over. */
  #last: { with: string; media: MediaKind; atMs: number } | null = null;
  readonly #isNew = newProblems();

  constructor(client: Client, host: CallsHost) {
    this.#client = client;
    this.#host = host;
    this.#undo = [client.on('call', ({ call }) => this.#incoming(call))];
  }

  /** Calls; during a call it shows that one again, whatever is open. */
  async start(whom: () => string, media: MediaKind): Promise<void> {
    if (this.#live !== null) {
      await this.show();
      return;
    }
    await this.#take(() => this.#client.startCall(whom(), { media }));
  }

  /** Whether this device is in a call, or calls. */
  get isOn(): boolean {
    return this.#live !== null;
  }

  /** Calls again whom the last call was with. */
  async redial(): Promise<void> {
    const last = this.#last;
    if (last === null) this.#host.info('chat.call-none');
    else await this.start(() => last.with, last.media);
  }

  /** The one key of the moment: answers with pictures, changes how the call is shown, or calls again. */
  async press(): Promise<void> {
    const isFresh = this.#last !== null && this.#host.now() - this.#last.atMs < againMs;
    if (this.#ringing !== null || this.#live !== null || !isFresh) await this.answer(() => '');
    else await this.redial();
  }

  /** Answers what rings with sound alone; during a call the microphone goes off and on. */
  async pressSound(): Promise<void> {
    if (this.#ringing !== null) await this.answer(() => '', { camera: 'none' });
    else this.mute();
  }

  mute(): void {
    this.#during((live) => {
      if (live.hasMicrophone) live.setMuted(!live.muted);
      else this.#host.info('call.without-microphone');
    });
  }

  /** Off and on; with `source`, as after `--camera`, that one from now on. Who answered with sound alone gets the usual one. */
  camera(source: string | null = null): void {
    this.#during((live) => {
      const own = live.camera === 'none' ? this.#setup.camera : live.camera;
      if (source !== null) live.setCamera(source !== 'none', source === 'none' ? live.camera : source);
      else live.setCamera(!live.cameraOn, own);
      if (live.call.media === 'audio' || live.camera === 'none') this.#host.info('call.no-camera');
      else if (source !== null && source !== 'none') {
        this.#chosen = { camera: source, instead: this.#host.setup.camera };
        this.#host.info('call.camera-now', { camera: cleanLine(source) });
      }
    });
  }

  /** The second picture: this screen, or what was given for it. */
  screen(): void {
    this.#during((live) => live.setScreen(!live.screenOn));
  }

  /** Of the speaker, where 1 is as it came: to so much, louder or softer by so much; null changes nothing. Tells how loud it is. */
  volume(change: { to: number } | { by: number } | null): void {
    this.#during((live) => {
      if (change !== null && 'to' in change) live.setVolume(change.to);
      else if (change !== null) live.changeVolume(change.by);
      this.#host.info('call.volume', { percent: Math.round(live.volume * 100) });
    });
  }

  get #setup(): CallSetup {
    const { setup } = this.#host;
    return this.#chosen?.instead === setup.camera ? { ...setup, camera: this.#chosen.camera } : setup;
  }

  #during(change: (live: LiveCall) => void): void {
    if (this.#live === null) this.#host.info('chat.call-none');
    else change(this.#live);
  }

  /** Answers what rings; else shows the call that goes on here, or joins the one that runs in the conversation that is open. */
  async answer(open: () => string, setup: Partial<CallSetup> = {}): Promise<void> {
    const call = this.#ringing;
    if (call === null) {
      if (this.#live !== null) await this.show();
      else await this.#join(open);
      return;
    }
    this.#stopRinging();
    await this.#take(async () => {
      await call.accept();
      return call;
    }, setup);
  }

  async #join(open: () => string): Promise<void> {
    const name = open();
    if (name === '') {
      this.#host.info('chat.call-none');
      return;
    }
    try {
      await this.#take(() => this.#client.joinCall(name));
    } catch (error) {
      if (!(error instanceof PytalkError && error.code === 'call-not-found')) throw error;
      this.#host.info('chat.call-none');
    }
  }

  /** Hangs up, cancels, or declines what rings. */
  async hangUp(): Promise<void> {
    const ringing = this.#ringing;
    if (this.#live !== null) await this.#live.hangUp();
    else if (ringing !== null) {
      this.#stopRinging();
      this.#host.info('chat.call-declined', { name: cleanLine(ringing.by) });
      await ringing.decline();
    } else this.#host.info('chat.call-none');
  }

  /** The pictures of the call, until it is over or the person goes back to the chat. */
  async show(): Promise<void> {
    if (this.#live !== null) await this.#host.showCall?.(this.#client, this.#live);
  }

  /** Shows a call that goes on already, as one of its own. */
  adopt(live: LiveCall): void {
    this.#live = live;
    this.#follow(live);
  }

  /** Stops listening; a call goes on. Idempotent. */
  letGo(): void {
    for (const undo of this.#undo.splice(0)) undo();
    clearInterval(this.#clock);
    this.#stopRinging();
  }

  /** Idempotent; hangs up. */
  async close(): Promise<void> {
    this.letGo();
    await this.#live?.hangUp();
  }

  #incoming(call: Call): void {
    if (this.#live !== null) {
      void call.decline(true);
      return;
    }
    this.#ringing = call;
    // What is said there may be of the call before.
    this.#host.dispatch({ type: 'noticed', notice: null });
    // Whoever answers does not wait for it then; what is wrong with it is told to them.
    callParts().catch(() => undefined);
    const { by, conversation } = call;
    // The conversation with a person is named like the person.
    const who = conversation === `@${by}` ? by : `${by} (${conversation})`;
    this.#line({ phase: 'incoming', with: who, media: call.media, sinceMs: null });
    const { notifier, say } = this.#host;
    notifier.call(say(`chat.call-incoming-${call.media}`, { name: who }));
    notifier.ring();
    clearInterval(this.#bell);
    this.#bell = setInterval(() => notifier.ring(), ringEveryMs);
    call.on('ended', ({ reason }) => {
      if (this.#ringing !== call) return;
      this.#stopRinging();
      if (reason !== 'elsewhere') this.#remember(call);
      if (reason === 'elsewhere') this.#host.info('call.ended.elsewhere');
      else {
        const key = this.#host.showCall === null ? 'chat.plain.call-missed' : 'chat.call-missed';
        this.#host.info(key, { name: cleanLine(call.by) });
      }
    });
  }

  #stopRinging(): void {
    this.#ringing = null;
    clearInterval(this.#bell);
    this.#line(null);
  }

  #line(call: CallLine | null): void {
    this.#shown = call;
    this.#host.dispatch({ type: 'call', call });
  }

  /** Runs the call that `enter` makes this device be in. */
  async #take(enter: () => Promise<Call>, setup: Partial<CallSetup> = {}): Promise<void> {
    // Before: what a call tells first would be missed while this is loaded.
    const { LiveCall } = await callParts();
    const call = await enter();
    // Calling where it rings answers.
    if (this.#ringing === call) this.#stopRinging();
    const live = new LiveCall(this.#client, call, { ...this.#setup, ...setup });
    this.adopt(live);
    this.#host.attempt(() => this.#host.openBeside(call.conversation));
    await live.begin();
    // Not awaited: commands go on while the pictures are shown.
    this.#host.attempt(() => this.show());
  }

  #follow(live: LiveCall): void {
    const { conversation, media, answeredAt } = live.call;
    const line = { with: conversation, media };
    const sinceMs = answeredAt === null ? null : Date.parse(answeredAt);
    this.#line({ ...line, phase: sinceMs === null ? 'calling' : 'connected', sinceMs });
    this.#status = new StatusLine();
    const hear = waysOnceConnected((news) => this.#hear(news, line), sinceMs !== null);
    this.#undo.push(live.on(newcomersAsTheyAre(hear)));
    clearInterval(this.#clock);
    this.#clock = setInterval(() => this.#tick(live), statusEveryMs);
    void live.ended.then(() => {
      clearInterval(this.#clock);
      this.#live = null;
      this.#shown = null;
      this.#remember(live.call);
      this.#line(null);
    });
  }

  #remember({ conversation, media }: Call): void {
    this.#last = { with: conversation, media, atMs: this.#host.now() };
  }

  /** The figures of the last second. */
  #tick(live: LiveCall): void {
    const line = this.#shown;
    if (line === null) return;
    const { say } = this.#host;
    const now = { stats: live.stats(), atMs: this.#host.now() };
    const connectedForMs = line.sinceMs === null ? null : now.atMs - line.sinceMs;
    const { volume } = live;
    const status = this.#status.text({ live, connectedForMs, silent: volume === 0, volume }, now, say);
    this.#line({ ...line, status });
  }

  #hear(news: CallNews, line: Pick<CallLine, 'with' | 'media'>): void {
    if (news.type === 'connected') {
      this.#line({ ...line, phase: 'connected', sinceMs: this.#host.now() });
    }
    if (news.type === 'problem' && !this.#isNew(news, this.#host.now())) return;
    const [first = ''] = newsText(news, this.#host.say, 'chat').split('\n');
    this.#host.tell(first, news.type === 'problem' ? 'error' : 'info');
  }
}
