// Takes orders for a call as JSON lines on stdin: `{"do":"mute"}` and the like.
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { z } from 'zod';
import type { LiveCall } from './live-call.js';

const order = z.object({
  do: z.enum(['mute', 'unmute', 'camera-off', 'camera-on', 'screen-off', 'screen-on', 'hangup']),
  /** Id of the call; without it the order is for all that there are. */
  call: z.string().optional(),
});
type Order = z.infer<typeof order>['do'];

/** Carries out one order. */
function obey(live: LiveCall, what: Order): void {
  switch (what) {
    case 'mute':
    case 'unmute':
      live.setMuted(what === 'mute');
      return;
    case 'camera-off':
    case 'camera-on':
      live.setCamera(what === 'camera-on');
      return;
    case 'screen-off':
    case 'screen-on':
      live.setScreen(what === 'screen-on');
      return;
    case 'hangup':
      void live.hangUp();
  }
}

/** Carries out an order that came as a JSON value; false when it is none. */
export function obeyOrder(live: LiveCall, value: unknown): boolean {
  const result = order.safeParse(value);
  if (result.success) obey(live, result.data.do);
  return result.success;
}

/**
 * Reads orders until the undo is called; `current` are the calls that there are. A line that is no order is answered by
 * `refuse`. The end of stdin ends the orders, not the call.
 */
export function readOrders(
  stdin: Readable,
  current: () => readonly LiveCall[],
  refuse: (line: string) => void,
): () => void {
  const lines = createInterface({ input: stdin, crlfDelay: Infinity });
  lines.on('line', (line) => {
    if (line.trim() === '') return;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      value = null;
    }
    const result = order.safeParse(value);
    if (!result.success) {
      refuse(line);
      return;
    }
    const { do: what, call } = result.data;
    for (const live of current()) if (call === undefined || live.call.id === call) obey(live, what);
  });
  return () => lines.close();
}
