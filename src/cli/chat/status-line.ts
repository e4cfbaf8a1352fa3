// Draws the status bar: the connection, who one is and where, what is unread elsewhere.
import { fittingParts } from '../../media/terminal/tile-text.js';
import { durationText } from '../call/call-output.js';
import type { Say } from '../catalogue/translate.js';
import { cleanLine } from '../clean-text.js';
import { unreadElsewhere } from './conversation-list.js';
import { lineWidth, span, spread, type Line, type Span } from './spans.js';
import { sayOf, type CallLine, type ChatState } from './state.js';
import { widthOf } from './text-width.js';

function connectionPart(state: ChatState): Span {
  const say = sayOf(state);
  const { connection } = state;
  if (connection.state === 'online') return span(`● ${say('chat.connected')}`, 'good');
  if (connection.state === 'connecting') return span(`○ ${say('chat.connecting')}`, 'warn');
  if (connection.retryAtMs === null) return span(`○ ${say('chat.disconnected')}`, 'bad');
  const seconds = Math.max(0, Math.ceil((connection.retryAtMs - state.nowMs) / 1000));
  return span(`○ ${say('chat.reconnecting', { seconds })}`, 'warn');
}

/** The call that rings or goes on, instead of the connection: it must not be overlooked. */
function callLine(state: ChatState, call: CallLine, say: Say): Line {
  const name = cleanLine(call.with);
  const isNarrow = state.size.columns < 60;
  const sign = span(' ☎ ', call.phase === 'incoming' ? 'unread' : 'good');
  if (call.phase === 'incoming') {
    const text = say(call.media === 'video' ? 'chat.call-incoming-video' : 'chat.call-incoming-audio', {
      name,
    });
    return spread(
      [sign, span(` ${text}`, 'bold')],
      [span(` ${say(isNarrow ? 'chat.call-keys-incoming-short' : 'chat.call-keys-incoming')} `, 'accent')],
      state.size.columns,
    );
  }
  const keys = span(` ${say(isNarrow ? 'chat.call-keys-short' : 'chat.call-keys')} `, 'accent');
  // Above the pictures the figures are with them.
  if (call.phase === 'connected' && call.status !== undefined && (state.size.top ?? 0) === 0) {
    const room = state.size.columns - lineWidth([sign, keys]) - 1;
    return spread([sign, span(` ${fittingParts(call.status, room)}`)], [keys], state.size.columns);
  }
  const text =
    call.sinceMs === null
      ? say('chat.call-calling', { name })
      : say('chat.call-with', { name, duration: durationText(Math.max(0, state.nowMs - call.sinceMs)) });
  return spread([sign, span(` ${text}`)], [keys], state.size.columns);
}

/** Which of vim's modes the keys are in, and what was begun. */
function vimPart(state: ChatState, say: Say): Line {
  if (state.keymap.mode !== 'vim') return [];
  const { mode, pending } = state.vim;
  const text = say(mode === 'normal' ? 'chat.vim-normal' : 'chat.vim-insert');
  return [
    span(` ${text}${pending === '' ? '' : ` ${cleanLine(pending)}`} `, mode === 'normal' ? 'inverse' : 'dim'),
  ];
}

export function statusLine(state: ChatState): Line {
  const say = sayOf(state);
  if (state.form !== null) {
    const { columns } = state.size;
    const whole = say('chat.form-hint');
    const hint = widthOf(whole) < columns ? whole : say('chat.form-hint-short');
    return spread([], [span(`${hint} `, 'dim')], columns);
  }
  if (state.call !== null) return callLine(state, state.call, say);
  const who = state.me === null ? '' : `${cleanLine(state.me)} @ `;
  const reason = state.connection.state === 'offline' ? state.connection.reason : null;
  const left: Line = [
    span(' '),
    connectionPart(state),
    span(`  ${who}${cleanLine(state.server)}`, 'dim'),
    span(reason === null ? '' : `  ${reason}`, 'dim'),
  ];
  const unread = unreadElsewhere(state);
  const right: Line = [
    ...vimPart(state, say),
    span(unread > 0 ? ` ${say.count('chat.unread', unread)} ` : '', 'unread'),
    span(` ${say('chat.help-hint')} `, 'dim'),
  ];
  return spread(left, right, state.size.columns);
}
