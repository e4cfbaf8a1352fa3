// The machine under the benchmark: what it is, who runs on which core, and how busy processes and cores were.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpus, release, tmpdir, totalmem, type } from 'node:os';

const serverCpu = 0;
const generatorCpu = 1;
/** Clock ticks a second in /proc (USER_HZ), the same on every Linux. */
const ticksPerSecond = 100;
/** Share of a core that others may use when a run begins. */
const quietShare = 0.1;

/** Whether processes can be pinned: `taskset` is there, and there are two cores. */
export const canPin = cpus().length > 1 && succeeds('taskset', ['-V']);

/** The command and arguments that start a program on the server's core, where that can be had. */
export function onServerCpu(command: string, args: readonly string[]): [string, string[]] {
  return canPin ? ['taskset', ['-c', String(serverCpu), command, ...args]] : [command, [...args]];
}

/** The command and arguments that start a program on both cores, wherever this process is pinned. */
export function onBothCpus(command: string, args: readonly string[]): [string, string[]] {
  return canPin
    ? ['taskset', ['-c', `${serverCpu},${generatorCpu}`, command, ...args]]
    : [command, [...args]];
}

/** The command and arguments that start a program on the generator's core, where that can be had. */
export function onGeneratorCpu(command: string, args: readonly string[]): [string, string[]] {
  return canPin ? ['taskset', ['-c', String(generatorCpu), command, ...args]] : [command, [...args]];
}

/** Moves every thread of this process to the generator's core, where that can be had. */
export function pinGenerator(): void {
  if (canPin) run('taskset', ['-a', '-p', '-c', String(generatorCpu), String(process.pid)]);
}

/** Runs a program to its end and returns what it printed. Throws when it fails. */
export function run(command: string, args: readonly string[], cwd?: string): string {
  return execFileSync(command, [...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd && { cwd }),
  });
}

/** Whether a program can be run, and ends with 0. */
export function succeeds(command: string, args: readonly string[]): boolean {
  try {
    run(command, args);
    return true;
  } catch {
    return false;
  }
}

/** Lines that say on what the figures were measured. */
export function describeMachine(): string[] {
  const [cpu] = cpus();
  return [
    `${cpu?.model.trim() ?? 'unknown CPU'}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    `${type()} ${release()}, Node ${process.version}`,
    canPin
      ? `server on CPU ${serverCpu}, generator on CPU ${generatorCpu} (taskset), loopback`
      : 'server and generator not pinned (no taskset, or one core), loopback',
    `database on ${fileSystem(tmpdir())}`,
  ];
}

/** Kind of the file system that holds a folder: on one in memory, durable means nothing. */
function fileSystem(path: string): string {
  try {
    return run('stat', ['-f', '-c', '%T', path]).trim();
  } catch {
    return 'an unknown file system';
  }
}

/** The commit that is measured, with a `+` when files have changed since. */
export function describeCommit(): string {
  try {
    const changed = run('git', ['status', '--porcelain', '--untracked-files=no']).trim() !== '';
    return run('git', ['rev-parse', '--short', 'HEAD']).trim() + (changed ? '+' : '');
  } catch {
    return 'unknown';
  }
}

function statFields(pid: number): string[] | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}

function allProcesses(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

/** A process and all its descendants; just the process where there is no /proc. */
function processTree(root: number): number[] {
  const childrenOf = new Map<number, number[]>();
  for (const pid of allProcesses()) {
    const parent = Number(statFields(pid)?.[1]);
    childrenOf.set(parent, [...(childrenOf.get(parent) ?? []), pid]);
  }
  const tree = [root];
  for (const pid of tree) tree.push(...(childrenOf.get(pid) ?? []));
  return tree;
}

/** CPU seconds that a process and its descendants have used; NaN where there is no /proc. */
export function cpuSeconds(root: number): number {
  const stats = processTree(root).flatMap((pid) => {
    const fields = statFields(pid);
    return fields ? [Number(fields[11]) + Number(fields[12])] : [];
  });
  return stats.length === 0 ? Number.NaN : stats.reduce((sum, ticks) => sum + ticks, 0) / ticksPerSecond;
}

/** MiB of memory that a process and its descendants hold now (`VmRSS`) or at most ever held (`VmHWM`). */
export function memoryMiB(root: number, what: 'VmRSS' | 'VmHWM'): number {
  let kib = 0;
  for (const pid of processTree(root)) {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      kib += Number(new RegExp(`${what}:\\s+(\\d+)`).exec(status)?.[1] ?? 0);
    } catch {
      // It has ended, or there is no /proc.
    }
  }
  return kib === 0 ? Number.NaN : kib / 1024;
}

/** Busy and total ticks of a core since the machine started. */
function coreTicks(core: number): { busy: number; all: number } {
  try {
    const line = new RegExp(`^cpu${core} (.*)$`, 'm').exec(readFileSync('/proc/stat', 'utf8'))?.[1] ?? '';
    const ticks = line.split(' ').map(Number).slice(0, 8);
    const all = ticks.reduce((sum, value) => sum + value, 0);
    return { busy: all - (ticks[3] ?? 0) - (ticks[4] ?? 0), all };
  } catch {
    return { busy: 0, all: 0 };
  }
}

/** Waits until both cores are nearly idle, at most so long: other work on the machine often comes in bursts. */
export async function quietMachine(timeoutMs: number): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (performance.now() < end) {
    const before = [coreTicks(serverCpu), coreTicks(generatorCpu)] as const;
    await sleep(500);
    const busy = before.some((core, i) => {
      const now = coreTicks(i === 0 ? serverCpu : generatorCpu);
      return now.busy - core.busy > (now.all - core.all) * quietShare;
    });
    if (!busy) return;
  }
}

/** What a stretch of load has cost. */
export interface Cost {
  seconds: number;
  serverCpuSeconds: number;
  /** Shares of one core. */
  serverBusy: number;
  generatorBusy: number;
  /** Share of a core that others used meanwhile: above 0.15 the run is not to be trusted. */
  disturbed: number;
  /** The same of the server's core alone, for a generator that is a process of its own. */
  serverCoreDisturbed: number;
}

/** Starts to measure; the function returned ends it. */
export function measure(serverPid: number): () => Cost {
  const read = () => ({
    at: performance.now() / 1000,
    server: cpuSeconds(serverPid),
    own: process.cpuUsage(),
    cores: [coreTicks(serverCpu), coreTicks(generatorCpu)] as const,
  });
  const before = read();
  return () => {
    const after = read();
    const seconds = after.at - before.at;
    const serverCpuSeconds = after.server - before.server;
    const own = after.own.user + after.own.system - before.own.user - before.own.system;
    const serverBusy = serverCpuSeconds / seconds;
    const generatorBusy = own / 1e6 / seconds;
    const busy = ([0, 1] as const).map((core) => {
      const all = after.cores[core].all - before.cores[core].all;
      return all === 0 ? 0 : (after.cores[core].busy - before.cores[core].busy) / all;
    });
    const onServer = canPin ? Math.max(0, (busy[0] ?? 0) - serverBusy) : 0;
    const onGenerator = canPin ? Math.max(0, (busy[1] ?? 0) - generatorBusy) : 0;
    return {
      seconds,
      serverCpuSeconds,
      serverBusy,
      generatorBusy,
      disturbed: Math.max(onServer, onGenerator),
      serverCoreDisturbed: onServer,
    };
  };
}

/** What several programs that share both cores have cost, each with its descendants. */
export interface SharedCost {
  /** Shares of one core, in the order in which the programs were given. */
  shares: number[];
  /** Of this process. */
  generator: number;
  /** Share of a core that others used meanwhile. */
  disturbed: number;
}

/** Starts to measure programs by the pids of their first processes; the function returned ends it. */
export function measureTogether(pids: readonly number[]): () => SharedCost {
  const read = () => ({
    at: performance.now() / 1000,
    trees: pids.map(cpuSeconds),
    own: process.cpuUsage(),
    cores: [coreTicks(serverCpu), coreTicks(generatorCpu)] as const,
  });
  const before = read();
  return () => {
    const after = read();
    const seconds = after.at - before.at;
    const shares = after.trees.map((used, at) => (used - (before.trees[at] ?? 0)) / seconds);
    const generator =
      (after.own.user + after.own.system - before.own.user - before.own.system) / 1e6 / seconds;
    const busy = ([0, 1] as const).map((core) => {
      const all = after.cores[core].all - before.cores[core].all;
      return all === 0 ? 0 : (after.cores[core].busy - before.cores[core].busy) / all;
    });
    const all = (busy[0] ?? 0) + (busy[1] ?? 0);
    const ours = shares.reduce((sum, share) => sum + share, generator);
    return { shares, generator, disturbed: canPin ? Math.max(0, all - ours) : 0 };
  };
}
