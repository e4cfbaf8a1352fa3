// `call --record` between real processes: the others are told, sound is in step with the picture, a kill or a full disk spares what was kept.
import { spawnSync } from 'node:child_process';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { startAgent, startCall, twoFriends, withoutDevices } from '../support/calling.js';
import { clickFile, everyMs, flashMs, offsets, plain } from '../support/flash-and-click.js';
import { readMatroska } from '../support/matroska.js';
import { testServer } from '../support/server.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { missing } from '../support/tools.js';

t.setTimeout(180_000);

function works(program: string, ...argv: string[]): boolean {
  return spawnSync(program, argv, { stdio: 'ignore' }).status === 0;
}
const skip = missing('ffmpeg', '-version');

/** A camera by HTTP that is white for a while from each full second after `startMs`, and black otherwise. */
async function flashing(test: Test, startMs: () => number): Promise<{ url: string; lagMs: () => number }> {
  const [black, white] = [await plain(0), await plain(255)];
  const timers = new Set<NodeJS.Timeout>();
  let lagMs = 0;
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'multipart/x-mixed-replace; boundary=x' });
    let lastMs = Date.now();
    const timer = setInterval(() => {
      lagMs = Math.max(lagMs, Date.now() - lastMs - 20);
      lastMs = Date.now();
      const since = Date.now() - startMs();
      const jpeg = since >= 0 && since % everyMs < flashMs ? white : black;
      response.write(`--x\r\ncontent-type: image/jpeg\r\ncontent-length: ${jpeg.length}\r\n\r\n`);
      response.write(jpeg);
      response.write('\r\n');
    }, 20);
    timers.add(timer);
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  test.teardown(() => {
    for (const timer of timers) clearInterval(timer);
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/video`;
  return { url, lagMs: () => lagMs };
}

t.test('both sides keep a call in step, and each is told that the other does', { skip }, async (t) => {
  const folder = await temporaryFolder(t);
  const pipe = join(folder, 'mic.wav');
  if (!works('mkfifo', pipe)) {
    t.comment('there are no named pipes here');
    return;
  }
  const server = await testServer(t);
  const { alice, bob } = await twoFriends(t, server);
  const [own, other] = [join(folder, 'own.mkv'), join(folder, 'other.mkv')];
  let startMs = Infinity;
  const camera = await flashing(t, () => startMs);
  const agent = await startAgent(t, bob, ...withoutDevices, '--once', '--record', other);
  const sources = [
    '--camera',
    camera.url,
    '--mic',
    `file:${pipe}`,
    '--speaker',
    'none',
    '--headless',
    '--fps',
    '60',
  ];
  const caller = startCall(t, alice, 'bob', ...sources, '--record', own);
  t.match(await caller.until(({ type }) => type === 'recording'), { on: true, path: own });
  const told = ({ type, recording }: Record<string, unknown>): boolean =>
    type === 'participant' && recording === true;
  t.match(await caller.until(told), { user: 'bob' });
  t.match(await agent.until(told), { user: 'alice' });
  // The microphone begins with the end of its file, and the light with it.
  await writeFile(pipe, clickFile());
  startMs = Date.now();
  await new Promise((resolve) => setTimeout(resolve, 7_700));
  // One side is killed: what it has kept is to be seen all the same.
  agent.child.kill('SIGKILL');
  await agent.ended;
  caller.child.stdin!.write('{"do":"hangup"}\n');
  t.equal(await caller.ended, 0, caller.stderr);

  for (const file of [own, other]) {
    const { apart, clicks } = await offsets(file, 'alice');
    t.comment(`sound after picture, ms: ${apart.map(Math.round).join(' ')}`);
    // What begins at the same moment here is judged only where this machine keeps time; virtual time always does (lip-sync.test.ts).
    const isEven = clicks.every((at, index) => Math.abs(at - clicks[0]! - index * everyMs) < 30);
    if (camera.lagMs() > 100 || !isEven) t.comment('not judged: this machine is too busy to keep time');
    else {
      t.ok(apart.length >= 4, `${apart.length} flashes`);
      const sorted = apart.map(Math.abs).sort((a, b) => a - b);
      t.ok(sorted[Math.floor(sorted.length / 2)]! <= 80);
    }
    t.equal((await stat(file)).mode & 0o777, 0o600);
  }
  const read = readMatroska(await readFile(own));
  t.ok((read.durationMs ?? 0) > 7_000, 'a recording that was ended says how long it is');
  t.equal(readMatroska(await readFile(other)).durationMs, null);
  t.same(
    [...new Set(read.tracks.map(({ name }) => name))].sort(),
    ['alice', 'bob'],
    "both people's tracks are there",
  );
});

t.test('a file that exists, or cannot be made, is refused before anybody is called', async (t) => {
  const server = await testServer(t);
  const { alice } = await twoFriends(t, server);
  const folder = await temporaryFolder(t);
  const path = join(folder, 'old.mkv');
  await writeFile(path, 'old');
  for (const [made, code] of [
    [['--record', path], 'file-exists'],
    [['--record', join(folder, 'none', 'new.mkv')], 'file-unwritable'],
    [['--rtp-out', '127.0.0.1:5004', '--sdp', join(folder, 'none', 'new.sdp')], 'file-unwritable'],
  ] as const) {
    const caller = startCall(t, alice, 'bob', ...withoutDevices, ...made);
    t.equal(await caller.ended, 1);
    t.match(JSON.parse(caller.stderr), { type: 'error', code });
  }
  t.equal(await readFile(path, 'utf8'), 'old');
  t.same(await alice.does('history', 'bob'), [], 'nobody was called');
});

t.test('a full disk ends the recording with a line, and not the call', { skip }, async (t) => {
  const folder = await temporaryFolder(t);
  const disk = join(folder, 'disk');
  await mkdir(disk);
  if (!works('mount', '-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', disk)) {
    t.comment('no small disk can be mounted here');
    return;
  }
  t.teardown(() => works('umount', disk));
  const server = await testServer(t);
  const { alice, bob } = await twoFriends(t, server);
  const agent = await startAgent(t, bob, ...withoutDevices, '--once');
  const file = join(disk, 'call.mkv');
  const caller = startCall(t, alice, 'bob', ...withoutDevices, '--record', file);
  const ended = await caller.until(({ type, on }) => type === 'recording' && on === false);
  t.match(ended, { path: file, message: /the disk is full/ });
  await agent.until(({ type, recording }) => type === 'participant' && recording === false);
  t.ok(readMatroska(await readFile(file)).blocks.length > 10, 'what was kept is there');
  caller.child.stdin!.write('{"do":"mute"}\n');
  await agent.until(({ type, muted }) => type === 'participant' && muted === true);
  caller.child.stdin!.write('{"do":"hangup"}\n');
  t.match(await caller.until(({ type }) => type === 'ended'), { reason: 'hangup' });
  t.equal(await caller.ended, 0);
});
