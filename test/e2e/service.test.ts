// `pytalk service`: what is written for each system, and which of its programs are run, by stand-ins that say what they were told.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import t from 'tap';
import { planService, type Place, type Plan, type ServiceKind } from '../../src/cli/service/plan.js';
import { systemdUnit, commandWord } from '../../src/cli/service/unit.js';
import { projectFile } from '../support/project.js';
import { temporaryFolder, type Teardown } from '../support/temporary-folder.js';
import { termux } from '../support/termux.js';
import { missing } from '../support/tools.js';

const pytalk = projectFile('bin', 'pytalk.js');

/** A home, and a system of which only the named program is there. */
async function system(test: Teardown, script: string) {
  const home = await temporaryFolder(test);
  const bin = join(home, 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'systemctl'), `#!/bin/sh\necho "systemctl $*" >>"${home}/log"\n${script}\n`);
  await chmod(join(bin, 'systemctl'), 0o755);
  const env = { HOME: home, PATH: `${bin}:/usr/bin:/bin`, PYTALK_LANG: 'en' };
  const run = (...argv: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [pytalk, 'service', ...argv, '--user'], {
      env,
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  };
  return { home, run, log: () => readFile(join(home, 'log'), 'utf8').catch(() => '') };
}

const linux = process.platform !== 'linux' && 'this is not Linux';

t.test(
  'a user’s service is installed, asked for, installed anew and taken away',
  { skip: linux },
  async (t) => {
    const { home, run, log } = await system(t, '[ "$2" = is-active ] && echo active; exit 0');
    t.match(run('status'), { status: 1, stdout: /pytalk is not installed/ });
    t.match(run('uninstall'), { status: 1, stderr: /there is no such service/ });
    t.match(run('install', 'everything'), { status: 2, stderr: /everything is no service/ });
    t.equal(await log(), '', 'nothing was started for these');

    t.match(run('install', '--options', '--registration invite'), {
      status: 0,
      stdout: /is installed and was started/,
    });
    const path = join(home, '.config', 'systemd', 'user', 'pytalk.service');
    const unit = await readFile(path, 'utf8');
    const data = join(home, '.local', 'share', 'pytalk', 'server');
    t.match(unit, `\nExecStart=${process.execPath} ${pytalk} serve --data ${data} $PYTALK_OPTIONS\n`);
    t.match(unit, '\nWantedBy=default.target\n');
    t.notMatch(unit, /^(User|StateDirectory|Wants|ProtectSystem)=/m);
    t.equal((await stat(data)).mode & 0o777, 0o700);
    const [, command = ''] = /\nExecStart=(.*) \$PYTALK_OPTIONS\n/.exec(unit) ?? [];
    const server = spawn('sh', ['-c', `exec ${command} --host 127.0.0.1 --port 0 --udp-port 0`]);
    t.teardown(() => server.kill('SIGKILL'));
    const [line] = (await once(server.stdout, 'data')) as [Buffer];
    t.match(String(line), /^PyTalk server listening/, 'its command runs a server');
    const options = join(home, '.config', 'pytalk', 'pytalk.env');
    t.equal(await readFile(options, 'utf8'), 'PYTALK_OPTIONS=--registration invite\n');
    t.equal(
      await log(),
      'systemctl --user daemon-reload\nsystemctl --user enable pytalk\nsystemctl --user restart pytalk\n',
    );
    t.match(run('status'), { status: 0, stdout: /pytalk runs/ });
    t.match(run('status', '--json'), {
      stdout: `{"service":"pytalk","path":"${path}","installed":true,"running":true}\n`,
    });

    t.equal(run('install').status, 0);
    t.match(await readFile(options, 'utf8'), '--registration invite', 'its options have stayed');
    t.match(run('uninstall'), { status: 0, stdout: /its data and options are still there/ });
    t.match(await log(), /systemctl --user disable --now pytalk\nsystemctl --user daemon-reload\n$/);
    await t.rejects(stat(path), { code: 'ENOENT' });
    t.ok(await stat(data));
  },
);

t.test(
  'what systemd says against it is passed on, and where it is missing that is said',
  { skip: linux },
  async (t) => {
    const refused = await system(t, 'echo "Failed to connect to bus: No medium found" >&2; exit 1');
    const { status, stderr } = refused.run('install', 'agent');
    t.equal(status, 1);
    t.match(stderr, 'systemctl --user daemon-reload: Failed to connect to bus: No medium found');
    const printed = refused.run('install', 'agent', '--print');
    t.match(printed, {
      status: 0,
      stdout: /^ExecStart=\S+ \S+ call --answer --headless --home \S+-agent \$PYTALK_AGENT_OPTIONS$/m,
    });
  },
);

function place(set: Partial<Place> = {}): Place {
  return {
    platform: 'linux',
    uid: 0,
    env: { HOME: '/home/me', PREFIX: '/data/usr' },
    command: ['/usr/bin/node', '/usr/lib/node_modules/pytalk/bin/pytalk.js'],
    asUser: false,
    folder: null,
    ownFolder: '/home/me/data',
    options: null,
    shipped: (name) => readFileSync(projectFile('deploy', name), 'utf8'),
    ...set,
  };
}

/** The words of the command in a property list. */
function wordsOf(plan: Plan): string[] {
  const [, list = ''] = /<array>([^]*)<\/array>/.exec(plan.file?.text ?? '') ?? [];
  return [...list.matchAll(/<string>([^<]*)<\/string>/g)].map(([, word = '']) =>
    word.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'),
  );
}

const kinds: readonly ServiceKind[] = ['serve', 'agent'];

t.test(
  'systemd takes every unit that is made, and rates those of the system as it does the shipped',
  { skip: missing('systemd-analyze') },
  async (t) => {
    const folder = await temporaryFolder(t);
    for (const kind of kinds) {
      for (const asUser of [false, true]) {
        for (const data of [null, '/srv/a folder/100%', '/home/shared/chat', '/tmp/chat']) {
          const command = [process.execPath, pytalk] as const;
          const plan = planService(kind, place({ asUser, command, folder: data }));
          const path = join(folder, `${plan!.name}.service`);
          await writeFile(path, plan!.file!.text);
          const verified = spawnSync('systemd-analyze', ['verify', ...(asUser ? ['--user'] : []), path], {
            encoding: 'utf8',
          });
          // A runtime folder is what a user's manager has, and not everybody who runs tests.
          const words = verified.stderr.split('\n').filter((line) => line.includes(folder));
          t.same(words, [], `${kind}, ${asUser ? 'a user' : 'root'}, ${data ?? 'the usual folder'}`);
          if (asUser) continue;
          const rated = spawnSync('systemd-analyze', ['security', '--offline=true', '--threshold=25', path], {
            encoding: 'utf8',
          });
          if (!rated.stderr.includes('unrecognized option'))
            t.equal(rated.status, 0, rated.stdout.split('\n').at(-2) ?? '');
        }
      }
    }
  },
);

t.test('the unit of the system runs as a user of its own, by absolute paths', (t) => {
  const plan = planService('serve', place())!;
  t.equal(plan.file?.path, '/etc/systemd/system/pytalk.service');
  t.equal(plan.user, 'pytalk');
  t.equal(plan.folder, null, 'systemd makes it');
  t.match(
    plan.file?.text,
    '\nExecStart=/usr/bin/node /usr/lib/node_modules/pytalk/bin/pytalk.js serve --data /var/lib/pytalk $PYTALK_OPTIONS\n',
  );
  t.match(plan.file?.text, '\nProtectHome=yes\n');
  t.match(plan.file?.text, '\nUser=pytalk\n');
  const elsewhere = planService(
    'serve',
    place({ folder: '/srv/pytalk', command: ['/home/me/.nvm/node', '/x/pytalk.js'] }),
  )!;
  t.match(elsewhere.file?.text, '\nReadWritePaths=/srv/pytalk\n');
  t.match(elsewhere.file?.text, '\nProtectHome=read-only\n', 'the program itself is in a home');
  t.equal(elsewhere.folder, '/srv/pytalk');
  const textOf = (folder: string, kind: ServiceKind = 'serve'): string =>
    planService(kind, place({ folder }))!.file!.text;
  t.match(
    textOf('/home/shared/chat'),
    /\nReadWritePaths=\/home\/shared\/chat\n[^]*\nProtectHome=read-only\n/,
  );
  t.match(textOf('/var/tmp/chat'), '\nPrivateTmp=no\n');
  t.match(textOf('/srv/var/lib/pytalk'), '\nReadWritePaths=/srv/var/lib/pytalk\n');
  t.match(textOf('/var/lib/pytalk', 'agent'), '\nReadWritePaths=/var/lib/pytalk\n', 'that is another’s');
  for (const _ of [1, 2]) t.notMatch(textOf('/var/lib/pytalk'), 'ReadWritePaths', 'at every call');
  const user = place({ uid: 1000, env: { HOME: '/home/me', XDG_CONFIG_HOME: 'conf' } });
  t.equal(planService('serve', user)!.file?.path, '/home/me/.config/systemd/user/pytalk.service');
  t.end();
});

t.test('a line break in a path makes no setting', { skip: linux }, async (t) => {
  const { run } = await system(t, 'exit 0');
  const { status, stderr } = run('install', '--print', '--data', '/srv/a\nExecStartPre=/bin/evil');
  t.equal(status, 2);
  t.match(stderr, /"\/srv\/a\\nExecStartPre=\/bin\/evil" holds a line break/);
});

t.test('words and paths with signs that systemd reads come through', (t) => {
  t.equal(commandWord('/usr/bin/node'), '/usr/bin/node');
  t.equal(commandWord('a b'), '"a b"');
  t.equal(commandWord('50% of $5 "x" \\'), '"50%% of $$5 \\"x\\" \\\\"');
  const program = {
    command: ['/n', '/p'] as const,
    words: ['serve'],
    folder: '/d/100%',
    envFile: '/e%',
    variable: 'V',
  };
  t.match(
    systemdUnit('[Service]\nEnvironmentFile=x\nExecStart=y', program, true),
    'EnvironmentFile=-/e%%\nExecStart=/n /p serve $V',
  );
  t.end();
});

t.test('launchd gets a property list, for a user and for the machine', (t) => {
  const user = planService(
    'agent',
    place({ platform: 'darwin', uid: 501, folder: '/Users/me/R&D', options: '--camera test' }),
  )!;
  t.equal(user.file?.path, '/home/me/Library/LaunchAgents/org.pytalk.agent.plist');
  t.same(user.install, [['launchctl', 'bootstrap', 'gui/501', user.file?.path]]);
  t.same(user.uninstall, [['launchctl', 'bootout', 'gui/501/org.pytalk.agent']]);
  t.same(wordsOf(user).slice(-5), ['call', '--answer', '--headless', '--home', '/Users/me/R&D']);
  t.same(user.optionsFile, {
    path: '/home/me/.config/pytalk/pytalk-agent.env',
    text: "PYTALK_AGENT_OPTIONS='--camera test'\n",
  });
  t.notMatch(user.file?.text, 'UserName');
  t.equal(planService('serve', place({ platform: 'darwin' }))!.user, 'root', 'which is refused');
  const env = { HOME: '/home/me', SUDO_USER: 'me' };
  const machine = planService('serve', place({ platform: 'darwin', env }))!;
  t.match(machine.file?.text, /<key>UserName<\/key>\n {2}<string>me<\/string>/);
  t.equal(machine.user, 'me', 'whose the folder is');
  t.equal(machine.file?.path, '/Library/LaunchDaemons/org.pytalk.server.plist');
  t.equal(machine.status.at(-1), 'system/org.pytalk.server');
  t.ok(user.isUp.test('\tstate = running\n') && !user.isUp.test('\tstate = not running\n'));
  t.end();
});

t.test('launchd’s command reads the options, and is not started again for wrong ones', async (t) => {
  const home = await temporaryFolder(t);
  const program = join(home, "it's.sh");
  await writeFile(program, 'for word; do echo "$word"; done; exit "$2"');
  const options = `--name "my server" 'it''s' \\$HOME`;
  const run = (set: Partial<Place>) => {
    const command = ['/bin/sh', program] as const;
    const plan = planService(
      'serve',
      place({ platform: 'darwin', uid: 501, env: { HOME: home }, command, ...set }),
    );
    return { options: plan!.optionsFile!, words: wordsOf(plan!) };
  };
  const plan = run({ folder: '/a "b" $c', options });
  await mkdir(join(home, '.config', 'pytalk'), { recursive: true });
  await writeFile(plan.options.path, plan.options.text);
  const [shell = '', ...words] = plan.words;
  const codes = new Map([
    ['0', 0],
    ['1', 1],
    ['2', 0],
    ['3', 0],
  ]);
  for (const [code, expected] of codes) {
    const { status, stdout } = spawnSync(
      shell,
      words.map((word) => (word === '--data' ? code : word)),
      {
        encoding: 'utf8',
      },
    );
    t.equal(status, expected, `of a program that ends with ${code}`);
    t.same(stdout.split('\n').slice(2, -1), ['/a "b" $c', '--name', 'my server', 'its', '$HOME']);
  }
  await writeFile(program, 'trap "echo ended; exit 0" TERM; echo ready; while :; do sleep 0.1; done');
  const child = spawn(shell, words);
  t.teardown(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  child.kill('SIGTERM');
  const [ended] = (await once(child.stdout, 'data')) as [Buffer];
  t.equal(String(ended), 'ended\n', 'what ends it ends the program, which ends in its own time');
  t.same(await once(child, 'exit'), [0, null]);
});

t.test('Termux’s services are those of its installer', async (t) => {
  const phone = await termux(t);
  await phone.program('sv', 'echo "run: pytalk-server: (pid 7) 3s"');
  await phone.program('pytalk', `exec node "${pytalk}" "$@"`);
  const { status, stdout, stderr } = await phone.run(
    'pytalk',
    'service',
    'install',
    'serve',
    '--options',
    '--port 0',
  );
  t.equal(status, 0, stderr);
  t.match(stdout, 'pytalk-server');
  const dir = join(phone.prefix, 'var', 'service', 'pytalk-server');
  const options = () => readFile(join(phone.prefix, 'etc', 'pytalk', 'pytalk-server.env'), 'utf8');
  t.equal(await options(), "options='--port 0'\n");
  const again = await phone.run('pytalk', 'service', 'install', '--data', `${phone.prefix}/it's "my" data`);
  t.equal(again.status, 0, again.stderr);
  t.equal(await options(), "options='--port 0'\n", 'they stay');
  const named = `--name "my server" 'x'`;
  await phone.run(
    'pytalk',
    'service',
    'install',
    '--data',
    `${phone.prefix}/it's "my" data`,
    '--options',
    named,
  );
  t.equal(await options(), `options='--name "my server" '\\''x'\\'''\n`, 'unless others are named');
  await phone.program('pytalk-words', 'for word; do echo "$word"; done');
  const service = (await readFile(join(dir, 'run'), 'utf8')).replace('exec pytalk ', 'exec pytalk-words ');
  await phone.program('service-words', service);
  t.equal(
    (await phone.run('service-words')).stdout,
    `serve\n--data\n${phone.prefix}/it's "my" data\n--name\nmy server\nx\n`,
  );
  t.match(await phone.log(), 'sv-enable pytalk-server');
  t.equal((await phone.run('pytalk', 'service', 'status')).status, 0);
  t.equal((await phone.run('pytalk', 'service', 'uninstall')).status, 0);
  await t.rejects(stat(dir), { code: 'ENOENT' });
});

/** Installs a server's service in a process that takes itself to be something else; no program of the system is found. */
async function pretending(test: Teardown, set: Readonly<Record<string, string>>) {
  const home = await temporaryFolder(test);
  const hook = Object.entries(set).map(
    ([name, value]) => `Object.defineProperty(process, '${name}', { value: ${value} })`,
  );
  const argv = ['--import', `data:text/javascript,${hook.join(';')}`, pytalk, 'service', 'install'];
  const env = { HOME: home, LOCALAPPDATA: home, APPDATA: home, PATH: '/nowhere', PYTALK_LANG: 'en' };
  const { status, stderr } = spawnSync(process.execPath, [...argv, '--data', 'C'], { env, encoding: 'utf8' });
  return { status, stderr };
}

t.test('elsewhere there is no plan, and what to do by hand is said', async (t) => {
  t.equal(planService('serve', place({ platform: 'win32' })), null);
  t.equal(planService('serve', place({ platform: 'freebsd' })), null);
  const { status, stderr } = await pretending(t, { platform: "'win32'" });
  t.equal(status, 1);
  t.match(
    stderr,
    /by hand: schtasks \/Create \/SC ONLOGON \/TN PyTalk \/TR "\\"\S+\\" \\"\S+pytalk\.js\\" \\"serve\\"/,
  );
});

t.test('what only root can read is no service of the system', { skip: linux }, async (t) => {
  const { status, stderr } = await pretending(t, { getuid: '() => 0', execPath: "'/root/.nvm/node'" });
  t.equal(status, 1);
  t.match(stderr, /\/root\/\.nvm\/node: nobody but root can read that/);
  const mac = await pretending(t, { getuid: '() => 0', platform: "'darwin'" });
  t.match(mac, { status: 1, stderr: /it would run as root: use sudo from the account/ });
});
