// Starts a server on this machine that goes on without us, and waits until it takes connections.
import { spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeOwnFolder } from '../../disk/make-folder.js';
import { PytalkError } from '../../protocol/errors.js';
import { because } from '../../protocol/reasons.js';
import { cleanLine } from '../clean-text.js';

export interface StartedServer {
  /** `127.0.0.1:PORT`. */
  readonly address: string;
  readonly pid: number;
  readonly dataDir: string;
  readonly logFile: string;
}

const patienceMs = 30_000;
const lookEveryMs = 100;

/** The port in the one line that a server prints when it takes connections. */
function portIn(log: string): number | null {
  const port = /PyTalk server listening on tcp:\/\/\S*:(\d+) /.exec(log)?.[1];
  return port === undefined ? null : Number(port);
}

/** `more` are further options of `serve`. Rejects with `server-not-started` and the last words of its log. */
export async function startServerHere(dataDir: string, more: readonly string[] = []): Promise<StartedServer> {
  await makeOwnFolder(dataDir);
  const logFile = join(dataDir, 'server.log');
  const log = await open(logFile, 'w', 0o600);
  const [program = ''] = process.argv.slice(1);
  const args = [...process.execArgv, program, 'serve', '--data', dataDir, ...more];
  const child = spawn(process.execPath, args, { detached: true, stdio: ['ignore', log.fd, log.fd] });
  const ending: { why: string | null } = { why: null };
  child.on('exit', (code) => {
    ending.why = String(code);
  });
  child.on('error', (error) => {
    ending.why = error.message;
  });
  try {
    for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += lookEveryMs) {
      const text = await readFile(logFile, 'utf8');
      const port = portIn(text);
      if (port !== null && child.pid !== undefined)
        return { address: `127.0.0.1:${port}`, pid: child.pid, dataDir, logFile };
      if (ending.why !== null) {
        const reason = cleanLine(text.trim().split('\n').at(-1) ?? ending.why, 300);
        throw new PytalkError('server-not-started', { details: { path: logFile, reason } });
      }
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    }
    child.kill();
    throw new PytalkError('server-not-started', { details: because('start-timeout', { path: logFile }) });
  } finally {
    child.removeAllListeners();
    child.unref();
    await log.close();
  }
}
