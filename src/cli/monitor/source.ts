// Where the monitor has its figures from: the server of a data folder on this machine, or any server, as an administrator.
import type { Client, ConnectOptions } from '../../client/api.js';
import type { ServerStatistics } from '../../protocol/statistics-shapes.js';

export interface StatisticsSource {
  /** Which server it is, for the title. */
  readonly name: string;
  /** Figures newer than `since`, the calls, the log. Rejects with PytalkError; the next time may go well again. */
  read(since: number): Promise<ServerStatistics>;
  /** Idempotent. */
  close(): Promise<void>;
}

/** The server that runs with this data folder. */
export function localSource(
  dataDir: string,
  read: (dataDir: string, since: number) => Promise<ServerStatistics>,
): StatisticsSource {
  return { name: dataDir, read: (since) => read(dataDir, since), close: () => Promise.resolve() };
}

/** A server to which this account is logged in; a lost connection is made anew at the next question. */
export function remoteSource(
  first: Client,
  open: (options: ConnectOptions) => Promise<Client>,
  options: ConnectOptions,
): StatisticsSource {
  let client: Client | null = first;
  return {
    name: first.server,
    async read(since) {
      client ??= await open(options);
      try {
        return await client.serverStatistics(since);
      } catch (error) {
        const lost = client;
        client = null;
        await lost.close();
        throw error;
      }
    },
    async close() {
      const last = client;
      client = null;
      await last?.close();
    },
  };
}
