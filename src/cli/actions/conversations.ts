// `conversations`, and what one does with one's own view of one: hide, mute, clear, mark as read.
import { z } from 'zod';
import type { Client, ConversationView } from '../../client/api.js';
import { momentText, previewText, said } from '../chat/message-text.js';
import { cleanLine } from '../clean-text.js';
import type { Key } from '../catalogue/translate.js';
import { conversationJson } from '../format/json-shapes.js';
import { cellsOf, fitted, padded } from '../format/columns.js';
import type { View } from '../format/view.js';
import { defineAction, withField, type Action } from './action.js';

function marksOf(conversation: ConversationView, say: View['say']): string {
  const marks: string[] = [];
  if (conversation.hidden) marks.push(say('conversation.hidden'));
  if (conversation.muted) marks.push(say('conversation.muted'));
  if (conversation.left) marks.push(say('conversation.left'));
  if (!conversation.inContacts && conversation.kind === 'direct') marks.push(say('conversation.stranger'));
  return marks.length === 0 ? '' : `(${marks.join(', ')}) `;
}

function isOnline(conversation: ConversationView): boolean {
  const { peer, kind } = conversation;
  return kind === 'direct' && conversation.members.some((one) => one.id === peer?.id && one.online);
}

/** One line each: presence, name, unread, last message, its time. */
function conversationLines(list: readonly ConversationView[], view: View): string[] {
  const { say, paint, columns, nowMs } = view;
  const names = list.map((one) => cleanLine(one.name, 40));
  const nameCells = Math.max(0, ...names.map(cellsOf));
  const times = list.map((one) => (one.last === null ? '' : momentText(one.last.sentAt, nowMs, say)));
  const timeCells = Math.max(0, ...times.map(cellsOf));
  return list.map((one, index) => {
    const name = padded(names[index] ?? '', nameCells);
    const unread = one.unread > 0 ? paint.yellow(padded(String(one.unread), 4)) : '    ';
    const sender = one.last === null || one.last.kind === 'system' ? '' : `${said(one.last.from, say)} `;
    const last = one.last === null ? '' : `${sender}${previewText(one.last, say)}`;
    const text = fitted(`${marksOf(one, say)}${last}`, columns - nameCells - timeCells - 12);
    const dot = isOnline(one) ? paint.green('●') : ' ';
    const time = paint.dim(padded(times[index] ?? '', timeCells));
    return `${dot} ${one.unread > 0 ? paint.bold(name) : name}  ${unread}  ${time}  ${text}`.trimEnd();
  });
}

export const conversations = defineAction({
  fields: z.object({ all: z.boolean().optional() }),
  run: async (client, { all }) => (await client.conversations()).filter((one) => all === true || !one.hidden),
  json: (list, say) => list.map((one) => conversationJson(one, say)),
  show: (list, view) =>
    list.length === 0 ? [view.say('result.no-conversations')] : conversationLines(list, view),
  names: (list) => list.map((one) => one.name),
});

/** An action on one's own view of a conversation that answers with what it set. */
function setting(
  set: (client: Client, withName: string, off: boolean) => Promise<void>,
  answer: (off: boolean) => Record<string, boolean>,
  key: (off: boolean) => Key,
): Action {
  return defineAction({
    fields: z.object({ with: withField, off: z.boolean().optional() }),
    run: async (client, fields) => {
      const off = fields.off === true;
      await set(client, fields.with, off);
      return { with: fields.with, off };
    },
    json: (result) => ({ with: result.with, ...answer(result.off) }),
    show: (result, view) => [view.say(key(result.off), { name: cleanLine(result.with) })],
  });
}

export const hide = setting(
  (client, name) => client.setHidden(name, true),
  () => ({ hidden: true }),
  () => 'result.hidden',
);
export const unhide = setting(
  (client, name) => client.setHidden(name, false),
  () => ({ hidden: false }),
  () => 'result.unhidden',
);
export const mute = setting(
  (client, name, off) => client.setMuted(name, !off),
  (off) => ({ muted: !off }),
  (off) => (off ? 'result.unmuted' : 'result.muted'),
);
export const clear = setting(
  (client, name) => client.clear(name),
  () => ({ cleared: true }),
  () => 'result.cleared',
);
export const read = defineAction({
  fields: z.object({ with: withField, private: z.boolean().optional() }),
  run: async (client, fields) => {
    await client.markRead(fields.with, undefined, fields.private);
    return { with: fields.with, read: true, private: fields.private === true };
  },
  json: (result) => result,
  show: (result, view) => [
    view.say(result.private ? 'result.read-private' : 'result.read', { name: cleanLine(result.with) }),
  ],
});

export const resync = defineAction({
  mode: 'live',
  fields: z.object({}),
  run: async (client) => {
    await client.resync();
    await client.synced();
    return (await client.conversations()).length;
  },
  json: (count) => ({ resynced: true, conversations: count }),
  show: (count, view) => [view.say.count('result.resynced', count)],
});

/** For `pipe` alone: says that one is typing. */
export const typing = defineAction({
  fields: z.object({ with: withField, on: z.boolean().default(true) }),
  run: (client, fields) => {
    client.typing(fields.with, fields.on);
    return Promise.resolve(fields);
  },
  json: (fields) => fields,
  show: () => [],
});
