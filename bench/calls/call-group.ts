// A group on a server process of its own, each member with a `pytalk call '#team'` process: the first calls, the others join.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BadNetwork } from '../../test/support/bad-network.js';
import { narrowHost, openNarrowWay } from '../../test/support/narrow-way.js';
import { withServer, type BenchServer } from '../server-process.js';
import { freeUdpPort, pytalkOf, Side } from './call-pair.js';

const patienceMs = 60_000;

export interface GroupCall {
  readonly server: BenchServer;
  readonly sides: readonly Side[];
  /** What the datagrams of the last one to join pass; null when nothing is in their way. */
  readonly network: BadNetwork | null;
}

export interface GroupOptions {
  readonly count: number;
  /** Of `call`, for everybody. */
  readonly options: readonly string[];
  /** Puts a proxy in the way of the last one to join. */
  readonly hasProxy?: boolean;
}

/** Hands the call over once everybody sees everybody; then all hang up. Rejects when a process does not end with 0. */
export async function withGroupCall<T>(
  { count, options, hasProxy = false }: GroupOptions,
  use: (call: GroupCall) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'pytalk-bench-group-'));
  const names = Array.from({ length: count }, (_, at) => `member${at + 1}`);
  try {
    const udp = await freeUdpPort();
    return await withServer({ users: 0, tls: true, more: ['--udp-port', String(udp)] }, async (server) => {
      const way = hasProxy ? await openNarrowWay({ tcp: server.port, udp }) : null;
      for (const [at, name] of names.entries()) {
        const host = way && name === names.at(-1) ? narrowHost : '127.0.0.1';
        const phone = `061234500${at}`;
        await pytalkOf(`${host}:${server.port}`, folder, name, 'register', name, '--phone', phone);
      }
      const [first = '', ...others] = names;
      await pytalkOf(server.port, folder, first, 'groups', 'create', 'team', '--members', others.join(','));
      const sides: Side[] = [];
      try {
        for (const name of names) {
          const side = new Side(name, folder, ['#team', ...options]);
          sides.push(side);
          await side.until(name === first ? 'ringing' : 'connected');
        }
        await allSeen(sides);
        const result = await use({ server, sides, network: way?.network ?? null });
        for (const side of sides) side.hangUp();
        await Promise.all(sides.map((side) => side.endsWell()));
        return result;
      } finally {
        await Promise.all(sides.map((side) => side.kill()));
        await way?.close();
      }
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Waits until each side has had pictures and sound of each other one. */
async function allSeen(sides: readonly Side[]): Promise<void> {
  const giveUpAtMs = performance.now() + patienceMs;
  for (;;) {
    const seen = await Promise.all(
      sides.map(async (side) => {
        const received = Object.values((await side.stats().catch(() => [])).at(-1)?.received ?? {});
        return received.filter((one) => one && one.video.frames > 0 && one.audio.packets > 0).length;
      }),
    );
    if (seen.every((count) => count === sides.length - 1)) return;
    if (performance.now() > giveUpAtMs)
      throw new Error(`of ${sides.length - 1} others are seen: ${seen.join(', ')}`);
    await sleep(250);
  }
}
