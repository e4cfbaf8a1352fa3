// A backup under load loses nothing that was acknowledged before it began, and the restored server goes on with everybody who was logged in.
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import type { Client } from '../../src/client/index.js';
import { writeBackup } from '../../src/server/backup.js';
import { storedFilePath } from '../../src/server/file-store.js';
import { numbers, openDirect, readLog, sendText } from '../support/conversing.js';
import { runCli } from '../support/cli-run.js';
import { startCore } from '../support/core.js';
import { clientAt, homeOf, next, openLine } from '../support/homes.js';
import { testServer, serverProcess } from '../support/server.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { sha256Of, upload } from '../support/transfers.js';

t.test('a backup while many write and upload has every message and every file, whole', async (t) => {
  const people = 6;
  const server = await serverProcess(t, people);
  const out = await temporaryFolder(t);
  const backup = join(out, 'a.backup');
  const senders = await Promise.all(numbers(people).map((id) => server.join(id)));
  const conv = await openDirect(senders[0]!, 2);
  const team = (await senders[0]!.request('groups.create', { name: 'team', members: numbers(people - 1, 2) }))
    .conversation.id;
  const acknowledged: string[] = [];
  const uploaded: string[] = [];
  let stop = false;
  const writing = senders.map(async (sender, n) => {
    for (let count = 0; !stop; count++) {
      const text = `${n} wrote ${count}`;
      await sendText(sender, n === 0 && count % 2 === 0 ? conv : team, text);
      acknowledged.push(text);
      if (count % 5 === 0) uploaded.push(await upload(sender, randomBytes(200_000)));
    }
  });
  while (uploaded.length < 2 * people) await new Promise((resolve) => setTimeout(resolve, 20));
  const before = { messages: [...acknowledged], files: [...uploaded] };
  const { exitCode, stderr } = await runCli(['backup', backup, '--data', server.dataDir]);
  t.equal(exitCode, 0, stderr);
  t.ok(acknowledged.length > before.messages.length, 'they went on meanwhile');
  stop = true;
  await Promise.all(writing);
  await server.kill();

  const dataDir = join(out, 'new');
  t.equal((await runCli(['restore', backup, '--data', dataDir])).exitCode, 0);
  t.match(await runCli(['admin', 'check', '--data', dataDir]), { exitCode: 0 });
  for (const sha256 of before.files) {
    t.equal(sha256Of(await readFile(storedFilePath(dataDir, sha256))), sha256);
  }
  const restored = await testServer(t, { dataDir });
  server.port = restored.tcp.port;
  const reader = await server.join(2);
  const texts = new Set<string>();
  for (const log of [await readLog(reader, conv), await readLog(reader, team)]) {
    for (const { payload } of log) texts.add((JSON.parse(payload) as { text: string }).text);
  }
  t.same(
    before.messages.filter((text) => !texts.has(text)),
    [],
    'none is missing',
  );
  t.same(
    await readFile(join(dataDir, 'certificate.pem')),
    await readFile(join(server.dataDir, 'certificate.pem')),
    'devices that have pinned it come back',
  );
});

t.test('devices that know more than the backup go on with the restored server', async (t) => {
  const core = await startCore(t, { people: 3 });
  const line = await openLine(t, core.port);
  const [one, two] = core.people;
  const alice = await clientAt(t, await homeOf(t, one!, line.port));
  const bob = await clientAt(t, await homeOf(t, two!, line.port));
  const say = async (from: Client, to: string, text: string): Promise<void> => {
    await from.send(to, { text });
    await from.drained();
  };
  const textsOf = async (client: Client, name: string): Promise<(string | null)[]> =>
    (await client.history(name)).map(({ text }) => text);
  for (const n of numbers(20)) await say(alice, '@person2', `before ${n}`);
  await bob.synced();
  const out = await temporaryFolder(t);
  const backup = join(out, 'a.backup');
  await writeBackup(backup, core.dataDir, core.storage);
  for (const n of numbers(5)) await say(alice, '@person2', `lost ${n}`);
  await say(bob, '@person3', 'lost with its conversation');
  await bob.synced();
  line.down = true;
  line.cut();
  await core.stop();

  const dataDir = join(out, 'new');
  t.equal((await runCli(['restore', backup, '--data', dataDir])).exitCode, 0);
  const server = await testServer(t, { dataDir, tls: false });
  t.equal((await textsOf(bob, '@person1')).length, 25);
  const told = next(bob, 'message', ({ message }) => message.text === 'after 7');
  line.target = server.tcp.port;
  line.down = false;
  for (const n of numbers(7)) await say(alice, '@person2', `after ${n}`);
  await told;
  await Promise.all([alice.synced(), bob.synced()]);
  const expected = [...numbers(20).map((n) => `before ${n}`), ...numbers(7).map((n) => `after ${n}`)];
  t.same(await textsOf(alice, '@person2'), expected);
  t.same(await textsOf(bob, '@person1'), expected);
  t.same(await bob.log('@person1'), await alice.log('@person2'));
  t.same(await bob.search('lost'), []);
  await say(bob, '@person3', 'once more');
  t.same(await textsOf(bob, '@person3'), ['once more']);
});
