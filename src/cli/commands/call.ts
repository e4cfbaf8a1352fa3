// `call`: calls somebody, or with --answer waits for calls and answers them by itself.
import type { Client } from '../../client/api.js';
import type { Call } from '../../client/call-api.js';
import { PytalkError } from '../../protocol/errors.js';
import { namesAgent } from '../agent/agent-options.js';
import { readOrders } from '../call/call-control.js';
import { callOptions, type CallOptions } from '../call/call-options.js';
import { printNews } from '../call/call-output.js';
import type { CallNews } from '../call/call-news.js';
import { LiveCall } from '../call/live-call.js';
import { openFollowers, type CallFollower } from '../call/followers.js';
import type { Context } from '../context.js';
import { exitCodeOfEnd, exitCodes } from '../exit-codes.js';
import type { Fields } from '../table/spec.js';

type Ended = CallNews & { type: 'ended' };

function usage(reason: string): PytalkError {
  return new PytalkError('usage', { details: { reason } });
}

function namesOf(fields: Fields): readonly string[] {
  const named = fields['with'];
  return Array.isArray(named) ? (named as readonly string[]) : [];
}

/** The one conversation to call, and whom of it; several names must be members of the group that comes first. */
function whom(fields: Fields, context: Context): { conversation: string; users: string[] | undefined } {
  const [conversation, ...users] = namesOf(fields);
  if (conversation === undefined) throw usage(context.say('usage.call-whom'));
  if (users.length > 0 && !conversation.startsWith('#')) throw usage(context.say('usage.call-group'));
  return {
    conversation,
    users: users.length === 0 ? undefined : users.map((user) => user.replace(/^@/, '')),
  };
}

/** What runs beside a call whatever shows it: its followers, the time limit, an interrupt. */
async function beside(
  context: Context,
  live: LiveCall,
  options: CallOptions,
  followers: readonly CallFollower[],
): Promise<Ended> {
  for (const follower of followers) follower.follow(live);
  const hangUp = (): void => void live.hangUp();
  const { interrupt } = context.io;
  if (interrupt.aborted) hangUp();
  interrupt.addEventListener('abort', hangUp, { once: true });
  let timer: NodeJS.Timeout | undefined;
  live.on((news) => {
    if (news.type !== 'connected' || options.durationMs === null) return;
    timer ??= setTimeout(hangUp, options.durationMs);
  });
  try {
    return await live.ended;
  } finally {
    clearTimeout(timer);
    interrupt.removeEventListener('abort', hangUp);
  }
}

async function callOut(
  context: Context,
  client: Client,
  fields: Fields,
  options: CallOptions,
): Promise<number> {
  const { say, out, io } = context;
  const { conversation, users } = whom(fields, context);
  const followers = await openFollowers(context, options);
  const ring = (): Promise<Call> =>
    client.startCall(conversation, {
      media: options.audioOnly ? 'audio' : 'video',
      ...(users !== undefined && { users }),
    });
  if (showsScreen(context, options)) {
    const { showCalls } = await import('../call/call-screen.js');
    const ended = await showCalls(context, client, options, ring, (live) =>
      beside(context, live, options, followers),
    );
    return io.interrupt.aborted ? exitCodes.interrupted : exitCodeOfEnd(ended.reason);
  }
  const live = new LiveCall(client, await ring(), options.setup);
  const print = printNews(out, say, () => io.now());
  live.on(print);
  // A call that ran already was joined, and does not ring.
  if (live.call.phase === 'ringing') print(ringingOf(live.call));
  if (out.isJson) {
    context.closeLater(
      readOrders(
        io.stdin,
        () => [live],
        (line) => refuseOrder(context, line),
      ),
    );
  }
  const over = beside(context, live, options, followers);
  await live.begin();
  const ended = await over;
  return io.interrupt.aborted ? exitCodes.interrupted : exitCodeOfEnd(ended.reason);
}

export function ringingOf(call: Call): CallNews {
  return { type: 'ringing', call: call.id, with: call.conversation, from: call.by, media: call.media };
}

export function refuseOrder({ out, say }: Context, line: string): void {
  out.event({ type: 'error', code: 'usage', message: say('usage.call-order', { line: line.slice(0, 100) }) });
}

/** Whether somebody watches: a terminal, and nothing asked for that says otherwise. */
function showsScreen({ io, out }: Context, { headless, view }: CallOptions): boolean {
  return io.stdout.isTTY === true && io.stdin.isTTY === true && !out.isJson && !headless && view !== 'none';
}

export async function call(context: Context, fields: Fields): Promise<number> {
  const { settings } = await context.settings();
  const options = callOptions(fields, context.io, settings, context.say);
  if (fields['answer'] === true) {
    if (namesOf(fields).length > 0) throw usage(context.say('usage.call-answer-with'));
    const { runAgent } = await import('../agent/agent.js');
    return runAgent(context, fields, options, (live, followers) => beside(context, live, options, followers));
  }
  if (namesAgent(fields)) throw usage(context.say('usage.call-from'));
  const client = await context.loggedIn('live');
  // Not before: a server that does not answer is left at once.
  context.takeInterrupt();
  return callOut(context, client, fields, options);
}
