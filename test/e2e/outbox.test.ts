// What was typed while the server was away, by a program that was killed at it: sent later, each message once.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t from 'tap';
import { connect } from '../../src/client/index.js';
import { numbers } from '../support/conversing.js';
import { projectFile } from '../support/project.js';
import { serverProcess } from '../support/server.js';
import { temporaryFolder } from '../support/temporary-folder.js';

t.test('the outbox of a killed client is sent by the next one, nothing lost and nothing twice', async (t) => {
  const server = await serverProcess(t, 1);
  const folder = await temporaryFolder(t);
  const address = `127.0.0.1:${server.port}`;
  const register = async (home: string, username: string, phone: string): Promise<void> => {
    const client = await connect({ server: address, home });
    await client.register({ username, phone, password: 'correct horse' });
    await client.close();
  };
  const homes = { alice: join(folder, 'alice'), bob: join(folder, 'bob') };
  await register(homes.alice, 'alice', '0611111111');
  await register(homes.bob, 'bob', '0622222222');
  const warm = await connect({ server: address, home: homes.alice, mode: 'live' });
  await warm.send('@bob', { text: 'hello' });
  await warm.drained();
  await warm.close();
  await server.kill();

  const script = projectFile('dist/test/support/offline-writer.js');
  const writer = spawn(process.execPath, [script, homes.alice, address, '100000'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(writer, 'exit');
  const safe: string[] = [];
  for await (const line of createInterface({ input: writer.stdout })) {
    const { id, state } = JSON.parse(line) as { id: string; state: string };
    if (state !== 'queued') t.fail(`${id} is ${state}`);
    if (safe.push(id) === 200) writer.kill('SIGKILL');
  }
  await exited;

  await server.start();
  const alice = await connect({ server: address, home: homes.alice, mode: 'live' });
  await alice.drained(60_000);
  const bob = await connect({ server: address, home: homes.bob, mode: 'live' });
  await bob.synced();
  const log = await bob.log('@alice', { limit: 1_000_000 });
  const ids = log.map(({ id }) => id);
  t.equal(new Set(ids).size, ids.length, 'nothing is there twice');
  t.same(
    safe.filter((id) => !ids.includes(id)),
    [],
    `all ${safe.length} that were said to be safe have arrived`,
  );
  const texts = log.map(({ payload }) => (JSON.parse(payload) as { text: string }).text);
  t.same(
    texts,
    ['hello', ...numbers(texts.length - 1).map((n) => `offline ${n}`)],
    'in the order in which they were typed',
  );
  await Promise.all([alice.close(), bob.close()]);
});
