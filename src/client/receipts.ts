// Says which events have reached this device, several at once: a receipt for each would be half the traffic.
import type { LogEvent } from '../protocol/shapes.js';
import type { Conversations } from './conversations.js';
import type { Core } from './core.js';

const delayMs = 250;

export class Receipts {
  readonly #core: Core;
  readonly #conversations: Conversations;
  readonly #reached = new Map<number, number>();
  #stop: (() => void) | null = null;

  constructor(core: Core, conversations: Conversations) {
    this.#core = core;
    this.#conversations = conversations;
  }

  /** These events are on this disk now. */
  note(events: readonly LogEvent[]): void {
    for (const { conv, seq, from } of events) {
      if (from !== this.#core.directory.me) this.noteUpTo(conv, seq);
    }
  }

  noteUpTo(conv: number, seq: number): void {
    const conversation = this.#core.directory.conversations.get(conv);
    const mine = conversation?.members.find((member) => member.user === this.#core.directory.me);
    if (!mine || conversation?.left === true || mine.delivered >= seq) return;
    this.#reached.set(conv, Math.max(this.#reached.get(conv) ?? 0, seq));
    this.#stop ??= this.#core.timers.after(delayMs, () => this.#send());
  }

  close(): void {
    this.#stop?.();
    this.#reached.clear();
  }

  #send(): void {
    this.#stop = null;
    const { link, directory } = this.#core;
    for (const [conv, delivered] of this.#reached) {
      // Lost with the connection: the next sign-in notes it again from what is held.
      void link.request('receipt', { conv, delivered }).then(
        () => this.#conversations.noteReceipt(conv, directory.me, delivered, 0),
        () => undefined,
      );
    }
    this.#reached.clear();
  }
}
