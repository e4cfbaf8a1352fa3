// The program as a process: serve's one line and its end, listen and pipe beside each other, signals, closed pipes.
import { once } from 'node:events';
import { mkdir, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { registered } from '../support/cli-person.js';
import { program } from '../support/cli-program.js';
import { testServer } from '../support/server.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const onFreePorts = [
  'serve',
  '--host',
  '127.0.0.1',
  '--port',
  '0',
  '--udp-port',
  '0',
  '--log-level',
  'silent',
];

t.test('serve prints one line, serves, and ends with 0 at SIGTERM and SIGINT', async (t) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const data = await temporaryFolder(t);
    const server = program(t, [...onFreePorts, '--data', data]);
    const pattern = /^PyTalk server listening on tcp:\/\/127\.0\.0\.1:\d+ and udp:\/\/127\.0\.0\.1:\d+$/;
    t.match(await server.line(), pattern);
    server.child.kill(signal);
    t.equal(await server.ended, 0, signal);
    await t.rejects(server.line());
    t.equal(server.stderr, '');
  }
});

t.test(
  'serve --json says where it listens and with which certificate; what is wrong ends with 2',
  async (t) => {
    const data = await temporaryFolder(t);
    const server = program(t, [...onFreePorts, '--data', data, '--json', '--advertise-udp', 'x.example:7']);
    const said = JSON.parse(await server.line()) as Record<string, string>;
    t.match(said, {
      type: 'listening',
      tcp: /^tcp:\/\/127/,
      udp: 'udp://x.example:7',
      fingerprint: /^[0-9a-f]{64}$/,
    });
    const second = program(t, [...onFreePorts, '--data', data]);
    t.equal(await second.ended, 1);
    t.match(second.stderr, /another pytalk \(process \d+\) uses/);
    const wrong = program(t, ['serve', '--port', 'many']);
    t.equal(await wrong.ended, 2);
    t.match(wrong.stderr, /many is not a port/);
    t.equal(await program(t, ['serve', '--cert', 'x']).ended, 2);
  },
);

t.test('one listens while the other pipes: every message once, in order, the end waits', async (t) => {
  const server = await testServer(t);
  const [alice, bob] = [await registered(t, server, 'alice'), await registered(t, server, 'bob')];
  const listener = program(t, ['listen', '--home', bob.home]);
  const ready = await listener.until(({ type }) => type === 'ready');
  const piper = program(t, ['pipe', '--home', alice.home]);
  const count = 300;
  for (let id = 1; id <= count; id++) {
    piper.child.stdin?.write(`${JSON.stringify({ id, do: 'send', with: '@bob', text: `text ${id}` })}\n`);
  }
  piper.child.stdin?.end();
  const heard: string[] = [];
  while (heard.length < count) {
    const { message } = await listener.until(({ type }) => type === 'message');
    heard.push((message as { text: string }).text);
  }
  t.same(
    heard,
    Array.from({ length: count }, (_, index) => `text ${index + 1}`),
  );
  let answers = 0;
  while (answers < count) {
    const { ok } = await piper.until((line) => 'ok' in line);
    if (ok === true) answers++;
  }
  t.equal(await piper.ended, 0);
  listener.child.kill('SIGINT');
  t.equal(await listener.ended, 130);
  const again = program(t, ['listen', '--home', bob.home, '--since', String(ready['cursor'])]);
  for (const text of heard) {
    const { message } = await again.until(({ type }) => type === 'message');
    if ((message as { text: string }).text !== text) t.fail(`${text} expected`);
  }
  again.child.kill('SIGTERM');
  t.equal(await again.ended, 130);
});

t.test('a reader that has enough ends the program quietly', async (t) => {
  const server = await testServer(t);
  const [alice, bob] = [await registered(t, server, 'alice'), await registered(t, server, 'bob')];
  await bob.does('send', 'alice', 'x');
  const history = program(t, ['history', 'bob', '--home', alice.home]);
  history.child.stdout?.destroy();
  t.equal(await history.ended, 0);
  t.equal(history.stderr, '');
});

t.test('a second signal does not wait', async (t) => {
  // A server that never answers.
  const mute = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(mute, 'listening');
  t.teardown(() => void mute.close());
  const address = mute.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const home = join(await temporaryFolder(t), 'home');
  await mkdir(home);
  const asking = program(t, ['listen', '--home', home, '--no-tls', '--server', `127.0.0.1:${port}`]);
  await once(mute, 'connection');
  asking.child.kill('SIGINT');
  asking.child.kill('SIGINT');
  t.equal(await asking.ended, 130);
});

t.test('doctor looks at this machine and at a server from outside, and makes no folder', async (t) => {
  const server = await testServer(t);
  const home = join(await temporaryFolder(t), 'none');
  const { tcp, udp } = server;
  // Its UDP port is a free one: the server is asked for it.
  const argv = ['doctor', '--json', '--home', home];
  const doctor = program(t, [...argv, '--server', `127.0.0.1:${tcp.port}`]);
  const found = new Map<unknown, Record<string, unknown>>();
  while (found.size < 12) {
    const finding = JSON.parse(await doctor.line()) as Record<string, unknown>;
    found.set(finding['part'], finding);
  }
  for (const part of ['node', 'sqlite', 'sharp', 'home', 'terminal', 'dns', 'tcp', 'certificate', 'udp']) {
    t.equal(found.get(part)?.['ok'], true, part);
  }
  t.match(found.get('certificate')?.['detail'], server.fingerprint ?? '');
  t.match(found.get('udp')?.['detail'], `127.0.0.1:${udp.port}`);
  t.equal(await doctor.ended, 0);
  await t.rejects(stat(home));
  const away = program(t, [
    'doctor',
    '--home',
    home,
    '--server',
    '127.0.0.1:1',
    '--udp-port',
    '1',
    '--timeout',
    '0.5',
  ]);
  t.equal(await away.ended, 1);
});

t.test('a backup of a running server comes back as the same server', async (t) => {
  const server = await testServer(t);
  const alice = await registered(t, server, 'alice');
  const folder = await temporaryFolder(t);
  const backup = program(t, ['backup', join(folder, 'b.tar'), '--data', server.dataDir, '--json']);
  t.match(JSON.parse(await backup.line()), { path: join(folder, 'b.tar') });
  t.equal(await backup.ended, 0);
  const restore = program(t, ['restore', join(folder, 'b.tar'), '--data', join(folder, 'data')]);
  t.match(await restore.line(), /^Restored into/);
  await server.close();
  const port = String(server.tcp.port);
  const again = program(t, [
    'serve',
    '--host',
    '127.0.0.1',
    '--port',
    port,
    '--udp-port',
    '0',
    '--data',
    join(folder, 'data'),
    '--log-level',
    'silent',
  ]);
  await again.line();
  t.match(await alice.gets('whoami'), { username: 'alice' });
});
