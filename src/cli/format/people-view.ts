// People and their presence, as lines.
import type { Friend } from '../../client/api.js';
import type { User } from '../../protocol/shapes.js';
import { bioText, momentText } from '../chat/message-text.js';
import { cleanLine } from '../clean-text.js';
import { table } from './columns.js';
import type { View } from './view.js';

/** First and last name; empty when neither is known. */
export function fullName(user: User): string {
  return [user.firstName, user.lastName]
    .map((name) => cleanLine(name ?? ''))
    .join(' ')
    .trim();
}

export function presenceText(online: boolean, lastSeenAt: string | null, view: View): string {
  if (online) return view.paint.green(view.say('presence.online'));
  if (lastSeenAt === null) return '';
  return view.paint.dim(view.say('presence.seen', { when: momentText(lastSeenAt, view.nowMs, view.say) }));
}

export function friendLines(friends: readonly Friend[], view: View): string[] {
  return table(
    friends.map(({ user, online, lastSeenAt }) => [
      view.paint.name(cleanLine(user.username)),
      fullName(user),
      cleanLine(user.phone ?? ''),
      presenceText(online, lastSeenAt, view),
    ]),
  );
}

/** A profile: a field a line, those that are not known left out. */
export function profileLines(user: User, view: View): string[] {
  const { say, paint } = view;
  const rows = [
    [say('profile.name'), fullName(user)],
    [say('profile.phone'), cleanLine(user.phone ?? '')],
    [say('profile.email'), cleanLine(user.email ?? '')],
    [say('profile.avatar'), user.avatar === null ? '' : say('profile.has-avatar')],
  ].filter(([, value]) => value !== '');
  const deleted = user.deleted ? ` ${paint.dim(say('profile.deleted'))}` : '';
  const bio = bioText(user.bio, say)
    .split('\n')
    .map((line) => `  ${line}`.trimEnd());
  return [
    `${paint.bold(cleanLine(user.username))}${deleted}`,
    ...(user.bio === '' ? [] : bio),
    ...table(rows.map(([label = '', value = '']) => [`  ${paint.dim(label)}`, value])),
  ];
}
