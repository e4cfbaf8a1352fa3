// The whole server: inside the test's process, or as a process of its own that can be killed and started again.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pino } from 'pino';
import { startServer, type RunningServer, type ServerOptions } from '../../src/server/server.js';
import { openStorage } from '../../src/server/storage/open.js';
import { plentifulRates } from './core.js';
import { storePeople, type Person } from './people.js';
import { projectFile } from './project.js';
import { temporaryFolder, type Teardown } from './temporary-folder.js';
import { WireClient } from './wire-client.js';

/** Starts a server on free loopback ports; the test's teardown stops it. */
export async function testServer(
  test: Teardown,
  options: Partial<ServerOptions> = {},
): Promise<RunningServer & { dataDir: string }> {
  const dataDir = options.dataDir ?? (await temporaryFolder(test));
  const server = await startServer({
    host: '127.0.0.1',
    port: 0,
    udpPort: 0,
    log: pino({ level: 'silent' }),
    ...options,
    overrides: { rates: plentifulRates, ...options.overrides },
    dataDir,
  });
  test.teardown(() => server.close());
  return { ...server, dataDir };
}

export interface ServerProcess {
  dataDir: string;
  port: number;
  people: readonly Person[];
  readonly pid: number;
  /** Connects over TLS, greets, and logs in as the person with this id. */
  join(id: number): Promise<WireClient>;
  /** Ends the process as a power cut would. */
  kill(): Promise<void>;
  /** Starts it again over the same data, on the same port. */
  start(): Promise<void>;
  /** Ends it as an administrator would; resolves with its exit code. */
  terminate(): Promise<number | null>;
  /** The most memory that it has had in RAM, in bytes; null where the system does not tell. */
  peakMemory(): Promise<number | null>;
}

/** Runs `pytalk serve` over people that are there already. */
export async function serverProcess(test: Teardown, peopleCount: number): Promise<ServerProcess> {
  const dataDir = await temporaryFolder(test);
  const storage = await openStorage(dataDir);
  const people = await storePeople(storage, peopleCount);
  await storage.close();
  const configFile = join(dataDir, 'config.json');
  await writeFile(
    configFile,
    JSON.stringify({ rates: plentifulRates, logLevel: 'warn', maxConnectionsPerAddress: 2000 }),
  );
  let child: ChildProcess | null = null;
  const stop = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> => {
    const was = child;
    child = null;
    if (was?.exitCode !== null || was.signalCode !== null) return null;
    const exited = once(was, 'exit') as Promise<[number | null]>;
    was.kill(signal);
    return (await exited)[0];
  };
  const server: ServerProcess = {
    dataDir,
    port: 0,
    people,
    get pid() {
      return child?.pid ?? 0;
    },
    join: async (id) => {
      const client = await WireClient.connect({ port: server.port, tls: true });
      await client.request('auth', { token: people[id - 1]!.token });
      return client;
    },
    kill: async () => {
      await stop('SIGKILL');
    },
    start: async () => {
      const args = ['serve', '--host', '127.0.0.1', '--port', String(server.port), '--udp-port', '0'];
      child = spawn(
        process.execPath,
        [projectFile('bin/pytalk.js'), ...args, '--data', dataDir, '--config', configFile, '--json'],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
      server.port = await listeningPort(child);
    },
    terminate: () => stop('SIGTERM'),
    peakMemory: async () => {
      const status = await readFile(`/proc/${server.pid}/status`, 'utf8').catch(() => '');
      const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
      return kibibytes === undefined ? null : Number(kibibytes) * 1024;
    },
  };
  test.teardown(() => stop('SIGKILL'));
  await server.start();
  return server;
}

/** The port of a server that says with `--json` that it listens. Rejects when it ends instead. */
async function listeningPort(child: ChildProcess): Promise<number> {
  const lines = createInterface({ input: child.stdout! });
  for await (const line of lines) {
    const { type, tcp } = JSON.parse(line) as { type: string; tcp: string };
    if (type === 'listening') return Number(new URL(tcp).port);
  }
  throw new Error('the server ended before it listened');
}
