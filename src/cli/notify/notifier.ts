// Decides whether somebody is told of a message or a call, and how: settings, silence, and one notification for a burst.
import type { ConversationView, Message } from '../../client/api.js';
import type { Timers } from '../../client/timers.js';
import type { Say } from '../catalogue/translate.js';
import { previewText, said } from '../chat/message-text.js';
import { truncate } from '../chat/text-width.js';
import { cleanLine } from '../clean-text.js';
import type { Settings } from '../settings/settings.js';
import type { NotificationDevice } from './device.js';
import { isQuiet } from './quiet-hours.js';

export interface NotifierHost {
  readonly device: NotificationDevice;
  settings(): Settings;
  say(): Say;
  /** Own username. */
  me(): string | null;
  readonly timers: Pick<Timers, 'now' | 'after'>;
  /** True when what comes into this conversation is seen as it comes. */
  isWatched(conv: number | null): boolean;
  /** False when the terminal said that the person looks elsewhere. */
  isFocused(): boolean;
}

/** After a notification the next ones wait this long, and become one. */
const burstMs = 4000;
const maxTextCells = 160;

/** Whether a text names this person: `@alice`, as a word of its own. */
export function mentions(text: string, username: string): boolean {
  const name = username.toLowerCase();
  return text
    .toLowerCase()
    .split(/(?<![\p{L}\p{N}@._-])@/u)
    .slice(1)
    .some(
      (rest) => rest.startsWith(name) && !/^[\p{L}\p{N}_-]|^\.[\p{L}\p{N}]/u.test(rest.slice(name.length)),
    );
}

export class Notifier {
  #waiting: Message[] = [];
  /** Not null while a burst may go on. */
  #stop: (() => void) | null = null;

  constructor(private readonly host: NotifierHost) {}

  /** A message of somebody else came, and was not seen as it came. */
  message(message: Message, conversation: ConversationView | undefined): void {
    const { host } = this;
    const { notifyGroups } = host.settings();
    if (conversation?.muted === true) return;
    const isForAll = notifyGroups === 'mentions' && message.conversation.startsWith('#');
    if (isForAll && !mentions(message.text ?? '', host.me() ?? '')) return;
    this.#waiting.push(message);
    if (this.#stop === null) this.#tellAndWait();
  }

  /** A call rings: told at once. `text` says who calls. */
  call(text: string): void {
    if (this.#isSilent() || this.host.isFocused()) return;
    this.#show({ title: 'PyTalk', text: cleanLine(text) });
  }

  /** The bell of a call that rings, again and again. */
  ring(): void {
    if (!this.#isSilent() && this.host.settings().ringBell) this.host.device.bell();
  }

  /** Idempotent. */
  close(): void {
    this.#stop?.();
    this.#stop = null;
    this.#waiting = [];
  }

  #isSilent(): boolean {
    return isQuiet(this.host.settings().doNotDisturb, new Date(this.host.timers.now()));
  }

  #burstEnded(): void {
    this.#stop = null;
    // What has been read meanwhile needs no notification.
    this.#waiting = this.#waiting.filter((message) => !this.host.isWatched(message.conv));
    if (this.#waiting.length > 0) this.#tellAndWait();
  }

  #tellAndWait(): void {
    this.#tell();
    this.#stop = this.host.timers.after(burstMs, () => this.#burstEnded());
  }

  #tell(): void {
    const messages = this.#waiting;
    this.#waiting = [];
    const [first] = messages;
    if (first === undefined || this.#isSilent()) return;
    if (this.host.settings().notifyBell) this.host.device.bell();
    this.#show(messages.length === 1 ? this.#oneNotice(first) : this.#manyNotice(messages));
  }

  #oneNotice(message: Message): { title: string; text: string } {
    const say = this.host.say();
    const from = cleanLine(message.from);
    const isGroup = message.conversation.startsWith('#');
    const title = isGroup ? `${from} (${cleanLine(message.conversation)})` : from;
    const text = this.host.settings().notifyPreview
      ? truncate(previewText(message, say), maxTextCells)
      : say.count('notify.messages', 1);
    return { title, text };
  }

  #manyNotice(messages: readonly Message[]): { title: string; text: string } {
    const say = this.host.say();
    const names = [...new Set(messages.map((message) => cleanLine(message.conversation)))];
    const text = say.count('notify.messages', messages.length);
    return { title: 'PyTalk', text: truncate(`${said(text, say)} ${names.join(', ')}`, maxTextCells) };
  }

  #show(notice: { title: string; text: string }): void {
    const { device } = this.host;
    const { notifyTerminal, notifyDesktop } = this.host.settings();
    if (notifyTerminal && device.terminal(notice)) return;
    if (notifyDesktop) device.desktop(notice);
  }
}
