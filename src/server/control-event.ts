// Control events: what the server itself writes into a conversation's log, each stored with the change that it tells of.
import { uuidv7 } from 'uuidv7';
import { encodePayload, type ControlPayload } from '../protocol/payload.js';
import { refreshPresent, type ConversationState } from './conversation-state.js';
import type { Hub } from './hub.js';
import type { StoredEvent, Write } from './storage/storage.js';

/** A change of a conversation that is about to be stored. */
export interface Change {
  state: ConversationState;
  /** Who causes it. */
  by: number;
  payload: ControlPayload;
  /** The writes that go with the event, once its seq is known. */
  writes(seq: number): Write[];
  /** Puts the change into memory, after it is on disk. */
  apply(event: StoredEvent): void;
  /**
   * Tells clients: before (`deliver` not yet called) and after the event goes out. Such a change commits alone. Without
   * it there is nothing to be told but the event, which then shares its commit with others.
   */
  tell?(deliver: () => void): Promise<void>;
}

/** Stores a change with its control event, and tells everybody. Rejects when it cannot be stored. */
export async function carryOut(hub: Hub, change: Change): Promise<void> {
  const { state } = change;
  const alone = change.tell !== undefined;
  if (alone) await hub.committer.flushLazy(); // clients are told what is unread too
  const event: StoredEvent = {
    conv: state.row.id,
    seq: 0,
    id: uuidv7(),
    from: change.by,
    at: 0,
    class: 'control',
    target: null,
    files: [],
    payload: encodePayload(change.payload),
  };
  state.busy++;
  await new Promise<void>((resolve, reject) => {
    hub.committer.add({
      alone,
      build: () => {
        event.seq = ++state.givenSeq;
        event.at = hub.now();
        return [{ do: 'event', event }, ...change.writes(event.seq)];
      },
      undo: () => {
        state.givenSeq--;
      },
      done: () => {
        change.apply(event);
        refreshPresent(state);
        hub.stored(state, event);
        const told = change.tell?.(() => hub.deliverNow()).catch(() => undefined) ?? Promise.resolve();
        return told.then(() => {
          state.busy--;
          resolve();
        });
      },
      failed: (error) => {
        state.busy--;
        reject(error);
      },
    });
  });
}
