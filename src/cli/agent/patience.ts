// What keeps the agent from giving up: it takes its home and reaches its server however long that takes.
import { PytalkError } from '../../protocol/errors.js';
import { exitCodeOf, exitCodes } from '../exit-codes.js';

const waitMs = [500, 1_000, 2_000, 5_000, 10_000] as const;

/** What no waiting mends: wrong usage, and a login that is missing or was revoked. */
function isFinal(error: unknown): boolean {
  if (!(error instanceof PytalkError)) return false;
  const code = exitCodeOf(error.code);
  return code === exitCodes.usage || code === exitCodes.login;
}

/** Tries until it works. `failed` is told of each failure. Rejects with what is final, and when `signal` aborts. */
export async function untilItWorks<T>(
  run: () => Promise<T>,
  failed: (error: unknown, retryInMs: number) => void,
  signal: AbortSignal,
): Promise<T> {
  for (let failures = 0; ; failures++) {
    try {
      return await orAborted(run(), signal);
    } catch (error) {
      if (signal.aborted || isFinal(error)) throw error;
      const ms = waitMs[Math.min(failures, waitMs.length - 1)] ?? 10_000;
      failed(error, ms);
      let timer: NodeJS.Timeout | undefined;
      const rested = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
      await orAborted(rested, signal).finally(() => clearTimeout(timer));
    }
  }
}

function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(new PytalkError('cancelled'));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
