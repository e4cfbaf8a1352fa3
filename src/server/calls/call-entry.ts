// The entry that a call leaves in its conversation's log when it is over.
import type { CallOutcome } from '../../protocol/call-shapes.js';
import { carryOut } from '../control-event.js';
import type { Hub } from '../hub.js';
import type { RunningCall } from './running-call.js';

/** Rejects when it cannot be stored. */
export async function writeEntry(
  hub: Hub,
  call: RunningCall,
  outcome: CallOutcome,
  durationMs: number,
): Promise<void> {
  const state = await hub.conversation(call.conv);
  if (!state) return;
  await carryOut(hub, {
    state,
    by: call.by,
    payload: {
      kind: 'call',
      call: call.id,
      media: call.media,
      outcome,
      durationMs,
      called: [...call.invited.keys()],
      joined: [...call.joined],
    },
    writes: () => [],
    apply: () => undefined,
  });
}
