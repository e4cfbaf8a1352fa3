// The agent: waits for calls and answers by itself those of people it trusts; the others it declines.
import type { Client } from '../../client/api.js';
import type { Call } from '../../client/call-api.js';
import { cleanLine } from '../clean-text.js';
import type { Context } from '../context.js';
import { exitCodeOfEnd, exitCodes } from '../exit-codes.js';
import type { Fields } from '../table/spec.js';
import { readOrders } from './call-control.js';
import type { CallOptions } from './call-options.js';
import { printNews } from './call-output.js';
import { LiveCall, type CallNews } from './live-call.js';
import { openStatsLines, type StatsLines } from './stats-lines.js';

type Ended = CallNews & { type: 'ended' };

/** Who may see through this camera. */
interface Trust {
  /** In words, for people. */
  readonly text: string;
  trusts(username: string): Promise<boolean>;
}

/** `--from alice,bob` names them; without it, and with `friends`, it is the contacts of this account. */
function trustOf({ say }: Context, client: Client, from: unknown): Trust {
  const names = (typeof from === 'string' ? from.split(',') : ['friends'])
    .map((name) => name.trim().replace(/^@/, ''))
    .filter((name) => name !== '');
  const named = new Set(names.filter((name) => name !== 'friends').map((name) => name.toLowerCase()));
  const friends = names.includes('friends');
  const list = [
    ...(friends ? [say('call.answer-friends')] : []),
    ...[...named].map((name) => cleanLine(name)),
  ];
  return {
    text: list.length === 0 ? say('call.answer-nobody') : say('call.answer-ready', { who: list.join(', ') }),
    async trusts(username) {
      if (named.has(username.toLowerCase())) return true;
      if (!friends) return false;
      const contacts = await client.friends();
      return contacts.some(({ user }) => user.username === username);
    },
  };
}

/** Runs until it is interrupted, the session ends, or with --once one call is over. Resolves with the exit code. */
export async function answerCalls(
  context: Context,
  client: Client,
  fields: Fields,
  options: CallOptions,
  beside: (live: LiveCall, stats: StatsLines | null) => Promise<Ended>,
): Promise<number> {
  const { out, say, io } = context;
  const print = printNews(out, say, () => io.now());
  const trust = trustOf(context, client, fields['from']);
  const stats =
    options.stats === null
      ? null
      : await openStatsLines(
          options.stats,
          (line) => out.event(line),
          () => io.now(),
        );
  context.closeLater(() => stats?.close());
  let current: LiveCall | null = null;

  /** How the call ended; null for one that was not taken. */
  const answer = async (call: Call): Promise<Ended | null> => {
    if (current !== null) {
      await call.decline(true);
      return null;
    }
    if (!(await trust.trusts(call.by))) {
      out.note(say('call.refused', { from: cleanLine(call.by) }));
      await call.decline();
      return null;
    }
    const live = new LiveCall(client, call, options.setup);
    current = live;
    try {
      live.on(print);
      print({ type: 'ringing', call: call.id, with: call.conversation, from: call.by, media: call.media });
      const over = beside(live, stats);
      await call.accept();
      await live.begin();
      return await over;
    } finally {
      current = null;
    }
  };

  return new Promise<number>((resolve, reject) => {
    const undo = [
      client.on('call', ({ call }) => {
        answer(call).then(
          (ended) => {
            if (ended && fields['once'] === true) finish(() => resolve(exitCodeOfEnd(ended.reason)));
          },
          // A caller who gave up, or whose key is wrong: the next one may be right.
          (error: unknown) => out.alert(error instanceof Error ? error.message : String(error)),
        );
      }),
      client.on('session-ended', ({ error }) => finish(() => reject(error))),
    ];
    const onInterrupt = (): void => {
      const over = current?.ended ?? Promise.resolve();
      void over.then(() =>
        finish(() => resolve(io.interrupt.reason === 'SIGTERM' ? exitCodes.done : exitCodes.interrupted)),
      );
    };
    const finish = (settle: () => void): void => {
      for (const one of undo.splice(0)) one();
      io.interrupt.removeEventListener('abort', onInterrupt);
      settle();
    };
    io.interrupt.addEventListener('abort', onInterrupt, { once: true });
    if (out.isJson) {
      undo.push(
        readOrders(
          io.stdin,
          () => current,
          (line) => {
            out.event({
              type: 'error',
              code: 'usage',
              message: say('usage.call-order', { line: line.slice(0, 100) }),
            });
          },
        ),
      );
      out.event({ type: 'ready' });
    } else out.note(trust.text);
    if (io.interrupt.aborted) onInterrupt();
  });
}
