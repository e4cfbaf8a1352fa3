// Slash commands about calls: calling with and without pictures, answering, hanging up.
import type { CallMedia } from '../../protocol/call-shapes.js';
import { openName } from './commands-messages.js';
import { table, type SlashCommand } from './slash-command.js';

function callCommand<Name extends 'call' | 'video'>(name: Name, media: CallMedia): SlashCommand<Name> {
  return {
    name,
    words: ['conversation'],
    least: 0,
    run: (context, line) => context.calls.start(() => line.words[0]?.text ?? openName(context), media),
  };
}

export const callCommands = table([
  callCommand('call', 'audio'),
  callCommand('video', 'video'),
  { name: 'answer', words: [], least: 0, run: (context) => context.calls.answer(() => openName(context)) },
  { name: 'hangup', words: [], least: 0, run: (context) => context.calls.hangUp() },
]);
