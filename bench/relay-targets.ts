// Relays under the benchmark's load: ours, the bare forwarder, and those of a folder of baselines; each a process on the server's core.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { onServerCpu, run, succeeds } from './machine.js';

export interface RunningRelay {
  pid: number;
  port: number;
  stop(): Promise<void>;
}

/** How packets get through it: with bound tickets, by themselves, or over an allocation (TURN). */
export type RelayKind = 'tickets' | 'forwards' | 'turn';

export interface RelayTarget {
  name: string;
  kind: RelayKind;
  /** Starts it for so many calls; receivers are at `receivePort`. */
  start(calls: number, receivePort: number): Promise<RunningRelay>;
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
/*
 * PYTALK_BENCH_RELAY names another checkout's relay-process.js, to compare two versions.
 * PYTALK_BENCH_NODE_OPTIONS goes to PyTalk's relay alone, for example `--cpu-prof --cpu-prof-dir=DIR`.
 */
const ourScript = process.env['PYTALK_BENCH_RELAY'] ?? script('relay-process.js');
const ourOptions = (process.env['PYTALK_BENCH_NODE_OPTIONS'] ?? '').split(' ').filter((word) => word !== '');
/** Other programs say nothing when they are ready. */
const othersStartMs = 1_500;
const forwarderPort = 21_001;
const turnPort = 13_478;

function script(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

export const pytalkRelay: RelayTarget = {
  name: 'PyTalk',
  kind: 'tickets',
  start: (calls) => startNode([...ourOptions, ourScript, String(calls)]),
};

export const bareForwarder: RelayTarget = {
  name: 'bare',
  kind: 'forwards',
  start: (calls, receivePort) => startNode([script('bare-forwarder.js'), String(receivePort), String(calls)]),
};

/** The relays of the baselines that can be had here; what is built for them goes into `folder`. */
export function baselineRelays(baselines: string, folder: string): RelayTarget[] {
  const program = join(folder, 'relay');
  run('cc', ['-O2', '-o', program, join(baselines, 'udp/relay.c')]);
  const inC = (name: string, mode: string): RelayTarget => ({
    name,
    kind: 'forwards',
    start: (_calls, receivePort) =>
      startOther(program, [mode, String(forwarderPort), String(receivePort)], forwarderPort),
  });
  const relays = [inC('C', 'plain'), inC('C, batched', 'mmsg')];
  if (succeeds('sh', ['-c', 'command -v turnserver'])) relays.push(coturn(folder));
  return relays;
}

function coturn(folder: string): RelayTarget {
  const local = [
    '-n',
    '-L',
    '127.0.0.1',
    '-E',
    '127.0.0.1',
    '-p',
    String(turnPort),
    '--allow-loopback-peers',
  ];
  const plain = [
    '--no-auth',
    '--no-tls',
    '--no-dtls',
    '--no-cli',
    '--no-software-attribute',
    '--realm',
    'bench',
  ];
  const files = ['--pidfile', join(folder, 'coturn.pid'), '--userdb', join(folder, 'coturn.db')];
  const rest = ['--log-file', join(folder, 'coturn.log'), '--simple-log', '-m', '1'];
  return {
    name: 'coturn',
    kind: 'turn',
    start: () => startOther('turnserver', [...local, ...plain, ...files, ...rest], turnPort),
  };
}

async function startNode(args: readonly string[]): Promise<RunningRelay> {
  const child = launch(process.execPath, args, 'pipe');
  if (!child.stdout) throw new Error('no standard output');
  for await (const line of createInterface({ input: child.stdout })) return asRunning(child, Number(line));
  throw new Error('the relay ended before it was listening');
}

async function startOther(program: string, args: readonly string[], port: number): Promise<RunningRelay> {
  const child = launch(program, args, 'ignore');
  await sleep(othersStartMs);
  if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}`);
  return asRunning(child, port);
}

function launch(program: string, args: readonly string[], stdout: 'pipe' | 'ignore'): ChildProcess {
  const [command, words] = onServerCpu(program, args);
  const child = spawn(command, words, {
    stdio: ['ignore', stdout, stdout === 'pipe' ? 'inherit' : 'ignore'],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

function asRunning(child: ChildProcess, port: number): RunningRelay {
  return {
    pid: child.pid ?? 0,
    port,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    },
  };
}
