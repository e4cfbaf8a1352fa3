// Slash commands about calls: calling with and without pictures, answering, hanging up; camera and loudness during one.
import type { CallMedia } from '../../protocol/call-shapes.js';
import { volumeStep, type ChatCalls } from './calls.js';
import { openName } from './commands-messages.js';
import { usage } from './context.js';
import { table, type SlashCommand } from './slash-command.js';

/** Twice as loud as it came. */
const maxPercent = 200;

function callCommand<Name extends 'call' | 'video'>(name: Name, media: CallMedia): SlashCommand<Name> {
  return {
    name,
    words: ['conversation'],
    least: 0,
    run: (context, line) => context.calls.start(() => line.words[0]?.text ?? openName(context), media),
  };
}

/** What is asked of the speaker: percent, or a step; null asks how loud it is, undefined is nothing of these. */
function volumeOf(text: string): Parameters<ChatCalls['volume']>[0] | undefined {
  if (text === '') return null;
  if (text === '+' || text === '-') return { by: text === '+' ? volumeStep : -volumeStep };
  const percent = /^(\d{1,3}) ?%?$/.exec(text)?.[1];
  return percent === undefined || Number(percent) > maxPercent ? undefined : { to: Number(percent) / 100 };
}

export const callCommands = table([
  callCommand('call', 'audio'),
  callCommand('video', 'video'),
  { name: 'answer', words: [], least: 0, run: (context) => context.calls.answer(() => openName(context)) },
  { name: 'hangup', words: [], least: 0, run: (context) => context.calls.hangUp() },
  { name: 'redial', words: [], least: 0, run: (context) => context.calls.redial() },
  {
    name: 'camera',
    words: ['none'],
    least: 0,
    run: (context, line) => context.calls.camera(line.rest === '' ? null : line.rest),
  },
  {
    name: 'volume',
    words: ['none'],
    least: 0,
    run(context, line) {
      const change = volumeOf(line.rest);
      if (change !== undefined) context.calls.volume(change);
      else throw usage(context.say('chat.command-usage', { usage: context.say('chat.usage.volume') }));
    },
  },
]);
