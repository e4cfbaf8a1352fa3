// Tells data that were brought back from a backup from what they were before: devices may know more than they hold.
import { randomUUID } from 'node:crypto';
import type { Storage, Unit, Write } from './storage/storage.js';

const key = 'epoch';

/** The write that begins a new epoch. */
export function newEpoch(): Write & { do: 'meta' } {
  return { do: 'meta', key, value: randomUUID() };
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
