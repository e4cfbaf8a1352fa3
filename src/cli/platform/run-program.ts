// Runs a program of the system to its end, for what it says and how it ends.
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

export interface Ended {
  /** Null when a signal ended it. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that hangs is ended. */
const timeoutMs = 60_000;

/** No shell reads the arguments. Rejects with the system's error when it cannot be started. */
export async function runProgram(program: string, args: readonly string[]): Promise<Ended> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: timeoutMs });
  const status = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const [ended, stdout, stderr] = await Promise.all([status, text(child.stdout), text(child.stderr)]);
  return { status: ended, stdout, stderr };
}
