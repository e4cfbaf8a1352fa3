// Draws the open conversation: its header, its messages, what is replied to, the rule with hints, and the composer.
import type { Say } from '../catalogue/translate.js';
import { cleanLine } from '../clean-text.js';
import { layoutBuffer } from './composer-layout.js';
import { isOnline } from './conversation-list.js';
import { hintOf } from './hints.js';
import { composerCells, layoutOf, longNotice, pageColumns, promptCells } from './layout.js';
import { momentText, previewText, said } from './message-text.js';
import { drawContext, visibleRows } from './message-view.js';
import { fill, fit, lineWidth, span, spread, type Line } from './spans.js';
import { sayOf, currentComposer, currentConversation, currentThread, type ChatState } from './state.js';
import { wrap } from './text-width.js';

function headerLine(state: ChatState, say: Say, columns: number): Line {
  const conversation = currentConversation(state);
  if (conversation === null) return fill([span(' PyTalk', 'bold')], columns);
  const name = span(` ${cleanLine(conversation.name)}`, 'bold');
  if (conversation.kind === 'group') {
    const online = conversation.members.filter((member) => isOnline(state, member)).length;
    const about = conversation.left
      ? say('chat.you-left')
      : `${say.count('chat.members', conversation.members.length)}, ${say('chat.members-online', { count: online })}`;
    return fill([name, span(`  ${about}`, 'dim')], columns);
  }
  const peer = conversation.members.find((member) => member.username === conversation.peer?.username);
  const full = [conversation.peer?.firstName, conversation.peer?.lastName]
    .filter((part) => typeof part === 'string')
    .join(' ');
  const seen = peer?.lastSeenAt ?? null;
  const presence =
    peer?.online === true
      ? say('chat.online')
      : seen === null
        ? say('chat.away')
        : say('chat.last-seen', { time: momentText(seen, state.nowMs, say) });
  return fill([name, span(`  ${full === '' ? '' : `${cleanLine(full)} · `}${presence}`, 'dim')], columns);
}

/** What to do next when there is nothing to show. */
function emptyLines(state: ChatState, say: Say, columns: number): Line[] {
  const key =
    state.current !== null
      ? 'chat.empty-thread'
      : state.conversations.length > 0
        ? 'chat.welcome-pick'
        : 'chat.welcome-new';
  const name = cleanLine(currentConversation(state)?.name ?? state.me ?? '');
  const text = say(key, { name });
  return wrap(text, Math.max(8, columns - 4)).map((row) => [span(`  ${row.text}`, 'dim')]);
}

/** The messages in exactly `rows` rows: the newest at the bottom. */
function messageArea(state: ChatState, say: Say, columns: number, rows: number): Line[] {
  const thread = currentThread(state);
  if (thread.messages.length === 0) {
    const lines = thread.loading ? [] : emptyLines(state, say, columns);
    return Array.from({ length: rows }, (_, row) => fill(lines[row - 1] ?? [], columns));
  }
  const { lines } = visibleRows(thread, rows, drawContext(state));
  const blank = Array.from({ length: rows - lines.length }, (): Line => []);
  return [...blank, ...lines];
}

function bannerLine(state: ChatState, say: Say, columns: number): Line {
  const composer = currentComposer(state);
  const thread = currentThread(state);
  const id = composer.editing ?? composer.replyTo ?? thread.selected;
  const message = thread.messages.find((one) => one.id === id);
  const about = message === undefined ? '' : `${said(message.from, say)} ${previewText(message, say)}`;
  const label =
    composer.editing !== null
      ? say('chat.banner-edit')
      : composer.replyTo !== null
        ? say('chat.banner-reply')
        : say('chat.banner-selected');
  return spread(
    [span(` ${label} `, 'accent'), span(about, 'dim')],
    [span(` ${say('chat.esc-cancels')} `, 'dim')],
    columns,
  );
}

function noticeLines(state: ChatState, columns: number, rows: number): Line[] {
  const isError = state.notice?.kind === 'error';
  return longNotice(state, columns)
    .slice(0, rows)
    .map((text, row) =>
      fill(
        [span(row === 0 && isError ? ' ✗ ' : '   ', 'bad'), span(text, isError ? 'bad' : 'accent')],
        columns,
      ),
    );
}

/** A thin line across the pane that carries the hint of the moment. */
function ruleLine(state: ChatState, say: Say, columns: number): Line {
  const hint = layoutOf(state).noticeRows > 0 ? [] : hintOf(state, say);
  const scrolled =
    currentThread(state).anchor === null ? [] : [span(` ↓ ${say('chat.newer-below')} `, 'accent')];
  if (hint.length === 0 && scrolled.length === 0) return [span('─'.repeat(columns), 'dim')];
  const left =
    hint.length === 0 ? [] : fit([span('─ ', 'dim'), ...hint, span(' ')], columns - lineWidth(scrolled));
  const rest = columns - lineWidth(left) - lineWidth(scrolled);
  return [...left, span('─'.repeat(Math.max(0, rest)), 'dim'), ...scrolled];
}

function composerLines(state: ChatState, say: Say, columns: number, rows: number): Line[] {
  const { buffer } = currentComposer(state);
  const layout = layoutBuffer(buffer, composerCells(columns));
  const from = composerTop(layout.cursorRow, rows);
  const prompt = span(from === 0 ? '› ' : '↑ ', state.focus === 'composer' ? 'accent' : 'dim');
  if (buffer.text === '') {
    const key = state.focus === 'list' ? 'chat.placeholder-list' : 'chat.placeholder';
    return [fill([prompt, span(say(key), 'dim')], columns)];
  }
  return Array.from({ length: rows }, (_, row) =>
    fill(
      [row === 0 ? prompt : span(' '.repeat(promptCells)), span(layout.rows[from + row]?.text ?? '')],
      columns,
    ),
  );
}

/** The first row of the composed text that is shown: the cursor is always in sight. */
export function composerTop(cursorRow: number, rows: number): number {
  return Math.max(0, cursorRow - rows + 1);
}

/** The pane in exactly its rows. */
export function paneLines(state: ChatState): Line[] {
  const say = sayOf(state);
  const layout = layoutOf(state);
  const { pane } = layout;
  const lines: Line[] = [];
  if (layout.headerRows > 0) lines.push(headerLine(state, say, pane));
  if (layout.messageRows > 0) lines.push(...messageArea(state, say, pane, layout.messageRows));
  if (layout.bannerRows > 0) lines.push(bannerLine(state, say, pane));
  if (layout.noticeRows > 0) lines.push(...noticeLines(state, pane, layout.noticeRows));
  if (layout.ruleRows > 0) lines.push(ruleLine(state, say, pane));
  lines.push(...composerLines(state, say, pane, layout.composerRows));
  return lines;
}

/** A page of text over the conversation, in exactly `rows` rows. */
export function pageLines(state: ChatState, columns: number, rows: number): Line[] {
  const say = sayOf(state);
  const { overlay } = state;
  if (overlay === null) return [];
  const drawn = overlay.draw(pageColumns(columns));
  const shown = drawn.slice(overlay.top, overlay.top + Math.max(1, rows - 2));
  const isCut = drawn.length > rows - 2;
  const chosen = overlay.choice === undefined ? null : overlay.choice.at - overlay.top;
  const hint = say(chosen !== null ? 'chat.page-choose' : isCut ? 'chat.page-keys' : 'chat.page-close');
  return [
    fill([span(` ${overlay.title}`, 'bold')], columns),
    ...Array.from({ length: Math.max(0, rows - 2) }, (_, row) =>
      fill([row === chosen ? span('▸', 'accent') : span(' '), ...(shown[row] ?? [])], columns),
    ),
    fill([span('─ ', 'dim'), span(`${hint} `, 'dim')], columns),
  ].slice(0, rows);
}
