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

  /**
   * Notes what a member has got or read; others hear of it soon, several at once. Never goes back. What was read in
   * private only the own devices hear of: for the others nothing happens, not even a message that says nothing new.
   */
  note(
    state: ConversationState,
    member: Membership,
    receipt: { delivered: number; read: number; isPrivate: boolean },
  ): void {
    const last = visibleSeq(state, member);
    const read = Math.max(member.read, Math.min(receipt.read, last));
    const delivered = Math.max(member.delivered, read, Math.min(receipt.delivered, last));
    const toldRead = receipt.isPrivate
      ? member.toldRead
      : Math.max(member.toldRead, Math.min(receipt.read, last));
    const isTold = toldRead !== member.toldRead || delivered !== member.delivered;
    if (!isTold && read === member.read) return;
    Object.assign(member, { read, delivered, toldRead });
    this.#committer.lazily(`receipt ${state.row.id} ${member.user}`, {
      do: 'membership',
      conv: state.row.id,
      user: member.user,
      set: { delivered, read, toldRead },
    });
    if (isTold || !state.changedReceipts.has(member.user))
      state.changedReceipts.set(member.user, isTold ? 'all' : 'own');
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
      const changed = [...state.changedReceipts].flatMap(([user, whom]) => {
        const member = presentMember(state, user);
        return member ? [{ member, whom }] : [];
      });
      state.changedReceipts.clear();
      // Where one has blocked the other, each hears of the own devices alone.
      const told = state.blocked === true ? [] : changed.filter(({ whom }) => whom === 'all');
      for (const { member, whom } of changed) {
        const { user, delivered, read, toldRead } = member;
        if (whom === 'own' || read !== toldRead || state.blocked === true)
          this.#roster.push([user], 'receipts', {
            conv: state.row.id,
            receipts: [{ user, delivered, read }],
          });
      }
      if (told.length === 0) continue;
      const users = state.present.map((member) => member.user);
      const receipts = told.map(({ member }) => ({
        user: member.user,
        delivered: member.delivered,
        read: member.toldRead,
      }));
      this.#roster.push(users, 'receipts', { conv: state.row.id, receipts });
    }
    this.#waiting.clear();
  }
}
