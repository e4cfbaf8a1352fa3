// G: how long the command line takes to start, and to send one message.
import { mkdtemp, rm } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { median } from '../statistics.js';
import type { Measured, Scenario } from '../scenario.js';
import { withServer, type BenchServer } from '../server-process.js';

const launcher = fileURLToPath(new URL('../../../bin/pytalk.js', import.meta.url));
const starts = 10;

/** Runs `pytalk` with some arguments and returns the milliseconds it took. Throws when it fails. */
function timed(args: readonly string[], env: Record<string, string> = {}): number {
  const from = performance.now();
  const { status, stderr } = spawnSync(process.execPath, [launcher, ...args], {
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`pytalk ${args.join(' ')} ended with ${status ?? 'a signal'}: ${stderr}`);
  return performance.now() - from;
}

function medianOf(count: number, once: () => number): number {
  return median(Array.from({ length: count }, once));
}

function measureCommands(server: BenchServer, home: string, count: number): Measured {
  const env = {
    PYTALK_HOME: home,
    PYTALK_SERVER: `127.0.0.1:${server.port}`,
    PYTALK_PASSWORD: 'correct horse battery staple',
  };
  timed(['register', 'bob', '--phone', '0612345679'], { ...env, PYTALK_HOME: join(home, 'bob') });
  timed(['register', 'alice', '--phone', '0612345678'], env);
  timed(['send', '@bob', 'first'], env);
  return {
    'pytalk --version, ms': medianOf(count, () => timed(['--version'])),
    'pytalk --help, ms': medianOf(count, () => timed(['--help'])),
    'pytalk send, ms': medianOf(count, () => timed(['send', '@bob', 'hello'], env)),
  };
}

export const startUp: Scenario = {
  key: 'G',
  title: 'G Start-up of the command line',
  about: `Wall-clock time of whole processes, median of ${starts}; send connects over TLS, logs in with the token kept, waits for the acknowledgement.`,
  figures: [
    { name: 'pytalk --version, ms', digits: 0 },
    { name: 'pytalk --help, ms', digits: 0 },
    { name: 'pytalk send, ms', digits: 0 },
  ],
  runOnce: ({ quick }) =>
    withServer({ users: 0, tls: true }, async (server) => {
      const home = await mkdtemp(join(tmpdir(), 'pytalk-bench-home-'));
      try {
        return measureCommands(server, home, quick ? 2 : starts);
      } finally {
        await rm(home, { recursive: true, force: true });
      }
    }),
};
