// The one reducer of the chat screen: a state and an action make the next state.
import type { Action } from './actions.js';
import {
  withBuffer,
  withCommandBegun,
  withCompleted,
  withComposer,
  withHistory,
  withOffer,
  withReset,
  withSubmitted,
  withUndone,
} from './composing.js';
import {
  withChangedLast,
  withConversation,
  withConversations,
  withLast,
  withMark,
  withPresence,
  withRead,
} from './conversation-list.js';
import { withDrafts } from './drafts.js';
import { keymapOf } from './keymap.js';
import { layoutOf } from './layout.js';
import { drawContext, isAtEnd, revealSelected, scrolledThread } from './message-view.js';
import type { Picture } from '../../media/terminal/still-pictures.js';
import {
  currentComposer,
  currentThread,
  emptyComposer,
  emptyThread,
  initialState,
  type ChatState,
  type Thread,
} from './state.js';
import { withFocus, withListMoved, withListScrolled, withOverlayScrolled, withPicked } from './pointing.js';
import { bufferOf, emptyBuffer } from './text-buffer.js';
import { vimInsert } from './vim.js';
import { withTime, withTypist } from './typists.js';
import {
  aroundMessage,
  firstUnread,
  leftThread,
  withChangedMessage,
  withMessage,
  withNewer,
  withPage,
  withSelection,
  withThread,
} from './threads.js';

/** Bytes of decoded pictures that are kept: those of a whole open conversation, but where nearly every message is one. */
const maxPictureBytes = 64_000_000;

function changeCurrent(state: ChatState, change: (thread: Thread) => Thread): ChatState {
  return state.current === null ? state : withThread(state, state.current, change);
}

/** True when a message in this conversation is seen as it comes. */
export function isWatching(state: ChatState, conv: number | null): boolean {
  const isOpen = conv !== null && conv === state.current && state.overlay === null;
  return isOpen && state.focused && isAtEnd(currentThread(state));
}

function opened(state: ChatState, action: Extract<Action, { type: 'opened' }>): ChatState {
  const { conversation } = action;
  const known = state.conversations.some((one) => one.id === conversation.id);
  const left = changeCurrent(state, leftThread);
  const listed = known ? left : withConversation(left, conversation);
  const next: ChatState = {
    ...listed,
    current: conversation.id,
    focus: 'composer',
    vim: vimInsert,
    filter: emptyBuffer,
    completion: null,
    overlay: null,
    listTop: null,
  };
  const isNew = state.threads[conversation.id] === undefined;
  return withThread(next, conversation.id, (thread) => ({
    ...thread,
    loading: thread.loading || isNew,
    anchor: null,
    marker: firstUnread(thread.messages, conversation.unread),
  }));
}

function pageLoaded(state: ChatState, action: Extract<Action, { type: 'page-loaded' }>): ChatState {
  const before = state.threads[action.conv] ?? emptyThread;
  const next = withPage(state, action);
  const unread = state.conversations.find((one) => one.id === action.conv)?.unread ?? 0;
  if (before.messages.length > 0 || unread === 0) return next;
  return withThread(next, action.conv, (thread) => ({
    ...thread,
    marker: firstUnread(thread.messages, unread),
  }));
}

/** The first conversations to choose from: the arrow keys choose, unless something is being written. */
function pointedAtList(before: ChatState, after: ChatState): ChatState {
  const isFirst = before.conversations.length === 0 && after.conversations.length > 0;
  const isIdle = after.current === null && currentComposer(after).buffer.text === '';
  return isFirst && isIdle ? { ...after, focus: 'list' } : after;
}

/** Brings the selected message onto the screen. */
function revealed(chosen: ChatState): ChatState {
  const rows = layoutOf(chosen).messageRows;
  return changeCurrent(chosen, (thread) => revealSelected(thread, rows, drawContext(chosen)));
}

function without(values: Readonly<Record<string, number>>, id: string): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(values).filter(([key]) => key !== id));
}

/** The pictures that came last are kept, as many as there is room for. */
function withPicture(state: ChatState, id: string, picture: Picture): ChatState {
  let bytes = picture.rgb.length;
  const others = Object.entries(state.pictures);
  const first = others.findLastIndex(([, one]) => (bytes += one.rgb.length) > maxPictureBytes) + 1;
  return { ...state, pictures: { ...Object.fromEntries(others.slice(first)), [id]: picture } };
}

export function reduce(state: ChatState, action: Action): ChatState {
  switch (action.type) {
    case 'resized':
      return { ...state, size: action.size };
    case 'graphics':
      return { ...state, graphics: action.graphics };
    case 'background':
      return { ...state, palette: { ...state.palette, background: action.background } };
    case 'terminal-focused':
      return state.focused === action.focused ? state : { ...state, focused: action.focused };
    case 'ticked':
      return withTime(state, action.nowMs);
    case 'form-shown':
      return {
        ...initialState(state),
        form: action.form,
        connection: state.connection,
      };
    case 'form-changed':
      return { ...state, form: action.form };
    case 'logged-in':
      return { ...state, form: null, me: action.me, server: action.server };
    case 'connection':
      return {
        ...state,
        connection: action.connection,
        server: action.server,
        notice: action.connection.state === 'online' && state.notice?.isOutage === true ? null : state.notice,
      };
    case 'settings': {
      const { settings, lang } = action;
      const isSame = settings.keyMode === state.settings.keyMode && settings.keys === state.settings.keys;
      return {
        ...state,
        settings,
        lang,
        ...(!isSame && { keymap: keymapOf(settings).keymap, vim: vimInsert }),
      };
    }
    case 'conversations-loaded':
      return pointedAtList(state, withConversations(state, action.conversations));
    case 'conversation-changed':
      return pointedAtList(state, withConversation(state, action.conversation));
    case 'threads-emptied':
      return { ...state, threads: state.current === null ? {} : { [state.current]: emptyThread } };
    case 'friends-loaded':
      return { ...state, friends: action.friends };
    case 'friend-changed': {
      const { user, added } = action;
      const others = state.friends.filter((friend) => friend.user.id !== user.id);
      const conversations = state.conversations.map((one) =>
        one.peer?.id === user.id ? { ...one, inContacts: added } : one,
      );
      const friends = added ? [...others, { user, online: false, lastSeenAt: null }] : others;
      return { ...state, friends, conversations };
    }
    case 'presence':
      return withPresence(state, action);
    case 'typing':
      return withTypist(state, action);
    case 'message-arrived': {
      const { message } = action;
      const isNew =
        message.conv === null ||
        state.threads[message.conv]?.messages.some((one) => one.id === message.id) !== true;
      const seen = isWatching(state, message.conv) || !isNew;
      const quiet =
        message.conv === null
          ? state
          : withTypist(state, { conv: message.conv, user: message.from, untilMs: null });
      return withLast(withMessage(quiet, message), message, seen);
    }
    case 'message-changed':
      return withChangedLast(withChangedMessage(state, action.message), action.message);
    case 'message-discarded':
      return withThread(state, action.conv, (thread) => ({
        ...thread,
        selected: null,
        messages: thread.messages.filter((message) => message.id !== action.id),
      }));
    case 'page-asked':
    case 'page-failed':
      return withThread(state, action.conv, (thread) => ({
        ...thread,
        loading: action.type === 'page-asked',
      }));
    case 'page-loaded':
      return pageLoaded(state, action);
    case 'marked':
      return withMark(state, action.mark, action.conv);
    case 'newer-loaded':
      return withNewer(state, action);
    case 'cleared':
      return withThread(state, action.conv, () => ({ ...emptyThread, complete: true }));
    case 'picture-loaded':
      return withPicture(state, action.id, action.picture);
    case 'call':
      return { ...state, call: action.call };
    case 'transfer':
      return {
        ...state,
        transfers:
          action.percent === null
            ? without(state.transfers, action.id)
            : { ...state.transfers, [action.id]: action.percent },
      };
    case 'opened':
      return opened(state, action);
    case 'marked-read':
      return withRead(state, action.conv);
    case 'composed':
      return {
        ...withComposer(state, (composer) => withBuffer(composer, action.buffer)),
        notice: null,
        register: action.killed ?? state.register,
      };
    case 'offered':
      return withOffer(state, action.buffer, action.before);
    case 'undone':
      return withUndone(state, action.direction);
    case 'drafts-loaded':
      return { ...state, composers: withDrafts(state.composers, action.drafts) };
    case 'command-begun':
      return withCommandBegun(state, action.text);
    case 'vim':
      return { ...state, vim: action.vim, register: action.register };
    case 'history':
      return withHistory(state, action.direction);
    case 'submitted':
      return changeCurrent({ ...withSubmitted(state, action.text), notice: null }, (thread) =>
        action.isCommand ? thread : { ...thread, anchor: null, marker: null, selected: null },
      );
    case 'replying':
      return withComposer(state, (composer) => ({ ...composer, replyTo: action.id, editing: null }));
    case 'editing':
      return withComposer(state, () => ({
        ...emptyComposer,
        editing: action.id,
        buffer: bufferOf(action.text),
      }));
    case 'composer-reset':
      return withReset(state);
    case 'completion':
      return {
        ...withCompleted(state, action.buffer),
        completion: action.completion,
      };
    case 'focused':
      return withFocus(state, action.focus);
    case 'list-moved':
      return withListMoved(state, action.places);
    case 'filtered':
      return { ...state, filter: action.filter, listAt: null, listTop: null };
    case 'scrolled': {
      const rows = layoutOf(state).messageRows;
      return changeCurrent({ ...state, picked: null }, (thread) =>
        scrolledThread(thread, action.rows, rows, drawContext(state)),
      );
    }
    case 'scrolled-to-end':
      return changeCurrent(state, (thread) => ({ ...thread, anchor: null }));
    case 'selected':
      return revealed(changeCurrent(state, (thread) => withSelection(thread, action.direction)));
    case 'went-to':
      return revealed(withThread(state, action.conv, (thread) => aroundMessage(thread, action)));
    case 'deselected':
    case 'selected-again':
      return changeCurrent(state, (thread) => ({
        ...thread,
        selected: action.type === 'deselected' ? null : action.id,
      }));
    case 'picked':
      return withPicked(state, action.id, action.y);
    case 'list-scrolled':
      return withListScrolled(state, action.rows);
    case 'noticed':
      return { ...state, notice: action.notice };
    case 'overlay':
      return { ...state, overlay: action.overlay };
    case 'overlay-scrolled':
      return withOverlayScrolled(state, action.rows);
  }
}
