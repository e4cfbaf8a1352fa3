// Messages as people read them in a terminal's scroll-back: day lines, time, name, text, and what belongs to it.
import type { Message } from '../../client/api.js';
import {
  isNote,
  bodyText,
  dayOf,
  dayText,
  goneText,
  noteText,
  said,
  sizeText,
  timeText,
} from '../chat/message-text.js';
import { cleanLine } from '../clean-text.js';
import { cellsOf, padded } from './columns.js';
import type { View } from './view.js';

const barCells = 12;
const maxNameCells = 16;

function quoteLine(message: Message, view: View): string[] {
  if (message.quoted === null) return [];
  const text = `│ ${said(message.quoted.from, view.say)} ${cleanLine(message.quoted.text, 120)}`;
  return [view.paint.dim(text)];
}

function fileLine(message: Message, view: View): string[] {
  if (message.file === null) return [];
  const { name, size, type } = message.file;
  return [`▣ ${cleanLine(name)} ${view.paint.dim(`(${sizeText(size, view.say)}, ${cleanLine(type, 60)})`)}`];
}

/** The options of a poll with their votes as bars. */
export function pollLines(message: Message, view: View): string[] {
  if (message.poll === null) return [];
  const { question, options, mine } = message.poll;
  const most = Math.max(1, ...options.map((option) => option.votes));
  const texts = options.map((option, index) => `${index + 1}. ${cleanLine(option.text, 200)}`);
  const cells = Math.max(...texts.map((text) => cellsOf(text)));
  const lines = options.map((option, index) => {
    const filled = Math.round((option.votes / most) * barCells);
    const bar = '█'.repeat(filled) + view.paint.dim('░'.repeat(barCells - filled));
    const voters = option.voters.map((voter) => cleanLine(voter)).join(', ');
    const own = index === mine ? ' ●' : '';
    return `${padded(texts[index] ?? '', cells)}  ${bar} ${option.votes}${own}  ${view.paint.dim(voters)}`.trimEnd();
  });
  return [view.paint.bold(cleanLine(question)), ...lines];
}

function reactionLine(message: Message, view: View): string[] {
  const parts = Object.entries(message.reactions).map(
    ([emoji, users]) => `${cleanLine(emoji, 32)} ${users.map((user) => cleanLine(user)).join(', ')}`,
  );
  return parts.length === 0 ? [] : [view.paint.dim(parts.join('   '))];
}

/** `✓✓ read` and the like, for one's own messages. */
function stateText(message: Message, view: View): string {
  if (!message.mine || isNote(message)) return '';
  const mark = { queued: '…', failed: '✗', sent: '✓', delivered: '✓✓', read: '✓✓' }[message.state];
  const word = message.state === 'sent' ? '' : ` ${view.say(`state.${message.state}`)}`;
  return view.paint.dim(`  ${mark}${word}`);
}

function bodyLines(message: Message, view: View): string[] {
  if (message.deleted) return [view.paint.dim(goneText(message, view.say))];
  const text = bodyText(message);
  return [
    ...quoteLine(message, view),
    ...fileLine(message, view),
    ...pollLines(message, view),
    ...(text === '' || message.kind === 'poll' ? [] : text.split('\n')),
  ];
}

/** The lines of one message; `withId` puts its id in front, which commands such as `react` take. */
export function messageLines(message: Message, view: View, withId = false, leastNameCells = 0): string[] {
  const { paint, say } = view;
  const time = paint.dim(timeText(message.sentAt));
  const id = withId ? `${paint.dim(message.id)}  ` : '';
  const blank = ' '.repeat(withId ? 38 : 0);
  if (isNote(message)) return [`${id}${time}  ${paint.dim(`— ${noteText(message, say)}`)}`];
  const name = cleanLine(message.from, 32);
  const nameCells = Math.max(leastNameCells, cellsOf(name));
  const first = `${id}${time}  ${padded(paint.name(name), nameCells)}  `;
  const rest = `${blank}${' '.repeat(7 + nameCells + 2)}`;
  const edited = message.editedAt !== null && !message.deleted ? paint.dim(` ${say('message.edited')}`) : '';
  const lines = bodyLines(message, view);
  const last = lines.length - 1;
  lines[Math.max(0, last)] = `${lines[last] ?? ''}${edited}${stateText(message, view)}`;
  return [...lines, ...reactionLine(message, view)].map(
    (line, index) => `${index === 0 ? first : rest}${line}`,
  );
}

/** A stretch of a conversation, with a line where a new day begins. */
export function historyLines(messages: readonly Message[], view: View, withIds: boolean): string[] {
  const lines: string[] = [];
  const widest = Math.max(0, ...messages.map((message) => cellsOf(cleanLine(message.from, 32))));
  let day = '';
  for (const message of messages) {
    if (dayOf(message.sentAt) !== day) {
      day = dayOf(message.sentAt);
      lines.push(view.paint.dim(`── ${dayText(message.sentAt, view.nowMs, view.say)} ──`));
    }
    lines.push(...messageLines(message, view, withIds, Math.min(maxNameCells, widest)));
  }
  return lines;
}
