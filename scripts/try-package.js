// Installs the package from its tarball into empty folders, with and without install scripts, and uses it there under
// each version of Node that can be had. Prints a line for each try; ends with 1 when one of them failed.
import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const project = fileURLToPath(new URL('..', import.meta.url));
const otherNodes = ['22', '24'];
const limits = { maxBuffer: 16 * 1024 ** 2, timeout: 300_000 };

/** The program of another version of Node, by npm; null when there is no way to one. */
async function nodeOf(version) {
  const args = ['-y', '-p', `node@${version}`, 'node', '-p', 'process.execPath'];
  return execute('npx', args, { ...limits, timeout: 120_000 }).then(
    ({ stdout }) => stdout.trim(),
    () => null,
  );
}

/** A conversation of two on a server, all of the package in `folder`. Rejects when anything is not as it should be. */
async function use(folder, node, extra = {}) {
  const home = await mkdtemp(join(folder, 'home-'));
  const env = { PATH: `${dirname(node)}:${process.env.PATH}`, HOME: home, PYTALK_LANG: 'en', ...extra };
  env.PYTALK_PASSWORD = 'correct horse';
  const launcher = join(folder, 'node_modules', 'pytalk', 'bin', 'pytalk.js');
  const pytalk = async (...args) =>
    (await execute(node, [launcher, ...args], { ...limits, env, cwd: home })).stdout;
  const ports = ['--host', '127.0.0.1', '--port', '0', '--udp-port', '0', '--log-level', 'warn'];
  const server = spawn(node, [launcher, 'serve', ...ports, '--data', join(home, 'data')], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => server.once('exit', resolve));
  try {
    const { value = '' } = await createInterface({ input: server.stdout })[Symbol.asyncIterator]().next();
    const port = /tcp:\/\/127\.0\.0\.1:(\d+) /.exec(value)?.[1];
    if (port === undefined) throw new Error(`the server said: ${value}`);
    const where = ['--server', `127.0.0.1:${port}`];
    await pytalk('register', 'bob', '--phone', '0612345679', ...where, '--home', join(home, 'bob'));
    await pytalk('register', 'alice', '--phone', '0612345678', ...where);
    await pytalk('send', '@bob', 'hello');
    const history = await pytalk('history', '@alice', '--json', '--home', join(home, 'bob'));
    if (!history.includes('"hello"')) throw new Error(`the history is ${history}`);
    server.kill('SIGTERM');
    const code = await ended;
    if (code !== 0) throw new Error(`the server ended with ${code}`);
  } finally {
    server.kill('SIGKILL');
  }
}

let failed = 0;
async function tried(what, attempt) {
  const from = performance.now();
  try {
    await attempt();
    console.log(`package: ok, ${what} (${((performance.now() - from) / 1000).toFixed(0)} s)`);
    return true;
  } catch (error) {
    if (/\b(ENOTFOUND|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN|ENETUNREACH)\b/.test(String(error.stderr))) {
      console.log(`package: skipped, ${what}: the registry cannot be reached`);
      return false;
    }
    failed++;
    console.log(`package: FAILED, ${what}: ${error.message}`);
    return false;
  }
}

const folder = await mkdtemp(join(tmpdir(), 'pytalk-package-'));
try {
  const packing = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  await execute(process.execPath, [join(project, 'scripts', 'bundle.js')], { cwd: project });
  const { stdout } = await execute('npm', packing, { ...limits, cwd: project });
  const [{ filename, size }] = JSON.parse(stdout);
  console.log(`package: ${filename}, ${(size / 1e6).toFixed(2)} MB`);
  const nodes = [[process.version, process.execPath]];
  for (const version of otherNodes) {
    const path = await nodeOf(version);
    if (path === null) console.log(`package: skipped, Node ${version} cannot be reached`);
    else nodes.push([`v${version}`, path]);
  }
  for (const flags of [['--ignore-scripts'], []]) {
    const place = join(folder, flags.length === 0 ? 'with' : 'without');
    await mkdir(place);
    await writeFile(join(place, 'package.json'), '{"private":true}');
    const words = ['install', '--prefer-offline', '--no-audit', '--no-fund', ...flags];
    const install = () => execute('npm', [...words, join(folder, filename)], { ...limits, cwd: place });
    const isThere = await tried(`npm install ${flags.join(' ')}`.trim(), install);
    if (!isThere) continue;
    // Scripts or none make no difference to what Node runs: the other versions are tried once.
    for (const [version, node] of flags.length === 0 ? nodes.slice(0, 1) : nodes) {
      await tried(`${version}: serve, register, send`, () => use(place, node));
    }
    const newest = nodes.at(-1);
    if (flags.length > 0 && nodes.length > 1) {
      const env = { PYTALK_SQLITE: 'node:sqlite' };
      await tried(`${newest[0]}: the same with node:sqlite`, () => use(place, newest[1], env));
    }
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
process.exitCode = failed === 0 ? 0 : 1;
