// Sees to it that only one process uses a data folder; the lock of a process that has died is taken over.
import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { PytalkError } from '../protocol/errors.js';

const lockName = 'server.lock';
const attempts = 5;

const lockShape = z.object({
  pid: z.int(),
  /** When that process started, where the system tells; a number that is used again does not look alive then. */
  started: z.string().nullable(),
  /** Tells two locks of one process apart. */
  id: z.string(),
});
type Lock = z.infer<typeof lockShape>;

/** Locks that this process holds. */
const held = new Set<string>();

export interface DataLock {
  /** Idempotent. */
  release(): Promise<void>;
}

/** Locks a data folder. Rejects with `home-locked` while another process has it, or `home-unusable`. */
export async function lockDataFolder(dataDir: string): Promise<DataLock> {
  const path = join(resolve(dataDir), lockName);
  const mine: Lock = { pid: process.pid, started: await startOf(process.pid), id: randomUUID() };
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (await create(path, mine, dataDir)) {
      held.add(mine.id);
      return { release: () => release(path, mine) };
    }
    const other = await read(path);
    if (other && (await isAlive(other))) {
      throw new PytalkError('home-locked', { details: { pid: other.pid, path: dataDir, option: '--data' } });
    }
    await putAside(path, other);
  }
  throw new PytalkError('home-unusable', {
    details: { path: dataDir, reason: `${lockName} cannot be taken` },
  });
}

async function create(path: string, lock: Lock, dataDir: string): Promise<boolean> {
  // Written whole under another name and then linked: nobody ever reads half a lock.
  const draft = `${path}.${lock.id}`;
  try {
    await writeFile(draft, JSON.stringify(lock), { mode: 0o600 });
    await link(draft, path);
    return true;
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : '';
    if (code === 'EEXIST') return false;
    // A file system without hard links.
    if (code === 'EPERM' || code === 'ENOTSUP' || code === 'EACCES')
      return await createExclusively(path, lock, dataDir);
    throw unusable(dataDir, cause);
  } finally {
    await rm(draft, { force: true });
  }
}

async function createExclusively(path: string, lock: Lock, dataDir: string): Promise<boolean> {
  try {
    await writeFile(path, JSON.stringify(lock), { mode: 0o600, flag: 'wx' });
    return true;
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST') return false;
    throw unusable(dataDir, cause);
  }
}

function unusable(path: string, cause: unknown): PytalkError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new PytalkError('home-unusable', { details: { path, reason }, cause });
}

/** Null when there is none, or it is not one. */
async function read(path: string): Promise<Lock | null> {
  try {
    return lockShape.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return null;
  }
}

async function isAlive({ pid, started, id }: Lock): Promise<boolean> {
  if (pid === process.pid) return held.has(id);
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  return started === null || started === (await startOf(pid));
}

/** Moves a dead lock away; if somebody else was faster and it is theirs that moved, it goes back. */
async function putAside(path: string, dead: Lock | null): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch {
    return;
  }
  const moved = await read(aside);
  if (moved && moved.id !== dead?.id) await link(aside, path).catch(() => undefined);
  await unlink(aside);
}

async function release(path: string, mine: Lock): Promise<void> {
  if (!held.delete(mine.id)) return;
  if ((await read(path))?.id === mine.id) await rm(path, { force: true });
}

/** The start of a process in ticks since boot (proc(5), field 22 of stat); null where that is not known. */
async function startOf(pid: number): Promise<string | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}
