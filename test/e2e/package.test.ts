// The package: what npm puts into it, that it runs alone, and that each command loads only what it needs.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import { cliPerson } from '../support/cli-person.js';
import { packageTree } from '../support/package-tree.js';
import { projectFile } from '../support/project.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const execute = promisify(execFile);
const folder = await temporaryFolder(t);
const packed = await packageTree(folder);
const home = join(folder, 'home');
await mkdir(home);

/** As a stranger has it: an empty home, and nothing of ours. */
const env = {
  PATH: process.env['PATH'] ?? '',
  HOME: home,
  PYTALK_LANG: 'en',
  PYTALK_PASSWORD: 'correct horse',
};

/** Runs the packed program to its end, and returns what it said. Rejects unless it ends with 0. */
async function runs(...argv: readonly string[]): Promise<string> {
  const { stdout } = await execute(process.execPath, [packed.launcher, ...argv], { cwd: home, env });
  return stdout;
}

/** Writes down the address of each module that is loaded. */
const listPath = join(folder, 'loaded.txt');
const hooksPath = join(folder, 'hooks.mjs');
const registerPath = join(folder, 'register.mjs');
await writeFile(
  hooksPath,
  `import { appendFileSync } from 'node:fs';
export async function load(url, context, next) {
  appendFileSync(${JSON.stringify(listPath)}, url + '\\n');
  return next(url, context);
}`,
);
await writeFile(
  registerPath,
  `import { register } from 'node:module'; register(${JSON.stringify(pathToFileURL(hooksPath).href)});`,
);
/** The modules that are files, and are loaded by a command. */
async function loadedBy(launcher: string, ...argv: readonly string[]): Promise<string[]> {
  await rm(listPath, { force: true });
  const hooks = ['--import', pathToFileURL(registerPath).href];
  await execute(process.execPath, [...hooks, launcher, ...argv], { cwd: home, env });
  return (await readFile(listPath, 'utf8')).split('\n').filter((url) => url.startsWith('file:'));
}

/** Packages of others that are among them. */
function packagesOf(urls: readonly string[]): string[] {
  const names = urls.flatMap(
    (url) => /\/node_modules\/(?!pytalk\/)((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? [],
  );
  return [...new Set(names)];
}

t.test('holds the program and its documents, and no tests, sources or maps', (t) => {
  t.ok(packed.bytes < 2_000_000, `${packed.bytes} bytes`);
  for (const wanted of [
    'bin/pytalk.js',
    'README.md',
    'LICENSE',
    'web/call.js',
    'docs/CLI.md',
    'termux/ring.js',
  ]) {
    t.ok(packed.files.includes(wanted), wanted);
  }
  const strange = packed.files.filter(
    (path) => /(^|\/)(test|bench|scripts)\/|\.map$|\.tsbuildinfo$/.test(path) || path.startsWith('src/'),
  );
  t.same(strange, []);
  t.end();
});

t.test('serves, registers, sends, and lets a program of others use the library', async (t) => {
  const data = join(folder, 'data');
  const address = ['--host', '127.0.0.1', '--port', '0', '--udp-port', '0', '--log-level', 'warn'];
  const server = spawn(process.execPath, [packed.launcher, 'serve', ...address, '--data', data], { env });
  t.teardown(() => server.kill('SIGKILL'));
  let said = '';
  server.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const line = await createInterface({ input: server.stdout })[Symbol.asyncIterator]().next();
  const port = /listening on tcp:\/\/127\.0\.0\.1:(\d+) /.exec(String(line.value))?.[1] ?? '';
  t.not(port, '', said);
  const bob = await cliPerson(t, { tcp: { port: Number(port) } });
  await bob.does('register', 'bob', '--phone', '0612345679');
  await runs('register', 'alice', '--phone', '0612345678', '--server', `127.0.0.1:${port}`);
  const loaded = await loadedBy(packed.launcher, 'send', '@bob', 'hello');
  t.ok(loaded.length <= 75, `send loads ${loaded.length} modules`);
  t.same(packagesOf(loaded), ['commander']);
  t.match(await bob.does('history', '@alice'), [{ text: 'hello' }]);
  const path = join(folder, 'bot.mjs');
  await writeFile(
    path,
    `import { connect } from 'pytalk';
const client = await connect({ mode: 'once', home: process.argv[2] });
console.log(client.me.username);
await client.close();`,
  );
  const bot = await execute(process.execPath, [path, bob.home], { env, cwd: folder });
  t.equal(bot.stdout, 'bob\n');
  // Files that the bundled modules look for beside themselves.
  const doctor = await execute(process.execPath, [packed.launcher, 'doctor', '--json'], { env }).catch(
    (error: unknown) => error as { stdout: string },
  );
  t.match(doctor.stdout, /"part":"sqlite","ok":true/);
  t.match(doctor.stdout, /"part":"sharp","ok":true,"detail":"sharp \d/);
  server.kill('SIGTERM');
  const [code] = (await once(server, 'exit')) as [number | null];
  t.equal(code, 0, said);
});

t.test('--version and --help load what they need and no more, also in a checkout', async (t) => {
  const version = await loadedBy(packed.launcher, '--version');
  t.ok(version.length <= 12, `--version loads ${version.length} modules`);
  const help = await loadedBy(packed.launcher, '--help');
  t.ok(help.length <= 35, `--help loads ${help.length} modules`);
  t.same(packagesOf([...version, ...help]), ['commander']);
  const compiled = await loadedBy(projectFile('bin', 'pytalk.js'), '--version');
  t.ok(compiled.length <= 8, `--version of a checkout loads ${compiled.length} modules`);
  t.notMatch(compiled.join('\n'), 'bundle');
});
