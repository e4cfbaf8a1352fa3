// Getting in and out on a device: login.*, auth, logout and sessions.*.
import { PytalkError } from '../../protocol/errors.js';
import { nameKey } from '../../protocol/names.js';
import { addressKey } from '../rate-limits.js';
import type { Handlers } from '../handler.js';
import { LoginStep, mustBeStranger, noFirstStep, signIn, signInWith, takeStep } from '../steps.js';

export const loginHandlers = {
  'login.start': async ({ accounts }, session, body) => {
    mustBeStranger(session);
    const key = nameKey(body.username);
    accounts.countAttempt(key, session.address);
    const account = await accounts.byName(body.username);
    const { state, response } = await accounts.opaque.startLogin(account, key, body.request);
    session.pending = new LoginStep(account, key, state);
    return { response };
  },

  'login.finish': async (context, session, body) => {
    const step = takeStep(session, LoginStep);
    if (!step) throw noFirstStep('login.start');
    mustBeStranger(session);
    const { accounts } = context;
    const { address } = session;
    const proved = accounts.opaque.finishLogin(step.state, body.proof);
    if (!proved || !step.account) {
      const detail = `${JSON.stringify(step.nameKey)} from ${address}`;
      accounts.note({ event: 'login-refused', user: step.account?.id ?? null, detail, level: 'warn' });
      throw new PytalkError('login-refused');
    }
    accounts.forgiveAttempt(step.nameKey, address);
    const { id, opaqueRecord } = step.account;
    return signInWith(context, session, await accounts.openSession(id, opaqueRecord, body.device, address));
  },

  auth: async ({ accounts, rates }, session, body) => {
    mustBeStranger(session);
    try {
      const admitted = await accounts.admit(body.token);
      signIn(session, admitted.session);
      accounts.touch(admitted.session, session.address);
      return accounts.signedInReply(admitted.account, admitted.session);
    } catch (error) {
      if (error instanceof PytalkError && error.code === 'session-ended') {
        rates.take('loginsPerAddress', addressKey(session.address));
      }
      throw error;
    }
  },

  logout: async ({ accounts }, session) => {
    const { sessionId, userId } = session;
    await accounts.endSession(sessionId, { event: 'logout', user: userId, detail: '' }, sessionId);
    return {};
  },

  'sessions.list': async (context, session) => {
    const { hub, storage } = context;
    const sessions = await storage.sessionsOf(session.userId);
    const connected = new Set([...(hub.roster.listeners(session.userId) ?? [])].map((one) => one.sessionId));
    return {
      sessions: sessions.map(({ id, device, createdAt, lastSeenAt, address }) => ({
        id,
        device,
        createdAt,
        lastSeenAt: connected.has(id) ? context.now() : lastSeenAt,
        address,
        current: id === session.sessionId,
      })),
    };
  },

  'sessions.revoke': async ({ accounts, storage }, session, body) => {
    const sessions = await storage.sessionsOf(session.userId);
    const revoked = sessions.find((one) => one.id === body.session);
    if (!revoked) {
      throw new PytalkError('invalid', { details: { field: 'session', reason: 'you have no such session' } });
    }
    const detail = `${revoked.device} at ${revoked.address}`;
    await accounts.endSession(
      revoked.id,
      { event: 'session-revoked', user: session.userId, detail },
      session.sessionId,
    );
    return {};
  },
} satisfies Pick<
  Handlers,
  'login.start' | 'login.finish' | 'auth' | 'logout' | 'sessions.list' | 'sessions.revoke'
>;
