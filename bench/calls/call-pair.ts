// Two people and their `pytalk call` processes on a server process of their own, one calling, the other answering by itself.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import type { BadNetwork, NetworkTraits } from '../../test/support/bad-network.js';
import { openTcpProxy } from '../../test/support/tcp-proxy.js';
import { openUdpProxy, type ProxyOptions } from '../../test/support/udp-proxy.js';
import { onBothCpus } from '../machine.js';
import { launcher, track, withServer, type BenchServer } from '../server-process.js';

const execute = promisify(execFile);
const patienceMs = 30_000;
const seed = 7;

/** What `--stats` writes each second (docs/CLI.md); only what is read here. */
export interface StatsLine {
  type: 'stats' | 'ended';
  at: string;
  path: string;
  sent: { video: { frames: number; dropped: number } };
  received: Record<string, ReceivedFigures | undefined>;
}
interface ReceivedFigures {
  video: {
    fps: number;
    kbps: number;
    width: number;
    height: number;
    frames: number;
    lost: number;
    latencyMs: number | null;
  };
  audio: { kbps: number; packets: number; lost: number; concealedMs: number; bufferMs: number };
}

export interface CallSide {
  readonly username: string;
  readonly pid: number;
  /** When news of this type came first, by `performance.now()` of this process; null when none has. */
  newsAtMs(type: string): number | null;
  /** Figures of the other side, a line a second since the call began. */
  received(): Promise<(ReceivedFigures & { atMs: number; path: string })[]>;
}

export interface CallPair {
  readonly server: BenchServer;
  readonly caller: CallSide;
  readonly agent: CallSide;
  /** What both sides' datagrams pass; null without one. */
  readonly network: BadNetwork | null;
}

export interface CallOptions {
  /** Options of `call` for each side. */
  caller: readonly string[];
  agent: readonly string[];
  /** Puts a UDP proxy between both sides and the relay. */
  network?: ProxyOptions & { traits: NetworkTraits };
  /** Puts a proxy between both sides and the server, for the chat connection: so much delay in each direction while they call. */
  chatDelayMs?: number;
}

/** Calls, hands the call over once both sides are connected, hangs up. Rejects when a process does not end with 0. */
export async function withCall<T>(options: CallOptions, use: (pair: CallPair) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'pytalk-bench-call-'));
  const udpPort = await freeUdpPort();
  const { network } = options;
  const proxy = network && (await openUdpProxy(udpPort, seed, network.traits, network));
  const advertised = proxy ? ['--advertise-udp', `127.0.0.1:${proxy.port}`] : [];
  const more = ['--udp-port', String(udpPort), ...advertised];
  try {
    return await withServer({ users: 0, tls: true, more }, async (server) => {
      const chat = options.chatDelayMs === undefined ? null : await openTcpProxy(server.port);
      await makeFriends(chat?.port ?? server.port, folder);
      if (chat) chat.delayMs = options.chatDelayMs ?? 0;
      const agent = new Side('bob', folder, ['--answer', '--once', ...options.agent]);
      const caller = await agent
        .until('ready')
        .then(() => new Side('alice', folder, ['bob', ...options.caller]));
      try {
        await Promise.all([caller.until('connected'), agent.until('connected')]);
        const result = await use({ server, caller, agent, network: proxy?.network ?? null });
        caller.hangUp();
        await Promise.all([caller.endsWell(), agent.endsWell()]);
        return result;
      } finally {
        await Promise.all([caller.kill(), agent.kill()]);
        await chat?.close();
      }
    });
  } finally {
    await proxy?.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** A port of 127.0.0.1 that nobody has. */
export async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

const people = { alice: '0612345678', bob: '0612345679' };

/** Runs a command for somebody whose home is in this folder; `server` is a port of 127.0.0.1, or an address. */
export async function pytalkOf(
  server: number | string,
  folder: string,
  username: string,
  ...args: string[]
): Promise<void> {
  await execute(process.execPath, [launcher, ...args, '--home', join(folder, username)], {
    env: {
      ...process.env,
      PYTALK_SERVER: typeof server === 'number' ? `127.0.0.1:${server}` : server,
      PYTALK_PASSWORD: 'correct horse battery staple',
    },
  });
}

async function makeFriends(port: number, folder: string): Promise<void> {
  for (const [username, phone] of Object.entries(people)) {
    await pytalkOf(port, folder, username, 'register', username, '--phone', phone);
  }
  await pytalkOf(port, folder, 'alice', 'friends', 'add', people.bob);
  await pytalkOf(port, folder, 'bob', 'friends', 'add', people.alice);
}

export class Side implements CallSide {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #stats: string;
  readonly #ended: Promise<unknown>;
  readonly #newsAtMs = new Map<string, number>();
  #errors = '';

  constructor(
    readonly username: string,
    folder: string,
    args: readonly string[],
  ) {
    this.#stats = join(folder, `${username}.stats`);
    // Directly they would pass the relay by, and the network before it.
    const common = [
      '--home',
      join(folder, username),
      '--json',
      '--headless',
      '--relay-only',
      '--stats',
      this.#stats,
    ];
    const [command, all] = onBothCpus(process.execPath, [launcher, 'call', ...args, ...common]);
    const child = spawn(command, all, { stdio: ['pipe', 'pipe', 'pipe'] });
    track(child);
    this.#child = child;
    const lines = createInterface({ input: child.stdout });
    lines.on('line', (line) => {
      const { type } = JSON.parse(line) as { type: string };
      if (!this.#newsAtMs.has(type)) this.#newsAtMs.set(type, performance.now());
    });
    this.#lines = lines[Symbol.asyncIterator]();
    this.#ended = once(child, 'exit');
    child.stdin.on('error', () => undefined);
    child.stderr.on('data', (data: Buffer) => (this.#errors += data.toString()));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  newsAtMs(type: string): number | null {
    return this.#newsAtMs.get(type) ?? null;
  }

  /** Reads on until news of this type. */
  async until(type: string): Promise<void> {
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), patienceMs);
    for (;;) {
      const next = await this.#lines.next();
      if (next.done === true) {
        throw new Error(`${this.username} ended, or gave no ${type} for ${patienceMs} ms: ${this.#errors}`);
      }
      if ((JSON.parse(next.value) as { type: string }).type === type) break;
    }
    clearTimeout(timer);
  }

  /** Its lines of figures so far. */
  async stats(): Promise<StatsLine[]> {
    const text = await readFile(this.#stats, 'utf8');
    return text
      .split('\n')
      .filter((line) => line.endsWith('}'))
      .map((line) => JSON.parse(line) as StatsLine)
      .filter(({ type }) => type === 'stats');
  }

  async received(): Promise<(ReceivedFigures & { atMs: number; path: string })[]> {
    const other = this.username === 'alice' ? 'bob' : 'alice';
    return (await this.stats()).flatMap(({ at, path, received }) => {
      const figures = received[other];
      return figures ? [{ ...figures, atMs: Date.parse(at), path }] : [];
    });
  }

  hangUp(): void {
    this.#child.stdin?.write('{"do":"hangup"}\n');
  }

  async endsWell(): Promise<void> {
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), patienceMs);
    await this.#ended;
    clearTimeout(timer);
    const { exitCode } = this.#child;
    if (exitCode !== 0)
      throw new Error(`${this.username} ended with ${exitCode ?? 'a signal'}: ${this.#errors}`);
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}
