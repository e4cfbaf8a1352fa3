// What the server knows of itself for those who look after it: an hour of figures, the calls under way, its newest log entries.
import { createHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { ServerStatistics, StatisticsSample } from '../protocol/statistics-shapes.js';
import type { Calls } from './calls/calls.js';
import type { Hub } from './hub.js';
import type { Relay } from './relay/relay.js';
import { conversationLabel, namesOf, withNames } from './storage/labels.js';
import type { Storage } from './storage/storage.js';
import { programVersion } from './version.js';

const sampleEveryMs = 5_000;
const historyMs = 3_600_000;
const maxSamples = historyMs / sampleEveryMs;
/** The database is measured on the caretaker's connection, which may be busy: seldom. */
const databaseEverySamples = 12;
const logEntries = 50;
/** A lag below this is not seen; a timer costs something each time. */
const lagResolutionMs = 50;
const microsecondsPerMs = 1_000;

export interface StatisticsParts {
  hub: Hub;
  storage: Storage;
  calls: Calls;
  relay: Pick<Relay, 'counters' | 'ways'>;
  /** Milliseconds since 1970. */
  now(): number;
}

/** Counters of which a sample shows the growth. */
interface Counted {
  at: number;
  events: number;
  deliveries: number;
  commits: number;
  relayPackets: number;
  relayBytes: number;
}

export class Statistics {
  readonly #parts: StatisticsParts;
  readonly #startedAt: number;
  readonly #samples: StatisticsSample[] = [];
  readonly #delivery = createHistogram();
  readonly #delay = monitorEventLoopDelay({ resolution: lagResolutionMs });
  readonly #timer: NodeJS.Timeout;
  #before: Counted;
  #database = 0;
  #untilDatabase = 0;

  constructor(parts: StatisticsParts) {
    this.#parts = parts;
    this.#startedAt = parts.now();
    this.#before = this.#counted();
    this.#delay.enable();
    this.#timer = setInterval(() => void this.sample(), sampleEveryMs);
    this.#timer.unref();
  }

  /** Called for each delivery, with its milliseconds; set by whoever keeps more of them than the newest. */
  onDelivered: ((ms: number) => void) | null = null;

  /** A message was delivered so long after it had come, in milliseconds. */
  delivered(ms: number): void {
    this.onDelivered?.(ms);
    this.#delivery.record(Math.max(1, Math.round(ms * microsecondsPerMs)));
  }

  /** Of the messages since the last sample, in milliseconds; null when there were none. */
  #deliveryTimes(): StatisticsSample['delivery'] {
    if (this.#delivery.count === 0) return null;
    const at = (percentile: number): number => this.#delivery.percentile(percentile) / microsecondsPerMs;
    return { p50: at(50), p95: at(95), max: this.#delivery.max / microsecondsPerMs };
  }

  /** Takes the figures since the last time; called every 5 s. */
  async sample(): Promise<void> {
    const { hub, calls } = this.#parts;
    if (this.#untilDatabase-- <= 0) {
      this.#untilDatabase = databaseEverySamples;
      this.#database = await this.#parts.storage.statistics().then(
        ({ bytes }) => bytes,
        () => this.#database,
      );
    }
    const counted = this.#counted();
    const before = this.#before;
    const seconds = Math.max(0.001, (counted.at - before.at) / 1000);
    const rate = (name: keyof Counted): number => Math.max(0, counted[name] - before[name]) / seconds;
    this.#samples.push({
      at: counted.at,
      connections: hub.connectionCount(),
      online: hub.roster.size,
      calls: calls.running.length,
      events: rate('events'),
      deliveries: rate('deliveries'),
      commits: rate('commits'),
      delivery: this.#deliveryTimes(),
      relayPackets: rate('relayPackets'),
      relayBytes: rate('relayBytes'),
      memory: process.memoryUsage.rss(),
      lag: Math.max(0, this.#delay.max / 1e6 - lagResolutionMs) || 0,
      database: this.#database,
    });
    if (this.#samples.length > maxSamples) this.#samples.shift();
    this.#before = counted;
    this.#delivery.reset();
    this.#delay.reset();
  }

  /** All there is to see, with the samples newer than `since` (milliseconds since 1970). */
  async report(since: number): Promise<ServerStatistics> {
    const { hub, storage, calls, relay } = this.#parts;
    const entries = await withNames(storage, await storage.log(logEntries, null));
    return {
      version: programVersion,
      startedAt: this.#startedAt,
      samples: this.#samples.filter((sample) => sample.at > since),
      calls: await Promise.all(
        calls.running.map(async ({ conv, media, startedAt, answeredAt, members }) => {
          // In memory while anybody of it is connected.
          const row = (await hub.conversation(conv))?.row;
          const people = [...members.values()];
          const names = await namesOf(
            storage,
            people.map(({ user }) => user),
          );
          return {
            conversation: row ? await conversationLabel(storage, row) : String(conv),
            media,
            startedAt,
            answeredAt,
            participants: people.map(({ user, relay: { username } }) => ({
              username: names.get(user) ?? String(user),
              ...(relay.ways[username] ?? { way: 'none', rtt: null, loss: null }),
            })),
          };
        }),
      ),
      log: entries.reverse().map(({ at, level, event, username, detail }) => ({
        at,
        level,
        event,
        username,
        detail,
      })),
    };
  }

  close(): void {
    clearInterval(this.#timer);
    this.#delay.disable();
  }

  #counted(): Counted {
    const { hub, relay } = this.#parts;
    return {
      at: this.#parts.now(),
      events: hub.counters.events,
      deliveries: hub.counters.deliveries,
      commits: hub.committer.counters.commits,
      relayPackets: relay.counters.forwardedPackets,
      relayBytes: relay.counters.forwardedBytes,
    };
  }
}
