// `friends`, `block`, `unblock`, `verify`.
import { z } from 'zod';
import { cleanLine } from '../clean-text.js';
import { personJson } from '../format/json-shapes.js';
import { friendLines } from '../format/people-view.js';
import { defineAction, personField, type Action } from './action.js';

export const friendsAdd = defineAction({
  fields: z.object({ phoneOrUser: personField }),
  run: (client, { phoneOrUser }) => client.addFriend(phoneOrUser),
  json: ({ user, added }) => ({ ...personJson(user), added }),
  show: ({ user, added }, view) => [
    view.say(added ? 'result.friend-added' : 'result.friend-known', { name: cleanLine(user.username) }),
  ],
  names: ({ user }) => [`@${user.username}`],
});

export const friendsList = defineAction({
  fields: z.object({ blocked: z.boolean().optional() }),
  run: async (client, { blocked }) =>
    blocked === true
      ? (await client.blockedPeople()).map((user) => ({ user, online: false, lastSeenAt: null }))
      : client.friends(),
  json: (friends) =>
    friends.map(({ user, online, lastSeenAt }) => ({ ...personJson(user), online, lastSeenAt })),
  show: (friends, view, { blocked }) =>
    friends.length > 0
      ? friendLines(friends, view)
      : [view.say(blocked === true ? 'result.nobody-blocked' : 'result.no-friends')],
  names: (friends) => friends.map(({ user }) => `@${user.username}`),
});

export const friendsRemove = defineAction({
  fields: z.object({ user: personField }),
  run: async (client, { user }) => {
    await client.removeFriend(user);
    return user;
  },
  json: (username) => ({ username, removed: true }),
  show: (name, view) => [view.say('result.friend-removed', { name: cleanLine(name) })],
});

function blocking(blocked: boolean): Action {
  return defineAction({
    fields: z.object({ user: personField }),
    run: async (client, { user }) => {
      await client.block(user, blocked);
      return user;
    },
    json: (username) => ({ username, blocked }),
    show: (name, view) => [
      view.say(blocked ? 'result.blocked' : 'result.unblocked', { name: cleanLine(name) }),
    ],
  });
}

export const block = blocking(true);
export const unblock = blocking(false);

export const verify = defineAction({
  fields: z.object({ user: personField, yes: z.boolean().optional(), undo: z.boolean().optional() }),
  run: async (client, { user, yes, undo }) => {
    if (yes === true || undo === true) await client.markVerified(user, yes === true);
    return { username: user, ...(await client.safetyNumber(user)) };
  },
  json: ({ username, number, verified, changed }) => ({ username, safetyNumber: number, verified, changed }),
  show: ({ username, number, verified, changed }, view) => {
    const { say, paint } = view;
    const name = cleanLine(username);
    const groups = number.replace(/\s+/g, '').match(/\d{5}/g) ?? [];
    const rows = [0, 4, 8].map((from) => `    ${groups.slice(from, from + 4).join(' ')}`);
    return [
      say('verify.title', { name }),
      ...rows,
      ...(changed ? [paint.red(say('verify.changed', { name }))] : []),
      verified ? paint.green(say('verify.verified', { name })) : say('verify.compare', { name }),
    ];
  },
});
