// Logging in and out, and what a device keeps of it.
import { hostname } from 'node:os';
import { PytalkError } from '../protocol/errors.js';
import { limits } from '../protocol/limits.js';
import type { Reply } from '../protocol/messages.js';
import { isOneLine } from '../protocol/names.js';
import type { SessionInfo } from '../protocol/shapes.js';
import {
  changePassword,
  deleteAccount,
  login,
  register,
  resetPassword,
  setRecoveryKey,
  type NewAccount,
  type Reset,
  type SignedIn,
} from './accounts.js';
import type { Me } from './api.js';
import type { Core } from './core.js';
import type { IdentityKeys } from './identity.js';
import { writeSession } from './session-file.js';

export interface SessionOptions {
  server: string;
  tls: boolean;
  /** Name of this device; default: the host's. */
  device: string | undefined;
  /** Called when somebody has logged in, before the method resolves. */
  onSignedIn(me: Me): Promise<void>;
  /** Called before the account of this connection changes. */
  onLeaving(): Promise<void>;
}

export class Session {
  readonly #core: Core;
  readonly #options: SessionOptions;

  constructor(core: Core, options: SessionOptions) {
    this.#core = core;
    this.#options = options;
  }

  async register(account: NewAccount): Promise<Me> {
    await this.#beNobody();
    return this.#adopt(await register(this.#core.link, account, this.#device()));
  }

  async login(username: string, password: string): Promise<Me> {
    await this.#beNobody();
    return this.#adopt(await login(this.#core.link, username, password, this.#device()));
  }

  async resetPassword(reset: Reset): Promise<Me> {
    await this.#beNobody();
    return this.#adopt(await resetPassword(this.#core.link, reset, this.#device()));
  }

  async logout(): Promise<void> {
    await this.#end(() => this.#core.link.request('logout', {}));
  }

  async deleteAccount(password: string): Promise<void> {
    await this.#end(() => deleteAccount(this.#core.link, password));
  }

  /** Ends the session by `ask`; that the server then closes the connection belongs to it. */
  async #end(ask: () => Promise<unknown>): Promise<void> {
    const { link } = this.#core;
    link.leaving = true;
    try {
      await ask();
    } catch (error) {
      const ended = error instanceof PytalkError && error.code === 'session-ended' && !link.signedIn;
      if (!ended) {
        link.leaving = false;
        throw error;
      }
    }
    await this.#forget();
  }

  changePassword(oldPassword: string, newPassword: string): Promise<void> {
    return changePassword(this.#core.link, this.#keys(), oldPassword, newPassword);
  }

  makeRecoveryKey(password: string): Promise<string> {
    return setRecoveryKey(this.#core.link, this.#keys(), password);
  }

  async sessions(): Promise<SessionInfo[]> {
    return (await this.#core.link.request('sessions.list', {})).sessions;
  }

  async revoke(id: number): Promise<void> {
    await this.#core.link.request('sessions.revoke', { session: id });
  }

  /** The answer to a login by token. */
  signedInAgain(reply: Reply<'auth'>): Me {
    return this.#become(reply);
  }

  #become({ user, session }: Reply<'auth'>): Me {
    const { directory } = this.#core;
    if (directory.me !== user.id) directory.reset(user.id);
    directory.putUser(user);
    this.#core.me = { ...user, session };
    return this.#core.me;
  }

  async #adopt({ reply, keys }: SignedIn): Promise<Me> {
    const { server, tls } = this.#options;
    this.#core.link.adopt(reply.token);
    this.#core.session = {
      server,
      tls,
      username: reply.user.username,
      user: reply.user.id,
      token: reply.token,
      ...keys,
    };
    await writeSession(this.#core.home, this.#core.session);
    const me = this.#become(reply);
    await this.#options.onSignedIn(me);
    return me;
  }

  /** Another account on the same connection would mix up what comes in: begin a new one. */
  async #beNobody(): Promise<void> {
    if (!this.#core.link.signedIn && !this.#core.me) return;
    await this.#options.onLeaving();
    this.#core.me = null;
    await this.#core.link.startOver();
  }

  async #forget(): Promise<void> {
    await this.#options.onLeaving();
    const { session, home, directory } = this.#core;
    this.#core.me = null;
    directory.reset(0);
    if (session) {
      this.#core.session = { ...session, token: null, privateKey: null };
      await writeSession(home, this.#core.session);
    }
    await this.#core.link.startOver();
  }

  #keys(): IdentityKeys {
    const { publicKey, privateKey = null } = this.#core.session ?? {};
    if (publicKey === undefined || privateKey === null) throw new PytalkError('not-logged-in');
    return { publicKey, privateKey };
  }

  #device(): string {
    const name = (this.#options.device ?? hostname()).slice(0, limits.maxDeviceNameChars);
    return name !== '' && isOneLine(name) ? name : 'device';
  }
}
