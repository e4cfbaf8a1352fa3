// Waiting for what a run needs: a time to pass, or a condition to hold.
import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves when `condition` holds; rejects with what was awaited after `timeoutMs`. */
export async function until(what: string, condition: () => boolean, timeoutMs = 20_000): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await sleep(10);
  }
}

/** Throws unless the two numbers are equal. */
export function mustEqual(what: string, actual: number, expected: number): void {
  if (actual !== expected) throw new Error(`${what}: ${actual}, expected ${expected}`);
}
