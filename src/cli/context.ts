// What a command is given: streams, options, language, a client when it asks for one, and what must be closed after it.
import type { Client, ConnectOptions } from '../client/api.js';
import { PytalkError } from '../protocol/errors.js';
import type { Say } from './catalogue/translate.js';
import type { Io } from './io.js';
import { Output } from './output.js';
import type { Common } from './parse.js';
import { Prompter } from './prompt.js';
import type { SettingsKeeper } from './settings/settings-file.js';

export class Context {
  readonly io: Io;
  readonly common: Common;
  readonly say: Say;
  readonly out: Output;
  readonly prompter: Prompter;
  #settings: SettingsKeeper | null = null;
  #ownsInterrupt = false;
  #undo: (() => Promise<void> | void)[] = [];

  constructor(io: Io, common: Common, say: Say) {
    this.io = io;
    this.common = common;
    this.say = say;
    this.out = new Output(io, common);
    this.prompter = new Prompter(io, say);
  }

  /** Whether somebody sits there who can be asked. */
  get isInteractive(): boolean {
    return this.io.stdin.isTTY === true && this.io.stderr.isTTY === true;
  }

  get home(): string | undefined {
    return this.common.home ?? this.#variable('PYTALK_HOME');
  }

  get server(): string | undefined {
    return this.common.server ?? this.#variable('PYTALK_SERVER');
  }

  /** True when the command ends by itself at an interrupt; else `run` leaves it where it is. */
  get ownsInterrupt(): boolean {
    return this.#ownsInterrupt;
  }

  /** The signal of an interrupt, for a command that ends by itself in an orderly way. */
  takeInterrupt(): AbortSignal {
    this.#ownsInterrupt = true;
    return this.io.interrupt;
  }

  connectOptions(mode: 'once' | 'live'): ConnectOptions {
    const { home, server } = this;
    const { fingerprint, tls, timeoutMs } = this.common;
    return {
      mode,
      tls,
      ...(home !== undefined && { home }),
      ...(server !== undefined && { server }),
      ...(fingerprint !== undefined && { fingerprint }),
      ...(timeoutMs !== undefined && { timeoutMs }),
    };
  }

  /** A connected client, closed when the command ends. */
  async client(mode: 'once' | 'live' = 'once'): Promise<Client> {
    const client = await this.io.connect(this.connectOptions(mode));
    this.closeLater(() => client.close());
    return client;
  }

  /** The same, logged in; else rejects with `not-logged-in`. */
  async loggedIn(mode: 'once' | 'live' = 'once'): Promise<Client> {
    const client = await this.client(mode);
    if (client.me === null) throw new PytalkError('not-logged-in');
    return client;
  }

  /** The settings of the home folder. What is wrong in their file is told the first time, in a line each, and harms nothing. */
  async settings(): Promise<SettingsKeeper> {
    if (this.#settings !== null) return this.#settings;
    const { openSettings } = await import('./settings/settings-file.js');
    const keeper = await openSettings(this.home);
    return this.useSettings(keeper);
  }

  /** The same for settings that are open already. */
  useSettings(keeper: SettingsKeeper): SettingsKeeper {
    this.#settings = keeper;
    for (const problem of keeper.problems(this.say)) this.out.alert(`pytalk: ${problem}`);
    return keeper;
  }

  closeLater(undo: () => Promise<void> | void): void {
    this.#undo.push(undo);
  }

  /** Closes the newest first. Idempotent. */
  async close(): Promise<void> {
    const undo = this.#undo.reverse();
    this.#undo = [];
    this.prompter.close();
    for (const close of undo) await close();
  }

  #variable(name: string): string | undefined {
    const value = this.io.env[name];
    return value === '' ? undefined : value;
  }
}
