// B: one person writes to another: stored, acknowledged to the one and delivered to the other.
import { setTimeout as sleep } from 'node:timers/promises';
import { measure } from '../machine.js';
import { Member } from '../member.js';
import { OrderCheck } from '../order-check.js';
import { loadFigures, loadMeasured, type Measured, type Scenario } from '../scenario.js';
import { storedEvents } from '../seed.js';
import { SendTemplate } from '../send-template.js';
import { withServer, type BenchServer } from '../server-process.js';
import { quantile } from '../statistics.js';
import { mustEqual, until } from '../waiting.js';

const warmUpSeconds = 1.5;

/** Sender and receiver with a window of messages between them. */
class Pair {
  readonly latenciesMs: number[] = [];
  measuring = false;
  readonly check = new OrderCheck();
  readonly #sender: Member;
  readonly #receiver: Member;
  readonly #window: number;
  readonly #template = new SendTemplate(1, 0);
  readonly #sentAtMs: number[] = [];
  #finished = 0;
  #scheduled = false;
  #stopped = false;

  constructor(sender: Member, receiver: Member, window: number) {
    this.#sender = sender;
    this.#receiver = receiver;
    this.#window = window;
    sender.onProgress = receiver.onProgress = () => this.#progress();
    receiver.onEvent = (bytes, start, end) => this.check.take(bytes, start, end);
    this.#fill();
  }

  get sent(): number {
    return this.#template.sent;
  }

  /** Messages that were acknowledged and delivered. */
  get done(): number {
    return Math.min(this.#sender.acks, this.#receiver.events);
  }

  stop(): void {
    this.#stopped = true;
  }

  async verify(server: BenchServer): Promise<void> {
    const whole = (): boolean => this.#failure !== null || this.done >= this.sent;
    await until('every message is acknowledged and delivered', whole).catch(() => undefined);
    if (this.#failure) throw this.#failure;
    mustEqual('acknowledged', this.#sender.acks, this.sent);
    mustEqual('delivered', this.#receiver.events, this.sent);
    if (this.check.problem) throw new Error(this.check.problem);
    this.#sender.close();
    this.#receiver.close();
    await server.stop();
    mustEqual('stored', (await storedEvents(server.dataDir, 1)).events, this.sent);
  }

  get #failure(): Error | null {
    return this.#sender.failure ?? this.#receiver.failure;
  }

  #progress(): void {
    const now = performance.now();
    for (const { done } = this; this.#finished < done; this.#finished++) {
      if (this.measuring) this.latenciesMs.push(now - (this.#sentAtMs[this.#finished % this.#window] ?? now));
    }
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#fill());
  }

  #fill(): void {
    this.#scheduled = false;
    const free = this.#window - (this.sent - this.done);
    if (this.#stopped || free <= 0) return;
    const now = performance.now();
    for (let i = 0; i < free; i++) this.#sentAtMs[(this.sent + i) % this.#window] = now;
    this.#sender.write(this.#template.next(free));
  }
}

async function runOnce(tls: boolean, window: number, seconds: number): Promise<Measured> {
  return withServer({ users: 2, direct: [[1, 2]], tls }, async (server) => {
    const receiver = await Member.signIn(server, server.tokens[1] ?? '');
    const sender = await Member.signIn(server, server.tokens[0] ?? '');
    const pair = new Pair(sender, receiver, window);
    try {
      await sleep(warmUpSeconds * 1000);
      const finish = measure(server.pid);
      pair.measuring = true;
      const before = pair.done;
      await sleep(seconds * 1000);
      const cost = finish();
      pair.measuring = false;
      const done = pair.done - before;
      pair.stop();
      await pair.verify(server);
      return {
        'messages a second': done / cost.seconds,
        'p50 ms': quantile(pair.latenciesMs, 0.5),
        'p99 ms': quantile(pair.latenciesMs, 0.99),
        'server CPU s per 100,000 messages': (cost.serverCpuSeconds / done) * 1e5,
        ...loadMeasured(cost),
      };
    } finally {
      sender.close();
      receiver.close();
    }
  });
}

/** Messages in flight, and the aim for messages a second with so many, from servers measured without TLS. */
const windows = [
  [1, 3_000],
  [16, 40_000],
  [64, 90_000],
] as const;

/** The figures of one window say so in their names. */
function named(window: number, measured: Measured): [string, number][] {
  return Object.entries(measured).map(([name, value]) => [`${window} in flight: ${name}`, value]);
}

function durable(tls: boolean): Scenario {
  return {
    key: 'B',
    title: `B One to one, ${tls ? 'TLS' : 'plain'}`,
    about:
      'Texts of 100 bytes, each stored (WAL, synchronous=FULL), then acknowledged to its sender and delivered to its ' +
      'receiver; latency is until both have happened.',
    figures: windows.flatMap(([window, aim]) =>
      [
        { name: 'messages a second', digits: 0, ...(!tls && { aim: { atLeast: aim } }) },
        { name: 'p50 ms', digits: 2 },
        { name: 'p99 ms', digits: 2 },
        { name: 'server CPU s per 100,000 messages', digits: 1 },
        ...loadFigures,
      ].map((figure) => ({ ...figure, name: `${window} in flight: ${figure.name}` })),
    ),
    runOnce: async ({ seconds }) => {
      const all: [string, number][] = [];
      for (const [window] of windows) all.push(...named(window, await runOnce(tls, window, seconds)));
      return Object.fromEntries(all);
    },
  };
}

export const durablePlain = durable(false);
export const durableTls = durable(true);
