// Every command of administrators, on a running server and on a stopped one; what they changed is in the audit, real damage is found.
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { serverCommands } from '../../src/cli/table/server.js';
import { storedFilePath } from '../../src/server/file-store.js';
import { databaseName } from '../../src/server/storage/open.js';
import { registered } from '../support/cli-person.js';
import { jsonLines, runCli } from '../support/cli-run.js';
import { testServer } from '../support/server.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { sha256Of } from '../support/transfers.js';

/** Every command with its words, and whether it changes anything. */
const commands: readonly (readonly [words: string[], event: string | null])[] = [
  [['users'], null],
  [['disable', 'mallory'], 'admin-disable'],
  [['enable', '@mallory'], 'admin-enable'],
  [['ban', 'mallory'], 'admin-ban'],
  [['enable', 'mallory'], 'admin-enable'],
  [['reset-password', 'mallory'], 'admin-reset-password'],
  [['grant', 'alice'], 'admin-grant'],
  [['grant', 'alice', '--off'], 'admin-revoke'],
  [['quota', 'alice', '1.5M'], 'admin-quota'],
  [['quota', 'alice'], null],
  [['quota', 'alice', 'default'], 'admin-quota'],
  [['invite'], 'admin-invite'],
  [['db'], null],
  [['db', '@alice'], null],
  [['log', '--limit', '3'], null],
  [['check'], null],
  [['compact'], 'admin-compact'],
  [['audit', '--limit', '1'], null],
];

t.test('each works while a server runs and when none does, and the audit says who did what', async (t) => {
  const server = await testServer(t);
  const alice = await registered(t, server, 'alice');
  await registered(t, server, 'mallory');
  await alice.does('send', 'mallory', 'hello');
  const all = serverCommands.filter(({ name }) => name.startsWith('admin ')).map(({ name }) => name.slice(6));
  t.same([...new Set(commands.map(([[word]]) => word))].sort(), all.sort(), 'none is left out');
  process.env['SSH_CONNECTION'] = '203.0.113.7 51234 192.0.2.1 22';
  t.teardown(() => delete process.env['SSH_CONNECTION']);
  const admin = (...words: string[]) => runCli(['admin', ...words, '--data', server.dataDir, '--json']);

  for (const running of [true, false]) {
    if (!running) await server.close();
    for (const [words] of commands) {
      const { exitCode, stdout, stderr } = await admin(...words);
      t.equal(exitCode, 0, `${words.join(' ')}${running ? '' : ', stopped'}: ${stderr}`);
      t.ok(jsonLines(stdout).length > 0);
    }
    const written = commands.flatMap(([, event]) => event ?? []);
    const audit = jsonLines((await admin('audit', '--limit', String(written.length))).stdout);
    t.same(
      audit.map(({ event }) => event),
      written,
    );
    const actor = process.env['SUDO_USER'] ?? userInfo().username;
    t.ok(audit.every((entry) => entry['actor'] === actor && entry['address'] === '203.0.113.7'));
    t.match(audit[7], { username: 'alice', detail: 'alice 1500000' });
  }
  const shown = await runCli(['admin', 'audit', '--data', server.dataDir]);
  t.match(shown.stdout, /admin-quota +alice +\S+ 203\.0\.113\.7 +alice default\n/);
});

t.test('a quota of one’s own counts at once, above the server’s and below', async (t) => {
  const server = await testServer(t, { overrides: { userQuotaBytes: 1000 } });
  const alice = await registered(t, server, 'alice');
  await registered(t, server, 'bob');
  const admin = (...words: string[]) => runCli(['admin', ...words, '--data', server.dataDir]);
  const file = join(await temporaryFolder(t), 'file');
  await writeFile(file, Buffer.alloc(1500));
  t.same(await alice.fails('send', 'bob', '--file', file), [1, 'quota-exceeded']);
  await admin('quota', 'alice', '2 kB');
  await alice.does('send', 'bob', '--file', file);
  t.match((await admin('users')).stdout, /alice .* 1\.5 kB of 2 kB/);
  await writeFile(file, Buffer.alloc(600));
  t.same(await alice.fails('send', 'bob', '--file', file), [1, 'quota-exceeded']);
  t.equal((await admin('quota', 'alice')).stdout, 'Files of alice take 1.5 kB of 2 kB\n');
  await admin('quota', 'alice', 'default');
  t.match((await admin('quota', 'alice')).stdout, /the quota is the server’s own/);
  const wrong = await admin('quota', 'alice', 'plenty');
  t.same([wrong.exitCode, wrong.stderr.includes('plenty is not a size')], [2, true]);
});

t.test('check finds a file that was changed or is gone, and damage in the database', async (t) => {
  const server = await testServer(t);
  const alice = await registered(t, server, 'alice');
  await registered(t, server, 'bob');
  const folder = await temporaryFolder(t);
  const contents = [Buffer.from('first'), Buffer.from('second')];
  for (const [n, bytes] of contents.entries()) {
    const file = join(folder, `file-${n}`);
    await writeFile(file, bytes);
    await alice.does('send', 'bob', 'x'.repeat(3000), '--file', file);
  }
  const [first = '', second = ''] = contents.map(sha256Of);
  await server.close();
  const check = async (damage: (dataDir: string) => Promise<unknown>, lang = 'en') => {
    const copy = join(folder, 'copy');
    await cp(server.dataDir, copy, { recursive: true });
    await damage(copy);
    const { exitCode, stdout, stderr } = await runCli(['admin', 'check', '--data', copy, '--lang', lang]);
    await rm(copy, { recursive: true });
    return [exitCode, stdout, /`(pytalk restore|tar -xf)/.exec(stderr)?.[1]];
  };
  t.same(await check(async () => undefined), [0, 'The database and all files are sound\n', undefined]);
  const changed = await check((dataDir) => writeFile(storedFilePath(dataDir, first), 'fIrst'));
  t.same(changed, [1, `the file ${first} does not match its checksum\n`, 'tar -xf']);
  const gone = await check((dataDir) => rm(storedFilePath(dataDir, second)));
  t.same(gone, [1, `the file ${second} is missing\n`, 'tar -xf']);
  const [, french] = await check((dataDir) => rm(storedFilePath(dataDir, second)), 'fr');
  t.equal(french, `le fichier ${second} manque\n`);
  const [exitCode, , advice] = await check(async (dataDir) => {
    const path = join(dataDir, databaseName);
    const bytes = await readFile(path);
    const at = bytes.lastIndexOf(Buffer.from('xxxxxxxx')) - 3000;
    bytes.fill(0xff, at - (at % 4096), at - (at % 4096) + 1000);
    await writeFile(path, bytes);
  });
  t.same([exitCode, advice], [1, 'pytalk restore']);
});
