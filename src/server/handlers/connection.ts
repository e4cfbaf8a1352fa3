// hello and ping.
import { PytalkError } from '../../protocol/errors.js';
import { limits, protocolVersion } from '../../protocol/limits.js';
import type { Handlers } from '../handler.js';
import { programVersion } from '../version.js';

export const connectionHandlers = {
  hello: (context, session, body) => {
    if (body.protocol !== protocolVersion) {
      throw new PytalkError('unsupported-version', {
        details: { theirs: body.protocol, ours: protocolVersion },
      });
    }
    session.greeted = true;
    const { messagesDays, filesDays } = context.config.retention;
    return {
      protocol: protocolVersion,
      server: `pytalk ${programVersion}`,
      registration: context.config.registration,
      maxFileBytes: context.config.maxFileBytes,
      maxGroupMembers: limits.maxGroupMembers,
      epoch: context.epoch,
      retention: { messagesDays, filesDays },
      relay: context.calls.tickets.place,
    };
  },
  ping: (context) => ({ at: context.now() }),
} satisfies Pick<Handlers, 'hello' | 'ping'>;
