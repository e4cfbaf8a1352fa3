// `monitor`: the server's figures as they change, on a dashboard; as JSON lines, or as a page of text without a terminal.
import { setTimeout as sleep } from 'node:timers/promises';
import { PytalkError } from '../../protocol/errors.js';
import type { ServerStatistics } from '../../protocol/statistics-shapes.js';
import { hasRunningServer, runningStatistics } from '../../server/admin.js';
import type { Context } from '../context.js';
import { dataDirOf } from '../data-dir.js';
import { failureOf } from '../failure.js';
import { joined, newestAt, textPage } from '../monitor/figures.js';
import { localSource, remoteSource, type StatisticsSource } from '../monitor/source.js';
import type { CommandRun, Fields } from '../table/spec.js';

/** The server takes its figures every 5 s; a call is to be seen soon. */
const askEveryMs = 2_500;

/** The server of --data on this machine, or the one that runs here when none is named, else the one of the login. */
async function sourceOf(context: Context, fields: Fields): Promise<StatisticsSource> {
  const dataDir = dataDirOf(fields);
  const isNamed = typeof fields['data'] === 'string';
  if (isNamed || (context.server === undefined && (await hasRunningServer(dataDir)))) {
    return localSource(dataDir, runningStatistics);
  }
  const options = context.connectOptions('once');
  const client = await context.io.connect(options);
  if (client.me !== null) return remoteSource(client, (again) => context.io.connect(again), options);
  await client.close();
  throw new PytalkError('not-logged-in');
}

export const monitor: CommandRun = async (context, fields) => {
  const { io, out, say } = context;
  const source = await sourceOf(context, fields);
  context.closeLater(() => source.close());
  // What fails at the start ends the command with a sentence; what fails later is shown and tried again.
  let statistics: ServerStatistics = await source.read(0);
  if (out.isJson) return asJson(context, source, statistics);
  if (io.stdin.isTTY !== true || io.stdout.isTTY !== true) {
    for (const line of textPage(statistics, say)) out.line(line);
    return undefined;
  }
  const { openDashboard } = await loadDashboard(say('monitor.missing'));
  const dashboard = openDashboard({ name: source.name, say, isColoured: out.isColoured });
  context.closeLater(() => dashboard.close());
  const interrupt = context.takeInterrupt();
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => void ask(), askEveryMs);
    const stop = (): void => {
      clearInterval(timer);
      resolve();
    };
    let isAsking = false;
    const ask = async (): Promise<void> => {
      if (isAsking) return;
      isAsking = true;
      try {
        statistics = joined(statistics, await source.read(newestAt(statistics)));
        dashboard.trouble(null);
        dashboard.show(statistics);
      } catch (error) {
        dashboard.trouble(failureOf(error, say).message);
      } finally {
        isAsking = false;
      }
    };
    dashboard.onQuit = stop;
    if (interrupt.aborted) stop();
    interrupt.addEventListener('abort', stop, { once: true });
    dashboard.show(statistics);
  });
  return undefined;
};

/** A line a sample, those of the last hour first, until it is interrupted. */
async function asJson(context: Context, source: StatisticsSource, first: ServerStatistics): Promise<number> {
  const interrupt = context.takeInterrupt();
  let statistics = first;
  const tell = async ({ samples, calls }: ServerStatistics): Promise<void> => {
    for (const sample of samples) {
      const isLast = sample === samples.at(-1);
      const at = new Date(sample.at).toISOString();
      await context.out.json({ type: 'statistics', ...sample, at, ...(isLast && { running: calls }) });
    }
  };
  await tell(first);
  const isLeft = (): boolean => interrupt.aborted;
  while (!isLeft()) {
    await sleep(askEveryMs, undefined, { signal: interrupt }).catch(() => undefined);
    if (isLeft()) break;
    const next = await source.read(newestAt(statistics));
    await tell(next);
    statistics = joined(statistics, next);
  }
  return 0;
}

/** The dashboard's library is optional: phones do without. */
async function loadDashboard(reason: string): Promise<typeof import('../monitor/dashboard.js')> {
  try {
    return await import('../monitor/dashboard.js');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause;
    throw new PytalkError('usage', { details: { reason }, cause });
  }
}
