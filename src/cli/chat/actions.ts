// Everything that can change the chat screen's state.
import type { ConversationView, Friend, Message } from '../../client/api.js';
import type { User } from '../../protocol/shapes.js';
import type { Graphics } from '../../media/terminal/detect.js';
import type { Lang } from '../catalogue/translate.js';
import type { Settings } from '../settings/settings.js';
import type { Drafts } from './drafts.js';
import type { Form } from './forms.js';
import type { Picture } from '../../media/terminal/still-pictures.js';
import type { CallLine, Completion, Connection, Notice, Overlay, Size } from './state.js';
import type { Background } from './themes.js';
import type { TextBuffer } from './text-buffer.js';
import type { Vim } from './vim.js';

export type Action =
  // the terminal and the clock
  | { type: 'resized'; size: Size }
  | { type: 'ticked'; nowMs: number }
  | { type: 'background'; background: Background }
  | { type: 'graphics'; graphics: Graphics }
  | { type: 'terminal-focused'; focused: boolean }
  // the account
  | { type: 'form-shown'; form: Form }
  | { type: 'form-changed'; form: Form }
  | { type: 'logged-in'; me: string; server: string }
  | { type: 'connection'; connection: Connection; server: string }
  | { type: 'settings'; settings: Settings; lang: Lang }
  // from the server
  | { type: 'conversations-loaded'; conversations: readonly ConversationView[] }
  | { type: 'conversation-changed'; conversation: ConversationView }
  | { type: 'friends-loaded'; friends: readonly Friend[] }
  | { type: 'friend-changed'; user: User; added: boolean }
  | { type: 'presence'; user: string; online: boolean; lastSeenAt: string | null }
  | { type: 'typing'; conv: number; user: string; untilMs: number | null }
  | { type: 'message-arrived'; message: Message }
  | { type: 'message-changed'; message: Message }
  | { type: 'message-discarded'; conv: number; id: string }
  | { type: 'page-asked'; conv: number }
  | { type: 'page-failed'; conv: number }
  /** What is before the message with the seq `before`; null for the newest page. `whole`: nothing is before it. */
  | { type: 'page-loaded'; conv: number; messages: readonly Message[]; before: number | null; whole: boolean }
  /** What is after the message with the seq `after`; `isEnd`: nothing is after it. */
  | { type: 'newer-loaded'; conv: number; messages: readonly Message[]; after: number; isEnd: boolean }
  /** A message and what is around it; `isEnd`: nothing is after it. */
  | { type: 'went-to'; conv: number; id: string; messages: readonly Message[]; isEnd: boolean }
  | { type: 'marked'; mark: 'mentioned' | 'missed'; conv: number }
  | { type: 'cleared'; conv: number }
  | { type: 'picture-loaded'; id: string; picture: Picture }
  | { type: 'transfer'; id: string; percent: number | null }
  | { type: 'call'; call: CallLine | null }
  // what the person does
  | { type: 'opened'; conversation: ConversationView }
  | { type: 'marked-read'; conv: number }
  /** `killed`: the part that was deleted, which can be put back elsewhere. */
  | { type: 'composed'; buffer: TextBuffer; killed?: string }
  | { type: 'undone'; direction: -1 | 1 }
  /** A picture is offered in place of what was written; `before` null takes the offer back. */
  | { type: 'offered'; buffer: TextBuffer; before: TextBuffer | null }
  | { type: 'drafts-loaded'; drafts: Drafts }
  /** A command is begun; what is written waits. */
  | { type: 'command-begun'; text: string }
  | { type: 'vim'; vim: Vim; register: string }
  | { type: 'history'; direction: -1 | 1 }
  /** A command leaves the messages as they are: it may mean the selected one. */
  | { type: 'submitted'; text: string; isCommand: boolean }
  | { type: 'replying'; id: string | null }
  | { type: 'editing'; id: string; text: string }
  | { type: 'composer-reset' }
  | { type: 'completion'; completion: Completion | null; buffer: TextBuffer }
  | { type: 'focused'; focus: 'composer' | 'list' }
  | { type: 'list-moved'; places: number }
  | { type: 'filtered'; filter: TextBuffer }
  | { type: 'scrolled'; rows: number }
  | { type: 'scrolled-to-end' }
  | { type: 'selected'; direction: -1 | 1 }
  | { type: 'deselected' }
  | { type: 'selected-again'; id: string }
  /** A message was clicked, in this row of the terminal. */
  | { type: 'picked'; id: string; y: number }
  | { type: 'list-scrolled'; rows: number }
  /** None of the messages that were read is sure to be there any more. */
  | { type: 'threads-emptied' }
  | { type: 'noticed'; notice: Notice | null }
  | { type: 'overlay'; overlay: Overlay | null }
  | { type: 'overlay-scrolled'; rows: number };
