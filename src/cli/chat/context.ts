// What commands and keys may use of the running chat: the state, the account, and the ways to tell the person something.
import type { Client, ConversationView, Message } from '../../client/api.js';
import { PytalkError, type ErrorDetails } from '../../protocol/errors.js';
import type { Key, Say } from '../catalogue/translate.js';
import type { CallSetup } from '../call/live-call.js';
import type { SettingKey, Settings } from '../settings/settings.js';
import type { ClipboardPicture } from './clipboard-picture.js';
import type { OpenedFiles } from './opened-files.js';
import type { Action } from './actions.js';
import type { ChatCalls } from './calls.js';
import type { ChatState, Overlay } from './state.js';

export interface ChatContext {
  /** The logged-in account; throws `not-logged-in` before. */
  readonly client: Client;
  readonly calls: ChatCalls;
  /** How this device takes part in calls: which camera it has. */
  readonly setup: CallSetup;
  readonly state: ChatState;
  readonly say: Say;
  dispatch(action: Action): void;
  /** Tells something in one line above the composer. */
  info(key: Key, details?: ErrorDetails): void;
  /** Tells what failed, in one line. */
  fail(error: unknown): void;
  /** Runs something that takes time; what it throws is told. */
  attempt(work: () => Promise<void>): void;
  /** Opens a page of text over the conversation. */
  page(title: string, draw: Overlay['draw'], more?: Pick<Overlay, 'sentences' | 'choice'>): void;
  /** Opens a conversation, reads its newest page, and marks it read. */
  open(conversation: ConversationView): Promise<void>;
  /** Opens the conversation of a message at its place, with it selected. */
  goTo(message: Message): Promise<void>;
  /** Reads the conversation list again, soon. */
  refreshList(): void;
  /** The picture in the person's clipboard; null where none can be shown before it is sent. */
  readonly clipboard: ClipboardPicture | null;
  /** Where files are put for other programs to open. */
  readonly opened: OpenedFiles;
  /** Where the settings are kept. */
  readonly settingsPath: string;
  /** Changes a setting at once and for good. */
  changeSetting<K extends SettingKey>(key: K, value: Settings[K]): Promise<void>;
  /** Ends the session of this device and shows the login form. */
  logOut(): Promise<void>;
  now(): number;
  redraw(): void;
  /** Gives the terminal back to the shell until it continues the program. */
  suspend(): void;
  quit(): void;
}

/** Details as text: usage errors of the chat's own commands. */
export function usage(reason: string): PytalkError {
  return new PytalkError('usage', { details: { reason } });
}
