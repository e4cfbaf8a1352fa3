// Two `pytalk call` processes on a real server: pictures and sound both ways, orders, exit codes, and nothing left behind.
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { registered } from '../support/cli-person.js';
import { program, type Program } from '../support/cli-program.js';
import { jsonLines } from '../support/cli-run.js';
import {
  allGone,
  childrenOf,
  startAgent,
  startCall,
  twoFriends,
  withoutDevices,
} from '../support/calling.js';
import { testServer } from '../support/server.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { missing } from '../support/tools.js';

t.setTimeout(300_000);

/** The first line that it says to people. */
async function noted({ child, stderr }: Program): Promise<string> {
  return stderr !== '' ? stderr : String(((await once(child.stderr!, 'data')) as [Buffer])[0]);
}

const skip = missing('ffmpeg', '-version');

interface VideoFigures {
  fps: number;
  width: number;
  height: number;
  frames: number;
  lost: number;
}
interface StatsLine {
  type: string;
  path: string;
  sent: { video: VideoFigures; audio: { packets: number } };
  received: Record<
    string,
    { video: VideoFigures; audio: { packets: number; lost: number; concealedMs: number } }
  >;
}

async function statsOf(file: string): Promise<StatsLine[]> {
  return jsonLines(await readFile(file, 'utf8')) as unknown as StatsLine[];
}

t.test('pictures and sound reach both sides, and both hang up with 0', { skip }, async (t) => {
  const server = await testServer(t);
  const { alice, bob } = await twoFriends(t, server);
  const folder = await temporaryFolder(t);
  const [aliceStats, bobStats] = [join(folder, 'alice'), join(folder, 'bob')];
  const agent = await startAgent(t, bob, ...withoutDevices, '--once', '--stats', bobStats);
  const options = ['--relay-only', '--stats', aliceStats, '--duration', '6'];
  const caller = startCall(t, alice, 'bob', ...withoutDevices, ...options);
  const ringing = await caller.until(({ type }) => type === 'ringing');
  t.match(ringing, { with: '@bob', from: 'alice', media: 'video' });
  const connected = await caller.until(({ type }) => type === 'connected');
  const answered = await agent.until(({ type }) => type === 'connected');
  t.match(connected['safetyNumber'], /^(\d{5} ){11}\d{5}$/);
  t.equal(connected['safetyNumber'], answered['safetyNumber'], 'both see the same safety number');
  const ended = await caller.until(({ type }) => type === 'ended');
  t.match(ended, { reason: 'hangup' });
  t.equal(await caller.ended, 0, caller.stderr);
  t.equal(await agent.ended, 0, agent.stderr);

  for (const [file, name] of [
    [aliceStats, 'bob'],
    [bobStats, 'alice'],
  ] as const) {
    const lines = await statsOf(file);
    const withBoth = lines.filter(({ type, received }) => type === 'stats' && received[name]);
    const last = withBoth.at(-1);
    t.ok(last, `${name} was received`);
    const video = last!.received[name]!.video;
    t.equal(last!.path, 'udp');
    // A machine with other work may carry less for a while.
    const sizes = withBoth.map(({ received }) => received[name]!.video);
    t.ok(
      sizes.some(({ width, height }) => width === 640 && height === 480),
      'pictures come as they were taken',
    );
    t.ok(video.frames > 60, `${video.frames} frames`);
    t.ok(video.lost <= video.frames / 20, `${video.lost} lost`);
    t.ok(last!.received[name]!.audio.packets > 100);
    t.match(lines.at(-1), { type: 'ended', reason: 'hangup' });
  }

  const calls = await alice.does('history', 'bob');
  t.match(calls.at(-1), { kind: 'call', call: { media: 'video', outcome: 'answered' } });
});

t.test('a caller who is not trusted is declined, and ends with 5', async (t) => {
  const server = await testServer(t);
  const { alice, bob } = await twoFriends(t, server);
  await bob.does('friends', 'remove', 'alice');
  await startAgent(t, bob, ...withoutDevices);
  const caller = startCall(t, alice, 'bob', '--audio-only', ...withoutDevices);
  t.match(await caller.until(({ type }) => type === 'ended'), { reason: 'declined' });
  t.equal(await caller.ended, 5);
});

t.test('whoever is in a call is busy for others, who end with 6', async (t) => {
  const server = await testServer(t);
  const { alice, bob } = await twoFriends(t, server);
  await startAgent(t, bob, '--from', 'alice', '--viewers', '1', '--audio-only', ...withoutDevices);
  const first = startCall(t, alice, 'bob', '--audio-only', ...withoutDevices);
  await first.until(({ type }) => type === 'connected');
  const carol = await registered(t, server, 'carol');
  const second = startCall(t, carol, 'bob', '--audio-only', ...withoutDevices);
  t.equal(await second.ended, 6);
  first.child.stdin!.write('{"do":"hangup"}\n');
  t.equal(await first.ended, 0);
});

t.test('orders on stdin mute, and the other side is told', { skip }, async (t) => {
  const server = await testServer(t);
  const { alice, bob } = await twoFriends(t, server);
  const agent = await startAgent(t, bob, ...withoutDevices, '--once');
  const caller = startCall(t, alice, 'bob', ...withoutDevices);
  await agent.until(({ type }) => type === 'connected');
  caller.child.stdin!.write('{"do":"mute"}\n{"do":"camera-off"}\nnonsense\n');
  t.match(await caller.until(({ type }) => type === 'muted'), { muted: true });
  t.match(await caller.until(({ type }) => type === 'error'), { code: 'usage' });
  await agent.until(
    ({ type, muted, camera }) => type === 'participant' && muted === true && camera === false,
  );
  caller.child.stdin!.write('{"do":"unmute"}\n{"do":"camera-on"}\n');
  await agent.until(
    ({ type, muted, camera }) => type === 'participant' && muted === false && camera === true,
  );
  caller.child.stdin!.write('{"do":"hangup"}\n');
  t.equal(await caller.ended, 0);
  t.equal(await agent.ended, 0);
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  t.test(`${signal} hangs up, and leaves no process behind`, { skip }, async (t) => {
    const server = await testServer(t);
    const { alice, bob } = await twoFriends(t, server);
    const agent = await startAgent(t, bob, ...withoutDevices, '--once');
    const caller = startCall(t, alice, 'bob', ...withoutDevices);
    await caller.until(({ type }) => type === 'connected');
    const children = await childrenOf(caller.child.pid!);
    caller.child.kill(signal);
    t.equal(await caller.ended, 130);
    t.match(await agent.until(({ type }) => type === 'ended'), { reason: 'hangup' });
    t.equal(await agent.ended, 0);
    await allGone(children);
  });
}

t.test('the death of ffmpeg is told, and the picture comes back', { skip }, async (t) => {
  const server = await testServer(t);
  const { alice, bob } = await twoFriends(t, server);
  const folder = await temporaryFolder(t);
  const agent = await startAgent(t, bob, ...withoutDevices, '--once', '--stats', join(folder, 'bob'));
  const caller = startCall(t, alice, 'bob', ...withoutDevices);
  await caller.until(({ type }) => type === 'connected');
  const [ffmpeg] = await childrenOf(caller.child.pid!);
  if (ffmpeg === undefined) {
    t.comment('/proc does not tell children here');
    return;
  }
  await new Promise((resolve) => setTimeout(resolve, 1000));
  process.kill(ffmpeg, 'SIGKILL');
  t.match(await caller.until(({ type }) => type === 'problem'), { part: 'camera' });
  const before = (await statsOf(join(folder, 'bob'))).at(-1)?.received['alice']?.video.frames ?? 0;
  const giveUpAt = Date.now() + 20_000;
  let frames = 0;
  while (frames <= before + 60 && Date.now() < giveUpAt) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    frames = (await statsOf(join(folder, 'bob'))).at(-1)?.received['alice']?.video.frames ?? 0;
  }
  t.ok(frames > before + 60, `${frames} frames, ${before} before`);
  caller.child.stdin!.write('{"do":"hangup"}\n');
  t.equal(await caller.ended, 0);
  t.equal(await agent.ended, 0);
});

t.test('a caller that is killed leaves no process behind', { skip }, async (t) => {
  const server = await testServer(t);
  const { alice, bob } = await twoFriends(t, server);
  await startAgent(t, bob, ...withoutDevices);
  const caller = startCall(t, alice, 'bob', ...withoutDevices);
  await caller.until(({ type }) => type === 'connected');
  const children = await childrenOf(caller.child.pid!);
  caller.child.kill('SIGKILL');
  await caller.ended;
  await allGone(children);
});

t.test('a signal that comes twice at once, as npx and timeout send it, still hangs up', async (t) => {
  const server = await testServer(t);
  const { alice } = await twoFriends(t, server);
  const caller = startCall(
    t,
    alice,
    'bob',
    '--audio-only',
    '--mic',
    'none',
    '--speaker',
    'none',
    '--headless',
  );
  await caller.until(({ type }) => type === 'ringing');
  caller.child.kill('SIGTERM');
  caller.child.kill('SIGINT');
  t.match(await caller.until(({ type }) => type === 'ended'), { reason: 'cancelled' });
  t.equal(await caller.ended, 130);
});

t.test('who waits for calls is told whose, by their whole names', async (t) => {
  const server = await testServer(t);
  const { bob } = await twoFriends(t, server);
  const from = ['--from', 'alice,carol', ...withoutDevices];
  const agent = program(t, ['call', '--answer', '--home', bob.home, ...from]);
  await t.resolveMatch(noted(agent), 'waiting for calls; answering alice, carol. Ctrl+C ends it.');
});

t.test('a signal is obeyed at once while a server does not answer', async (t) => {
  const server = await testServer(t);
  const { alice } = await twoFriends(t, server);
  const silent = createServer();
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  t.teardown(() => silent.close());
  const { port } = silent.address() as AddressInfo;
  const caller = startCall(t, alice, 'bob', '--headless', '--server', `127.0.0.1:${port}`);
  await once(silent, 'connection');
  const asked = performance.now();
  caller.child.kill('SIGINT');
  t.equal(await caller.ended, 130);
  t.ok(performance.now() - asked < 4_000, 'and not when its time is up');
});
