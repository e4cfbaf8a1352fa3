// A server of its own for one run: temporary data folder, pinned process, ended by its own pid.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onServerCpu } from './machine.js';
import { seed, type Seed } from './seed.js';

/*
 * PYTALK_BENCH_LAUNCHER names another launcher than this checkout's, to compare two versions.
 * PYTALK_BENCH_NODE_OPTIONS goes to the server's Node alone, for example `--cpu-prof --cpu-prof-dir=DIR`.
 */
export const launcher =
  process.env['PYTALK_BENCH_LAUNCHER'] ?? fileURLToPath(new URL('../../bin/pytalk.js', import.meta.url));
const nodeOptions = process.env['PYTALK_BENCH_NODE_OPTIONS'] ?? '';

const unlimited = { burst: 1e9, perMinute: 1e9 };
/** Rates and counts out of the way: the benchmark is one address that does everything at once. */
export const openConfig = {
  maxConnections: 20_000,
  maxConnectionsPerAddress: 20_000,
  userQuotaBytes: 2 ** 40,
  logLevel: 'warn',
  rates: {
    loginsPerAccount: unlimited,
    loginsPerAddress: unlimited,
    registrationsPerAddress: unlimited,
    uploads: unlimited,
    events: unlimited,
    calls: unlimited,
    callSignals: unlimited,
  },
};

export interface BenchServer {
  pid: number;
  port: number;
  tls: boolean;
  /** Of each seeded user, the one of user 1 first. */
  tokens: readonly string[];
  dataDir: string;
  /** Ends the process; the data stays for what is to be verified. */
  stop(): Promise<void>;
}

const running = new Set<ChildProcess>();

/** Sees to it that a process ends when this one does. */
export function track(child: ChildProcess): void {
  running.add(child);
  child.once('exit', () => running.delete(child));
}
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));

/** Seeds a database, starts a server on it, hands it over, and removes everything afterwards. `more`: options of `serve`. */
export async function withServer<T>(
  options: Seed & { tls: boolean; more?: readonly string[] },
  use: (server: BenchServer) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'pytalk-bench-'));
  let server: BenchServer | null = null;
  try {
    const dataDir = join(folder, 'data');
    await mkdir(dataDir, { mode: 0o700 });
    const tokens = await seed(dataDir, options);
    const configFile = join(folder, 'config.json');
    await writeFile(configFile, JSON.stringify(openConfig));
    server = await start(dataDir, configFile, options, tokens);
    return await use(server);
  } finally {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function start(
  dataDir: string,
  configFile: string,
  { tls, more: given = [] }: { tls: boolean; more?: readonly string[] },
  tokens: readonly string[],
): Promise<BenchServer> {
  const options = ['--host', '127.0.0.1', '--port', '0', '--udp-port', '0', '--data', dataDir];
  const more = ['--config', configFile, '--json', ...(tls ? [] : ['--no-tls']), ...given];
  const nodeArgs = nodeOptions.split(' ').filter((option) => option !== '');
  const [command, args] = onServerCpu(process.execPath, [
    ...nodeArgs,
    launcher,
    'serve',
    ...options,
    ...more,
  ]);
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  track(child);
  const exited = once(child, 'exit');
  const port = await Promise.race([
    listeningPort(child),
    exited.then(() => {
      throw new Error('the server ended before it was listening');
    }),
  ]);
  return {
    pid: child.pid ?? 0,
    port,
    tls,
    tokens,
    dataDir,
    stop: async () => {
      const kill = setTimeout(() => child.kill('SIGKILL'), 10_000);
      child.kill('SIGTERM');
      await exited;
      clearTimeout(kill);
    },
  };
}

/** Waits for the line that `serve --json` prints when it accepts connections. */
async function listeningPort(child: ChildProcess): Promise<number> {
  if (!child.stdout) throw new Error('no standard output');
  for await (const line of createInterface({ input: child.stdout })) {
    const port = /"tcp":"(?:tcp:\/\/)?[^"]*:(\d+)"/.exec(line)?.[1];
    if (port !== undefined) {
      child.stdout.resume();
      return Number(port);
    }
  }
  throw new Error('the server did not say where it listens');
}
