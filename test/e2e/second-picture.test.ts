// A second picture beside the camera's between two `pytalk call` processes: seen, counted, kept, switched off and on.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import t from 'tap';
import { startAgent, startCall, twoFriends, withoutDevices } from '../support/calling.js';
import { readMatroska } from '../support/matroska.js';
import { testServer } from '../support/server.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { missing } from '../support/tools.js';

t.setTimeout(180_000);

const skip = missing('ffmpeg', '-version');

type Line = Record<string, unknown>;
interface Figures {
  fps: number;
  width: number;
  height: number;
  frames: number;
}

t.test('both pictures arrive, the second comes and goes, and a recording has both', { skip }, async (t) => {
  const server = await testServer(t);
  const { alice, bob } = await twoFriends(t, server);
  const folder = await temporaryFolder(t);
  const still = join(folder, 'screen.png');
  const kept = join(folder, 'call.mkv');
  await sharp({ create: { width: 320, height: 240, channels: 3, background: '#336699' } })
    .png()
    .toFile(still);
  const agent = await startAgent(t, bob, ...withoutDevices, '--once', '--stats', '-', '--record', kept);
  const sources = [...withoutDevices, '--camera', `file:${still}`, '--size', '320x240'];
  const caller = startCall(t, alice, 'bob', ...sources, '--stats', '-');
  const shows =
    (on: boolean) =>
    ({ type, user, screen }: Line): boolean =>
      type === 'participant' && user === 'alice' && screen === on;
  const seesBoth =
    (atLeast: number) =>
    ({ type, received }: Line): boolean => {
      if (type !== 'stats') return false;
      const figures = (received as Record<string, { video: Figures; screen?: Figures }>)['alice'];
      return (figures?.screen?.frames ?? 0) >= atLeast && (figures?.video.frames ?? 0) > 10;
    };
  await agent.until(shows(true));
  const seen = await agent.until(seesBoth(2));
  const before = (seen['received'] as Record<string, { screen: Figures }>)['alice']!.screen;
  // Smaller where the machine is busy.
  t.ok(before.width > 0 && before.height > 0, `${before.width}x${before.height}`);
  const sent = await caller.until(({ type, sent }) => {
    const figures = (sent as { screen?: Figures } | undefined)?.screen;
    return type === 'stats' && (figures?.frames ?? 0) >= 2;
  });
  t.ok((sent['sent'] as { video: Figures }).video.frames > 0, 'beside the camera’s');
  t.ok((sent['sent'] as { screen: Figures }).screen.fps <= 8, 'and slowly');

  caller.child.stdin!.write('{"do":"screen-off"}\n');
  t.match(await caller.until(({ type }) => type === 'screen'), { on: false });
  await agent.until(shows(false));
  caller.child.stdin!.write('{"do":"screen-on"}\n');
  await agent.until(shows(true));
  await agent.until(seesBoth(before.frames + 2));

  caller.child.stdin!.write('{"do":"hangup"}\n');
  t.equal(await caller.ended, 0, caller.stderr);
  t.equal(await agent.ended, 0, agent.stderr);
  const { tracks } = readMatroska(await readFile(kept));
  const names = new Set(tracks.map(({ name }) => name));
  for (const name of ['alice', 'bob', 'alice (screen)']) t.ok(names.has(name), `${name} has a track`);
});

t.test('a screen that cannot be seen is said once, and the call goes on', { skip }, async (t) => {
  const server = await testServer(t);
  const { alice, bob } = await twoFriends(t, server);
  const sources = ['--camera', 'none', '--mic', 'test', '--speaker', 'none', '--headless'];
  const agent = await startAgent(t, bob, ...sources, '--once');
  const caller = startCall(t, alice, 'bob', ...sources, '--camera', 'file:/nowhere/screen.png');
  t.match(await caller.until(({ type }) => type === 'screen'), { on: false });
  // The reason comes last: it stays in sight.
  t.match(await caller.until(({ type }) => type === 'problem'), {
    part: 'screen',
    code: 'camera-failed',
    retryInMs: null,
  });
  caller.child.stdin!.write('{"do":"mute"}\n');
  await agent.until(({ type, muted }) => type === 'participant' && muted === true);
  caller.child.stdin!.write('{"do":"hangup"}\n');
  t.equal(await caller.ended, 0, caller.stderr);
  t.equal(await agent.ended, 0, agent.stderr);
});

t.test('there is one camera, and one picture beside it', async (t) => {
  const server = await testServer(t);
  const { alice } = await twoFriends(t, server);
  const cameras = ['test', 'screen', 'none'].flatMap((source) => ['--camera', source]);
  const caller = startCall(t, alice, 'bob', ...cameras);
  t.equal(await caller.ended, 2);
});
