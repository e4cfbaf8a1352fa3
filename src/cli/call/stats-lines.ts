// The lines of `--stats`: one a second while the call runs, and one at its end.
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import type { MediaStats } from '../../media/media.js';
import { PytalkError } from '../../protocol/errors.js';
import type { CallFollower } from './followers.js';

const everyMs = 1000;

/** One line, with usernames instead of participant numbers. */
function statsLine(stats: MediaStats, names: ReadonlyMap<number, string>, at: Date): object {
  const received = [...stats.received].map(
    ([id, figures]) => [names.get(id) ?? String(id), figures] as const,
  );
  return {
    type: 'stats',
    at: at.toISOString(),
    path: stats.path,
    rttMs: stats.rttMs,
    sent: stats.sent,
    received: Object.fromEntries(received),
  };
}

export type StatsLines = CallFollower;

/** Writes to a file, or through `write` for stdout. Rejects with `file-unwritable` when the file cannot be made. */
export async function openStatsLines(
  path: string,
  write: (value: unknown) => void,
  now: () => number,
): Promise<StatsLines> {
  const file = path === '-' ? null : createWriteStream(path, { flags: 'a' });
  if (file) {
    await once(file, 'open').catch((cause: unknown) => {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new PytalkError('file-unwritable', { details: { path, reason }, cause });
    });
    // A disk that fills up later ends the figures, not the call.
    file.on('error', () => undefined);
  }
  const line = (value: unknown): void => {
    if (file) file.write(`${JSON.stringify(value)}\n`);
    else write(value);
  };
  const timers = new Set<NodeJS.Timeout>();
  let closing: Promise<void> | null = null;
  return {
    follow(live) {
      const tick = (): void => {
        const stats = live.stats();
        const names = new Map([...live.people.values()].map((person) => [person.id, person.username]));
        if (stats) line({ ...statsLine(stats, names, new Date(now())), call: live.call.id });
      };
      const timer = setInterval(tick, everyMs);
      timers.add(timer);
      live.on((news) => {
        if (news.type !== 'ended') return;
        clearInterval(timer);
        timers.delete(timer);
        tick();
        line({ type: 'ended', reason: news.reason, durationMs: news.durationMs, call: news.call });
      });
    },
    close: () =>
      (closing ??= (async () => {
        for (const timer of timers) clearInterval(timer);
        if (file && !file.destroyed) await new Promise<void>((resolve) => file.end(() => resolve()));
      })()),
  };
}
