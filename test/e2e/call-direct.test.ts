// Two `pytalk call` processes on loopback find each other directly, unless one of them wants the relay only.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { startAgent, startCall, twoFriends, withoutDevices } from '../support/calling.js';
import { jsonLines } from '../support/cli-run.js';
import { testServer } from '../support/server.js';
import { temporaryFolder, type Teardown } from '../support/temporary-folder.js';
import { missing } from '../support/tools.js';

t.setTimeout(180_000);

const skip = missing('ffmpeg', '-version');

interface StatsLine {
  type: string;
  path: string;
  received: Record<string, { video: { frames: number } }>;
}

async function scene(test: Teardown, callerOptions: readonly string[], agentOptions: readonly string[]) {
  const server = await testServer(test);
  const { alice, bob } = await twoFriends(test, server);
  const files = { alice: '', bob: '' };
  const folder = await temporaryFolder(test);
  for (const name of ['alice', 'bob'] as const) files[name] = join(folder, name);
  const agent = await startAgent(
    test,
    bob,
    ...withoutDevices,
    '--once',
    '--stats',
    files.bob,
    ...agentOptions,
  );
  const caller = startCall(test, alice, 'bob', ...withoutDevices, '--stats', files.alice, ...callerOptions);
  const lines = async (name: 'alice' | 'bob'): Promise<StatsLine[]> =>
    (jsonLines(await readFile(files[name], 'utf8')) as unknown as StatsLine[]).filter(
      ({ type }) => type === 'stats',
    );
  return { caller, agent, lines };
}

t.test('a call on one machine goes directly, on both sides', { skip }, async (t) => {
  const { caller, agent, lines } = await scene(t, [], []);
  const isDirect = (news: Record<string, unknown>): boolean =>
    news['type'] === 'path' && news['path'] === 'direct';
  await Promise.all([caller.until(isDirect), agent.until(isDirect)]);
  for (const name of ['alice', 'bob'] as const) {
    const other = name === 'alice' ? 'bob' : 'alice';
    for (;;) {
      const last = (await lines(name)).at(-1);
      if (last?.path === 'direct' && (last.received[other]?.video.frames ?? 0) > 60) break;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
  caller.child.stdin!.write('{"do":"hangup"}\n');
  t.equal(await caller.ended, 0, caller.stderr);
  t.equal(await agent.ended, 0, agent.stderr);
});

for (const [who, ...options] of [
  ['the caller', ['--relay-only'], []],
  ['the one who is called', [], ['--relay-only']],
] as const) {
  t.test(`a call goes by the relay when ${who} wants that`, { skip }, async (t) => {
    const { caller, agent, lines } = await scene(t, ['--duration', '8', ...options[0]], options[1]);
    t.equal(await caller.ended, 0, caller.stderr);
    t.equal(await agent.ended, 0, agent.stderr);
    for (const [name, other] of [
      ['alice', 'bob'],
      ['bob', 'alice'],
    ] as const) {
      const all = await lines(name);
      t.ok((all.at(-1)?.received[other]?.video.frames ?? 0) > 60);
      t.notOk(all.some(({ path }) => path === 'direct'));
    }
  });
}
