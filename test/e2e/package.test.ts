// The package: what npm puts into it, that it runs alone, that each command loads only what it needs, and that the
// commands of the documents do with it what they say.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { cliPerson, password, registered } from '../support/cli-person.js';
import { blocksOf, documents, isShell } from '../support/documents.js';
import { packageTree } from '../support/package-tree.js';
import { paste, type Pasting } from '../support/pasting.js';
import { projectFile } from '../support/project.js';
import { testServer } from '../support/server.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { missing } from '../support/tools.js';

const execute = promisify(execFile);
t.setTimeout(240_000);

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

t.test(
  'the chat is drawn, and its local copy read, without what calls and the connection need',
  async (t) => {
    const drawing = await loadedBy(projectFile('dist', 'src', 'cli', 'chat', 'chat.js'));
    t.match(drawing.join('\n'), 'ink');
    t.same(
      drawing.filter((url) =>
        /node_modules\/(sharp|@evan\/opus)\/|src\/media\/(session|capture|audio)\//.test(url),
      ),
      [],
    );
    for (const part of ['connect.js', 'live.js']) {
      const copy = await loadedBy(projectFile('dist', 'src', 'client', part));
      t.same(
        copy.filter((url) => /protocol\/(messages|envelope)\.js/.test(url)),
        [],
      );
    }
  },
);

const bin = join(folder, 'bin');
await mkdir(bin);
await writeFile(join(bin, 'pytalk'), `#!/bin/sh\nexec "${process.execPath}" "${packed.launcher}" "$@"\n`, {
  mode: 0o755,
});

/** A shell with an empty home, whose server is at `address` unless it is told another. */
function shellOf(home: string, address: string, more: Pasting['standIns'] = []): Pasting {
  return {
    folder: home,
    env: {
      PATH: [bin, dirname(process.execPath), '/usr/bin', '/bin'].join(':'),
      HOME: home,
      TERM: 'xterm-256color',
      PYTALK_LANG: 'en',
      // What somebody types when they are asked.
      PYTALK_PASSWORD: password,
      PYTALK_SERVER: address,
    },
    standIns: [['npx pytalk', 'pytalk'], ['chat.example.org', address], ['sudo -u pytalk ', ''], ...more],
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A document that starts its own server: whatever ports it names, that one listens where nobody else does. */
async function aloneWith(t: Test): Promise<Pasting> {
  const port = await freePort();
  const serve = `pytalk serve --host 127.0.0.1 --port ${port} --udp-port 0`;
  return shellOf(await temporaryFolder(t), `127.0.0.1:${port}`, [['pytalk serve', serve]]);
}

/** A server at chat.example.org, with its data in /var/lib/pytalk, and these people on it: `bob`, or `bob 0687654321`. */
async function besideServer(t: Test, ...people: readonly string[]): Promise<Record<string, Pasting>> {
  const server = await testServer(t);
  const address = `127.0.0.1:${server.tcp.port}`;
  const backups = await temporaryFolder(t);
  const folders = (data: string): Pasting['standIns'] => [
    ['/var/lib/pytalk', data],
    ['/var/backups/pytalk', backups],
  ];
  const home = await temporaryFolder(t);
  const elsewhere = await temporaryFolder(t);
  const places: Record<string, Pasting> = {
    '': shellOf(home, address, folders(server.dataDir)),
    'on the new device': shellOf(await temporaryFolder(t), address),
    'on the new machine': shellOf(elsewhere, address, folders(join(elsewhere, 'restored'))),
  };
  for (const one of people) {
    const [name = '', phone] = one.split(' ');
    const person = await registered(t, server, name, { phone });
    const shell = shellOf(await temporaryFolder(t), address);
    places[`at ${name}'s`] = { ...shell, env: { ...shell.env, PYTALK_HOME: person.home } };
  }
  return places;
}

const manualScene = (t: Test) => besideServer(t, 'bob 0687654321', 'carol');

/** What is there before a document's commands are pasted, and where. */
const scenes: Record<string, (t: Test) => Promise<Record<string, Pasting>>> = {
  'README.md': async (t) => ({ '': await aloneWith(t) }),
  'docs/AGENT.md': (t) => besideServer(t, 'alice'),
  'docs/BOTS.md': (t) => besideServer(t, 'bob'),
  'docs/CLI.md': async (t) => {
    const places = await besideServer(t, 'alice');
    return { '': places["at alice's"]! };
  },
  'docs/DEPLOY.md': (t) => besideServer(t, 'alice'),
  'docs/USER.md': manualScene,
  'docs/USER.fr.md': manualScene,
  'docs/TROUBLESHOOTING.md': async (t) => {
    const places = await besideServer(t, 'alice');
    return { '': places["at alice's"]! };
  },
};

const noShell = missing('bash') || missing('script');

t.test('every command of the documents works when it is pasted', { jobs: 3, skip: noShell }, async (t) => {
  const withCommands = documents.filter((document) =>
    blocksOf(document).some((block) => isShell(block) && block.note?.startsWith('not run: ') !== true),
  );
  t.same(Object.keys(scenes).sort(), withCommands.sort(), 'each has a scene');
  for (const [document, scene] of Object.entries(scenes)) {
    t.test(document, async (t) => {
      const from = performance.now();
      const places = await scene(t);
      const { faults, done } = await paste(document, places['']!, { places });
      for (const fault of faults) t.fail(fault);
      t.ok(done > 0, `${done} commands in ${((performance.now() - from) / 1000).toFixed(1)} s`);
    });
  }
});

t.test('the bots of the documents answer', async (t) => {
  const server = await testServer(t);
  const alice = await registered(t, server, 'alice');
  const address = `127.0.0.1:${server.tcp.port}`;
  /** Starts a snippet of a document as a program; resolves once it has answered. */
  const answers = async (document: string, language: string, command: string, said: string, name: string) => {
    const bot = await registered(t, server, name);
    const [block] = blocksOf(document).filter((one) => one.language === language);
    const text = block!.text.replace('127.0.0.1:5000', address).replace("'echo'", `'${name}'`);
    const { folder: home, env } = shellOf(await temporaryFolder(t), address);
    // Below the folder where the package is installed.
    const path = join(folder, `${name}.${language === 'js' ? 'mjs' : 'py'}`);
    await writeFile(path, text);
    const child = spawn(command, [path], {
      cwd: home,
      env: { ...env, BOT_PASSWORD: password, ...(language === 'python' && { PYTALK_HOME: bot.home }) },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const ended = once(child, 'exit');
    t.teardown(async () => {
      child.kill('SIGKILL');
      await ended;
    });
    // What came before they listened they do not answer.
    for (const giveUpAt = Date.now() + 20_000; Date.now() < giveUpAt;) {
      await alice.does('send', `@${name}`, 'ping');
      const history = (await alice.does('history', `@${name}`)) as { text?: string }[];
      if (history.some(({ text }) => text === said)) return true;
    }
    return false;
  };
  t.ok(await answers('docs/LIBRARY.md', 'js', process.execPath, 'you said: ping', 'repeats'));
  if (missing('python3') !== false) t.comment('python3 is not installed');
  else t.ok(await answers('docs/BOTS.md', 'python', 'python3', 'pong', 'ponger'));
});

t.test(
  'a command that fails, ends too soon or is not there is told with its place',
  { skip: noShell },
  async (t) => {
    const { '': home } = await besideServer(t);
    const sample = [
      'A sample.',
      '```sh',
      'export GREETING="hello there"',
      'test "$GREETING" = "hello there"',
      'pytalk whoami                  # ends with 3',
      'pytalk history bob             # nobody is logged in',
      'pytalk sreve',
      'pytalk listen                  # goes on, or should',
      'no-such-program',
      'pytalk call bob                # connects, or should',
      '```',
      '<!-- not run: a reason -->',
      '```sh',
      'false',
      '```',
      '```console',
      '$ echo "one \\',
      'two"; false',
      'one two',
      '```',
    ];
    const { faults, done } = await paste('SAMPLE.md', home!, { text: `${sample.join('\n')}\n` });
    t.equal(done, 9);
    t.match(faults, [
      /^SAMPLE.md:6: pytalk history bob[^]*ended with 3$/,
      /^SAMPLE.md:7: pytalk sreve[^]*serve[^]*ended with 2$/,
      /^SAMPLE.md:8: pytalk listen[^]*ended with 3/,
      /^SAMPLE.md:9: no-such-program[^]*ended with 127$/,
      /^SAMPLE.md:10: pytalk call bob[^]*ended with 3$/,
      /^SAMPLE.md:17: echo[^]*ended with 1$/,
      /^SAMPLE.md: pytalk: log in first[^]*ended with 3/,
    ]);
    t.equal(faults.length, 7);
  },
);
