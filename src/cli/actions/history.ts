// `history`, `search`, `calls`, `export`: reading what was said.
import { resolve } from 'node:path';
import { z } from 'zod';
import type { Message } from '../../client/api.js';
import type { LogEvent } from '../../protocol/shapes.js';
import type { Key } from '../catalogue/translate.js';
import { exportConversation } from '../chat/export-lines.js';
import { momentText, previewText } from '../chat/message-text.js';
import { cleanLine } from '../clean-text.js';
import { table } from '../format/columns.js';
import { messagesJson } from '../format/json-shapes.js';
import { historyLines } from '../format/message-view.js';
import type { View } from '../format/view.js';
import { defineAction, numberField, textField, withField } from './action.js';

const defaultLimit = 50;

function logLines(events: readonly LogEvent[], view: View): string[] {
  return table(
    events.map((event) => [
      String(event.seq),
      view.paint.dim(new Date(event.at).toISOString()),
      event.class ?? 'message',
      `user ${event.from}`,
      cleanLine(event.payload, 400),
    ]),
  );
}

export const history = defineAction({
  fields: z.object({
    with: withField,
    limit: numberField.min(1).default(defaultLimit),
    before: numberField.optional(),
    after: numberField.optional(),
    ids: z.boolean().optional(),
    log: z.boolean().optional(),
  }),
  run: async (client, fields) => {
    const { limit, before, after } = fields;
    const query = { limit, ...(before !== undefined && { before }), ...(after !== undefined && { after }) };
    return fields.log === true
      ? { events: await client.log(fields.with, query), messages: null }
      : { events: null, messages: await client.history(fields.with, query) };
  },
  json: ({ events, messages }, say) => events ?? messagesJson(messages, say),
  show: ({ events, messages }, view, { ids }) =>
    events === null ? historyLines(messages, view, ids === true) : logLines(events, view),
});

/** Messages of several conversations, a line each. */
function foundLines(messages: readonly Message[], { paint, say, nowMs }: View, nothing: Key): string[] {
  if (messages.length === 0) return [say(nothing)];
  return table(
    messages.map((message) => [
      paint.dim(momentText(message.sentAt, nowMs, say)),
      cleanLine(message.conversation, 40),
      paint.name(cleanLine(message.from, 32)),
      cleanLine(previewText(message, say), 400),
    ]),
  );
}

export const search = defineAction({
  mode: 'live',
  fields: z.object({
    text: textField,
    in: withField.optional(),
    limit: numberField.min(1).default(defaultLimit),
  }),
  run: async (client, { text, limit, ...rest }) => {
    await client.synced();
    return client.search(text, { limit, ...(rest.in !== undefined && { in: rest.in }) });
  },
  json: messagesJson,
  show: (messages, view) => foundLines(messages, view, 'result.nothing-found'),
});

export const calls = defineAction({
  mode: 'live',
  fields: z.object({ limit: numberField.min(1).default(defaultLimit) }),
  run: async (client, { limit }) => {
    await client.synced();
    return client.callLog(limit);
  },
  json: messagesJson,
  show: (messages, view) => foundLines(messages, view, 'result.no-calls'),
});

export const exported = defineAction({
  fields: z.object({ with: withField, file: z.string().min(1) }),
  run: async (client, fields, { cwd, say }) => {
    const path = resolve(cwd, fields.file);
    return { path, messages: await exportConversation(client, fields.with, path, say) };
  },
  json: (result) => result,
  show: ({ path, messages }, { say }) => [say('result.exported', { count: messages, path: cleanLine(path) })],
});
