// Direct conversations: one for each two people, made when the first of them wants it.
import { makeState, newMembership, type ConversationState } from './conversation-state.js';
import type { Hub } from './hub.js';

/** The direct conversation of two people; made when there is none. */
export async function openDirect(hub: Hub, a: number, b: number): Promise<ConversationState> {
  const known = await hub.storage.directBetween(a, b);
  const existing = known === null ? null : await hub.conversation(known);
  if (existing) return existing;
  const at = hub.now();
  const row = { id: hub.newConversationId(), kind: 'direct' as const, name: null, createdAt: at };
  const members = [a, b].map((user) => newMembership(row.id, user, false, at, 1));
  try {
    await hub.commit([
      { do: 'create-conversation', conversation: row, nameKey: null, pair: a < b ? [a, b] : [b, a] },
      ...members.map((membership) => ({ do: 'join' as const, membership })),
    ]);
  } catch (error) {
    // The other one may have opened it in the same moment.
    const made = await hub.storage.directBetween(a, b);
    const state = made === null ? null : await hub.conversation(made);
    if (state) return state;
    throw error;
  }
  return hub.keep(makeState(row, 0, members));
}
