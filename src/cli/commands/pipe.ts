// `pipe`: a bot's both ways: commands as JSON lines on stdin, answers and events on stdout.
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { Client } from '../../client/api.js';
import { PytalkError } from '../../protocol/errors.js';
import { typing } from '../actions/conversations.js';
import type { Action, Use } from '../actions/action.js';
import type { Say } from '../catalogue/translate.js';
import type { Context } from '../context.js';
import { Deliveries, Refused } from '../deliveries.js';
import { streamEvents } from '../events.js';
import { failureJson, failureOf } from '../failure.js';
import { similar } from '../similar.js';
import type { Fields } from '../table/spec.js';
import { commands } from '../table/table.js';
import { streamEnd, streamFields } from './listen.js';

/** Requests under way at once; stdin waits above it. The server allows 512 on a connection. */
const maxInFlight = 256;

const requestShape = z.looseObject({ id: z.unknown().optional(), do: z.string() });

type Actions = ReadonlyMap<string, Action>;

/**
 * All actions by their name for `do`: a command's words with a dot between them. Loaded before the first request, so
 * that requests begin in the order in which they come.
 */
async function loadActions(): Promise<Actions> {
  const loading = commands.flatMap(({ name, action }) =>
    action === undefined ? [] : [action().then((loaded) => [name.replace(' ', '.'), loaded] as const)],
  );
  return new Map([...(await Promise.all(loading)), ['typing', typing]]);
}

/** Carries out one request line; resolves with its answer, never rejects. */
async function answerTo(line: string, actions: Actions, client: Client, use: Use): Promise<unknown> {
  let id: unknown = null;
  try {
    const request = parseRequest(line, use.say);
    id = request.id ?? null;
    const { id: _id, do: name, ...fields } = request;
    const action = actionFor(name, actions, use.say);
    const done = await action.check(fields, use.say)(client, use);
    return { id, ok: true, result: done.json };
  } catch (error) {
    const failure = error instanceof Refused ? error.refusal : failureJson(failureOf(error, use.say));
    return { id, ok: false, error: failure };
  }
}

function usage(reason: string, cause?: unknown): PytalkError {
  return new PytalkError('usage', { details: { reason }, cause });
}

function parseRequest(line: string, say: Say): z.infer<typeof requestShape> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw usage(say('usage.pipe-json'), cause);
  }
  const result = requestShape.safeParse(value);
  if (result.success) return result.data;
  throw usage(say('usage.pipe-shape'));
}

function actionFor(name: string, actions: Actions, say: Say): Action {
  const action = actions.get(name);
  if (action !== undefined) return action;
  const near = similar(name, [...actions.keys()]);
  const meant = near === undefined ? '' : ` ${say('usage.did-you-mean', { word: near })}`;
  throw usage(`${say('usage.pipe-unknown', { name })}${meant}`);
}

/** Reads requests to the end of stdin, many under way at once; resolves when all are answered. */
async function serveRequests(context: Context, client: Client): Promise<void> {
  const { io, out, say } = context;
  const deliveries = new Deliveries(client);
  const use: Use = {
    say,
    cwd: io.cwd,
    progress: () => ({ signal: io.interrupt }),
    stored: (id, send) => deliveries.stored(id, send),
  };
  const actions = await loadActions();
  const underWay = new Set<Promise<void>>();
  for await (const line of createInterface({ input: io.stdin, crlfDelay: Infinity })) {
    if (line.trim() === '') continue;
    while (underWay.size >= maxInFlight) await Promise.race(underWay);
    const work: Promise<void> = answerTo(line, actions, client, use)
      .then((answer) => out.json(answer))
      .finally(() => underWay.delete(work));
    underWay.add(work);
  }
  await Promise.all(underWay);
}

export async function pipe(context: Context, fields: Fields): Promise<undefined> {
  const client = await context.loggedIn('live');
  const ended = streamEnd(client, context.out);
  const stop = await streamEvents(client, {
    say: context.say,
    ...streamFields(fields),
    write: (event) => context.out.event(event),
  });
  context.closeLater(stop);
  await Promise.race([serveRequests(context, client), ended]);
  return undefined;
}
