// Everything the chat screen knows, as one value; `reduce` makes the next one from an action.
import type { Colours } from '../../media/terminal/colours.js';
import { readAnswers, type Graphics } from '../../media/terminal/detect.js';
import type { ConnectionState, ConversationView, Friend, Message } from '../../client/api.js';
import type { CallMedia } from '../../protocol/call-shapes.js';
import { sayIn, type Lang, type Say } from '../catalogue/translate.js';
import type { ViewChoice } from '../call/call-options.js';
import type { Form } from './forms.js';
import { keymapOf, type Keymap } from './keymap.js';
import type { Picture } from '../../media/terminal/still-pictures.js';
import { defaultSettings, type Settings } from '../settings/settings.js';
import type { Line } from './spans.js';
import { noPalette, type Palette } from './themes.js';
import { emptyBuffer, type TextBuffer } from './text-buffer.js';
import { vimInsert, type Vim } from './vim.js';

export interface Size {
  readonly columns: number;
  readonly rows: number;
  /** Rows of the terminal above the chat's: they have the pictures of a call. None when it is left out. */
  readonly top?: number;
}

/** What is at the bottom of the message list: the message, and how many of its rows are hidden below. */
export interface Anchor {
  readonly id: string;
  readonly below: number;
}

export interface Thread {
  /** Oldest first; what waits in the outbox comes last. */
  readonly messages: readonly Message[];
  /** True when the first message is the first there is. */
  readonly complete: boolean;
  /** True when newer messages than the last are there, but not kept: the person reads far up. */
  readonly hasNewer: boolean;
  readonly loading: boolean;
  /** The first message that was unread when the conversation was opened. */
  readonly marker: string | null;
  /** Null follows the newest message. */
  readonly anchor: Anchor | null;
  /** The message that /reply, /react and the others mean. */
  readonly selected: string | null;
}

/** What is being written in one conversation: the draft. */
export interface Composer {
  readonly buffer: TextBuffer;
  /** Index into `ChatState.sent` while walking through it. */
  readonly historyAt: number | null;
  /** What was written before walking through the history. */
  readonly stash: TextBuffer | null;
  readonly replyTo: string | null;
  readonly editing: string | null;
  /** What undo brings back, oldest first, and what redo does. */
  readonly past: readonly TextBuffer[];
  readonly future: readonly TextBuffer[];
  /** The last change was a letter of a word: the next one belongs to the same step. */
  readonly isTyping: boolean;
  /** A draft that waits while a command is written. */
  readonly aside: TextBuffer | null;
  /** What was written before a picture was offered. */
  readonly beforeOffer: TextBuffer | null;
}

export interface Completion {
  /** Offsets in the composer's text that a candidate replaces. */
  readonly from: number;
  readonly candidates: readonly string[];
  /** How they are shown, where that is not what they put into the text. */
  readonly labels?: readonly string[];
  readonly index: number;
}

export interface Notice {
  readonly kind: 'info' | 'error';
  readonly text: string;
  /** Tells of the connection: gone when that is back. */
  readonly isOutage?: boolean;
}

/** A page of text over the conversation: help, a profile, search results, a picture. */
export interface Overlay {
  readonly title: string;
  /** The rows for a width: drawn again when the terminal is resized. */
  readonly draw: (columns: number) => readonly Line[];
  /** Rows scrolled away at the top. */
  readonly top: number;
  /** The same as sentences, for who reads line by line; without, the rows are. */
  readonly sentences?: readonly string[];
  /** The rows are there to choose from: which one is chosen, and what Enter does with it. */
  readonly choice?: { readonly at: number; choose(row: number): void };
}

export interface Connection {
  readonly state: ConnectionState;
  readonly retryAtMs: number | null;
  readonly reason: string | null;
}

/** The call that rings or goes on, as the status bar shows it. */
export interface CallLine {
  readonly phase: 'incoming' | 'calling' | 'connected';
  /** Who calls, or the conversation that is called. */
  readonly with: string;
  readonly media: CallMedia;
  /** When it was answered, in milliseconds; null before. */
  readonly sinceMs: number | null;
  /** How it goes, as one line: time, way, latency, loss. */
  readonly status?: string;
}

export interface ChatState {
  readonly size: Size;
  readonly nowMs: number;
  readonly lang: Lang;
  readonly settings: Settings;
  /** What the setting `timeFormat` means by `auto`. */
  readonly systemHour12: boolean;
  /** What the terminal's colours are like. */
  readonly palette: Palette;
  /** False when the terminal said that the person looks elsewhere; without such reports always true. */
  readonly focused: boolean;
  readonly colours: Colours;
  /** What the terminal can show: as the environment tells, until it has answered. */
  readonly graphics: Graphics;
  /** What was asked for on the command line. */
  readonly view: ViewChoice;
  readonly server: string;
  /** Own username; null before login. */
  readonly me: string | null;
  readonly connection: Connection;
  /** Not null while logging in or registering. */
  readonly form: Form | null;
  /** Newest first. */
  readonly conversations: readonly ConversationView[];
  readonly friends: readonly Friend[];
  /** Id of the open conversation. */
  readonly current: number | null;
  readonly threads: Readonly<Record<number, Thread>>;
  /** Ids of conversations with an unread message that mentions this account. */
  readonly mentioned: readonly number[];
  /** Conversations with a missed call that is not read yet. */
  readonly missed: readonly number[];
  /** Until when (milliseconds) somebody types, by conversation and username. */
  readonly typing: Readonly<Record<number, Readonly<Record<string, number>>>>;
  /** Drafts by conversation; 0 is for when none is open. */
  readonly composers: Readonly<Record<number, Composer>>;
  /** What was sent, oldest first: Up brings it back. */
  readonly sent: readonly string[];
  readonly completion: Completion | null;
  readonly focus: 'composer' | 'list';
  readonly keymap: Keymap;
  /** Where vim's keys stand; without meaning for other keymaps. */
  readonly vim: Vim;
  /** What was deleted or copied last, for putting it somewhere. */
  readonly register: string;
  /** The conversation under the cursor of the list, by id. */
  readonly listAt: number | null;
  /** Where the wheel has brought the list: the place of the first one shown; null follows the cursor. */
  readonly listTop: number | null;
  /** The row of the terminal that was clicked to select a message: selecting moves the rows, and the same spot cancels. */
  readonly picked: { readonly id: string; readonly y: number } | null;
  /** What the conversation list is searched for. */
  readonly filter: TextBuffer;
  readonly notice: Notice | null;
  readonly call: CallLine | null;
  readonly overlay: Overlay | null;
  /** By message id. */
  readonly pictures: Readonly<Record<string, Picture>>;
  /** Percent done, by message id. */
  readonly transfers: Readonly<Record<string, number>>;
}

export const emptyComposer: Composer = {
  buffer: emptyBuffer,
  historyAt: null,
  stash: null,
  replyTo: null,
  editing: null,
  past: [],
  future: [],
  isTyping: false,
  aside: null,
  beforeOffer: null,
};

export const emptyThread: Thread = {
  messages: [],
  complete: false,
  hasNewer: false,
  loading: false,
  marker: null,
  anchor: null,
  selected: null,
};

export type Start = Pick<ChatState, 'size' | 'nowMs' | 'lang' | 'colours' | 'server'> &
  Partial<Pick<ChatState, 'settings' | 'palette' | 'systemHour12' | 'graphics' | 'view'>>;

export function initialState(start: Start): ChatState {
  return {
    settings: defaultSettings,
    systemHour12: false,
    palette: noPalette,
    focused: true,
    graphics: readAnswers('', {}),
    view: 'auto',
    ...start,
    me: null,
    connection: { state: 'connecting', retryAtMs: null, reason: null },
    form: null,
    conversations: [],
    friends: [],
    current: null,
    threads: {},
    mentioned: [],
    missed: [],
    typing: {},
    composers: {},
    sent: [],
    completion: null,
    focus: 'composer',
    keymap: keymapOf(start.settings).keymap,
    vim: vimInsert,
    register: '',
    listAt: null,
    listTop: null,
    picked: null,
    filter: emptyBuffer,
    notice: null,
    call: null,
    overlay: null,
    pictures: {},
    transfers: {},
  };
}

export function currentConversation(state: ChatState): ConversationView | null {
  return state.conversations.find((one) => one.id === state.current) ?? null;
}

export function currentThread(state: ChatState): Thread {
  return (state.current === null ? undefined : state.threads[state.current]) ?? emptyThread;
}

export function currentComposer(state: ChatState): Composer {
  return state.composers[state.current ?? 0] ?? emptyComposer;
}

/** The language and the time format of this moment. */
export function sayOf(state: Pick<ChatState, 'lang' | 'settings' | 'systemHour12'>): Say {
  const { timeFormat } = state.settings;
  return sayIn(state.lang, timeFormat === 'auto' ? state.systemHour12 : timeFormat === '12h');
}
