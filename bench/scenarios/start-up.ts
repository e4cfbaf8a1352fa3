// G: how long the command line takes to start, and to send one message.
import { mkdtemp, rm } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageTree } from '../../test/support/package-tree.js';
import { median } from '../statistics.js';
import type { Measured, Scenario } from '../scenario.js';
import { withServer, type BenchServer } from '../server-process.js';

const starts = 10;

/** Runs node with some arguments and returns the milliseconds it took. Throws when it fails. */
function timed(args: readonly string[], env: Record<string, string> = {}): number {
  const from = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, {
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status ?? 'a signal'}: ${stderr}`);
  return performance.now() - from;
}

function medianOf(count: number, once: () => number): number {
  return median(Array.from({ length: count }, once));
}

function measureCommands(server: BenchServer, launcher: string, home: string, count: number): Measured {
  const env = {
    PYTALK_HOME: home,
    PYTALK_SERVER: `127.0.0.1:${server.port}`,
    PYTALK_PASSWORD: 'correct horse battery staple',
  };
  const pytalk = (...args: readonly string[]): number => timed([launcher, ...args], env);
  timed([launcher, 'register', 'bob', '--phone', '0612345679'], { ...env, PYTALK_HOME: join(home, 'bob') });
  pytalk('register', 'alice', '--phone', '0612345678');
  pytalk('send', '@bob', 'first');
  const bare = medianOf(count, () => timed(['-e', '0']));
  const send = medianOf(count, () => pytalk('send', '@bob', 'hello'));
  return {
    'node -e 0, ms': bare,
    'pytalk --version, ms': medianOf(count, () => pytalk('--version')),
    'pytalk --help, ms': medianOf(count, () => pytalk('--help')),
    'pytalk send, ms': send,
    'pytalk send, times node -e 0': send / bare,
  };
}

export const startUp: Scenario = {
  key: 'G',
  title: 'G Start-up of the command line',
  about: `The package as npm makes it; wall-clock time of whole processes, median of ${starts}; send connects over TLS, logs in with the token kept, waits for the acknowledgement.`,
  figures: [
    { name: 'node -e 0, ms', digits: 0 },
    { name: 'pytalk --version, ms', digits: 0, aim: { atMost: 120 } },
    { name: 'pytalk --help, ms', digits: 0 },
    { name: 'pytalk send, ms', digits: 0, aim: { atMost: 400 } },
    { name: 'pytalk send, times node -e 0', digits: 1 },
  ],
  runOnce: ({ quick }) =>
    withServer({ users: 0, tls: true }, async (server) => {
      const folder = await mkdtemp(join(tmpdir(), 'pytalk-bench-home-'));
      try {
        const { launcher } = await packageTree(folder);
        return measureCommands(server, launcher, join(folder, 'home'), quick ? 2 : starts);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    }),
};
