// New accounts, and new passwords with an administrator's code: register.* and reset.*.
import { PytalkError } from '../../protocol/errors.js';
import { defaultBio } from '../../protocol/limits.js';
import { nameKey } from '../../protocol/names.js';
import type { Identity } from '../../protocol/shapes.js';
import { hashCode } from '../codes.js';
import type { Handlers, ServerContext } from '../handler.js';
import { addressKey } from '../rate-limits.js';
import { mustBeStranger, noFirstStep, RegisterStep, ResetStep, signInWith, takeStep } from '../steps.js';
import { StorageError, type Account, type Unit } from '../storage/storage.js';

const publicKeyBytes = 32;

function checkIdentity(identity: Identity): void {
  if (Buffer.from(identity.publicKey, 'base64url').length === publicKeyBytes) return;
  throw new PytalkError('invalid', {
    details: { field: 'identity.publicKey', reason: `not ${publicKeyBytes} bytes` },
  });
}

/** The invitation's use, where one is needed. Rejects with `registration-closed` or `invite-invalid`. */
async function useInvite(context: ServerContext, code: string | undefined, usedBy: number): Promise<Unit> {
  const { config, accounts } = context;
  if (config.registration === 'closed') throw new PytalkError('registration-closed');
  if (config.registration === 'open') return [];
  const codeHash = await accounts.checkInvite(code);
  return [{ do: 'invite', codeHash, at: context.now(), usedBy }];
}

/** Invitations whose account is being stored: two people at once must not use the same one. */
const invitesInUse = new Set<string>();

async function withInvite<T>(code: string | undefined, work: () => Promise<T>): Promise<T> {
  if (code === undefined) return work();
  const codeHash = hashCode(code);
  if (invitesInUse.has(codeHash)) throw new PytalkError('invite-invalid');
  invitesInUse.add(codeHash);
  try {
    return await work();
  } finally {
    invitesInUse.delete(codeHash);
  }
}

export const registrationHandlers = {
  'register.start': async (context, session, body) => {
    mustBeStranger(session);
    const { accounts, rates } = context;
    if (context.config.registration === 'closed') throw new PytalkError('registration-closed');
    rates.take('registrationsPerAddress', addressKey(session.address));
    const user = accounts.newUserId();
    await useInvite(context, body.invite, user);
    await accounts.checkFree(body.username, body.phone);
    const response = await accounts.opaque.respond(user, body.request);
    session.pending = new RegisterStep(user, body);
    return { user, response };
  },

  'register.finish': async (context, session, body) => {
    const step = takeStep(session, RegisterStep);
    if (!step) throw noFirstStep('register.start');
    mustBeStranger(session);
    const { accounts } = context;
    accounts.opaque.checkRecord(body.record);
    checkIdentity(body.identity);
    const { username, phone, email = null, firstName = null, lastName = null, invite } = step.body;
    const account: Account = {
      id: step.user,
      username,
      nameKey: nameKey(username),
      phone,
      email,
      firstName,
      lastName,
      bio: defaultBio,
      avatar: null,
      opaqueRecord: body.record,
      publicKey: body.identity.publicKey,
      wrapped: body.identity.wrapped,
      recovery: null,
      quotaBytes: null,
      disabled: false,
      deleted: false,
      role: 'user',
      createdAt: context.now(),
      lastSeenAt: null,
    };
    const opened = await withInvite(invite, async () => {
      const writes = await useInvite(context, invite, step.user);
      await accounts.checkFree(username, phone);
      const detail = `${username} on ${body.device} from ${session.address}`;
      const log = accounts.logged({ event: 'registered', user: step.user, detail });
      try {
        return await accounts.createAccount(account, body.device, session.address, [...writes, log]);
      } catch (error) {
        // Somebody else was faster: say which of the two is taken.
        if (error instanceof StorageError && error.reason === 'constraint') {
          await accounts.checkFree(username, phone);
        }
        throw error;
      }
    });
    return signInWith(context, session, opened);
  },

  'reset.start': async (context, session, body) => {
    mustBeStranger(session);
    const { accounts } = context;
    const key = nameKey(body.username);
    accounts.countAttempt(key, session.address);
    const account = await accounts.byName(body.username);
    if (!account || !(await accounts.isResetCode(account.id, body.code))) {
      throw new PytalkError('reset-code-invalid');
    }
    if (account.disabled) throw new PytalkError('account-disabled');
    const response = await accounts.opaque.respond(account.id, body.request);
    session.pending = new ResetStep(account.id, key, body.code);
    const { publicKey, recovery } = account;
    return {
      user: account.id,
      response,
      recovery: recovery === null ? null : { publicKey, wrapped: recovery },
    };
  },

  'reset.finish': async (context, session, body) => {
    const step = takeStep(session, ResetStep);
    if (!step) throw noFirstStep('reset.start');
    mustBeStranger(session);
    const { accounts, storage, hub } = context;
    accounts.opaque.checkRecord(body.record);
    checkIdentity(body.identity);
    const { publicKey, wrapped } = body.identity;
    const id = step.user;
    const changed = { identity: false };
    await accounts.endSessions(id, async () => {
      const account = await storage.account(id);
      if (!account || !(await accounts.isResetCode(id, step.code)))
        throw new PytalkError('reset-code-invalid');
      changed.identity = account.publicKey !== publicKey;
      const recovery = changed.identity ? { recovery: null } : {};
      const detail = `${changed.identity ? 'new identity' : 'same identity'}, from ${session.address}`;
      return [
        { do: 'account', id, set: { opaqueRecord: body.record, publicKey, wrapped, ...recovery } },
        { do: 'reset-code', user: id, codeHash: null, until: 0 },
        accounts.logged({ event: 'password-reset', user: id, detail, level: 'warn' }),
      ];
    });
    accounts.forgiveAttempt(step.nameKey, session.address);
    const opened = await accounts.openSession(id, body.record, body.device, session.address);
    if (changed.identity) await hub.profileChanged(id);
    return signInWith(context, session, opened);
  },
} satisfies Pick<Handlers, 'register.start' | 'register.finish' | 'reset.start' | 'reset.finish'>;
