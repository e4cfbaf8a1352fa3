// Calls without any media: a client that can call, for chats in memory.
import type { Call } from '../../src/client/call-api.js';
import { FakeClient } from './fake-client.js';

/** A client that can call; keeps whom it called and what the calls told the others. */
export class CallingClient extends FakeClient {
  readonly called: string[] = [];
  readonly told: object[] = [];
  /** Whether the last call is over. */
  ended = false;
  end: () => void = () => undefined;

  override startCall(conversation?: string, options?: { media?: string }): Promise<never> {
    const media = options?.media ?? 'audio';
    this.called.push(`${conversation ?? ''} ${media}`);
    this.ended = false;
    const listeners: Record<string, (news: object) => void> = {};
    const over = { reason: 'hangup', durationMs: 1, error: null };
    const call = {
      by: 'alice',
      conversation,
      media,
      phase: 'ringing',
      self: null,
      relay: null,
      tunnel: null,
      people: [],
      invited: [],
      answeredAt: null,
      end: null as object | null,
      on(name: string, listener: (news: object) => void) {
        listeners[name] = listener;
        return () => undefined;
      },
      set: (state: object) => Promise.resolve(void this.told.push(state)),
      hangUp: () => {
        this.ended = true;
        if (call.end === null) listeners['ended']?.((call.end = over));
        return Promise.resolve();
      },
    };
    this.end = () => void call.hangUp();
    return Promise.resolve(call as unknown as Call as never);
  }
}
