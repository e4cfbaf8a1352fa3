// Accounts by the command line, against a real server: FEATURES rows 1 to 4.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import t from 'tap';
import { runCli } from '../support/cli-run.js';
import { cliPerson, freshPhone, password, registered } from '../support/cli-person.js';
import { testServer } from '../support/server.js';

t.test('registering is refused with the reason until everything is right', async (t) => {
  const server = await testServer(t);
  const alice = await registered(t, server, 'alice');
  const bob = await cliPerson(t, server);
  const phone = freshPhone();
  t.same(await bob.fails('register', 'bob', '--phone', '061234567'), [1, 'invalid-phone']);
  t.same(await bob.fails('register', 'b', '--phone', phone), [1, 'invalid-username']);
  t.same(await bob.fails('register', 'bo\u0007b', '--phone', phone), [1, 'invalid-username']);
  t.same(await bob.fails('register', 'ALICE', '--phone', phone), [1, 'name-taken']);
  t.same(await bob.fails('register', 'bob', '--phone', alice.phone), [1, 'phone-taken']);
  t.same(await bob.fails('register', 'bob', '--phone', phone, '--email', 'nonsense'), [1, 'invalid-email']);
  bob.options.env['PYTALK_PASSWORD'] = 'short';
  t.same(await bob.fails('register', 'bob', '--phone', phone), [1, 'weak-password']);
  bob.options.env['PYTALK_PASSWORD'] = password;
  t.same(await bob.fails('whoami'), [3, 'not-logged-in']);
  const names = ['--first-name', 'Bob', '--last-name', 'Martin', '--email', 'bob@example.org'];
  const me = await bob.gets('register', 'bob', '--phone', phone, ...names);
  t.match(me, { username: 'bob', firstName: 'Bob', lastName: 'Martin', email: 'bob@example.org', phone });
  t.equal(me['fingerprint'], server.fingerprint);
});

t.test('a session is kept, ended, and opened again with the right password only', async (t) => {
  const server = await testServer(t);
  const alice = await registered(t, server, 'alice');
  t.match(await alice.gets('whoami'), { username: 'alice', server: `127.0.0.1:${server.tcp.port}` });
  t.match(await alice.gets('logout'), { username: 'alice', loggedOut: true });
  t.same(await alice.fails('whoami'), [3, 'not-logged-in']);
  alice.options.env['PYTALK_PASSWORD'] = 'wrong horse';
  t.same(await alice.fails('login', 'alice'), [3, 'login-refused']);
  t.same(await alice.fails('login', 'nobody'), [3, 'login-refused']);
  alice.options.env['PYTALK_PASSWORD'] = password;
  t.match(await alice.gets('login', 'alice'), { username: 'alice' });
});

t.test('a profile has a default bio, can be changed, and is seen by others', async (t) => {
  const server = await testServer(t);
  const [alice, bob] = [await registered(t, server, 'alice'), await registered(t, server, 'bob')];
  t.match(await bob.gets('profile', 'alice'), { username: 'alice', bio: 'Hi, I use PyTalk!', avatar: null });
  const picture = join(alice.home, 'me.png');
  const image = sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } });
  await writeFile(picture, await image.png().toBuffer());
  alice.options.cwd = alice.home;
  await alice.does('profile', 'set', '--bio', 'On holiday', '--avatar', 'me.png', '--email', 'a@example.org');
  const seen = await bob.gets('profile', '@alice');
  t.match(seen, { bio: 'On holiday', email: null, phone: null });
  t.match(seen['avatar'], /^[0-9a-f]{64}$/);
  await alice.does('friends', 'add', 'bob');
  t.match(await bob.gets('profile', 'alice'), { email: 'a@example.org', phone: alice.phone });
  t.same(await alice.fails('profile', 'set', '--email', 'no'), [1, 'invalid-email']);
  t.same(await alice.fails('profile', 'set'), [2, 'usage']);
  t.same(await bob.fails('profile', 'zoe'), [1, 'user-not-found']);
  await alice.does('profile', 'set', '--email', '', '--avatar', '');
  t.match(await alice.gets('profile'), { email: null, avatar: null });
});

t.test('password, devices, recovery key and an administrator’s reset', async (t) => {
  const server = await testServer(t);
  const alice = await registered(t, server, 'alice');
  const laptop = await cliPerson(t, server);
  await laptop.does('login', 'alice');
  const devices = await alice.does('sessions');
  t.equal(devices.length, 2);
  const other = devices.find((device) => device['current'] === false);
  await alice.does('sessions', 'revoke', String(other?.['id']));
  t.equal((await laptop.fails('whoami'))[0], 3);
  await laptop.does('login', 'alice');
  alice.options.env['PYTALK_NEW_PASSWORD'] = 'another horse';
  t.match(await alice.gets('password'), { passwordChanged: true });
  t.equal((await laptop.fails('whoami'))[0], 3);
  t.same(await laptop.fails('login', 'alice'), [3, 'login-refused']);

  alice.options.env['PYTALK_PASSWORD'] = 'another horse';
  const { recoveryKey } = await alice.gets('recovery-key');
  const { publicKey } = await alice.gets('whoami');
  const reset = async (): Promise<string> => {
    const argv = ['admin', 'reset-password', 'alice', '--data', server.dataDir, '--json'];
    return (JSON.parse((await runCli(argv)).stdout) as { code: string }).code;
  };
  laptop.options.env['PYTALK_PASSWORD'] = 'third horse';
  t.same(await laptop.fails('login', 'alice', '--reset-code', 'WRONG'), [1, 'reset-code-invalid']);
  await laptop.does('login', 'alice', '--reset-code', await reset(), '--recovery-key', String(recoveryKey));
  t.equal((await laptop.gets('whoami'))['publicKey'], publicKey);
  t.equal((await alice.fails('whoami'))[0], 3);
  await laptop.does('login', 'alice', '--reset-code', await reset());
  t.not((await laptop.gets('whoami'))['publicKey'], publicKey);
});

t.test('whoami says for how long the server keeps things', async (t) => {
  const retention = { messagesDays: 365, filesDays: 1, callsDays: null, logDays: null, auditDays: null };
  const server = await testServer(t, { overrides: { retention } });
  const alice = await registered(t, server, 'alice');
  t.match(await alice.gets('whoami'), { retention: { messagesDays: 365, filesDays: 1 } });
  const seen = await alice.sees('whoami');
  t.match(seen, /Kept +messages, on the server: 365 days\n +Kept +files, on the server: 1 day\n/);
  const silent = await registered(t, await testServer(t), 'bob');
  t.notMatch(await silent.sees('whoami'), /Kept/);
});

t.test('blocked people cannot write, deleted accounts are gone, disabled ones cannot log in', async (t) => {
  const server = await testServer(t);
  const [alice, mallory] = [await registered(t, server, 'alice'), await registered(t, server, 'mallory')];
  await mallory.does('send', 'alice', 'hello');
  t.same(await alice.gets('block', 'mallory'), { username: 'mallory', blocked: true });
  t.same(await mallory.fails('send', 'alice', 'again'), [1, 'blocked']);
  t.equal((await alice.gets('friends', 'list', '--blocked'))['username'], 'mallory');
  await alice.does('unblock', '@mallory');
  await mallory.does('send', 'alice', 'again');

  const admin = async (...argv: string[]) => runCli(['admin', ...argv, '--data', server.dataDir, '--json']);
  t.match((await admin('users')).stdout, /"username":"mallory".*"online":/);
  const shown = (await runCli(['admin', 'users', '--data', server.dataDir])).stdout;
  t.match(shown, /^Id +User +Phone +Email +Last seen +Files\n1 +alice /);
  t.equal((await admin('disable', 'mallory')).exitCode, 0);
  t.equal((await mallory.fails('whoami'))[0], 3);
  t.same(await mallory.fails('login', 'mallory'), [3, 'account-disabled']);
  await admin('enable', 'mallory');
  await mallory.does('login', 'mallory');
  t.match((await admin('log')).stdout, /"event":"admin-disable"/);
  t.match((await admin('db', '#1')).stderr, /conversation-not-found/);
  t.match((await admin('db', '1')).stdout, /"class":"message"/);
  t.notMatch((await admin('db', '1')).stdout, /again/);
  t.equal((await admin('check')).exitCode, 0);

  t.match(await mallory.gets('account', 'delete', '--yes'), { username: 'mallory', deleted: true });
  t.equal((await mallory.fails('login', 'mallory'))[0], 3);
  t.same(await alice.fails('send', 'zoe', 'hi'), [1, 'conversation-not-found']);
});

t.test('safety numbers are the same on both sides and can be marked', async (t) => {
  const server = await testServer(t);
  const [alice, bob] = [await registered(t, server, 'alice'), await registered(t, server, 'bob')];
  const mine = await alice.gets('verify', 'bob');
  t.equal(mine['safetyNumber'], (await bob.gets('verify', 'alice'))['safetyNumber']);
  t.equal(mine['verified'], false);
  t.equal((await alice.gets('verify', 'bob', '--yes'))['verified'], true);
  t.equal((await alice.gets('verify', 'bob', '--undo'))['verified'], false);
});
