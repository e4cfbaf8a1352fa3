// A beat that does not drift: calls back every so many milliseconds of the clock, and catches up after a delay.

/** Beats made up for at most; a longer pause, such as sleep, is left out. */
const maxCatchUp = 10;

/** Calls `beat` every `everyMs`, with the time in milliseconds (`performance.now()`) at which it was due; returns the undo. */
export function keepPace(everyMs: number, beat: (dueMs: number) => void): () => void {
  let due = performance.now() + everyMs;
  let timer: NodeJS.Timeout;
  let isStopped = false;
  const run = (): void => {
    const now = performance.now();
    if (now - due > maxCatchUp * everyMs) due = now;
    while (due <= now && !isStopped) {
      beat(due);
      due += everyMs;
    }
    if (!isStopped) timer = setTimeout(run, Math.max(0, due - performance.now()));
  };
  timer = setTimeout(run, everyMs);
  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}
