// Slash commands about groups: create, members, admins, rename, leave.
import type { ConversationView } from '../../client/api.js';
import { PytalkError } from '../../protocol/errors.js';
import { cleanLine } from '../clean-text.js';
import type { ChatContext } from './context.js';
import { isOnline } from './conversation-list.js';
import { personName } from './commands-people.js';
import { table } from './slash-command.js';
import { span, type Line } from './spans.js';
import { currentConversation } from './state.js';

/** The open group; throws when a person's conversation, or none, is open. */
function openGroup(context: ChatContext): ConversationView {
  const conversation = currentConversation(context.state);
  if (conversation?.kind !== 'group') throw new PytalkError('not-a-group');
  return conversation;
}

function shown(context: ChatContext, conversation: ConversationView): void {
  context.dispatch({ type: 'conversation-changed', conversation });
}

export const groupCommands = table([
  {
    name: 'group',
    words: ['none', 'person'],
    least: 1,
    async run(context, line) {
      const [name = '', ...members] = line.words.map((word) => word.text);
      const people = members.flatMap((word) => word.split(',')).filter((word) => word !== '');
      await context.open(
        await context.client.createGroup(
          name.replace(/^#/, ''),
          people.map((word) => personName(word)),
        ),
      );
    },
  },
  {
    name: 'add',
    words: ['person'],
    least: 1,
    async run(context, line) {
      const group = openGroup(context);
      const people = line.words.map((word) => personName(word.text));
      shown(context, await context.client.addMembers(group.name, people));
    },
  },
  {
    name: 'remove',
    words: ['member'],
    least: 1,
    async run(context, line) {
      const group = openGroup(context);
      for (const word of line.words) {
        shown(context, await context.client.removeMember(group.name, personName(word.text)));
      }
    },
  },
  {
    name: 'admin',
    words: ['member'],
    least: 1,
    async run(context, line) {
      const group = openGroup(context);
      shown(context, await context.client.makeAdmin(group.name, personName(line.words[0]?.text ?? '')));
    },
  },
  {
    name: 'rename',
    words: ['none'],
    least: 1,
    async run(context, line) {
      const group = openGroup(context);
      shown(context, await context.client.renameGroup(group.name, line.rest.replace(/^#/, '')));
    },
  },
  {
    name: 'leave',
    words: [],
    least: 0,
    async run(context) {
      const group = openGroup(context);
      await context.client.leaveGroup(group.name);
      context.refreshList();
      context.info('chat.left-group', { name: cleanLine(group.name) });
    },
  },
  {
    name: 'members',
    words: [],
    least: 0,
    run(context) {
      const group = openGroup(context);
      const lines = group.members.map((member): Line => [
        isOnline(context.state, member) ? span('● ', 'good') : span('○ ', 'dim'),
        span(cleanLine(member.username), 'bold'),
        span(member.admin ? `  ${context.say('chat.admin')}` : '', 'dim'),
      ]);
      context.page(context.say.count('chat.members', group.members.length), () => lines);
    },
  },
]);
