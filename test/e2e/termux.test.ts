// Termux, simulated: the installer, what it sets up, calls as notifications, and the removal. docs/ANDROID.md says what that leaves open.
import { spawn } from 'node:child_process';
import { access, readFile, stat, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import t from 'tap';
import { startCall } from '../support/calling.js';
import { registered } from '../support/cli-person.js';
import { projectFile } from '../support/project.js';
import { testServer } from '../support/server.js';
import { termux, type Termux } from '../support/termux.js';
import { missing } from '../support/tools.js';

t.setTimeout(120_000);

const script = (name: string): string => projectFile('termux', name);

/** A tarball by its name; npm, which would look into it, is a simulation too. */
async function tarball(phone: Termux): Promise<string> {
  const path = join(phone.home, 'pytalk-0.1.0.tgz');
  await writeFile(path, '');
  return path;
}

const isThere = async (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

t.test('the scripts have no faults that shellcheck knows', { skip: missing('shellcheck') }, (t) => {
  const check = spawn('shellcheck', ['install.sh', 'uninstall.sh', 'sound.sh', 'service.sh'].map(script));
  let said = '';
  check.stdout.on('data', (data: Buffer) => (said += data.toString()));
  check.once('exit', (code) => {
    t.equal(code, 0, said);
    t.end();
  });
});

t.test('the installer refuses what cannot work, before it has changed anything', async (t) => {
  const refusals: readonly [string, string, RegExp][] = [
    ['getprop', 'echo 23', /Android 7 or newer is needed \(this one has API level 23\)/],
    ['uname', 'echo mips', /no Node for the processor mips/],
    ['df', `printf 'x\\n/data 9 9 5000 1%% /\\n'`, /5 MB are free, 800 MB are needed/],
  ];
  for (const [name, program, words] of refusals) {
    const phone = await termux(t);
    await phone.program(name, program);
    const { status, stderr } = await phone.run('sh', script('install.sh'), '--yes');
    t.equal(status, 1);
    t.match(stderr, words);
    t.equal(await phone.log(), '');
  }
  const phone = await termux(t);
  await phone.program('pkg', null);
  t.match((await phone.run('sh', script('install.sh'))).stderr, /this is not Termux/);
  await phone.program('pkg', 'exit 100');
  t.match((await phone.run('sh', script('install.sh'))).stderr, /pkg could not install everything/);
  t.equal((await phone.run('sh', script('install.sh'), '--what')).status, 2);
});

// The installer insists on it, as nothing is compiled on a phone: this Node is told to have it where it has not.
const hasSqlite = isBuiltin('node:sqlite');

async function installed(phone: Termux, ...options: string[]): Promise<string> {
  if (!hasSqlite) {
    await phone.program(
      'node',
      `case $1 in -e) exit 0 ;; esac
exec ${process.execPath} "$@"`,
    );
  }
  const { status, stdout, stderr } = await phone.run(
    'sh',
    script('install.sh'),
    ...options,
    await tarball(phone),
  );
  if (status !== 0) throw new Error(`install.sh ended with ${status}: ${stdout}${stderr}`);
  return stdout;
}

t.test('asks nothing where nobody can answer, and installs the program alone', async (t) => {
  const phone = await termux(t);
  t.match(await installed(phone), /PyTalk 0\.1\.0 is installed/);
  const log = await phone.log();
  t.match(log, 'pkg install -y nodejs-lts npm ffmpeg termux-api pulseaudio termux-services');
  t.match(log, /npm install --global --ignore-scripts --cpu=wasm32 .*pytalk-0\.1\.0\.tgz/);
  t.notOk(await isThere(join(phone.prefix, 'var', 'service')));
  t.notMatch(log, /^(pulseaudio|termux-wake-lock|sv-enable)/m);
});

t.test('refuses a Node that has no SQLite inside', { skip: hasSqlite && 'this one has it' }, async (t) => {
  const phone = await termux(t);
  const { status, stderr } = await phone.run('sh', script('install.sh'), '--no', await tarball(phone));
  t.equal(status, 1);
  t.match(stderr, /has no SQLite inside; 22\.13 or newer does/);
});

t.test(
  'sets up sound, services and start-up, keeps options when run again, and goes without a trace',
  async (t) => {
    const phone = await termux(t);
    await installed(phone, '--yes');
    t.match(await phone.log(), 'pactl load-module module-sles-source');
    const service = (name: string, ...more: string[]): string =>
      join(phone.prefix, 'var', 'service', name, ...more);
    for (const name of ['pytalk-agent', 'pytalk-ring', 'pytalk-server']) {
      t.equal((await stat(service(name, 'run'))).mode & 0o777, 0o755);
      t.notOk(await isThere(service(name, 'down')), `${name} is enabled`);
    }
    const boot = join(phone.home, '.termux', 'boot', 'pytalk');
    t.match(await readFile(boot, 'utf8'), `#!${phone.prefix}/bin/sh`);
    t.match(await readFile(boot, 'utf8'), 'termux-wake-lock');
    const options = join(phone.prefix, 'etc', 'pytalk', 'pytalk-server.env');
    await writeFile(options, 'options="--host 127.0.0.1 --port 0 --udp-port 0 --log-level silent"\n');
    await installed(phone, '--yes');
    t.match(await readFile(options, 'utf8'), '--port 0');
    t.equal((await phone.log()).match(/load-module module-sles-source/g)?.length, 1, 'sound is set up once');
    const server = phone.start(service('pytalk-server', 'run'));
    await server.says(/PyTalk server listening on tcp:\/\/127\.0\.0\.1:\d+/);
    t.equal(await server.stop(), 0);

    const { status, stdout } = await phone.run('sh', script('uninstall.sh'));
    t.equal(status, 0);
    t.match(stdout, /is still in .*\.local\/share\/pytalk/);
    for (const path of [service('pytalk-agent'), boot, options, join(phone.prefix, 'bin', 'pytalk')]) {
      t.notOk(await isThere(path), path);
    }
    t.ok(await isThere(join(phone.home, '.local', 'share', 'pytalk', 'server')), 'what was said stays');
    t.equal((await phone.run('sh', script('uninstall.sh'))).status, 0, 'and again');
  },
);

t.test('says which permission is missing when the microphone cannot be opened (error 9)', async (t) => {
  const phone = await termux(t);
  await writeFile(join(phone.prefix, 'no-microphone'), '');
  const sound = await phone.run('sh', script('sound.sh'));
  t.equal(sound.status, 1);
  t.match(sound.stderr, /Termux:API with the permission Microphone/);
  t.match(await installed(phone, '--yes'), /Calls have no sound until that is mended/);
});

t.test(
  'a call is a notification; its buttons, run without PATH and HOME, decline, answer and hang up',
  async (t) => {
    const phone = await termux(t);
    await installed(phone, '--yes');
    const etc = join(phone.prefix, 'etc', 'pytalk', 'pytalk-ring.env');
    await writeFile(etc, 'options="--camera none --mic test --speaker none"\n');
    const server = await testServer(t);
    const alice = await registered(t, server, 'alice');
    const where = `127.0.0.1:${server.tcp.port}`;
    const registering = await phone.run(
      'pytalk',
      'register',
      'phone',
      '--phone',
      '0612345699',
      '--server',
      where,
    );
    t.equal(registering.status, 0, registering.stderr);
    await alice.does('friends', 'add', 'phone');
    t.equal((await phone.run('pytalk', 'friends', 'add', 'alice')).status, 0);
    const ring = phone.start(join(phone.prefix, 'var', 'service', 'pytalk-ring', 'run'));
    const shown = join(phone.prefix, 'notification');
    const call = () =>
      startCall(t, alice, 'phone', '--camera', 'none', '--mic', 'test', '--speaker', 'none', '--headless');
    const press = async (button: string, words: RegExp): Promise<void> => {
      const told = (await phone.appears(shown, words)).split('\n');
      const action = told[told.indexOf(`--${button}-action`) + 1] ?? '';
      const child = spawn('/bin/sh', ['-c', action], { env: {}, cwd: '/', stdio: 'inherit' });
      t.teardown(() => child.kill('SIGKILL'));
    };

    const first = call();
    await press('button2', /alice calls/);
    t.equal(await first.ended, 5, 'declined');
    await phone.appears(join(phone.prefix, 'log'), /termux-notification-remove pytalk-/);

    const second = call();
    await press('button1', /alice calls[^]*--button1\nAnswer\n/);
    await second.until(({ type }) => type === 'connected');
    await press('button1', /In a call with alice[^]*--button1\nHang up\n/);
    t.match(await second.until(({ type }) => type === 'ended'), { reason: 'hangup' });

    const third = call();
    await phone.appears(shown, /alice calls/);
    third.child.stdin!.write('{"do":"hangup"}\n');
    await third.ended;
    await phone.appears(shown, /alice has called/);
    await ring.stop();
  },
);

t.test(
  'without anything compiled: Node has SQLite inside, or the program says that it is missing',
  async (t) => {
    const phone = await termux(t, { compiled: false });
    await installed(phone, '--no');
    const doctor = await phone.run('pytalk', 'doctor');
    t.match(doctor.stdout, 'android');
    t.match(doctor.stdout, '@img/sharp-wasm32', 'pictures can be mended');
    t.match(doctor.stdout, /termux\/sound\.sh/);
    t.match(doctor.stdout, /✗ Termux:API .*\n.*pkg install termux-api/);
    await phone.program('termux-camera-info', ':');
    const silent = await phone.run('pytalk', 'doctor');
    t.match(silent.stdout, /✗ Termux:API .*\n.*the app Termux:API/, 'the app is missing, not the package');
    await phone.program('termux-camera-info', `echo '[{"id":"0","facing":"back"}]'`);
    const answering = await phone.run('pytalk', 'doctor');
    t.match(answering.stdout, /✓ Termux:API .*\n.*termux:0 \(back\)/);
    if (hasSqlite) {
      t.match(doctor.stdout, /✓ .*node:sqlite/);
    } else {
      const serving = await phone.run('pytalk', 'serve', '--port', '0', '--udp-port', '0');
      t.equal(serving.status, 1);
      t.match(serving.stderr, /SQLite/);
    }
  },
);
