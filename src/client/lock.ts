// A lock file with the holder's process id; that of a process which is gone is taken over.
import { open, readFile, rm } from 'node:fs/promises';
import { uptime } from 'node:os';
import { z } from 'zod';
import { hasCode, unusable } from './home.js';

/** Clocks drift and are set; a boot is never this close to another one that mattered. */
const bootToleranceMs = 120_000;
const shape = z.object({ pid: z.int(), bootAt: z.number() });

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
        await file.writeFile(JSON.stringify({ pid: process.pid, bootAt: bootAt() }));
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
    return Math.abs(holder.bootAt - bootAt()) < bootToleranceMs && isAlive(holder.pid);
  } catch {
    // Gone meanwhile, or its writer died before it wrote: nobody holds it.
    return false;
  }
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
