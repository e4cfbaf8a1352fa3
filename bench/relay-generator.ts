// Drives the generator of the relay's benchmark, a small program in C: a load of so many packets a second, and the search for the most.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { measure, onGeneratorCpu, run } from './machine.js';
import type { RelayKind, RunningRelay } from './relay-targets.js';
import type { RelayParticipant } from '../src/server/relay/relay-messages.js';
import { bindingRequest, relayTickets } from './relay-tickets.js';

/** What a load has shown. */
export interface RelayLoad {
  sentPerSecond: number;
  /** Share of the packets. */
  loss: number;
  p50Us: number;
  p99Us: number;
  /** CPU seconds of the relay for a million packets that came through. */
  cpuPerMillion: number;
  relayBusy: number;
  /** Share of the relay's core that others used. */
  disturbed: number;
}

/** The most packets a second, with what stood in the way of more. */
export interface MostPackets {
  packetsPerSecond: number;
  cpuPerMillion: number;
  generatorWasLimit: boolean;
}

const packetBytes = 1_100;
export const receivePort = 21_002;
const acceptedLoss = 0.001;
/** Of the 30 s for which an address stays bound. */
const bindAgainMs = 12_000;
/** A generator that sends less than this share of what it should is the limit itself. */
const leastSent = 0.97;
const sourceFile = fileURLToPath(new URL('../../bench/relay-load.c', import.meta.url));

export class RelayGenerator {
  readonly #program: string;
  /** The baselines' own, for TURN. */
  readonly #turnProgram: string | null = null;
  #counter = 0;
  readonly #boundAt = new WeakMap<RunningRelay, number>();

  /** Builds the programs in `folder`. Throws without a C compiler. */
  constructor(folder: string, baselines: string | null) {
    this.#program = join(folder, 'relay-load');
    run('cc', ['-O2', '-o', this.#program, sourceFile]);
    if (baselines === null) return;
    this.#turnProgram = join(folder, 'turn-load');
    run('cc', ['-O2', '-o', this.#turnProgram, join(baselines, 'udp/gen.c')]);
  }

  async load(
    relay: RunningRelay,
    kind: RelayKind,
    options: { calls: number; packetsPerSecond: number; seconds: number },
  ): Promise<RelayLoad> {
    const { calls, packetsPerSecond, seconds } = options;
    const ports = [relay.port, receivePort].map(String);
    const rate = [String(Math.round(packetsPerSecond)), String(seconds), String(packetBytes)];
    // Apart from the load: its cost is not to be among that of the packets.
    if (kind === 'tickets') await this.#bind(relay, calls);
    const end = measure(relay.pid);
    const text = await (kind === 'turn' && this.#turnProgram
      ? execute(this.#turnProgram, [...ports, ...rate, 'turn'], '')
      : execute(
          this.#program,
          [...ports, String(calls), ...rate],
          kind === 'tickets' ? lines(calls, null) : '',
        ));
    const cost = end();
    const figures = JSON.parse(text) as Record<'sent_pps' | 'sent' | 'recv' | 'p50_us' | 'p99_us', number>;
    return {
      sentPerSecond: figures.sent_pps,
      loss: 1 - figures.recv / figures.sent,
      p50Us: figures.p50_us,
      p99Us: figures.p99_us,
      cpuPerMillion: (cost.serverCpuSeconds / figures.recv) * 1e6,
      relayBusy: cost.serverBusy,
      disturbed: cost.serverCoreDisturbed,
    };
  }

  /** Doubles the rate until packets are lost, then halves the interval; every rate may fail once. */
  async most(
    relay: RunningRelay,
    kind: RelayKind,
    calls: number,
    seconds: number,
    halvings: number,
  ): Promise<MostPackets> {
    let best: MostPackets = { packetsPerSecond: 0, cpuPerMillion: Number.NaN, generatorWasLimit: false };
    const passes = async (packetsPerSecond: number): Promise<boolean> => {
      for (let tries = 0; tries < 2; tries++) {
        const load = await this.load(relay, kind, { calls, packetsPerSecond, seconds });
        const isSent = load.sentPerSecond > leastSent * packetsPerSecond;
        best.generatorWasLimit = !isSent;
        if (isSent && load.loss < acceptedLoss) {
          best = { packetsPerSecond, cpuPerMillion: load.cpuPerMillion, generatorWasLimit: false };
          return true;
        }
        await sleep(100);
      }
      return false;
    };
    let failed = 50_000;
    while (await passes(failed)) failed *= 2;
    for (let i = 0; i < halvings; i++) {
      const middle = (best.packetsPerSecond + failed) / 2;
      if (!(await passes(middle))) failed = middle;
    }
    return best;
  }

  async #bind(relay: RunningRelay, calls: number): Promise<void> {
    if (performance.now() - (this.#boundAt.get(relay) ?? -Infinity) < bindAgainMs) return;
    this.#boundAt.set(relay, performance.now());
    const few = ['1000', '0.05', String(packetBytes)];
    const args = [relay.port, receivePort, calls].map(String);
    await execute(this.#program, [...args, ...few], lines(calls, ++this.#counter));
  }
}

/** What the generator reads: SSRCs, with a binding request each when there is a counter for it. */
function lines(calls: number, counter: number | null): string {
  const line = (ticket: RelayParticipant): string =>
    counter === null
      ? `${ticket.ssrc}\n`
      : `${ticket.ssrc} ${bindingRequest(ticket, counter).toString('hex')}\n`;
  return relayTickets(calls).map(line).join('');
}

async function execute(program: string, args: readonly string[], input: string): Promise<string> {
  const [command, words] = onGeneratorCpu(program, args);
  const child = spawn(command, words, { stdio: ['pipe', 'pipe', 'inherit'] });
  // A generator that ends early reads nothing to its end.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (data: string) => (text += data));
  const [status] = (await once(child, 'close')) as [number | null];
  if (status !== 0) throw new Error(`the generator ended with ${status ?? 'a signal'}`);
  return text;
}
