// `whoami`, `logout`, `profile`, `sessions`: one's own account, without its password.
import { resolve } from 'node:path';
import { z } from 'zod';
import type { Client } from '../../client/api.js';
import { PytalkError } from '../../protocol/errors.js';
import type { Say } from '../catalogue/translate.js';
import { momentText } from '../chat/message-text.js';
import { cleanLine } from '../clean-text.js';
import { table } from '../format/columns.js';
import { personJson, sessionJson } from '../format/json-shapes.js';
import { fullName, profileLines } from '../format/people-view.js';
import { defineAction, numberField, personField } from './action.js';

/** What the server keeps for a limited time. */
function keptFor(retention: Client['retention'], say: Say): string[] {
  const { messagesDays = null, filesDays = null } = retention ?? {};
  return [
    ...(messagesDays === null ? [] : [say.count('whoami.kept-messages', messagesDays)]),
    ...(filesDays === null ? [] : [say.count('whoami.kept-files', filesDays)]),
  ];
}

export const whoami = defineAction({
  fields: z.object({}),
  run: (client) => {
    const { me, server, fingerprint, retention } = client;
    return me === null
      ? Promise.reject(new PytalkError('not-logged-in'))
      : Promise.resolve({ me, server, fingerprint, retention });
  },
  json: ({ me, ...rest }) => ({ ...personJson(me), session: me.session, ...rest }),
  show: ({ me, server, fingerprint, retention }, { say, paint }) => [
    `${paint.bold(cleanLine(me.username))} ${fullName(me)}`.trimEnd(),
    ...table([
      [`  ${paint.dim(say('whoami.server'))}`, cleanLine(server)],
      [`  ${paint.dim(say('whoami.certificate'))}`, fingerprint ?? say('whoami.no-tls')],
      [`  ${paint.dim(say('whoami.session'))}`, String(me.session)],
      ...keptFor(retention, say).map((kept) => [`  ${paint.dim(say('whoami.kept'))}`, kept]),
    ]),
  ],
});

export const logout = defineAction({
  fields: z.object({}),
  run: async (client) => {
    const username = client.me?.username ?? '';
    await client.logout();
    return username;
  },
  json: (username) => ({ username, loggedOut: true }),
  show: (name, view) => [view.say('result.logged-out', { name: cleanLine(name) })],
});

export const profile = defineAction({
  fields: z.object({ user: personField.optional() }),
  run: (client, { user }) => client.profile(user),
  json: personJson,
  show: profileLines,
});

/** An empty text removes what may be removed. */
const removable = z
  .string()
  .nullable()
  .transform((text) => (text === '' ? null : text))
  .optional();

export const profileSet = defineAction({
  fields: z.object({
    bio: z.string().optional(),
    email: removable,
    phone: z.string().optional(),
    firstName: removable,
    lastName: removable,
    avatar: removable,
  }),
  run: (client, fields, use) => {
    const given = Object.entries(fields).filter(([, value]) => value !== undefined);
    if (given.length === 0) {
      throw new PytalkError('usage', { details: { reason: use.say('usage.nothing-to-set') } });
    }
    const { avatar } = fields;
    return client.setProfile({
      ...(Object.fromEntries(given) as Parameters<typeof client.setProfile>[0]),
      ...(typeof avatar === 'string' && { avatar: resolve(use.cwd, avatar) }),
    });
  },
  json: personJson,
  show: profileLines,
});

export const sessions = defineAction({
  fields: z.object({}),
  run: (client) => client.sessions(),
  json: (list) => list.map(sessionJson),
  show: (list, { say, paint, nowMs }) =>
    table(
      list.map((session) => [
        String(session.id),
        cleanLine(session.device),
        paint.dim(cleanLine(session.address)),
        say('session.seen', { when: momentText(new Date(session.lastSeenAt).toISOString(), nowMs, say) }),
        session.current ? paint.green(say('session.current')) : '',
      ]),
    ),
});

export const revokeSession = defineAction({
  fields: z.object({ id: numberField.min(1) }),
  run: async (client, { id }) => {
    await client.revokeSession(id);
    return id;
  },
  json: (session) => ({ session, revoked: true }),
  show: (id, view) => [view.say('result.revoked', { id })],
});
