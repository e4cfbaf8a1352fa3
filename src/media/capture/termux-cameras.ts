// Which cameras a phone has, by Termux:API; apart from what opens them, which needs the library for pictures.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const infoMs = 5_000;

/**
 * Whether Termux:API answers: `no-program` without the package `termux-api`, `no-answer` where the program says nothing
 * in 5 s (as it does without the app of that name), else `ok`. Never rejects.
 */
export async function termuxApi(): Promise<'ok' | 'no-program' | 'no-answer'> {
  try {
    const { stdout } = await execute('termux-camera-info', [], { timeout: infoMs });
    return stdout.trim() === '' ? 'no-answer' : 'ok';
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 'no-program' : 'no-answer';
  }
}

/** The cameras of the phone by `termux-camera-info`; empty where that is missing or says something else. Never rejects. */
export async function listTermuxCameras(): Promise<{ id: string; name: string }[]> {
  try {
    const { stdout } = await execute('termux-camera-info', [], { timeout: infoMs });
    const found: unknown = JSON.parse(stdout);
    return (Array.isArray(found) ? (found as unknown[]) : []).flatMap((one) => {
      if (typeof one !== 'object' || one === null || !('id' in one)) return [];
      const facing = 'facing' in one ? ` (${String(one.facing)})` : '';
      return [{ id: `termux:${String(one.id)}`, name: `termux:${String(one.id)}${facing}` }];
    });
  } catch {
    return [];
  }
}
