// Administration: through the socket of a running server, and on the database when none runs.
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { withAdmin } from '../../src/server/admin.js';
import { startServer, type RunningServer } from '../../src/server/server.js';
import { openDirect, makeGroup, sendText } from '../support/conversing.js';
import { plentifulRates } from '../support/core.js';
import { beginRegistration, codeOf, login, register, someIdentity } from '../support/opaque-person.js';
import { temporaryFolder, type Teardown } from '../support/temporary-folder.js';
import { WireClient } from '../support/wire-client.js';

interface Place {
  dataDir: string;
  server: RunningServer;
  alice: WireClient;
  bob: WireClient;
  connect(): Promise<WireClient>;
}

/** A whole server with Alice and Bob. */
async function startPlace(test: Teardown): Promise<Place> {
  const dataDir = await temporaryFolder(test);
  const overrides = { logLevel: 'silent' as const, rates: plentifulRates };
  const server = await startServer({
    dataDir,
    host: '127.0.0.1',
    port: 0,
    udpPort: 0,
    tls: false,
    overrides,
  });
  const clients: WireClient[] = [];
  test.teardown(async () => {
    await Promise.all(clients.map((client) => client.destroy()));
    await server.close();
  });
  const connect = async (): Promise<WireClient> => {
    const client = await WireClient.connect({ port: server.tcp.port });
    clients.push(client);
    return client;
  };
  const [alice, bob] = [await connect(), await connect()];
  await register(alice, { username: 'alice', phone: '0611111111', email: 'a@b.org' });
  await register(bob, { username: 'bob', phone: '0622222222' });
  return { dataDir, server, alice, bob, connect };
}

t.test('lists accounts without what could log in as them', async (t) => {
  const { dataDir } = await startPlace(t);
  const users = await withAdmin(dataDir, (admin) => admin.users());
  t.match(users, [
    { username: 'alice', phone: '0611111111', email: 'a@b.org', role: 'user', disabled: false, online: true },
    { username: 'bob' },
  ]);
  t.notOk('opaqueRecord' in users[0]!);
  t.notOk('wrapped' in users[0]!);
});

t.test('disables an account at once, and enables it again', async (t) => {
  const { dataDir, alice, connect } = await startPlace(t);
  await withAdmin(dataDir, (admin) => admin.disable('ALICE'));
  t.equal((await alice.nextPush('closing')).error.code, 'account-disabled');
  t.equal(await codeOf(login(await connect(), 'alice')), 'account-disabled');
  await withAdmin(dataDir, (admin) => admin.enable('alice'));
  t.equal(await codeOf(login(await connect(), 'alice')), null);
});

t.test('resets a password with a code that the person uses', async (t) => {
  const { dataDir, connect } = await startPlace(t);
  const code = await withAdmin(dataDir, (admin) => admin.resetPassword('alice'));
  const client = await connect();
  const { request, finish } = await beginRegistration('new');
  const { response } = await client.request('reset.start', { username: 'alice', code, request });
  const body = { record: finish(response), identity: someIdentity(5), device: 'd' };
  t.equal((await client.request('reset.finish', body)).user.username, 'alice');
});

t.test('grants and takes back the administrator’s role', async (t) => {
  const { dataDir } = await startPlace(t);
  const roleAfter = (on: boolean) =>
    withAdmin(dataDir, async (admin) => {
      await admin.grant('bob', on);
      return (await admin.users()).find((user) => user.username === 'bob')?.role;
    });
  t.equal(await roleAfter(true), 'admin');
  t.equal(await roleAfter(false), 'user');
});

t.test('bans a person, and names that nobody has yet', async (t) => {
  const { dataDir, bob, connect } = await startPlace(t);
  await withAdmin(dataDir, async (admin) => {
    await admin.ban('bob');
    await admin.ban('Mallory');
  });
  await bob.closed;
  t.equal(await codeOf(login(await connect(), 'bob')), 'account-disabled');
  const mallory = { username: 'mallory', phone: '0633333333' };
  t.equal(await codeOf(register(await connect(), mallory)), 'name-taken');
  await t.rejects(
    withAdmin(dataDir, (admin) => admin.ban('../x')),
    { code: 'invalid-username' },
  );
  await withAdmin(dataDir, (admin) => admin.enable('bob'));
  t.equal(await codeOf(login(await connect(), 'bob')), null);
});

t.test('what administrators did is in the audit, and the rest in the log only', async (t) => {
  const { dataDir } = await startPlace(t);
  const [audit, log] = await withAdmin(dataDir, async (admin) => {
    await admin.disable('alice');
    await admin.invite();
    await admin.compact();
    return [await admin.audit(10), await admin.log(10)];
  });
  const shown = audit.map(({ event, username }) => ({ event, username }));
  t.same(shown, [
    { event: 'admin-compact', username: null },
    { event: 'admin-invite', username: null },
    { event: 'admin-disable', username: 'alice' },
  ]);
  t.same(
    log.slice(3).map(({ event }) => event),
    ['registered', 'registered'],
  );
  t.equal((await withAdmin(dataDir, (admin) => admin.audit(1))).length, 1);
});

t.test('who did it is known under sudo, by a name that is not too long', async (t) => {
  const { dataDir } = await startPlace(t);
  const before = process.env['SUDO_USER'];
  t.teardown(() => {
    if (before === undefined) delete process.env['SUDO_USER'];
    else process.env['SUDO_USER'] = before;
  });
  const invited = async (sudoUser: string): Promise<string | null | undefined> => {
    process.env['SUDO_USER'] = sudoUser;
    return withAdmin(dataDir, async (admin) => {
      await admin.invite();
      return (await admin.audit(1))[0]?.actor;
    });
  };
  t.equal(await invited('x'.repeat(65)), 'x'.repeat(64));
  t.equal(await invited(''), userInfo().username);
});

t.test('shows conversations and envelopes', async (t) => {
  const { dataDir, alice } = await startPlace(t);
  const direct = await openDirect(alice, 2);
  await sendText(alice, direct, 'hello');
  await makeGroup(alice, 'team', [2]);
  await withAdmin(dataDir, async (admin) => {
    const all = await admin.db(null, 10);
    t.match(all.statistics, { users: 2, conversations: 2, events: 2 });
    t.same(
      all.conversations.map(({ name, members }) => [name, members]),
      [
        ['@alice @bob', 2],
        ['#team', 2],
      ],
    );
    const one = await admin.db(String(direct), 10);
    t.match(one.events, [{ conv: direct, seq: 1, username: 'alice', class: 'message' }]);
    t.match((await admin.db('#TEAM', 10)).events, [{ class: 'control' }]);
    t.equal((await admin.db('@bob', 10)).conversations.length, 2);
    await t.rejects(admin.db('#none', 10), { code: 'conversation-not-found' });
    await t.rejects(admin.db('@none', 10), { code: 'user-not-found' });
    t.same(await admin.check(), { database: [], files: [] });
  });
});

t.test('errors come through the socket as they are', async (t) => {
  const { dataDir } = await startPlace(t);
  await withAdmin(dataDir, async (admin) => {
    await t.rejects(admin.disable('nobody'), { code: 'user-not-found', details: { name: 'nobody' } });
    await t.rejects(admin.log(0), { code: 'invalid' });
    await t.rejects(admin.backup('relative'), { code: 'invalid' });
    t.equal((await admin.users()).length, 2, 'and the next is answered');
  });
});

t.test('the socket is for its owner alone, and what is no request is refused', async (t) => {
  const { dataDir, server } = await startPlace(t);
  const path = join(dataDir, 'admin.sock');
  t.equal((await stat(path)).mode & 0o777, 0o600);
  const socket = createConnection(path);
  socket.setEncoding('utf8');
  const answers: string[] = [];
  let waiting = (): void => undefined;
  socket.on('data', (text: string) => {
    answers.push(...text.split('\n').filter(Boolean));
    if (answers.length === 4) waiting();
  });
  const done = new Promise<void>((resolve) => (waiting = resolve));
  socket.write('nonsense\n{"do":"users"}\n{"do":"constructor","args":[]}\n{"do":"users","args":[1]}\n');
  await done;
  const codes = answers.map((line) => (JSON.parse(line) as { error: { code: string } }).error.code);
  t.same(codes, ['invalid', 'invalid', 'unknown-type', 'invalid']);
  await server.close();
  await new Promise((resolve) => (socket.closed ? resolve(null) : socket.once('close', resolve)));
  await t.rejects(stat(path), 'it goes with the server');
});

t.test(
  'when no server runs the database itself is opened, and a dead server’s socket is no hindrance',
  async (t) => {
    const { dataDir, server } = await startPlace(t);
    await server.close();
    await writeFile(join(dataDir, 'admin.sock'), '');
    const code = await withAdmin(dataDir, async (admin) => {
      await admin.disable('alice');
      t.match(await admin.users(), [{ username: 'alice', disabled: true, online: false }, {}]);
      return admin.invite();
    });
    t.match(code, /^[0-9A-Z-]{19}$/);
    const again = await startServer({
      dataDir,
      host: '127.0.0.1',
      port: 0,
      udpPort: 0,
      tls: false,
      overrides: { logLevel: 'silent' },
    });
    t.equal((await withAdmin(dataDir, (admin) => admin.users()))[0]?.disabled, true);
    await again.close();
  },
);

t.test('two servers never have one folder, and a folder without a server’s data is named', async (t) => {
  const { dataDir } = await startPlace(t);
  const options = {
    dataDir,
    host: '127.0.0.1',
    port: 0,
    udpPort: 0,
    overrides: { logLevel: 'silent' as const },
  };
  await t.rejects(startServer(options), { code: 'home-locked' });
  const empty = join(dataDir, 'empty');
  await mkdir(empty);
  await t.rejects(
    withAdmin(empty, (admin) => admin.users()),
    { code: 'home-unusable' },
  );
});
