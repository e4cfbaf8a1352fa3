// Accounts and their devices: sessions and tokens, invitations, reset codes, and the log of what concerns security.
import { timingSafeEqual } from 'node:crypto';
import type { Logger } from 'pino';
import { PytalkError } from '../protocol/errors.js';
import type { Reply } from '../protocol/messages.js';
import { isName, nameKey } from '../protocol/names.js';
import { nobody, type Actor } from './actor.js';
import { hashCode, hashToken, makeCode, makeToken } from './codes.js';
import type { ServerConfig } from './config.js';
import type { Hub } from './hub.js';
import { OpaqueServer } from './opaque-server.js';
import { addressKey, type RateLimits } from './rate-limits.js';
import type { Account, Session, Storage, Unit, Write } from './storage/storage.js';
import { userView } from './user-view.js';

const dayMs = 24 * 60 * 60 * 1000;
const resetCodeMs = dayMs;
/** How long a number that was given up is not given out again. */
export const phoneHoldMs = 30 * dayMs;

/** What is written to the log that is kept, and to pino. */
interface Happening {
  /** A short constant such as `login-refused`; what administrators do begins with `admin-`. */
  event: string;
  user: number | null;
  detail: string;
  level?: 'info' | 'warn';
  /** Of what an administrator does. */
  by?: Actor;
}

interface AccountsOptions {
  storage: Storage;
  hub: Hub;
  config: ServerConfig;
  rates: RateLimits;
  log: Logger;
  now: () => number;
}

/** A session that was just opened; the token is known here and to its device, and to nobody else. */
export interface Opened {
  token: string;
  account: Account;
  session: Session;
}

export class Accounts {
  readonly opaque: OpaqueServer;
  readonly #options: AccountsOptions;
  #nextUser: number;
  #nextSession: number;
  /** Counts revocations, so that a login under way does not outlive one. */
  #revocations = 0;
  readonly #revoking = new Set<number>();

  private constructor(
    options: AccountsOptions,
    opaque: OpaqueServer,
    last: { user: number; session: number },
  ) {
    this.#options = options;
    this.opaque = opaque;
    this.#nextUser = last.user + 1;
    this.#nextSession = last.session + 1;
  }

  static async open(options: AccountsOptions): Promise<Accounts> {
    const { storage, hub } = options;
    const opaque = await OpaqueServer.open(hub);
    for (const { id, lastSeenAt } of await storage.listAccounts())
      hub.roster.rememberLastSeen(id, lastSeenAt);
    return new Accounts(options, opaque, await storage.lastIds());
  }

  // ---- names ----------------------------------------------------------------------------------------------

  /** An id for an account that is about to be made. */
  newUserId(): number {
    return this.#nextUser++;
  }

  /** The account of a name that somebody typed; null when there is none. */
  async byName(name: string): Promise<Account | null> {
    return isName(name) ? this.#options.storage.accountByName(nameKey(name)) : null;
  }

  /** Rejects with `name-taken` or `phone-taken`. */
  async checkFree(username: string, phone: string): Promise<void> {
    const { storage, now } = this.#options;
    // The number first: who takes both between the two looks is found by name, as in any other moment.
    const phoneTaken = await storage.phoneTaken(phone, now());
    const [account, banned] = await Promise.all([
      this.byName(username),
      storage.meta(bannedKey(nameKey(username))),
    ]);
    if (account || (banned !== null && banned !== '')) {
      throw new PytalkError('name-taken', { details: { name: username } });
    }
    if (phoneTaken) throw new PytalkError('phone-taken');
  }

  // ---- attempts -------------------------------------------------------------------------------------------

  /**
   * Counts an attempt to get into an account; success gives it back. Throws `rate-limited`. The attempt counts when it
   * begins, because a client of OPAQUE learns from the first answer whether its guess was right.
   */
  countAttempt(nameOrId: string | number, address: string): void {
    const { rates } = this.#options;
    rates.take('loginsPerAddress', addressKey(address));
    rates.take('loginsPerAccount', nameOrId);
    if (!rates.isUsedUp('loginsPerAccount', nameOrId)) return;
    const detail = `${JSON.stringify(nameOrId)} from ${address}`;
    this.note({ event: 'login-attempts-used-up', user: null, detail, level: 'warn' });
  }

  /** Takes back a counted attempt that was rightful. */
  forgiveAttempt(nameOrId: string | number, address: string): void {
    this.#options.rates.giveBack('loginsPerAddress', addressKey(address));
    this.#options.rates.giveBack('loginsPerAccount', nameOrId);
  }

  // ---- sessions -------------------------------------------------------------------------------------------

  /** Stores a new account with its first session. Rejects with StorageError for a name or number just taken. */
  async createAccount(account: Account, device: string, address: string, writes: Unit): Promise<Opened> {
    const { token, session } = this.#makeSession(account.id, device, address);
    await this.#options.hub.commit([
      { do: 'create-account', account },
      { do: 'create-session', session },
      ...writes,
    ]);
    return { token, account, session };
  }

  /**
   * Opens a session for somebody who has proved the password kept as `opaqueRecord`. Rejects with `login-refused`
   * when that record is not the account's any more, or with `account-disabled`.
   */
  async openSession(user: number, opaqueRecord: string, device: string, address: string): Promise<Opened> {
    const { account, revocations } = await this.#account(user);
    if (!account || account.deleted || account.opaqueRecord !== opaqueRecord || this.#revoking.has(user)) {
      throw new PytalkError('login-refused');
    }
    if (account.disabled) throw new PytalkError('account-disabled');
    const { token, session } = this.#makeSession(user, device, address);
    const detail = `${device} from ${address}`;
    await this.#options.hub.commit([
      { do: 'create-session', session },
      this.logged({ event: 'login', user, detail }),
    ]);
    return revocations === this.#revocations
      ? { token, account, session }
      : { token, ...(await this.admit(token)) };
  }

  #makeSession(user: number, device: string, address: string): { token: string; session: Session } {
    const token = makeToken();
    const at = this.#options.now();
    const session: Session = {
      id: this.#nextSession++,
      user,
      tokenHash: hashToken(token),
      device,
      address,
      createdAt: at,
      lastSeenAt: at,
    };
    return { token, session };
  }

  /** The account as it is at this moment: no revocation has happened since it was read. */
  async #account(user: number): Promise<{ account: Account | null; revocations: number }> {
    for (;;) {
      const revocations = this.#revocations;
      const account = await this.#options.storage.account(user);
      if (revocations === this.#revocations) return { account, revocations };
    }
  }

  /** The session of a token, and its account. Rejects with `session-ended` or `account-disabled`. */
  async admit(token: string): Promise<{ account: Account; session: Session }> {
    const { storage } = this.#options;
    const hash = hashToken(token);
    for (;;) {
      const revocations = this.#revocations;
      const session = await storage.sessionByToken(hash);
      const account = session ? await storage.account(session.user) : null;
      if (revocations !== this.#revocations) continue;
      if (!session || account?.deleted !== false) throw new PytalkError('session-ended');
      if (account.disabled) throw new PytalkError('account-disabled');
      return { account, session };
    }
  }

  /** Notes that a device is here. */
  touch(session: Session, address: string): void {
    const set = { lastSeenAt: this.#options.now(), address };
    this.#options.hub.committer.lazily(`session ${session.id}`, { do: 'session', id: session.id, set });
  }

  /** Ends one session, and its connections; the asker's own after the reply. */
  async endSession(id: number, happening: Happening, asker: number): Promise<void> {
    const { hub } = this.#options;
    await hub.commit([{ do: 'delete-session', id }, this.logged(happening)]);
    this.#revocations++;
    if (id === asker) this.endAfterReply(id);
    else hub.endSession(id, 'session-ended');
  }

  /** Ends the connections of a session whose request is about to be answered. */
  endAfterReply(session: number): void {
    setImmediate(() => this.#options.hub.endSession(session, 'session-ended'));
  }

  /**
   * Carries out the writes that `prepare` makes and ends the account's sessions in one commit, then their
   * connections. Nothing else ends sessions of this account meanwhile (it is refused), and no session that is being
   * opened on the strength of what held before survives.
   */
  async endSessions(
    user: number,
    prepare: () => Unit | Promise<Unit>,
    options: {
      /** A session that stays. */
      except?: number;
      /** A session that goes, but whose connections the caller ends (`endAfterReply`). */
      asker?: number;
      code?: 'session-ended' | 'account-disabled';
    } = {},
  ): Promise<void> {
    const { except, asker, code = 'session-ended' } = options;
    const { hub } = this.#options;
    if (this.#revoking.has(user)) throw new PytalkError('login-refused');
    this.#revoking.add(user);
    try {
      const writes = await prepare();
      await hub.commit([{ do: 'delete-sessions', user, except: except ?? null }, ...writes]);
      this.#revocations++;
    } finally {
      this.#revoking.delete(user);
    }
    hub.endUser(user, code, except ?? asker ?? 0);
  }

  /** What a device gets to know about itself once it is logged in. */
  signedInReply(account: Account, session: Session): Reply<'auth'> {
    return {
      user: userView(account, true),
      session: session.id,
      identity: { publicKey: account.publicKey, wrapped: account.wrapped },
    };
  }

  // ---- codes ----------------------------------------------------------------------------------------------

  /** Makes an invitation; the code is shown once. */
  async makeInvite(by: Actor = nobody): Promise<string> {
    const code = makeCode();
    const { hub, now } = this.#options;
    await hub.commit([
      { do: 'invite', codeHash: hashCode(code), at: now(), usedBy: null },
      this.logged({ event: 'admin-invite', user: null, detail: '', by }),
    ]);
    return code;
  }

  /** Checks an invitation and returns its hash. Rejects with `invite-invalid`. */
  async checkInvite(code: string | undefined): Promise<string> {
    const codeHash = hashCode(code ?? '');
    const invite = await this.#options.storage.invite(codeHash);
    if (invite?.usedBy !== null) throw new PytalkError('invite-invalid');
    return codeHash;
  }

  /** Makes a code with which a person registers anew, once, within a day. An older code is void. */
  async makeResetCode(account: Account, by: Actor = nobody): Promise<string> {
    const code = makeCode();
    const until = this.#options.now() + resetCodeMs;
    await this.#options.hub.commit([
      { do: 'reset-code', user: account.id, codeHash: hashCode(code), until },
      this.logged({ event: 'admin-reset-password', user: account.id, detail: account.username, by }),
    ]);
    return code;
  }

  /** Whether this is the account's reset code, still good. */
  async isResetCode(user: number, code: string): Promise<boolean> {
    const stored = await this.#options.storage.resetCode(user);
    if (!stored || stored.until <= this.#options.now()) return false;
    return timingSafeEqual(Buffer.from(stored.codeHash, 'hex'), Buffer.from(hashCode(code), 'hex'));
  }

  // ---- log ------------------------------------------------------------------------------------------------

  /** The write that keeps a happening in the log; pino hears of it at once. */
  logged(happening: Happening): Write {
    const { event, user, detail, level = 'info', by = nobody } = happening;
    this.#options.log[level]({ event, user, detail, ...(happening.by && by) }, event);
    const at = this.#options.now();
    return { do: 'log', entry: { at, level: level === 'info' ? 30 : 40, event, user, detail, ...by } };
  }

  /** Keeps a happening in the log by itself; nobody waits for it. */
  note(happening: Happening): void {
    this.#options.hub.commit([this.logged(happening)]).catch((error: unknown) => {
      this.#options.log.error({ err: error }, 'cannot write the log');
    });
  }
}

/** Where the database remembers that a name must not return. */
export function bannedKey(key: string): string {
  return `banned:${key}`;
}
