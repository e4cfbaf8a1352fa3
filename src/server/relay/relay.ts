// The media relay as the rest of the server sees it: a thread of its own that owns the UDP port.
import { isIPv6 } from 'node:net';
import { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';
import { PytalkError } from '../../protocol/errors.js';
import { Batcher, unpack } from './datagram-batch.js';
import { emptyCounters, type RelayCounters } from './relay-counters.js';
import type {
  FromWorker,
  MediaRates,
  RelayParticipant,
  RelayWorkerData,
  ToWorker,
} from './relay-messages.js';
import type { Way } from './way-figures.js';

export interface Relay {
  address: { host: string; port: number };
  /** As of at most a second ago. */
  readonly counters: RelayCounters;
  /** As old: how participants' media comes and goes, by the username of the ticket. */
  readonly ways: Readonly<Record<string, Way>>;
  /** From now on this ticket is good. */
  add(participant: RelayParticipant): void;
  /** The ticket is void, and its address is forgotten. */
  remove(username: string): void;
  /** A datagram of this participant came through its chat connection; the bytes must not change in this turn. */
  take(bytes: Uint8Array, username: string): void;
  /** Called for what is to go through a participant's chat connection; set by whoever has the connections. */
  onTunnelled: (bytes: Buffer, username: string) => void;
  /** Idempotent; resolves when the port is free. */
  close(): Promise<void>;
}

/** Waits before a thread that has died is started again. */
const restartAfterMs = 500;

interface RelayOptions {
  host: string;
  port: number;
  rates: MediaRates;
  log: Logger;
}

/** Starts the thread. Rejects with PytalkError `usage` when the port cannot be had. */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const relay = new ThreadedRelay(options);
  await relay.start();
  return relay;
}

class ThreadedRelay implements Relay {
  readonly #log: Logger;
  /** Known participants, for a thread that has to begin again. */
  readonly #participants = new Map<string, RelayParticipant>();
  #data: RelayWorkerData;
  #worker: Worker | null = null;
  #restart: NodeJS.Timeout | null = null;
  #closing: Promise<void> | null = null;
  readonly #taken = new Batcher((batch) => {
    const message: ToWorker = { do: 'take', batch };
    this.#worker?.postMessage(message, [batch.bytes.buffer]);
  });
  onTunnelled: Relay['onTunnelled'] = () => undefined;
  counters: RelayCounters = emptyCounters();
  ways: Relay['ways'] = {};
  address: { host: string; port: number };

  constructor({ host, port, rates, log }: RelayOptions) {
    this.#log = log;
    this.#data = { host, port, family: isIPv6(host) ? 'udp6' : 'udp4', rates, generation: 0 };
    this.address = { host, port };
  }

  async start(): Promise<void> {
    const { host, port } = await this.#spawn();
    this.address = { host, port };
    // A thread that begins again must come back to the same port.
    this.#data = { ...this.#data, port };
  }

  add(participant: RelayParticipant): void {
    this.#participants.set(participant.username, participant);
    this.#post({ do: 'add', participant });
  }

  remove(username: string): void {
    this.#participants.delete(username);
    this.#post({ do: 'remove', username });
  }

  take(bytes: Uint8Array, username: string): void {
    this.#taken.add(bytes, username);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#restart) clearTimeout(this.#restart);
    const worker = this.#worker;
    if (!worker) return;
    const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    this.#post({ do: 'close' });
    await exited;
  }

  #post(message: ToWorker): void {
    this.#worker?.postMessage(message);
  }

  #spawn(): Promise<{ host: string; port: number }> {
    const worker = new Worker(new URL('./relay-worker.js', import.meta.url), { workerData: this.#data });
    this.#worker = worker;
    return new Promise((resolve, reject) => {
      worker.on('message', (message: FromWorker) => {
        switch (message.did) {
          case 'listening':
            for (const participant of this.#participants.values()) this.#post({ do: 'add', participant });
            resolve(message.address);
            break;
          case 'failed': {
            const where = `${this.#data.host}:${this.#data.port}/udp`;
            const reason =
              message.code === 'EADDRINUSE'
                ? `${where} is in use: choose another with --udp-port`
                : message.reason;
            reject(new PytalkError('usage', { details: { reason } }));
            break;
          }
          case 'send':
            unpack(message.batch, (bytes, username) => this.onTunnelled(bytes, username));
            break;
          case 'counted':
            this.counters = message.counters;
            this.ways = message.ways;
        }
      });
      worker.on('error', (error) => {
        this.#log.error({ err: error }, 'the media relay has failed');
        reject(error);
      });
      worker.on('exit', () => {
        this.#worker = null;
        reject(new PytalkError('internal'));
        if (!this.#closing && this.address.port !== 0) this.#startAgain();
      });
    });
  }

  #startAgain(): void {
    this.#restart ??= setTimeout(() => {
      this.#restart = null;
      this.#data = { ...this.#data, generation: this.#data.generation + 1 };
      this.#spawn().then(
        () => this.#log.warn('the media relay runs again'),
        (error: unknown) => this.#log.error({ err: error }, 'the media relay cannot be started'),
      );
    }, restartAfterMs);
  }
}
