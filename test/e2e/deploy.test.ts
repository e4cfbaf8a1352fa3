// deploy/: the units are verified, the container's health check is done. The commands of docs/DEPLOY.md: package.test.ts.
import { spawn, spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import t from 'tap';
import { projectFile } from '../support/project.js';
import { testServer } from '../support/server.js';
import { missing } from '../support/tools.js';

t.setTimeout(120_000);

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
