// `listen`: what happens, as JSON lines, until it is interrupted or the session ends.
import { once } from 'node:events';
import type { Client } from '../../client/api.js';
import { PytalkError } from '../../protocol/errors.js';
import type { Context } from '../context.js';
import { streamEvents } from '../events.js';
import type { Output } from '../output.js';
import type { Fields } from '../table/spec.js';

/** The fields of `listen` and `pipe`. */
export function streamFields(fields: Fields): { only: readonly string[]; since?: string } {
  const { with: only, since } = fields;
  return { only: Array.isArray(only) ? only : [], ...(typeof since === 'string' && { since }) };
}

/** Rejects when the server ends the session, or when nobody reads what is written. */
export function streamEnd(client: Client, out: Output): Promise<never> {
  return new Promise((_, reject: (error: PytalkError) => void) => {
    client.on('session-ended', ({ error }) => reject(error));
    out.stuck.addEventListener('abort', () => reject(new PytalkError('too-slow')), { once: true });
  });
}

export async function listen(context: Context, fields: Fields): Promise<undefined> {
  const { out, say, io } = context;
  const client = await context.loggedIn('live');
  const ended = streamEnd(client, out);
  const stop = await streamEvents(client, {
    say,
    ...streamFields(fields),
    write: (event) => out.event(event),
  });
  context.closeLater(stop);
  await Promise.race([ended, once(io.interrupt, 'abort')]);
  return undefined;
}
