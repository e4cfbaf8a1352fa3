// Draws one message as rows: name, quotation, body, reactions, time and delivery state, on its author's side.
import type { Colours } from '../../media/terminal/colours.js';
import type { Message } from '../../client/api.js';
import type { Say } from '../catalogue/translate.js';
import { cleanLine } from '../clean-text.js';
import {
  isMissed,
  isNote,
  bodyText,
  dayOf,
  dayText,
  goneText,
  noteText,
  said,
  timeText,
} from './message-text.js';
import { fileLines, pictureLines, pollLines } from './message-parts.js';
import type { Picture } from '../../media/terminal/still-pictures.js';
import type { PictureLook } from './picture.js';
import { fit, lineWidth, nameRole, span, type Line, type Span } from './spans.js';
import { textLines } from './styled-text.js';
import { widthOf, wrap } from './text-width.js';

/** What drawing a message needs beside the message. */
export interface DrawContext {
  /** Columns of the pane. */
  readonly columns: number;
  /** Rows a picture may take. */
  readonly pictureRows: number;
  readonly say: Say;
  readonly nowMs: number;
  readonly colours: Colours;
  readonly look: PictureLook;
  readonly pictures: Readonly<Record<string, Picture>>;
  readonly transfers: Readonly<Record<string, number>>;
  readonly marker: string | null;
  readonly selected: string | null;
  /** Own username. */
  readonly me: string | null;
}

/** On a wide screen the eye should not have to travel: messages use at most this many columns. */
const maxColumns = 110;
/** Longer texts are shortened, so that none pushes the others off the screen. */
const maxTextRows = 20;
/** Messages of one person within this time belong together: one name above them. */
const sameRunMs = 10 * 60_000;

const stateSigns: Record<Message['state'], Span> = {
  queued: span('○', 'dim'),
  failed: span('✗', 'bad'),
  sent: span('✓', 'dim'),
  delivered: span('✓✓', 'dim'),
  read: span('✔✔', 'read'),
};

function centred(text: string, role: 'dim' | 'unread', columns: number, rule: string): Line {
  const cut = fit([span(` ${text} `, role)], columns);
  const side = Math.max(0, Math.floor((columns - lineWidth(cut)) / 2));
  const rest = Math.max(0, columns - side - lineWidth(cut));
  return [span(rule.repeat(side), role), ...cut, span(rule.repeat(rest), role)];
}

/** Whether the name of who wrote it stands above it: not when it follows another of theirs closely. */
export function startsRun(message: Message, previous: Message | null): boolean {
  if (previous === null || isNote(previous) || previous.from !== message.from) return true;
  return Date.parse(message.sentAt) - Date.parse(previous.sentAt) > sameRunMs;
}

/** A text of at most so many rows; `/show` shows the rest. */
function shortened(text: string, cells: number, context: DrawContext): Line[] {
  const { me, say } = context;
  // Beyond this many characters no text fits into the rows: it is not even looked at.
  const most = maxTextRows * cells * 2;
  const rows = textLines(text.slice(0, most), cells, me);
  if (text.length <= most && rows.length <= maxTextRows) return rows;
  const lines = text.split('\n').length;
  const told =
    lines > maxTextRows
      ? say('chat.shortened-lines', { count: lines })
      : say('chat.shortened', { count: text.length });
  const hint = wrap(told, cells).map((row) => [span(row.text, 'accent')]);
  return [...rows.slice(0, maxTextRows - 1), ...hint];
}

function bodyLines(message: Message, cells: number, context: DrawContext): Line[] {
  const { say } = context;
  if (message.deleted) return [[span(goneText(message, say), 'dim')]];
  const text = bodyText(message);
  const lines: Line[] = [];
  if (message.kind === 'image') lines.push(...pictureLines(message, cells, context));
  if (message.file !== null) lines.push(...fileLines(message, cells, context));
  if (message.poll !== null) lines.push(...pollLines(message.poll, cells, say));
  if (text !== '' && message.poll === null) lines.push(...shortened(text, cells, context));
  if (lines.length === 0) lines.push([span(say('chat.unreadable'), 'dim')]);
  return lines;
}

/** Emoji and how many; one's own stand out. */
function reactionLine(message: Message, me: string | null): Line {
  return Object.entries(message.reactions)
    .filter(([, users]) => users.length > 0)
    .flatMap(([emoji, users], index): Line => [
      span(`${index === 0 ? '' : '  '}${cleanLine(emoji)}`),
      ...(users.includes(me ?? '')
        ? [span(` ${users.length}`, 'accent'), span('●', 'accent')]
        : [span(` ${users.length}`, 'dim')]),
    ]);
}

function footer(message: Message, say: Say): Line {
  const parts: Span[] = [];
  if (message.editedAt !== null && !message.deleted) parts.push(span(`${say('chat.edited')} `, 'dim'));
  parts.push(span(timeText(message.sentAt, say.hour12), 'dim'));
  if (message.mine) parts.push(span(' '), stateSigns[message.state]);
  return parts;
}

function withFooter(lines: readonly Line[], foot: Line, cells: number): Line[] {
  const last = lines.at(-1) ?? [];
  if (lineWidth(last) + 2 + lineWidth(foot) <= cells)
    return [...lines.slice(0, -1), [...last, span('  '), ...foot]];
  return [...lines, foot];
}

function errorLines(message: Message, cells: number, say: Say): Line[] {
  if (message.state !== 'failed') return [];
  const text = say('chat.failed', { reason: cleanLine(message.error?.message ?? '') });
  return wrap(text, cells).map((row) => [span(row.text, 'bad')]);
}

/** The message itself, without what separates it from the one before. */
function blockLines(message: Message, previous: Message | null, context: DrawContext): Line[] {
  const columns = Math.min(context.columns, maxColumns);
  const cells = Math.max(8, Math.min(columns - 4, Math.floor(columns * 0.82)));
  const lines: Line[] = [];
  if (message.quoted !== null) {
    const { from, text } = message.quoted;
    lines.push(fit([span(`│ ${said(from, context.say)} ${cleanLine(text)}`, 'dim')], cells));
  }
  lines.push(...bodyLines(message, cells, context));
  const reactions = reactionLine(message, context.me);
  if (reactions.length > 0) lines.push(fit(reactions, cells));
  const block = [
    ...withFooter(lines, footer(message, context.say), cells),
    ...errorLines(message, cells, context.say),
  ];
  if (!message.mine && startsRun(message, previous))
    block.unshift(fit([span(cleanLine(message.from), nameRole(message.from))], cells));
  const width = Math.max(...block.map((line) => lineWidth(line)));
  const indent = message.mine ? Math.max(1, columns - 2 - width) : 1;
  const gutter = message.id === context.selected ? span('▌', 'accent') : span(' ');
  return block.map((line) => [gutter, span(' '.repeat(indent)), ...line]);
}

/** All rows of a message: the day and the unread line before it, if they belong there, and the message. */
export function messageLines(message: Message, previous: Message | null, context: DrawContext): Line[] {
  const { columns, say } = context;
  const width = Math.min(columns, maxColumns);
  const lines: Line[] = [];
  if (previous === null || dayOf(previous.sentAt) !== dayOf(message.sentAt))
    lines.push(centred(dayText(message.sentAt, context.nowMs, say), 'dim', width, '─'));
  if (message.id === context.marker) lines.push(centred(say('chat.new-messages'), 'unread', width, '─'));
  if (isNote(message)) {
    const cells = Math.max(8, width - 4);
    for (const row of wrap(noteText(message, say), cells)) {
      const side = Math.max(1, Math.floor((width - widthOf(row.text)) / 2));
      lines.push([span(' '.repeat(side)), span(row.text, isMissed(message) ? 'bad' : 'dim')]);
    }
    return lines;
  }
  const begins = previous !== null && lines.length === 0 && startsRun(message, previous);
  if (begins && context.pictureRows >= 12) lines.push([]);
  return [...lines, ...blockLines(message, previous, context)];
}
