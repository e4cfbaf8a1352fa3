// How the server does, for the accounts of administrators.
import { PytalkError } from '../../protocol/errors.js';
import type { Handlers } from '../handler.js';

export const statisticsHandlers = {
  'server.statistics': async ({ storage, statistics }, session, { since }) => {
    const account = await storage.account(session.userId);
    if (account?.role !== 'admin') throw new PytalkError('not-administrator');
    return statistics.report(since);
  },
} satisfies Pick<Handlers, 'server.statistics'>;
