// Starts a small program of the system that shows something and ends by itself; nothing waits for it.
import { spawn } from 'node:child_process';

/** A program that hangs is ended. */
const timeoutMs = 10_000;

/** `missing` is called when it cannot be started. No shell reads the arguments. */
export function startProgram(program: string, args: readonly string[], missing: () => void): void {
  const child = spawn(program, args, { stdio: 'ignore', timeout: timeoutMs });
  child.on('error', missing);
  child.unref();
}
