// The way in: connects as this home did last, else asks for server, name and password, or registers.
import { parseAddress, type Address } from '../../client/address.js';
import type { Client, ConnectOptions } from '../../client/api.js';
import { PytalkError } from '../../protocol/errors.js';
import type { Say } from '../catalogue/translate.js';
import type { StartedServer } from '../platform/start-server.js';
import type { Action } from './actions.js';
import { sentenceOf } from '../failure.js';
import { makeForm, problemOf, refused, valueOf, type Form } from './forms.js';
import type { ChatState } from './state.js';

export interface LogInHost {
  state(): ChatState;
  say(): Say;
  dispatch(action: Action): void;
  openClient(options: ConnectOptions): Promise<Client>;
  /** A logged-in client: from here on it belongs to the host. `isNew`: the account was made just now. */
  entered(client: Client, isNew: boolean): Promise<void>;
  /** Starts a server on this machine, on this TCP port. */
  startServer(port: number): Promise<StartedServer>;
}

const defaultServer = '127.0.0.1:5000';

const thisMachine = /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/i;

/** Where a server can be started because nothing answers: on this machine, at the address that was named or the usual one; else null. */
export function freeAddressHere({ server }: ConnectOptions, error: unknown): Address | null {
  if (!(error instanceof PytalkError) || error.code !== 'unreachable') return null;
  const address = parseAddress(server ?? defaultServer);
  return error.details['server'] === address.name && thisMachine.test(address.host) ? address : null;
}

export class LogIn {
  private client: Client | null = null;
  private isCancelled = false;
  /** Where a server may be started. */
  private here: Address | null = null;

  constructor(private readonly host: LogInHost) {}

  /** Goes straight in when this home is logged in; else shows the form. */
  async begin(options: ConnectOptions): Promise<void> {
    try {
      const client = await this.connect({ ...options, offline: 'first' });
      if (client.me !== null) {
        await this.handOver(client, false);
        return;
      }
      this.show('login', { server: client.server }, null);
    } catch (error) {
      this.here = freeAddressHere(options, error);
      if (this.here !== null) this.showFirst(this.here);
      else
        this.show('login', { server: options.server ?? defaultServer }, sentenceOf(error, this.host.say()));
    }
  }

  /** Shows the form again: after a logout, or when the session was ended. */
  async ask(options: ConnectOptions, error: string | null): Promise<void> {
    if (this.isCancelled) return;
    this.show('login', { server: options.server ?? defaultServer }, error);
    await this.drop();
  }

  submit(options: ConnectOptions): void {
    const { form } = this.host.state();
    if (form === null || form.isBusy) return;
    const problem = problemOf(form);
    if (problem !== null) {
      const say = this.host.say();
      const error = say(problem.key, problem.label === undefined ? {} : { field: say(problem.label) });
      this.host.dispatch({ type: 'form-changed', form: { ...form, active: problem.active, error } });
      return;
    }
    this.host.dispatch({ type: 'form-changed', form: { ...form, isBusy: true, error: null } });
    const work = form.kind === 'first' ? this.chooseServer(form, options) : this.send(form, options);
    work.catch((error: unknown) => this.failed(error));
  }

  /** Idempotent: nothing is shown or opened any more. */
  cancel(): void {
    this.isCancelled = true;
    void this.drop();
  }

  private async send(form: Form, options: ConnectOptions): Promise<void> {
    const client = await this.connect({ ...options, server: valueOf(form, 'server') });
    const username = valueOf(form, 'username');
    const password = valueOf(form, 'password');
    if (form.kind === 'login') await client.login(username, password);
    else {
      const optional = (id: 'email' | 'firstName' | 'lastName' | 'invite'): object => {
        const value = valueOf(form, id);
        return value === '' ? {} : { [id]: value };
      };
      await client.register({
        username,
        password,
        phone: valueOf(form, 'phone'),
        ...optional('email'),
        ...optional('firstName'),
        ...optional('lastName'),
        ...optional('invite'),
      });
    }
    await this.handOver(client, form.kind === 'register');
  }

  /** The server that was named, if it answers; else a new one on this machine. */
  private async chooseServer(form: Form, options: ConnectOptions): Promise<void> {
    const say = this.host.say();
    const named = valueOf(form, 'server');
    if (named !== '') {
      const { server } = await this.connect({ ...options, server: named });
      this.show('register', { server }, null, say('chat.form.found', { server }));
      return;
    }
    const { address, pid, dataDir, logFile } = await this.host.startServer(
      (this.here ?? parseAddress(defaultServer)).port,
    );
    const note = say('chat.form.started', { pid, path: dataDir, log: logFile });
    this.show('register', { server: address }, null, note);
  }

  private showFirst({ name }: Address): void {
    const note = this.host.say()('chat.form.first', { server: name });
    if (!this.isCancelled)
      this.host.dispatch({ type: 'form-shown', form: makeForm('first', {}, null, note) });
  }

  /** The client for these options: the one that is open, if it goes to the same server. */
  private async connect(options: ConnectOptions): Promise<Client> {
    const { client } = this;
    if (client !== null && client.state === 'online' && client.server === options.server) return client;
    await this.drop();
    const opened = await this.host.openClient({ ...options, mode: 'live' });
    if (this.isCancelled) await opened.close();
    else this.client = opened;
    return opened;
  }

  private async handOver(client: Client, isNew: boolean): Promise<void> {
    this.client = null;
    if (!this.isCancelled) await this.host.entered(client, isNew);
  }

  private async drop(): Promise<void> {
    const { client } = this;
    this.client = null;
    await client?.close();
  }

  private show(
    kind: 'login' | 'register',
    known: { server: string },
    error: string | null,
    note: string | null = null,
  ): void {
    if (!this.isCancelled)
      this.host.dispatch({ type: 'form-shown', form: makeForm(kind, known, error, note) });
  }

  private failed(error: unknown): void {
    const { form } = this.host.state();
    const text = sentenceOf(error, this.host.say());
    const code = error instanceof PytalkError ? error.code : null;
    if (form !== null) this.host.dispatch({ type: 'form-changed', form: refused(form, text, code) });
    else this.host.dispatch({ type: 'noticed', notice: { kind: 'error', text } });
  }
}
