// `edit`, `delete`, `react`: what changes a message that is there.
import { z } from 'zod';
import { messageJson } from '../format/json-shapes.js';
import { messageLines } from '../format/message-view.js';
import { defineAction, idField, textField } from './action.js';
import { withPipedText } from './send.js';

/** Words for the two reactions of the original. */
const words: Readonly<Record<string, string | null>> = { like: '👍', dislike: '👎', none: null };

export const edit = defineAction({
  fields: z.object({ id: idField, text: textField }),
  prepare: withPipedText,
  run: (client, { id, text }) => client.edit(id, text),
  json: messageJson,
  show: (message, view) => messageLines(message, view),
});

export const remove = defineAction({
  fields: z.object({ id: idField }),
  run: (client, { id }) => client.delete(id),
  json: messageJson,
  show: (message, view) => messageLines(message, view),
});

export const react = defineAction({
  fields: z.object({ id: idField, emoji: z.string().min(1).nullable() }),
  run: (client, { id, emoji }) => {
    const word = emoji === null ? null : words[emoji.toLowerCase()];
    return client.react(id, word === undefined ? emoji : word);
  },
  json: messageJson,
  show: (message, view) => messageLines(message, view),
});
