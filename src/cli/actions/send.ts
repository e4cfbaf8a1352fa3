// `send`: texts and files to a person or a group.
import { createHash } from 'node:crypto';
import { basename, resolve } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { uuidv7 } from 'uuidv7';
import { z } from 'zod';
import type { Message } from '../../client/api.js';
import { PytalkError } from '../../protocol/errors.js';
import type { Context } from '../context.js';
import { cleanLine } from '../clean-text.js';
import { messageJson, messagesJson } from '../format/json-shapes.js';
import { timeText } from '../chat/message-text.js';
import type { View } from '../format/view.js';
import type { Fields } from '../table/spec.js';
import { defineAction, idField, textField, withField } from './action.js';

/** The words of a text, or all of stdin when they are just `-`. */
export async function withPipedText(fields: Fields, context: Context): Promise<Fields> {
  const { text } = fields;
  if (!Array.isArray(text) || text.length !== 1 || text[0] !== '-') return fields;
  return { ...fields, text: (await readAll(context.io.stdin)).replace(/\r?\n$/, '') };
}

/** The id of the nth message of one `send`: the same again when it is repeated (RFC 9562, version 8). */
function nthId(id: string, index: number): string {
  if (index === 0) return id;
  const hex = createHash('sha256').update(`${id} ${index}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** One line that says that a message is stored, with the id that other commands take. */
export function storedLine(message: Message, view: View): string {
  const { paint } = view;
  const what = message.file === null ? '' : ` ▣ ${cleanLine(message.file.name)}`;
  return `${paint.green('✓')} ${timeText(message.sentAt)} ${cleanLine(message.conversation)}${what}  ${paint.dim(message.id)}`;
}

export const send = defineAction({
  fields: z
    .object({
      with: withField,
      text: textField.optional(),
      file: z.union([z.string(), z.array(z.string())]).optional(),
      replyTo: idField.optional(),
      id: idField.optional(),
    })
    .transform(({ text, ...rest }) => ({ ...rest, text: text === '' ? undefined : text })),
  prepare: withPipedText,
  run: async (client, fields, use) => {
    const { text, replyTo } = fields;
    const id = fields.id ?? uuidv7();
    const files = fields.file === undefined ? [] : [fields.file].flat();
    if (text === undefined && files.length === 0) {
      throw new PytalkError('usage', { details: { reason: use.say('usage.nothing-to-send') } });
    }
    const common = { ...(replyTo !== undefined && { replyTo }) };
    const caption = text === undefined ? {} : { text };
    if (files.length === 0) {
      return [await use.stored(id, () => client.send(fields.with, { ...common, ...caption, id }))];
    }
    const sent: Message[] = [];
    for (const [index, file] of files.entries()) {
      const outgoing = {
        ...common,
        ...(index === 0 ? caption : {}),
        file: resolve(use.cwd, file),
        id: nthId(id, index),
        ...use.progress(basename(file)),
      };
      sent.push(await use.stored(outgoing.id, () => client.send(fields.with, outgoing)));
    }
    return sent;
  },
  json: (messages, say) => {
    const [first] = messages;
    return messages.length === 1 && first !== undefined
      ? messageJson(first, say)
      : messagesJson(messages, say);
  },
  show: (messages, view) => messages.map((message) => storedLine(message, view)),
  names: (messages) => messages.map((message) => message.conversation),
});
