// Starts a small program of the system that shows something and ends by itself; nothing waits for it.
import { spawn } from 'node:child_process';
import { win32 } from 'node:path';

export interface Invocation {
  readonly program: string;
  /** No shell reads them. */
  readonly args: readonly string[];
  /** Variables beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** On Windows: without a console window. */
  readonly isHidden?: boolean;
}

/** A program that hangs is ended. */
const timeoutMs = 10_000;

/** `missing` is called when it cannot be started. */
export function startProgram(
  { program, args, env, isHidden = false }: Invocation,
  missing: () => void,
): void {
  const child = spawn(program, args, {
    stdio: 'ignore',
    timeout: timeoutMs,
    windowsHide: isHidden,
    env: { ...process.env, ...env },
  });
  child.on('error', missing);
  child.unref();
}

/** PowerShell as it comes with Windows, for `windowsProgram`. */
export const powershell = ['System32', 'WindowsPowerShell', 'v1.0', 'powershell.exe'] as const;

/** A program of Windows by its whole path: a bare name would be looked for in the current folder first. */
export function windowsProgram(env: Readonly<Record<string, string | undefined>>, ...path: string[]): string {
  const root = env['SystemRoot'];
  return win32.join(root === undefined || root === '' ? 'C:\\Windows' : root, ...path);
}
