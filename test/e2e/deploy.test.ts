// docs/DEPLOY.md and deploy/: the commands of the page are run, the units verified, the container's health check done.
import { spawn, spawnSync } from 'node:child_process';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { registered } from '../support/cli-person.js';
import { projectFile } from '../support/project.js';
import { testServer } from '../support/server.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { missing } from '../support/tools.js';

t.setTimeout(120_000);

/** Lines of the page's shell blocks. */
async function shellLines(): Promise<string[]> {
  const page = await readFile(projectFile('docs', 'DEPLOY.md'), 'utf8');
  const blocks = [...page.matchAll(/```sh\n([^]*?)```/g)].map(([, block = '']) => block);
  return blocks.flatMap((block) => block.trim().split('\n'));
}

/** What only root, systemd, certbot or a container engine can do; checked by nothing. */
const needsMachine =
  /^(sudo (npm|useradd|cp|systemctl|ufw|apt-get|certbot|install|rm) |echo 'PYTALK_OPTIONS|install |#!|npm pack$|docker )/;

interface Ended {
  status: number | null;
  said: string;
}

function run(line: string, env: Record<string, string>): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn('/bin/sh', ['-c', line], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    child.stdout.on('data', (data: Buffer) => (said += data.toString()));
    child.stderr.on('data', (data: Buffer) => (said += data.toString()));
    child.once('close', (status) => resolve({ status, said }));
  });
}

t.test('every command of the page that pytalk itself carries out does what it says', async (t) => {
  const folder = await temporaryFolder(t);
  const server = await testServer(t);
  await registered(t, server, 'alice');
  const bin = join(folder, 'bin');
  const backups = join(folder, 'backups');
  const home = join(folder, 'home');
  for (const path of [bin, backups, home]) await mkdir(path);
  await writeFile(
    join(bin, 'pytalk'),
    `#!/bin/sh\nexec "${process.execPath}" "${projectFile('bin', 'pytalk.js')}" "$@"\n`,
  );
  await chmod(join(bin, 'pytalk'), 0o755);
  const env = { PATH: `${bin}:${process.env['PATH'] ?? ''}`, HOME: home, PYTALK_LANG: 'en' };
  const restored = join(folder, 'restored');
  const done: string[] = [];
  for (const line of await shellLines()) {
    if (needsMachine.test(line)) continue;
    const command = line.replace('sudo -u pytalk ', '');
    t.match(command, /^pytalk /, 'nothing else is on the page');
    const here = command
      .replaceAll('chat.example.org', `127.0.0.1:${server.tcp.port}`)
      .replaceAll('/var/backups/pytalk', backups)
      // The new machine has a folder of its own.
      .replaceAll('/var/lib/pytalk', command.startsWith('pytalk restore') ? restored : server.dataDir);
    const { status, said } = await run(here, env);
    t.equal(status, 0, `${line}: ${said}`);
    if (command.startsWith('pytalk doctor')) {
      t.match(said, `127.0.0.1:${server.udp.port} answers`);
      t.match(said, server.fingerprint ?? '');
    }
    done.push(command.split(' ').slice(0, 2).join(' '));
  }
  t.same([...new Set(done)].sort(), ['pytalk admin', 'pytalk backup', 'pytalk doctor', 'pytalk restore']);
  t.ok((await stat(join(restored, 'certificate.pem'))).size > 0, 'the certificate has moved along');
});

t.test('systemd takes the services, and rates them well', { skip: missing('systemd-analyze') }, (t) => {
  for (const name of ['pytalk.service', 'pytalk-agent.service']) {
    const unit = projectFile('deploy', name);
    const verified = spawnSync('systemd-analyze', ['verify', unit], { encoding: 'utf8' });
    t.equal(verified.status, 0, verified.stderr);
    t.notMatch(verified.stderr, name, 'without a word about it');
    // In tenths; --offline came with systemd 250.
    const rated = spawnSync('systemd-analyze', ['security', '--offline=true', '--threshold=25', unit], {
      encoding: 'utf8',
    });
    if (rated.stderr.includes('unrecognized option')) t.comment('this systemd cannot rate a file');
    else t.equal(rated.status, 0, rated.stdout.split('\n').at(-2) ?? '');
  }
  t.end();
});

t.test('the health check of the container tells a server from none', async (t) => {
  const file = await readFile(projectFile('deploy', 'Dockerfile'), 'utf8');
  t.match(file, /^USER node$/m);
  const [program = '', ...args] = JSON.parse(
    /HEALTHCHECK .*? CMD (\[.*\])/.exec(file)?.[1] ?? '[]',
  ) as string[];
  t.equal(program, 'node');
  const server = await testServer(t);
  const healthy = async (port: number): Promise<number | null> => {
    const child = spawn(
      process.execPath,
      args.map((word) => word.replace('port:5000', `port:${port}`)),
    );
    return new Promise((resolve) => child.once('exit', resolve));
  };
  t.equal(await healthy(server.tcp.port), 0);
  await server.close();
  t.equal(await healthy(server.tcp.port), 1);
});
