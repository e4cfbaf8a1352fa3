// The running chat: what commands and keys may do, done; ends with an exit code.
import { PytalkError, type ErrorDetails } from '../../protocol/errors.js';
import type { Client, ConnectOptions, ConversationView, Message } from '../../client/api.js';
import { isOutage } from '../../client/link.js';
import type { Key, Lang, Say } from '../catalogue/translate.js';
import type { CallSetup, LiveCall } from '../call/live-call.js';
import type { SettingsKeeper } from '../settings/settings-file.js';
import type { SettingKey, Settings } from '../settings/settings.js';
import type { StartedServer } from '../platform/start-server.js';
import type { Action } from './actions.js';
import type { ClipboardPicture } from './clipboard-picture.js';
import { notifierFor } from './own-notifier.js';
import { ChatCalls, type CallsHost, type ShowCall } from './calls.js';
import { completeAt } from './complete-at.js';
import { sentenceOf } from '../failure.js';
import { usage } from './context.js';
import { keepDrafts, type DraftFolder, type DraftKeeper } from './drafts.js';
import { handleInput, type InputContext } from './input.js';
import { Interrupts } from './interrupts.js';
import { newKeyProblem, settingsProblems } from './keymap.js';
import type { Input } from './keys.js';
import { LogIn } from './log-in.js';
import type { NotificationDevice } from '../notify/device.js';
import type { Notifier } from '../notify/notifier.js';
import { edgeOf } from './message-view.js';
import { OpenedFiles } from './opened-files.js';
import { takeComposed } from './sending.js';
import { Session, type SessionHost } from './session.js';
import { runCommand, slashCommands } from './slash-commands.js';
import { currentConversation, sayOf, type ChatState, type Overlay } from './state.js';
import type { Store } from './store.js';
import { backgroundOf } from './themes.js';
import { TypingSignal } from './typing-signal.js';

export interface AppHost {
  readonly store: Store;
  readonly connect: ConnectOptions;
  /** How this device takes part in calls. */
  readonly callSetup: (settings: Settings) => CallSetup;
  readonly showCall: ShowCall | null;
  /** A call that is older than the chat, and whose client stays open after it. */
  readonly beside?: LiveCall;
  readonly settings: SettingsKeeper;
  /** Where drafts are kept; without, they end with the chat. */
  readonly drafts?: DraftFolder;
  /** What the setting `lang` means by `auto`. */
  readonly systemLang: Lang;
  /** Starts a server on this machine, on this TCP port. */
  startServer(port: number): Promise<StartedServer>;
  openClient(options: ConnectOptions): Promise<Client>;
  now(): number;
  readonly device: NotificationDevice;
  /** Null where no picture can be shown before it is sent. */
  readonly clipboard: ClipboardPicture | null;
  /** The terminal has answered what it was asked. */
  answered(report: string): void;
  redraw(): void;
  suspend(): void;
  /** Called once. */
  ended(exitCode: number): void;
}

export class ChatApp implements InputContext, SessionHost, CallsHost {
  private session: Session | null = null;
  private ownCalls: ChatCalls | null = null;
  private drafts: DraftKeeper | null = null;
  private readonly running = new Set<Promise<void>>();
  private readonly logIn: LogIn;
  private readonly typing: TypingSignal;
  readonly notifier: Notifier;
  readonly opened = new OpenedFiles();
  private readonly interrupts = new Interrupts();
  /** Resolves when there is a session or a form. */
  private starting: Promise<void> | null = null;
  private wantsOpen: string | null;

  constructor(
    private readonly host: AppHost,
    withName: string | undefined,
  ) {
    this.wantsOpen = withName ?? null;
    this.notifier = notifierFor(this, host.device);
    this.typing = new TypingSignal(() => host.now());
    this.logIn = new LogIn({
      state: () => this.state,
      say: () => this.say,
      dispatch: (action) => this.dispatch(action),
      openClient: (options) => host.openClient(options),
      startServer: (port) => host.startServer(port),
      entered: async (client, isNew) => {
        await this.enter(client);
        if (isNew) await runCommand(this, '/tour');
      },
    });
  }

  get state(): ChatState {
    return this.host.store.state;
  }

  get say(): Say {
    return sayOf(this.state);
  }

  get client(): Client {
    if (this.session === null) throw new PytalkError('not-logged-in');
    return this.session.client;
  }

  get calls(): ChatCalls {
    if (this.ownCalls === null) throw new PytalkError('not-logged-in');
    return this.ownCalls;
  }

  get setup(): CallSetup {
    return this.host.callSetup(this.state.settings);
  }

  get showCall(): ShowCall | null {
    return this.host.showCall;
  }

  dispatch(action: Action): void {
    const { composers } = this.state;
    this.host.store.dispatch(action);
    if (this.state.composers !== composers) this.drafts?.changed(this.state.composers);
  }

  start(): Promise<void> {
    this.tellSettingsProblems();
    this.starting = this.logIn.begin(this.host.connect).finally(() => (this.starting = null));
    return this.starting;
  }

  input(inputs: readonly Input[]): void {
    const before = this.state;
    /** What the terminal says by itself is drawn when it is its turn. */
    let isPerson = false;
    for (const input of inputs) {
      try {
        if (input.type === 'report') this.report(input.text);
        else if (input.type === 'key' && /^focus-(in|out)$/.test(input.name))
          this.look(input.name === 'focus-in');
        else {
          isPerson = true;
          handleInput(this, input);
        }
      } catch (error) {
        this.fail(error);
      }
    }
    if (isPerson) this.host.store.drawKeys(before);
  }

  /** The terminal has answered what it was asked. */
  private report(text: string): void {
    const background = backgroundOf(text);
    if (background !== null) this.dispatch({ type: 'background', background });
    else this.host.answered(text);
  }

  /** The person looks at the terminal now, or elsewhere. */
  private look(focused: boolean): void {
    this.dispatch({ type: 'terminal-focused', focused });
    if (focused) this.session?.markRead();
  }

  info(key: Key, details: ErrorDetails = {}): void {
    this.tell(this.say(key, details), 'info');
  }

  fail(error: unknown): void {
    const text = sentenceOf(error, this.say).replace(/\s+/g, ' ');
    this.dispatch({ type: 'noticed', notice: { kind: 'error', text, isOutage: isOutage(error) } });
  }

  tell(text: string, kind: 'info' | 'error'): void {
    this.dispatch({ type: 'noticed', notice: { kind, text } });
  }

  attempt(work: () => Promise<void>): void {
    const running = work()
      .catch((error: unknown) => this.fail(error))
      .finally(() => this.running.delete(running));
    this.running.add(running);
  }

  /** Resolves when everything that was begun has ended. */
  async whenIdle(): Promise<void> {
    while (this.running.size > 0) await Promise.all(this.running);
  }

  page(title: string, draw: Overlay['draw'], more: Pick<Overlay, 'sentences' | 'choice'> = {}): void {
    this.dispatch({ type: 'overlay', overlay: { title, draw, top: 0, ...more } });
  }

  async open(conversation: ConversationView): Promise<void> {
    this.typing.stop();
    await this.session?.open(conversation);
  }

  async goTo(message: Message): Promise<void> {
    this.typing.stop();
    await this.session?.goTo(message);
    this.scrolled();
  }

  async openBeside(name: string): Promise<void> {
    if (currentConversation(this.state) === null) await this.open(await this.client.conversation(name));
  }

  refreshList(): void {
    this.session?.refreshList();
  }

  get clipboard(): ClipboardPicture | null {
    return this.host.clipboard;
  }

  get settingsPath(): string {
    return this.host.settings.path;
  }

  async changeSetting<K extends SettingKey>(key: K, value: Settings[K]): Promise<void> {
    if (key === 'keys') {
      const problem = newKeyProblem(this.state.settings.keys, value as Settings['keys'], this.say);
      if (problem !== null) throw usage(problem);
    }
    const settings = await this.host.settings.save(key, value);
    const { lang } = settings;
    const next = key === 'lang' ? (lang === 'auto' ? this.host.systemLang : lang) : this.state.lang;
    this.dispatch({ type: 'settings', settings, lang: next });
  }

  async logOut(): Promise<void> {
    const { client } = this;
    await client.logout();
    await this.drafts?.forget();
    await this.endSession();
    await this.logIn.ask({ ...this.host.connect, server: client.server }, null);
  }

  submit(): void {
    const work = takeComposed(this);
    if (work === null) return;
    this.scrolled();
    this.typing.stop();
    this.attempt(async () => {
      // Whoever types at once has typed before this device is logged in.
      // Else it begins now: it means the conversation and the message of this moment.
      if (this.starting !== null) await this.starting;
      await work();
      this.scrolled();
    });
  }

  /** What is wrong in the file of the settings, once, in one line each. */
  tellSettingsProblems(): void {
    const problems = settingsProblems(this.host.settings, this.say);
    if (problems.length > 0) this.tell(problems.join('\n'), 'error');
  }

  submitForm(): void {
    this.logIn.submit(this.host.connect);
  }

  complete(direction: 1 | -1): void {
    this.attempt(() => completeAt(this, slashCommands, direction));
  }

  composing(text: string): void {
    const conversation = currentConversation(this.state);
    if (this.session === null || conversation === null) return;
    const isTold = this.state.settings.typing && !text.startsWith('/');
    this.typing.wrote(this.session.client, conversation.name, isTold ? text : '');
  }

  scrolled(): void {
    const { session } = this;
    const edge = edgeOf(this.state);
    if (edge.isNearFirst) session?.loadOlder();
    if (edge.isAfterLast) session?.loadNewest();
    else if (edge.isNearLast) session?.loadNewer();
    session?.markRead();
  }

  runSlash(text: string): void {
    this.attempt(() => runCommand(this, text));
  }

  interrupt(): void {
    this.interrupts.press(this);
  }

  leave(): void {
    // A call that is older than the chat goes on after it.
    if (this.host.beside === undefined) this.interrupts.leave(this);
    else this.quit();
  }

  now(): number {
    return this.host.now();
  }

  sessionEnded(error: Error): void {
    this.attempt(() => this.askAgain(error));
  }

  redraw(): void {
    this.host.redraw();
  }

  suspend(): void {
    this.host.suspend();
  }

  quit(): void {
    this.host.ended(0);
  }

  /** Idempotent; resolves when the client has closed its sockets and files. */
  async close(): Promise<void> {
    this.logIn.cancel();
    this.notifier.close();
    await this.endSession();
    await this.opened.close();
  }

  /** Begins with a client that is logged in; it is closed with the chat. */
  async enter(client: Client): Promise<void> {
    const session = new Session(client, this);
    this.session = session;
    this.ownCalls = new ChatCalls(client, this);
    if (this.host.beside !== undefined) this.ownCalls.adopt(this.host.beside);
    try {
      const [drafts] = await Promise.all([keepDrafts(this.host.drafts, client, this), session.start()]);
      if (this.session !== session) return;
      this.drafts = drafts;
      const name = this.wantsOpen;
      this.wantsOpen = null;
      if (name !== null) await this.open(await client.conversation(name));
    } finally {
      session.complete();
    }
  }

  private async askAgain(error: Error): Promise<void> {
    const server = this.session?.client.server;
    await this.endSession();
    const connect = { ...this.host.connect, ...(server !== undefined && { server }) };
    await this.logIn.ask(connect, sentenceOf(error, this.say));
  }

  private async endSession(): Promise<void> {
    const { session, ownCalls, drafts } = this;
    this.drafts = null;
    this.session = null;
    this.ownCalls = null;
    if (this.host.beside === undefined) await ownCalls?.close();
    else ownCalls?.letGo();
    this.typing.stop();
    session?.close();
    await drafts?.flush();
    if (this.host.beside === undefined) await session?.client.close();
  }
}
