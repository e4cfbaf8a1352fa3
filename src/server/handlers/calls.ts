// Requests about calls.
import type { Handlers } from '../handler.js';

export const callHandlers = {
  'call.start': ({ calls, rates }, session, body) => {
    rates.take('calls', session.userId);
    return calls.start(session, body);
  },
  'call.ringing': ({ calls, rates }, session, body) => {
    rates.take('callSignals', session.userId);
    calls.ringing(session, body.call);
    return {};
  },
  'call.accept': ({ calls, rates }, session, body) => {
    rates.take('calls', session.userId);
    return calls.accept(session, body);
  },
  'call.decline': ({ calls, rates }, session, body) => {
    rates.take('callSignals', session.userId);
    calls.decline(session, body);
    return {};
  },
  // Never limited: who hangs up must be let go.
  'call.leave': ({ calls }, session, body) => {
    calls.leave(session, body.call);
    return {};
  },
  'call.resume': ({ calls, rates }, session, body) => {
    rates.take('callSignals', session.userId);
    return calls.resume(session, body);
  },
  'call.host': ({ calls, rates }, session, body) => {
    rates.take('callSignals', session.userId);
    calls.hosts.add(session, body.calls);
    if (body.anew) calls.begunAnew(session);
    return {};
  },
  'call.key': ({ calls, rates }, session, body) => {
    rates.take('callSignals', session.userId);
    calls.pass(session, 'call.key', body);
    return {};
  },
  'call.way': ({ calls, rates }, session, body) => {
    rates.take('callSignals', session.userId);
    calls.pass(session, 'call.way', body);
    return {};
  },
  'call.set': ({ calls, rates }, session, body) => {
    rates.take('callSignals', session.userId);
    calls.set(session, body);
    return {};
  },
} satisfies Pick<
  Handlers,
  | 'call.start'
  | 'call.ringing'
  | 'call.accept'
  | 'call.decline'
  | 'call.leave'
  | 'call.resume'
  | 'call.host'
  | 'call.key'
  | 'call.way'
  | 'call.set'
>;
