// `poll create`, `poll vote`, `poll show`.
import { uuidv7 } from 'uuidv7';
import { z } from 'zod';
import { PytalkError } from '../../protocol/errors.js';
import { messageJson } from '../format/json-shapes.js';
import { messageLines, pollLines } from '../format/message-view.js';
import { defineAction, idField, numberField, withField } from './action.js';
import { storedLine } from './send.js';

export const pollCreate = defineAction({
  fields: z.object({
    with: withField,
    question: z.string().min(1),
    options: z.array(z.string().min(1)).min(2),
    id: idField.optional(),
  }),
  run: (client, fields, use) => {
    const id = fields.id ?? uuidv7();
    return use.stored(id, () => client.createPoll(fields.with, fields.question, fields.options, id));
  },
  json: messageJson,
  show: (message, view) => [storedLine(message, view), ...pollLines(message, view)],
  names: (message) => [message.conversation],
});

/** `n` counts from 1; null or `none` takes the vote back. */
const choice = z.union([
  z.null(),
  z.literal('none').transform(() => null),
  numberField.min(1).transform((n) => n - 1),
]);

export const pollVote = defineAction({
  fields: z.object({ id: idField, n: choice }),
  run: (client, { id, n }) => client.vote(id, n),
  json: messageJson,
  show: pollLines,
});

export const pollShow = defineAction({
  fields: z.object({ id: idField }),
  run: async (client, { id }) => {
    const message = await client.message(id);
    if (message.kind !== 'poll') throw new PytalkError('not-a-poll');
    return message;
  },
  json: messageJson,
  show: (message, view) => messageLines(message, view),
});
