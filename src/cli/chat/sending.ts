// Sends what was composed: as a message, a reply, or the new text of an edited message.
import type { ChatContext } from './context.js';
import type { Composer } from './state.js';

export async function sendComposed(
  context: ChatContext,
  name: string,
  text: string,
  { replyTo, editing }: Pick<Composer, 'replyTo' | 'editing'>,
): Promise<void> {
  // Two slashes begin a message with one.
  const body = text.startsWith('//') ? text.slice(1) : text;
  const message =
    editing === null
      ? await context.client.send(name, { text: body, ...(replyTo === null ? {} : { replyTo }) })
      : await context.client.edit(editing, body);
  context.dispatch({ type: editing === null ? 'message-arrived' : 'message-changed', message });
}
