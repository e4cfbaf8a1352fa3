// Puts the server together: storage, hub, listener, metrics; and takes it apart again in order.
import type { Logger } from 'pino';
import { makeOwnFolder } from '../disk/make-folder.js';
import { Accounts } from './accounts.js';
import { startAdmin } from './admin.js';
import { Calls, type After } from './calls/calls.js';
import { loadCertificate, watchCertificate, type CertificateSource } from './certificate.js';
import { readConfig, type ServerConfig } from './config.js';
import { lockDataFolder } from './data-lock.js';
import { epochOf } from './epoch.js';
import { FileStore } from './file-store.js';
import type { ServerContext } from './handler.js';
import { Hub } from './hub.js';
import { makeLog } from './log.js';
import { startMetrics } from './metrics.js';
import { RateLimits } from './rate-limits.js';
import { Retention } from './retention.js';
import { Statistics } from './statistics.js';
import { openStorage } from './storage/open.js';
import { startRelay } from './relay/relay.js';
import { listenTcp } from './tcp-listener.js';
import { programVersion } from './version.js';

export interface ServerOptions {
  /** Folder of everything the server keeps; made when it is not there. */
  dataDir: string;
  /** Default 0.0.0.0. */
  host?: string;
  /** Default 5000; 0 picks a free one. */
  port?: number;
  /** Default 9999; 0 picks a free one. */
  udpPort?: number;
  /** Where clients reach the UDP port, when that is another address than the server's. */
  advertiseUdp?: { host: string; port: number };
  /** `own` makes a certificate on first start; false speaks plain TCP. Default `own`. */
  tls?: CertificateSource | 'own' | false;
  /** How often a named certificate is looked at for its renewal; default a minute. */
  certificateCheckMs?: number;
  /** JSON file with limits and policies. */
  configFile?: string;
  /** Override the file. */
  overrides?: Partial<ServerConfig>;
  /** Default: one on stderr, at the configured level. */
  log?: Logger;
  /** Default: the system's clock, in milliseconds since 1970. */
  now?: () => number;
}

export interface RunningServer {
  tcp: { host: string; port: number };
  udp: { host: string; port: number };
  /** SHA-256 of the certificate, hexadecimal; null without TLS. */
  fingerprint: string | null;
  metrics: { host: string; port: number } | null;
  /** Stops accepting, tells clients, finishes commits, closes everything. Idempotent. */
  close(): Promise<void>;
}

/** Things to undo, in the reverse order of their making. */
class Undo {
  readonly #steps: (() => Promise<unknown> | undefined)[] = [];
  add(step: () => Promise<unknown> | undefined): void {
    this.#steps.push(step);
  }
  async run(): Promise<void> {
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) await step();
  }
}

const systemAfter: After = (ms, run) => {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
};

/** Starts a server. Rejects with PytalkError, and leaves nothing behind then. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const undo = new Undo();
  try {
    return await start(options, undo);
  } catch (error) {
    await undo.run();
    throw error;
  }
}

async function start(options: ServerOptions, undo: Undo): Promise<RunningServer> {
  const config = await readConfig(options.configFile, options.overrides);
  const log = options.log ?? makeLog(config.logLevel);
  const { dataDir } = options;
  await makeOwnFolder(dataDir);
  const lock = await lockDataFolder(dataDir);
  undo.add(() => lock.release());
  const certificate = options.tls === false ? null : await loadCertificate(dataDir, options.tls ?? 'own');
  const storage = await openStorage(dataDir);
  undo.add(() => storage.close());

  const now = options.now ?? ((): number => Date.now());
  const hub = await Hub.open(storage, now);
  undo.add(() => hub.close());
  const rates = new RateLimits(config.rates, now);
  const accounts = await Accounts.open({ storage, hub, config, rates, log, now });
  const files = await FileStore.open({ dataDir, storage, hub, config, now });
  undo.add(() => files.close());
  const retention = new Retention({ storage, hub, files, config, log, now });
  undo.add(() => retention.close());
  const relay = await startRelay({
    host: options.host ?? '0.0.0.0',
    port: options.udpPort ?? 9999,
    rates: config.mediaRates,
    log,
  });
  undo.add(() => relay.close());
  const calls = new Calls({
    hub,
    relay,
    advertise: options.advertiseUdp ?? null,
    mediaRates: config.mediaRates,
    after: systemAfter,
    log,
  });
  const statistics = new Statistics({ hub, storage, calls, relay, now });
  undo.add(() => {
    statistics.close();
    return undefined;
  });
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

  const tcp = await listenTcp(context, certificate, options);
  undo.add(() => tcp.close());
  if (certificate && typeof options.tls === 'object') {
    const stopWatching = watchCertificate(
      options.tls,
      certificate.fingerprint,
      (renewed) => {
        tcp.useCertificate(renewed);
        log.info({ fingerprint: renewed.fingerprint }, 'the certificate was renewed');
      },
      (error) => log.warn({ err: error }, 'the certificate cannot be read again'),
      options.certificateCheckMs,
    );
    undo.add(() => {
      stopWatching();
      return undefined;
    });
  }
  // Before the connections: who is in a call is told that it is over.
  undo.add(() => calls.close());
  const metrics = config.metrics === null ? null : await startMetrics(config.metrics, context, relay);
  if (metrics) undo.add(() => metrics.close());
  const admin = await startAdmin(dataDir, context);
  undo.add(() => admin.close());

  const fingerprint = certificate?.fingerprint ?? null;
  log.info({ version: programVersion, fingerprint, data: dataDir, driver: storage.driver }, 'started');
  let closing: Promise<void> | null = null;
  return {
    tcp: tcp.address,
    udp: relay.address,
    fingerprint,
    metrics: metrics?.address ?? null,
    close: () => (closing ??= undo.run().then(() => log.info('stopped'))),
  };
}
