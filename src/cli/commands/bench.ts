// `bench`: what this machine's disk and processor carry as a server, by load on a server of one's own that is gone afterwards.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '../../client/api.js';
import { makeOwnFolder } from '../../disk/make-folder.js';
import { PytalkError } from '../../protocol/errors.js';
import type { Context } from '../context.js';
import { startServerHere } from '../platform/start-server.js';
import type { CommandRun, Fields } from '../table/spec.js';

const defaults = { people: 8, seconds: 10 };
/** Registering somebody takes this machine some tenths of a second, and a group has at most 50. */
const most = { people: 40, seconds: 600 };
/** Messages under way of one person: as many as somebody has who pastes. */
const inFlight = 4;
const password = 'only for this load';
/** Nobody is held back: it is the machine that is measured. */
const plenty = { burst: 1e9, perMinute: 1e9 };
const rates = { events: plenty, registrationsPerAddress: plenty, loginsPerAddress: plenty, groups: plenty };
/** What was sent must have arrived by then. */
const arrivalMs = 10_000;

interface LoadResult {
  people: number;
  seconds: number;
  /** Messages that the server has acknowledged, each on its disk before that. */
  messages: number;
  perSecond: number;
  /** From sending to the acknowledgement, in milliseconds. */
  latency: { p50: number; p95: number; p99: number; max: number };
  /** Of these messages, how many reached somebody who looked on, and how many twice. */
  arrived: number;
  twice: number;
}

function countOf(fields: Fields, name: keyof typeof defaults, context: Context): number {
  const value = fields[name];
  if (typeof value !== 'string') return defaults[name];
  const count = Number(value);
  if (Number.isInteger(count) && count >= 2 && count <= most[name]) return count;
  const reason = context.say('bench.count', { name: `--${name}`, value, max: most[name] });
  throw new PytalkError('usage', { details: { reason } });
}

/** The value below which this share of sorted values lies; 0 of none. */
function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** Everybody writes to a group as fast as the server acknowledges; somebody looks on. */
async function load(
  senders: readonly Client[],
  watcher: Client,
  group: string,
  seconds: number,
  interrupt: AbortSignal,
): Promise<LoadResult> {
  const times = new Map<string, number>();
  watcher.on('message', ({ message }) => {
    if (message.kind === 'text') times.set(message.id, (times.get(message.id) ?? 0) + 1);
  });
  const latencies: number[] = [];
  const sent: string[] = [];
  const begin = performance.now();
  const end = begin + seconds * 1000;
  const write = async (client: Client): Promise<void> => {
    while (performance.now() < end && !interrupt.aborted) {
      const at = performance.now();
      const { id } = await client.send(group, { text: `message ${sent.length} of a load` });
      latencies.push(performance.now() - at);
      sent.push(id);
    }
  };
  await Promise.all(senders.flatMap((client) => Array.from({ length: inFlight }, () => write(client))));
  const took = (performance.now() - begin) / 1000;
  for (
    const giveUpAt = performance.now() + arrivalMs;
    performance.now() < giveUpAt && times.size < sent.length;
  )
    await new Promise((resolve) => setTimeout(resolve, 50));
  latencies.sort((a, b) => a - b);
  return {
    people: senders.length,
    seconds: took,
    messages: sent.length,
    perSecond: sent.length / took,
    latency: {
      p50: percentile(latencies, 0.5),
      p95: percentile(latencies, 0.95),
      p99: percentile(latencies, 0.99),
      max: latencies.at(-1) ?? 0,
    },
    arrived: sent.filter((id) => times.has(id)).length,
    twice: sent.filter((id) => (times.get(id) ?? 0) > 1).length,
  };
}

export const bench: CommandRun = async (context, fields) => {
  const { out, say, io } = context;
  const people = countOf(fields, 'people', context);
  const seconds = countOf(fields, 'seconds', context);
  const parent = typeof fields['data'] === 'string' ? fields['data'] : tmpdir();
  const interrupt = context.takeInterrupt();
  await makeOwnFolder(parent);
  const folder = await mkdtemp(join(parent, 'pytalk-bench-'));
  context.closeLater(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const config = join(folder, 'config.json');
  await writeFile(config, JSON.stringify({ rates, logLevel: 'warn' }));
  const options = ['--host', '127.0.0.1', '--port', '0', '--udp-port', '0', '--config', config];
  const server = await startServerHere(join(folder, 'data'), options);
  context.closeLater(() => {
    process.kill(server.pid, 'SIGTERM');
  });
  const enter = async (name: string, at: number, mode: 'once' | 'live'): Promise<Client> => {
    const client = await io.connect({ server: server.address, home: join(folder, name), mode });
    context.closeLater(() => client.close());
    await client.register({ username: name, password, phone: String(at).padStart(10, '0') });
    return client;
  };
  out.note(say('bench.prepares', { people, folder }));
  const watcher = await enter('watcher', 0, 'live');
  const senders: Client[] = [];
  for (let at = 1; at <= people && !interrupt.aborted; at++)
    senders.push(await enter(`sender${at}`, at, 'once'));
  if (interrupt.aborted) return undefined;
  await watcher.createGroup(
    'load',
    senders.map((_, at) => `sender${at + 1}`),
  );
  out.note(say('bench.runs', { seconds }));
  const result = await load(senders, watcher, '#load', seconds, interrupt);
  if (out.isJson) await out.json(result);
  else for (const line of lines(context, result)) out.line(line);
  return result.arrived === result.messages && result.twice === 0 ? 0 : 1;
};

function lines({ say }: Context, result: LoadResult): string[] {
  const round = (value: number): string =>
    value.toLocaleString(say.lang, { maximumFractionDigits: value < 10 ? 1 : 0 });
  const { p50, p95, p99, max } = result.latency;
  return [
    say('bench.rate', {
      rate: round(result.perSecond),
      people: result.people,
      deliveries: round(result.perSecond * (result.people + 1)),
    }),
    say('bench.latency', { p50: round(p50), p95: round(p95), p99: round(p99), max: round(max) }),
    say('bench.arrived', {
      arrived: round(result.arrived),
      messages: round(result.messages),
      twice: result.twice,
    }),
  ];
}
