// A lock file with the holder's process id; that of a process which is gone is taken over.
import { open, readFile, rm } from 'node:fs/promises';
import { uptime } from 'node:os';
import { z } from 'zod';
import { hasCode, unusable } from './home.js';

/** Clocks drift and are set; a boot is never this close to another one that mattered. */
const bootToleranceMs = 120_000;
const shape = z.object({
  pid: z.int(),
  bootAt: z.number(),
  /** When the process began, where the system tells: numbers are given again, in a container the same one at every start. */
  startedAt: z.string().nullish(),
});

export interface Lock {
  /** Idempotent. */
  release(): Promise<void>;
}

/** Takes the lock at `path`, or returns null while another living process holds it. Rejects with `home-unusable`. */
export async function tryLock(path: string): Promise<Lock | null> {
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      const file = await open(path, 'wx', 0o600);
      try {
        await file.writeFile(
          JSON.stringify({ pid: process.pid, bootAt: bootAt(), startedAt: await startOf(process.pid) }),
        );
      } finally {
        await file.close();
      }
      let held = true;
      return {
        release: async () => {
          if (held) await rm(path, { force: true });
          held = false;
        },
      };
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw unusable(path, error);
    }
    if (await isHeld(path)) return null;
    await rm(path, { force: true });
  }
  return null;
}

async function isHeld(path: string): Promise<boolean> {
  try {
    const holder = shape.parse(JSON.parse(await readFile(path, 'utf8')));
    // A number from before the last boot may be another process by now.
    if (Math.abs(holder.bootAt - bootAt()) >= bootToleranceMs || !isAlive(holder.pid)) return false;
    const startedAt = await startOf(holder.pid);
    return holder.startedAt == null || startedAt === null || holder.startedAt === startedAt;
  } catch {
    // Gone meanwhile, or its writer died before it wrote: nobody holds it.
    return false;
  }
}

/** Process id of who holds the lock, or has held it last; null when nobody says. */
export async function lockHolder(path: string): Promise<number | null> {
  try {
    return shape.parse(JSON.parse(await readFile(path, 'utf8'))).pid;
  } catch {
    return null;
  }
}

/** Clock ticks from the boot to the start of a process (proc_pid_stat(5), field 22); null where /proc does not tell. */
async function startOf(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name in brackets may hold anything; what follows it begins with field 3.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
}

function bootAt(): number {
  return Date.now() - uptime() * 1000;
}
