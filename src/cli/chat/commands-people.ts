// Slash commands about people: conversations with them, contacts, blocking, profiles.
import type { User } from '../../protocol/shapes.js';
import { cleanLine } from '../clean-text.js';
import { restAfter } from './command-line.js';
import { usage, type ChatContext } from './context.js';
import { bioText, momentText } from './message-text.js';
import { table, type SlashCommand } from './slash-command.js';
import { span, type Line } from './spans.js';
import { currentConversation } from './state.js';
import { wrap } from './text-width.js';

/** `@alice` and `alice` both name the person. */
export function personName(word: string): string {
  return word.replace(/^@/, '');
}

/** The person named, or the one of the open conversation. */
export function personOrPeer(context: ChatContext, word: string | undefined): string {
  if (word !== undefined) return personName(word);
  const peer = currentConversation(context.state)?.peer;
  if (peer === null || peer === undefined) throw usage(context.say('chat.name-somebody'));
  return peer.username;
}

async function addFriend(context: ChatContext, phoneOrName: string): Promise<void> {
  const { user } = await context.client.addFriend(phoneOrName);
  context.dispatch({ type: 'friend-changed', user, added: true });
  const hadNone = context.state.current === null;
  if (hadNone) await context.open(await context.client.conversation(`@${user.username}`));
  context.info('chat.friend-added', { name: cleanLine(user.username) });
}

/** Phone numbers are often written in pairs of digits. */
function phoneOrFirst(words: readonly string[]): string | undefined {
  const joined = words.join('');
  return /^\+?[\d.()/-]+$/.test(joined) ? joined : words[0];
}

async function removeFriend(context: ChatContext, word: string | undefined): Promise<void> {
  const name = personOrPeer(context, word);
  await context.client.removeFriend(name);
  const friend = context.state.friends.find((one) => one.user.username === name);
  if (friend !== undefined) context.dispatch({ type: 'friend-changed', user: friend.user, added: false });
  context.info('chat.friend-removed', { name: cleanLine(name) });
}

function presenceText(context: ChatContext, online: boolean, lastSeenAt: string | null): string {
  if (online) return context.say('chat.online');
  if (lastSeenAt === null) return context.say('chat.away');
  return context.say('chat.last-seen', { time: momentText(lastSeenAt, context.state.nowMs, context.say) });
}

function profileLines(context: ChatContext, user: User, columns: number): Line[] {
  const { say } = context;
  const name = [user.firstName, user.lastName].filter((part) => part !== null).join(' ');
  const row = (label: string, value: string | null): Line[] =>
    value === null || value === '' ? [] : [[span(`${label}  `, 'dim'), span(cleanLine(value))]];
  return [
    ...row(say('chat.field.username'), `@${user.username}`),
    ...row(say('chat.field.name'), name),
    ...row(say('chat.phone'), user.phone),
    ...row(say('chat.field.email'), user.email),
    [],
    ...wrap(bioText(user.bio, say), columns).map((row): Line => [span(row.text)]),
  ];
}

function blockCommand<Name extends 'block' | 'unblock'>(name: Name, blocked: boolean): SlashCommand<Name> {
  return {
    name,
    words: ['person'],
    least: 0,
    async run(context, line) {
      const who = personOrPeer(context, line.words[0]?.text);
      await context.client.block(who, blocked);
      context.info(blocked ? 'chat.blocked' : 'chat.unblocked', { name: cleanLine(who) });
    },
  };
}

export const peopleCommands = table([
  {
    name: 'msg',
    words: ['conversation', 'none'],
    least: 1,
    async run(context, line, text) {
      const conversation = await context.client.conversation(line.words[0]?.text ?? '');
      await context.open(conversation);
      const message = restAfter(line, text, 1);
      if (message === '') return;
      const sent = await context.client.send(conversation.name, { text: message });
      context.dispatch({ type: 'message-arrived', message: sent });
    },
  },
  {
    name: 'friend',
    words: ['friend-action', 'person'],
    least: 1,
    async run(context, line) {
      const words = line.words.map((word) => word.text);
      const [action, ...names] = words;
      if (action === 'add') await addFriend(context, personOrPeer(context, phoneOrFirst(names)));
      else if (action === 'remove') await removeFriend(context, names[0]);
      else await addFriend(context, personName(phoneOrFirst(words) ?? ''));
    },
  },
  {
    name: 'unfriend',
    words: ['friend'],
    least: 0,
    run: (context, line) => removeFriend(context, line.words[0]?.text),
  },
  {
    name: 'friends',
    words: [],
    least: 0,
    async run(context) {
      const friends = await context.client.friends();
      context.dispatch({ type: 'friends-loaded', friends });
      const lines = friends.map(({ user, online, lastSeenAt }): Line => [
        span(online ? '● ' : '○ ', online ? 'good' : 'dim'),
        span(cleanLine(user.username), 'bold'),
        span(`  ${user.phone ?? ''}  ${presenceText(context, online, lastSeenAt)}`, 'dim'),
      ]);
      const none = (columns: number): Line[] =>
        wrap(context.say('chat.no-friends'), columns).map((row): Line => [span(row.text, 'dim')]);
      context.page(context.say('chat.friends'), (columns) => (lines.length > 0 ? lines : none(columns)));
    },
  },
  blockCommand('block', true),
  blockCommand('unblock', false),
  {
    name: 'profile',
    words: ['person'],
    least: 0,
    async run(context, line) {
      const word = line.words[0]?.text;
      const peer = currentConversation(context.state)?.peer?.username;
      const user = await context.client.profile(word === undefined ? peer : personName(word));
      const title = context.say('chat.profile', { name: cleanLine(user.username) });
      context.page(title, (columns) => profileLines(context, user, columns));
    },
  },
]);
