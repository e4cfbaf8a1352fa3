// What members have got and read: kept lazily, and told to the others several at once.
import type { Committer } from './committer.js';
import { presentMember, visibleSeq, type ConversationState } from './conversation-state.js';
import type { Roster } from './roster.js';
import type { Membership } from './storage/storage.js';

const receiptDelayMs = 100;

export class Receipts {
  readonly #committer: Committer;
  readonly #roster: Roster;
  readonly #waiting = new Set<ConversationState>();
  #timer: NodeJS.Timeout | null = null;

  constructor(committer: Committer, roster: Roster) {
    this.#committer = committer;
    this.#roster = roster;
  }

  /** True while something of this conversation is still to be told. */
  has(state: ConversationState): boolean {
    return this.#waiting.has(state);
  }

  /** Notes what a member has got or read; others hear of it soon, several at once. Never goes back. */
  note(state: ConversationState, member: Membership, delivered: number, read: number): void {
    const last = visibleSeq(state, member);
    const newRead = Math.max(member.read, Math.min(read, last));
    const newDelivered = Math.max(member.delivered, newRead, Math.min(delivered, last));
    if (newRead === member.read && newDelivered === member.delivered) return;
    member.read = newRead;
    member.delivered = newDelivered;
    this.#committer.lazily(`receipt ${state.row.id} ${member.user}`, {
      do: 'membership',
      conv: state.row.id,
      user: member.user,
      set: { delivered: newDelivered, read: newRead },
    });
    state.changedReceipts.add(member.user);
    this.#waiting.add(state);
    this.#timer ??= setTimeout(() => this.#tell(), receiptDelayMs);
  }

  close(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #tell(): void {
    this.#timer = null;
    for (const state of this.#waiting) {
      const receipts = [...state.changedReceipts].flatMap((user) => {
        const member = presentMember(state, user);
        return member ? [{ user, delivered: member.delivered, read: member.read }] : [];
      });
      state.changedReceipts.clear();
      if (receipts.length === 0) continue;
      // Where one has blocked the other, each hears of the own devices alone.
      if (state.blocked === true) {
        for (const own of receipts)
          this.#roster.push([own.user], 'receipts', { conv: state.row.id, receipts: [own] });
        continue;
      }
      const users = state.present.map((member) => member.user);
      this.#roster.push(users, 'receipts', { conv: state.row.id, receipts });
    }
    this.#waiting.clear();
  }
}
