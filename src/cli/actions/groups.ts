// `groups`: everything about groups and their members.
import { z } from 'zod';
import type { Client, ConversationView } from '../../client/api.js';
import { cleanLine } from '../clean-text.js';
import { table } from '../format/columns.js';
import { conversationJson } from '../format/json-shapes.js';
import { presenceText } from '../format/people-view.js';
import type { View } from '../format/view.js';
import { defineAction, groupField, namesField, personField, type Action } from './action.js';

function groupLines(group: ConversationView, view: View): string[] {
  const { say, paint } = view;
  const rows = group.members.map((member) => [
    `  ${paint.name(cleanLine(member.username))}`,
    member.admin ? say('group.admin') : '',
    presenceText(member.online, member.lastSeenAt, view),
  ]);
  const count = say.count('group.members', group.members.length);
  return [`${paint.bold(cleanLine(group.name))}  ${paint.dim(count)}`, ...table(rows)];
}

/** An action whose result is the group as it is afterwards. */
function onGroup<F>(
  fields: z.ZodType<F>,
  run: (client: Client, fields: F) => Promise<ConversationView>,
): Action {
  return defineAction({
    fields,
    run,
    json: conversationJson,
    show: groupLines,
    names: (group) => [group.name],
  });
}

export const groupsCreate = onGroup(
  z.object({ name: z.string().min(1), members: namesField.default([]) }),
  (client, { name, members }) => client.createGroup(name.replace(/^#/, ''), members),
);

export const groupsShow = onGroup(z.object({ group: groupField }), (client, { group }) =>
  client.conversation(group),
);

export const groupsAdd = onGroup(
  z.object({ group: groupField, users: namesField }),
  (client, { group, users }) => client.addMembers(group, users),
);

export const groupsRemove = onGroup(
  z.object({ group: groupField, users: namesField }),
  async (client, { group, users }) => {
    for (const user of users) await client.removeMember(group, user);
    return client.conversation(group);
  },
);

export const groupsAdmin = onGroup(
  z.object({ group: groupField, user: personField }),
  (client, { group, user }) => client.makeAdmin(group, user),
);

export const groupsRename = onGroup(
  z.object({ group: groupField, newName: z.string().min(1) }),
  (client, { group, newName }) => client.renameGroup(group, newName.replace(/^#/, '')),
);

export const groupsLeave = defineAction({
  fields: z.object({ group: groupField }),
  run: async (client, { group }) => {
    await client.leaveGroup(group);
    return group;
  },
  json: (conversation) => ({ conversation, left: true }),
  show: (name, view) => [view.say('result.left', { name: cleanLine(name) })],
});

export const groupsList = defineAction({
  fields: z.object({}),
  run: async (client) => (await client.conversations()).filter((one) => one.kind === 'group' && !one.left),
  json: (groups, say) => groups.map((group) => conversationJson(group, say)),
  show: (groups, view) =>
    groups.length === 0
      ? [view.say('result.no-groups')]
      : table(
          groups.map((group) => [
            cleanLine(group.name),
            view.say.count('group.members', group.members.length),
            group.admin ? view.say('group.you-admin') : '',
          ]),
        ),
  names: (groups) => groups.map((group) => group.name),
});
