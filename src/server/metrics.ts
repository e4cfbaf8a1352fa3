// Metrics for Prometheus over HTTP; the library is loaded only when somebody wants them.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PytalkError } from '../protocol/errors.js';
import type { ServerContext } from './handler.js';
import type { TunnelCounters } from './calls/tunnels.js';
import type { RelayCounters } from './relay/relay-counters.js';
import type { Relay } from './relay/relay.js';

/** Seconds. */
const deliveryBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

export interface MetricsServer {
  address: { host: string; port: number };
  /** Idempotent. */
  close(): Promise<void>;
}

/** Serves `/metrics` at `[HOST:]PORT`; without a host only this machine can ask. Rejects with `usage`. */
export async function startMetrics(
  where: string,
  context: ServerContext,
  relay: Relay,
): Promise<MetricsServer> {
  const registry = await makeRegistry(context, relay);
  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    registry.metrics().then(
      (text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
      (error: unknown) => {
        context.log.error({ err: error }, 'metrics failed');
        response.writeHead(500).end();
      },
    );
  });
  const [, host = '127.0.0.1', port] = /^(?:\[?([^[\]]+)\]?:)?(\d+)$/.exec(where) ?? [];
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      const reason = `metrics cannot be served at ${where}: ${cause.message}`;
      reject(new PytalkError('usage', { details: { reason }, cause }));
    });
    server.listen({ host, port: Number(port) }, resolve);
  });
  const bound = server.address() as AddressInfo;
  let closing: Promise<void> | null = null;
  return {
    address: { host: bound.address, port: bound.port },
    close: () =>
      (closing ??= new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      })),
  };
}

async function makeRegistry({ hub, storage, files, calls, statistics }: ServerContext, relay: Relay) {
  const { Registry, Gauge, Counter, Histogram, collectDefaultMetrics } = await import('prom-client');
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string, value: () => number | Promise<number>): void => {
    new Gauge({
      name,
      help,
      registers,
      async collect() {
        this.set(await value());
      },
    });
  };
  const counter = (name: string, help: string, value: () => number): void => {
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(value());
      },
    });
  };
  gauge('pytalk_connections', 'Connections at this moment.', () => hub.connectionCount());
  gauge('pytalk_users_online', 'People with at least one connection.', () => hub.roster.size);
  gauge('pytalk_database_bytes', 'Size of the database.', async () => (await storage.statistics()).bytes);
  counter('pytalk_events_total', 'Events stored since the start.', () => hub.counters.events);
  counter('pytalk_deliveries_total', 'Events handed to connections.', () => hub.counters.deliveries);
  counter('pytalk_commits_total', 'Transactions on disk.', () => hub.committer.counters.commits);
  counter('pytalk_committed_units_total', 'Units of writes in them.', () => hub.committer.counters.units);
  counter('pytalk_file_received_bytes_total', 'Bytes of uploads.', () => files.counters.receivedBytes);
  counter('pytalk_file_sent_bytes_total', 'Bytes of downloads.', () => files.counters.sentBytes);
  const delivery = new Histogram({
    name: 'pytalk_delivery_seconds',
    help: 'From the arrival of a message to its delivery, on disk before that.',
    buckets: deliveryBuckets,
    registers,
  });
  statistics.onDelivered = (ms) => delivery.observe(ms / 1000);
  gauge('pytalk_calls', 'Calls at this moment.', () => calls.running.length);
  new Counter({
    name: 'pytalk_calls_total',
    help: 'Calls that are over, by how they went.',
    labelNames: ['outcome'],
    registers,
    collect() {
      this.reset();
      for (const [outcome, count] of Object.entries(calls.counters)) this.inc({ outcome }, count);
    },
  });
  gauge('pytalk_relay_participants', 'Tickets of the media relay.', () => relay.counters.participants);
  gauge('pytalk_relay_bound', 'Tickets with an address.', () => relay.counters.bound);
  new Gauge({
    name: 'pytalk_relay_ways',
    help: 'Participants of calls, by how their media reaches the relay.',
    labelNames: ['way'],
    registers,
    collect() {
      for (const way of ['udp', 'tcp', 'none'] as const) {
        this.set({ way }, Object.values(relay.ways).filter((one) => one.way === way).length);
      }
    },
  });
  const worst = (of: 'rtt' | 'loss'): number =>
    Math.max(0, ...Object.values(relay.ways).map((way) => way[of] ?? 0));
  gauge(
    'pytalk_relay_worst_round_trip_seconds',
    'Between the relay and the participant for whom it is longest.',
    () => worst('rtt') / 1000,
  );
  gauge('pytalk_relay_worst_loss_ratio', 'Share that the participant misses who misses most.', () =>
    worst('loss'),
  );
  const relayed = (name: string, help: string, key: keyof RelayCounters): void =>
    counter(`pytalk_relay_${name}_total`, help, () => relay.counters[key]);
  relayed('forwarded_packets', 'Media packets passed on.', 'forwardedPackets');
  relayed('forwarded_bytes', 'Their bytes.', 'forwardedBytes');
  relayed('resent_packets', 'Packets sent again for a NACK.', 'resentPackets');
  relayed('thinned_packets', 'Media packets left out for receivers on a narrow way.', 'thinnedPackets');
  relayed('thinned_pictures', 'Pictures left out for them.', 'thinnedPictures');
  relayed('tunnelled_in', 'Datagrams that came through chat connections.', 'tunnelledIn');
  relayed('tunnelled_out', 'Datagrams that went through chat connections.', 'tunnelledOut');
  relayed('bindings', 'STUN requests with a ticket.', 'bindings');
  relayed('malformed', 'Datagrams that are nothing known.', 'malformed');
  relayed('spoofed', 'Datagrams of somebody who is not who they say.', 'spoofed');
  relayed('replayed', 'Datagrams that were here already.', 'replayed');
  relayed('limited', 'Datagrams over a limit.', 'limited');
  const { counters: tunnels } = calls.tunnels;
  const tunnelled = (name: string, help: string, key: keyof TunnelCounters): void =>
    counter(`pytalk_tunnel_${name}_total`, help, () => tunnels[key]);
  tunnelled('stray', 'Media datagrams of connections that do not speak for that participant.', 'stray');
  tunnelled('limited', 'Media datagrams of connections over a limit.', 'limited');
  tunnelled('thinned', 'Media datagrams left out, since a connection was slow.', 'thinned');
  counter('pytalk_stun_answered_total', 'STUN requests without a ticket.', () => relay.counters.stunAnswered);
  return registry;
}
