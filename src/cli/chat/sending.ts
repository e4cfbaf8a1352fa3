// Sends what was composed: as a message, a reply, or the new text of an edited message; or carries it out as a command.
import { PytalkError, type ErrorCode } from '../../protocol/errors.js';
import { parseCommandLine } from './command-line.js';
import type { ChatContext } from './context.js';
import { checkCommand, runCommand } from './slash-commands.js';
import { currentComposer, currentConversation, currentThread, type Composer } from './state.js';
import { bufferOf } from './text-buffer.js';

async function sendComposed(
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

/** Errors that another word in the command mends. */
const mendable: ReadonlySet<ErrorCode> = new Set([
  'usage',
  'file-unreadable',
  'file-unwritable',
  'file-exists',
]);

/** A command that cannot be carried out as it was typed is there to be typed on, unless something else is being written. */
function keepToMend(context: ChatContext, text: string, error: unknown): void {
  if (
    error instanceof PytalkError &&
    mendable.has(error.code) &&
    currentComposer(context.state).buffer.text === ''
  )
    context.dispatch({ type: 'composed', buffer: bufferOf(text) });
}

/** The message of a command that failed is selected again, unless the person has gone on to something else. */
function selectAgain(context: ChatContext, conv: number | null, id: string): void {
  const { state } = context;
  const isIdle = state.current === conv && currentComposer(state).buffer.text === '';
  const isThere = currentThread(state).messages.some((message) => message.id === id);
  if (isIdle && isThere && currentThread(state).selected === null)
    context.dispatch({ type: 'selected-again', id });
}

/** Runs a command; what it means is taken at once, and selected no more: the next command means something of its own. */
async function carryOut(context: ChatContext, text: string): Promise<void> {
  const conv = context.state.current;
  const { selected } = currentThread(context.state);
  const running = runCommand(context, text);
  if (
    selected !== null &&
    context.state.current === conv &&
    currentThread(context.state).selected === selected
  )
    context.dispatch({ type: 'deselected' });
  await running.catch((error: unknown) => {
    if (selected !== null) selectAgain(context, conv, selected);
    keepToMend(context, text, error);
    throw error;
  });
}

/** Takes what was composed, and returns what is to be done with it; null when it stays to be mended, which is told. */
export function takeComposed(context: ChatContext): (() => Promise<void>) | null {
  const { buffer, replyTo, editing } = currentComposer(context.state);
  const text = buffer.text.trimEnd();
  if (text.trim() === '') return null;
  const command = parseCommandLine(text);
  const name = currentConversation(context.state)?.name;
  if (command === null && name === undefined) {
    context.info('chat.open-first');
    return null;
  }
  try {
    if (command !== null) checkCommand(command, context.say);
  } catch (error) {
    context.fail(error);
    return null;
  }
  context.dispatch({ type: 'submitted', text, isCommand: command !== null });
  return async () => {
    if (command !== null) await carryOut(context, text);
    else if (name !== undefined) await sendComposed(context, name, text, { replyTo, editing });
  };
}
