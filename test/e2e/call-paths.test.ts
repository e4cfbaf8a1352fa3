// Two `pytalk call` processes on a real server behind a network that stops UDP: media goes on over the chat connection, and returns.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import type { NetworkTraits } from '../support/bad-network.js';
import { startAgent, startCall, twoFriends, withoutDevices } from '../support/calling.js';
import type { Program } from '../support/cli-program.js';
import { jsonLines } from '../support/cli-run.js';
import { testServer } from '../support/server.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { openUdpProxy } from '../support/udp-proxy.js';
import { missing } from '../support/tools.js';

t.setTimeout(300_000);

const skip = missing('ffmpeg', '-version');

/** Long for what takes two seconds: a busy machine must not decide. */
const patienceMs = 30_000;

interface StatsLine {
  type: string;
  at: string;
  path: string;
  received: Record<string, { video: { frames: number }; audio: { packets: number } }>;
}

async function statsOf(file: string): Promise<StatsLine[]> {
  return (jsonLines(await readFile(file, 'utf8')) as unknown as StatsLine[]).filter(
    ({ type }) => type === 'stats',
  );
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What came of the other one so far, by the last line of figures. */
async function progress(
  file: string,
  from: string,
): Promise<{ frames: number; packets: number; path: string }> {
  const last = (await statsOf(file)).at(-1);
  const { video, audio } = last?.received[from] ?? { video: { frames: 0 }, audio: { packets: 0 } };
  return { frames: video.frames, packets: audio.packets, path: last?.path ?? '' };
}

interface Followed {
  /** Resolves with how long it took until the process said that its media takes this path. */
  path(wanted: string): Promise<number>;
  /** The reason of its end. */
  readonly ended: Promise<unknown>;
}

/** Reads all that a process says from now on. */
function follow(call: Program): Followed {
  let current: unknown = null;
  const ended = (async () => {
    for (;;) {
      const news = await call.until(({ type }) => type === 'path' || type === 'ended');
      if (news['type'] === 'ended') return news['reason'];
      current = news['path'];
    }
  })();
  ended.catch(() => undefined);
  return {
    ended,
    path: async (wanted) => {
      const sinceMs = performance.now();
      while (current !== wanted && performance.now() - sinceMs < patienceMs) await wait(10);
      return performance.now() - sinceMs;
    },
  };
}

t.test('UDP that is stopped for a while, either way, stops no call', { skip }, async (t) => {
  const proxy = await openUdpProxy(0, 7);
  t.teardown(() => proxy.close());
  const server = await testServer(t, { advertiseUdp: { host: '127.0.0.1', port: proxy.port } });
  proxy.target = server.udp.port;
  const { alice, bob } = await twoFriends(t, server);
  const folder = await temporaryFolder(t);
  const [aliceStats, bobStats] = [join(folder, 'alice'), join(folder, 'bob')];
  const agent = await startAgent(t, bob, ...withoutDevices, '--once', '--relay-only', '--stats', bobStats);
  // Directly they would pass the proxy by.
  const caller = startCall(t, alice, 'bob', ...withoutDevices, '--relay-only', '--stats', aliceStats);
  const both = [follow(caller), follow(agent)];
  const arrive = (path: string): Promise<number[]> => Promise.all(both.map((one) => one.path(path)));
  await arrive('udp');
  const files = [
    [aliceStats, 'bob'],
    [bobStats, 'alice'],
  ] as const;

  /** Waits until this many more pictures and packets have come to both. */
  const more = async (what: string, wanted: string): Promise<void> => {
    for (const [file, from] of files) {
      const before = await progress(file, from);
      let now = before;
      const giveUpAt = Date.now() + patienceMs;
      const isThere = (): boolean =>
        now.frames >= before.frames + 20 && now.packets >= before.packets + 50 && now.path === wanted;
      while (!isThere() && Date.now() < giveUpAt) {
        await wait(250);
        now = await progress(file, from);
      }
      t.ok(isThere(), `${what}: ${from} goes on over ${now.path}`);
    }
  };
  await more('at first', 'udp');

  for (const [name, traits, forMs] of [
    ['both ways', { blocked: true }, 15_000],
    ['on the way up', { blocked: 'up' }, 5_000],
    ['on the way down', { blocked: 'down' }, 5_000],
  ] as const satisfies readonly (readonly [string, NetworkTraits, number])[]) {
    proxy.network.traits = traits;
    const cutAt = Date.now();
    const took = await arrive('tcp');
    t.comment(`${name}: over TCP after ${took.map(Math.round).join(' and ')} ms`);
    await more(name, 'tcp');
    await wait(Math.max(0, cutAt + forMs - Date.now()));
    proxy.network.traits = {};
    const back = await arrive('udp');
    t.comment(`${name}: on UDP again ${back.map(Math.round).join(' and ')} ms after it was open`);
    await more(`after ${name}`, 'udp');
  }

  await proxy.moveClients();
  await more('at another address', 'udp');

  caller.child.stdin!.write('{"do":"hangup"}\n');
  t.same(await Promise.all(both.map(({ ended }) => ended)), ['hangup', 'hangup']);
  t.equal(await caller.ended, 0, caller.stderr);
  t.equal(await agent.ended, 0, agent.stderr);
  for (const [file, from] of files) {
    const lines = await statsOf(file);
    const counts = lines.map(({ received }) => received[from]?.video.frames ?? 0);
    let longest = 0;
    let still = 0;
    for (const [at, count] of counts.entries()) {
      still = at > 0 && count === counts[at - 1] && counts[0] !== count ? still + 1 : 0;
      longest = Math.max(longest, still);
    }
    t.comment(
      `of ${lines.length} lines of figures at most ${longest} in a row without a new picture of ${from}`,
    );
  }
});
