// Draws what a message carries beside its text: pictures, files, polls.
import type { Message, PollView } from '../../client/api.js';
import type { Say } from '../catalogue/translate.js';
import { cleanLine } from '../clean-text.js';
import type { DrawContext } from './message-lines.js';
import { sizeText } from './message-text.js';
import { pictureRows } from './picture.js';
import { fit, span, type Line } from './spans.js';
import { wrap } from './text-width.js';

/** A picture in a conversation is at most this wide, in cells. */
const maxPictureCells = 60;
const barCells = 10;

export function pictureLines(message: Message, cells: number, context: DrawContext): readonly Line[] {
  const picture = context.pictures[message.id];
  if (picture === undefined || context.pictureRows < 2 || context.look === 'none') return [];
  const room = { cells: Math.min(cells, maxPictureCells), rows: context.pictureRows };
  return pictureRows(picture, room, context);
}

function bar(part: number, cells: number): string {
  const full = Math.round(Math.min(1, Math.max(0, part)) * cells);
  return '█'.repeat(full) + '░'.repeat(cells - full);
}

export function fileLines(message: Message, cells: number, context: DrawContext): Line[] {
  const { file } = message;
  if (file === null) return [];
  const sign = message.kind === 'image' ? '▣' : '▤';
  const size = sizeText(file.size, context.say);
  const line: Line = [span(`${sign} `, 'accent'), span(cleanLine(file.name)), span(` · ${size}`, 'dim')];
  const percent = context.transfers[message.id];
  if (percent === undefined) return [fit(line, cells)];
  return [
    fit(line, cells),
    fit([span(bar(percent / 100, barCells), 'accent'), span(` ${Math.floor(percent)} %`, 'dim')], cells),
  ];
}

export function pollLines(poll: PollView, cells: number, say: Say): Line[] {
  const total = poll.options.reduce((sum, option) => sum + option.votes, 0);
  const lines: Line[] = wrap(cleanLine(poll.question), cells).map((row) => [span(row.text, 'bold')]);
  poll.options.forEach((option, index) => {
    const isMine = poll.mine === index;
    const head = `${index + 1} ${isMine ? '●' : '○'} `;
    const rows = wrap(cleanLine(option.text), Math.max(4, cells - head.length));
    rows.forEach((row, at) =>
      lines.push([
        span(at === 0 ? head : ' '.repeat(head.length), isMine ? 'accent' : 'dim'),
        span(row.text),
      ]),
    );
    const part = total === 0 ? 0 : option.votes / total;
    const voters = option.voters.map((voter) => cleanLine(voter)).join(', ');
    lines.push(
      fit(
        [
          span(' '.repeat(head.length)),
          span(bar(part, barCells), isMine ? 'accent' : 'dim'),
          span(` ${option.votes}`),
          span(voters === '' ? '' : `  ${voters}`, 'dim'),
        ],
        cells,
      ),
    );
  });
  lines.push(fit([span(say('chat.poll-hint'), 'dim')], cells));
  return lines;
}
