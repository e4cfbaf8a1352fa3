// What asks for the password again: its change, the recovery key, the end of an account.
import { PytalkError } from '../../protocol/errors.js';
import { phoneHoldMs } from '../accounts.js';
import type { ClientSession, Handlers, ServerContext } from '../handler.js';
import { ProofStep, takeStep } from '../steps.js';
import type { Account, Unit } from '../storage/storage.js';

async function ownAccount({ storage }: ServerContext, session: ClientSession): Promise<Account> {
  const account = await storage.account(session.userId);
  if (!account || account.deleted) throw new PytalkError('session-ended');
  return account;
}

/** Checks the proof of the password; returns a check that the password has not changed since. */
function checkProof(context: ServerContext, session: ClientSession, proof: string): () => Promise<Account> {
  const { accounts } = context;
  const { userId, address } = session;
  const step = takeStep(session, ProofStep);
  if (!step || !accounts.opaque.finishLogin(step.state, proof)) {
    accounts.note({ event: 'proof-refused', user: userId, detail: `from ${address}`, level: 'warn' });
    throw new PytalkError('login-refused');
  }
  accounts.forgiveAttempt(userId, address);
  return async () => {
    const account = await ownAccount(context, session);
    if (account.opaqueRecord !== step.opaqueRecord) throw new PytalkError('login-refused');
    return account;
  };
}

export const passwordHandlers = {
  'proof.start': async (context, session, body) => {
    const { accounts } = context;
    accounts.countAttempt(session.userId, session.address);
    const account = await ownAccount(context, session);
    const { state, response } = await accounts.opaque.startLogin(account, account.nameKey, body.request);
    session.pending = new ProofStep(account.opaqueRecord, state);
    return { response };
  },

  'password.start': async ({ accounts, rates }, session, body) => {
    rates.take('profileChanges', session.userId);
    return { response: await accounts.opaque.respond(session.userId, body.request) };
  },

  'password.finish': async (context, session, body) => {
    const { accounts } = context;
    const stillHolds = checkProof(context, session, body.proof);
    accounts.opaque.checkRecord(body.record);
    const { userId: id, sessionId } = session;
    const prepare = async (): Promise<Unit> => {
      await stillHolds();
      return [
        { do: 'account', id, set: { opaqueRecord: body.record, wrapped: body.wrapped } },
        { do: 'reset-code', user: id, codeHash: null, until: 0 },
        accounts.logged({ event: 'password-changed', user: id, detail: `from ${session.address}` }),
      ];
    };
    await accounts.endSessions(id, prepare, { except: sessionId });
    return {};
  },

  'recovery.set': async (context, session, body) => {
    const { accounts, hub } = context;
    await checkProof(context, session, body.proof)();
    const { userId: id } = session;
    await hub.commit([
      { do: 'account', id, set: { recovery: body.wrapped } },
      accounts.logged({ event: 'recovery-key-made', user: id, detail: `from ${session.address}` }),
    ]);
    return {};
  },

  'account.delete': async (context, session, body) => {
    const { accounts, hub } = context;
    const stillHolds = checkProof(context, session, body.proof);
    const { userId: id } = session;
    await stillHolds();
    await hub.leaveAllGroups(id);
    const peers = hub.peersOnline(id);
    const prepare = async (): Promise<Unit> => {
      const { phone, username } = await stillHolds();
      const until = context.now() + phoneHoldMs;
      return [
        { do: 'delete-account', id },
        ...(phone === null ? [] : [{ do: 'hold-phone' as const, phone, until }]),
        accounts.logged({ event: 'account-deleted', user: id, detail: username }),
      ];
    };
    await accounts.endSessions(id, prepare, { asker: session.sessionId });
    for (const peer of peers) {
      const [user] = await hub.users([id], peer);
      if (user) hub.pushToUser(peer, 'user', { user });
    }
    accounts.endAfterReply(session.sessionId);
    return {};
  },
} satisfies Pick<
  Handlers,
  'proof.start' | 'password.start' | 'password.finish' | 'recovery.set' | 'account.delete'
>;
