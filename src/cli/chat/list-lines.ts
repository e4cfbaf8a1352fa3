// Draws the conversation list: name, presence, unread count, and the last message where there is room for it.
import type { ConversationView } from '../../client/api.js';
import type { Say } from '../catalogue/translate.js';
import { cleanLine } from '../clean-text.js';
import { underCursor, visibleConversations } from './conversation-list.js';
import { listWindow } from './list-window.js';
import { missedSign, previewText, said, shortMomentText } from './message-text.js';
import { fill, lineWidth, span, spread, type Line, type Span } from './spans.js';
import { sayOf, type ChatState } from './state.js';
import { widthOf, wrap } from './text-width.js';

/** The time of the last message gives way before a name, with its signs, has fewer cells. */
const leastNameCells = 12;

function presenceSign(conversation: ConversationView): Span {
  if (conversation.kind === 'group') return span('# ', 'dim');
  const peer = conversation.members.find((member) => member.username === conversation.peer?.username);
  return peer?.online === true ? span('● ', 'good') : span('○ ', 'dim');
}

function marks(state: ChatState, conversation: ConversationView, say: Say): Line {
  const count = conversation.unread > 999 ? '999+' : String(conversation.unread);
  const call = conversation.call === null ? [] : [span(` ${say('chat.call-short')} `, 'good')];
  const at = state.mentioned.includes(conversation.id) ? [span(' @', 'mention')] : [];
  const missed = state.missed.includes(conversation.id) ? [span(` ${missedSign}`, 'bad')] : [];
  if (conversation.unread > 0)
    return [...call, ...missed, ...at, span(` ${count} `, conversation.muted ? 'dim' : 'unread')];
  return conversation.muted && call.length === 0 ? [span(` ${say('chat.muted-short')} `, 'dim')] : call;
}

function nameLine(state: ChatState, conversation: ConversationView, say: Say, columns: number): Line {
  const isOpen = conversation.id === state.current;
  const isUnder = state.focus === 'list' && underCursor(state)?.id === conversation.id;
  const name = cleanLine(conversation.name).replace(/^[@#]/, '');
  const role = isUnder
    ? 'inverse'
    : isOpen || conversation.unread > 0
      ? 'bold'
      : conversation.hidden
        ? 'dim'
        : 'plain';
  const bar = isUnder ? span('▸', 'accent') : isOpen ? span('▌', 'accent') : span(' ');
  const left = [bar, presenceSign(conversation), span(name, role)];
  const right = marks(state, conversation, say);
  const { last } = conversation;
  const time = last === null ? '' : ` ${shortMomentText(last.sentAt, state.nowMs, say)}`;
  const room = columns - lineWidth(right) - widthOf(time);
  const fits = room >= Math.min(lineWidth(left), leastNameCells);
  return spread(left, fits ? [span(time, 'dim'), ...right] : right, columns);
}

function lastLine(state: ChatState, conversation: ConversationView, say: Say, columns: number): Line {
  const bar = conversation.id === state.current ? span('▌', 'accent') : span(' ');
  const draft =
    conversation.id === state.current ? '' : (state.composers[conversation.id]?.buffer.text ?? '');
  if (draft !== '') {
    return fill(
      [bar, span('  '), span(`${say('chat.draft')} `, 'warn'), span(cleanLine(draft), 'dim')],
      columns,
    );
  }
  const { last } = conversation;
  if (last === null) return fill([bar, span('  '), span(say('chat.no-messages'), 'dim')], columns);
  const who =
    last.kind === 'system'
      ? ''
      : last.mine
        ? `${say('chat.you')} `
        : conversation.kind === 'group'
          ? `${said(last.from, say)} `
          : '';
  return fill([bar, span('  '), span(who + previewText(last, say), 'dim')], columns);
}

function heading(state: ChatState, say: Say, columns: number): Line {
  if (state.focus !== 'list') return fill([span(` ${say('chat.conversations')}`, 'bold')], columns);
  const text = cleanLine(state.filter.text);
  return fill(
    [span(' / ', 'accent'), text === '' ? span(say('chat.type-to-search'), 'dim') : span(text)],
    columns,
  );
}

/** What to do next where there is nothing to choose. */
function emptyLines(state: ChatState, say: Say, columns: number): Line[] {
  const isSearch = state.filter.text.trim() !== '';
  const key = isSearch ? 'list-no-match' : state.focus === 'list' ? 'list-empty-next' : 'list-empty';
  return wrap(say(`chat.${key}`), Math.max(4, columns - 1)).map((row) =>
    fill([span(` ${row.text}`, 'dim')], columns),
  );
}

/** The list in exactly `rows` rows; with two rows for each conversation if all fit so. */
export function listLines(state: ChatState, columns: number, rows: number): Line[] {
  const say = sayOf(state);
  const list = visibleConversations(state);
  const lines: Line[] = [heading(state, say, columns)];
  if (list.length === 0) {
    lines.push(...emptyLines(state, say, columns));
  }
  const { each, shown } = listWindow(state, rows);
  for (const conversation of shown) {
    lines.push(nameLine(state, conversation, say, columns));
    if (each === 2) lines.push(lastLine(state, conversation, say, columns));
  }
  return Array.from({ length: rows }, (_, row) => lines[row] ?? fill([], columns));
}
