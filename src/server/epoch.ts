// Tells data that were brought back from a backup from what they were before: devices may know more than they hold.
import { randomUUID } from 'node:crypto';
import { idFloorKey } from './storage/administration.js';
import type { Storage, Unit, Write } from './storage/storage.js';

const key = 'epoch';
const idGap = 1_000_000;

/** The write that begins a new epoch. */
function newEpoch(): Write & { do: 'meta' } {
  return { do: 'meta', key, value: randomUUID() };
}

/**
 * The writes that tell data from a backup from what they were before. After the backup was made, ids were given out
 * that it does not know, and devices hold them: none of them may come to mean something else. The time in milliseconds
 * grows faster than a server gives out ids, and so is free even when the same backup is brought back a second time.
 */
export function comeBack(last: Readonly<Record<string, number>>, nowMs: number): Write[] {
  const floor = Math.max(nowMs, idGap + Math.max(...Object.values(last)));
  return [newEpoch(), { do: 'meta', key: idFloorKey, value: String(floor) }];
}

/** The epoch of these data; begins the first one where there is none. */
export async function epochOf(
  storage: Pick<Storage, 'meta'>,
  hub: { commit(unit: Unit): Promise<void> },
): Promise<string> {
  const known = await storage.meta(key);
  if (known !== null) return known;
  const write = newEpoch();
  await hub.commit([write]);
  return write.value;
}
