// The real middle of the server behind a plain loopback port, over a storage and a clock that a test may bend.
import { pino } from 'pino';
import { Accounts } from '../../src/server/accounts.js';
import { Calls, type After, type CallsOptions } from '../../src/server/calls/calls.js';
import { readConfig, type ServerConfig } from '../../src/server/config.js';
import { epochOf } from '../../src/server/epoch.js';
import { FileStore } from '../../src/server/file-store.js';
import type { ServerContext } from '../../src/server/handler.js';
import { Statistics } from '../../src/server/statistics.js';
import { Hub } from '../../src/server/hub.js';
import { RateLimits } from '../../src/server/rate-limits.js';
import { openStorage } from '../../src/server/storage/open.js';
import { emptyCounters } from '../../src/server/relay/relay-counters.js';
import type { Storage } from '../../src/server/storage/storage.js';
import { listenTcp } from '../../src/server/tcp-listener.js';
import { storePeople, type Person } from './people.js';
import { temporaryFolder, type Teardown } from './temporary-folder.js';
import { WireClient } from './wire-client.js';

/** Rates that no test reaches by accident. */
const plenty = { burst: 1e9, perMinute: 1e9 };
export const plentifulRates: ServerConfig['rates'] = {
  loginsPerAccount: plenty,
  loginsPerAddress: plenty,
  registrationsPerAddress: plenty,
  phoneLookups: plenty,
  profileChanges: plenty,
  uploads: plenty,
  events: plenty,
  groups: plenty,
  typing: plenty,
  calls: plenty,
  callSignals: plenty,
};

export interface CoreOptions {
  /** How many people there are; their ids are 1, 2, 3 … Default 3. */
  people?: number;
  config?: Partial<ServerConfig>;
  /** Stands between the server and its storage. */
  wrap?: (storage: Storage) => Storage;
  now?: () => number;
  /** Timers of calls. */
  after?: After;
  /** Takes the tickets of calls. Default: one that forwards nothing. */
  relay?: CallsOptions['relay'];
  /** Where clients are told that the relay is. */
  advertise?: CallsOptions['advertise'];
}

export interface Core {
  port: number;
  people: readonly Person[];
  /** The storage below `wrap`. */
  storage: Storage;
  hub: Hub;
  /** What handlers have. */
  context: ServerContext;
  dataDir: string;
  /** Greets, and logs in as the person with this id; further connections are the same session's. */
  join(id: number): Promise<WireClient>;
  /** Greets, and stays a stranger. */
  stranger(): Promise<WireClient>;
  /** Stops as the server does. Idempotent. */
  stop(): Promise<void>;
  /** Stops without losing the data, and starts anew with the same people. */
  restart(): Promise<void>;
}

/** Starts a server's core in a folder of its own; the test's teardown stops it. */
export async function startCore(test: Teardown, options: CoreOptions = {}): Promise<Core> {
  const dataDir = await temporaryFolder(test);
  const clients = new Set<WireClient>();
  const config = await readConfig(undefined, { rates: plentifulRates, ...options.config });
  let people: Person[] = [];
  let running: Running | null = null;
  const start = async (): Promise<Running> => {
    const storage = await openStorage(dataDir);
    if (people.length === 0) people = await storePeople(storage, options.people ?? 3);
    return run(dataDir, config, storage, options);
  };
  const stop = async (): Promise<void> => {
    const was = running;
    running = null;
    await was?.stop();
  };
  const connect = async (): Promise<WireClient> => {
    const client = await WireClient.connect({ port: core.port });
    clients.add(client);
    return client;
  };
  running = await start();
  const core: Core = {
    port: running.port,
    people,
    storage: running.storage,
    hub: running.hub,
    context: running.context,
    dataDir,
    stranger: connect,
    join: async (id) => {
      const client = await connect();
      await client.request('auth', { token: people[id - 1]!.token });
      return client;
    },
    stop,
    restart: async () => {
      await stop();
      running = await start();
      core.port = running.port;
      core.storage = running.storage;
      core.hub = running.hub;
      core.context = running.context;
    },
  };
  test.teardown(async () => {
    await Promise.all([...clients].map((client) => client.destroy()));
    await stop();
  });
  return core;
}

const systemAfter: After = (ms, run) => {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
};

/** Takes tickets, and forwards nothing. */
const noRelay = {
  address: { host: '127.0.0.1', port: 9999 },
  add: () => undefined,
  remove: () => undefined,
  take: () => undefined,
  onTunnelled: () => undefined,
  counters: emptyCounters(),
  ways: {},
};

interface Running {
  port: number;
  storage: Storage;
  hub: Hub;
  context: ServerContext;
  stop(): Promise<void>;
}

async function run(
  dataDir: string,
  config: ServerConfig,
  below: Storage,
  {
    wrap = (same) => same,
    now = Date.now,
    after = systemAfter,
    relay = noRelay,
    advertise = null,
  }: CoreOptions,
): Promise<Running> {
  const storage = wrap(below);
  const log = pino({ level: 'silent' });
  const hub = await Hub.open(storage, now);
  const rates = new RateLimits(config.rates, now);
  const accounts = await Accounts.open({ storage, hub, config, rates, log, now });
  const files = await FileStore.open({ dataDir, storage, hub, config, now });
  const calls = new Calls({ hub, relay, advertise, mediaRates: config.mediaRates, after, log });
  const statistics = new Statistics({ hub, storage, calls, relay: noRelay, now });
  const context: ServerContext = {
    config,
    epoch: await epochOf(storage, hub),
    storage,
    accounts,
    files,
    calls,
    hub,
    rates,
    statistics,
    log,
    now,
  };
  const listener = await listenTcp(context, null, { host: '127.0.0.1', port: 0 });
  return {
    port: listener.address.port,
    storage: below,
    hub,
    context,
    stop: async () => {
      statistics.close();
      await calls.close();
      await listener.close();
      await files.close();
      await hub.close();
      await below.close();
    },
  };
}
