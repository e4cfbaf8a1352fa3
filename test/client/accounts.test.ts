// Registering, logging in, passwords, recovery, devices: a client against the whole server, over TLS.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import t from 'tap';
import type { Client } from '../../src/client/api.js';
import { connect } from '../../src/client/index.js';
import type { Test } from 'tap';
import { startServer } from '../../src/server/server.js';
import { next } from '../support/homes.js';
import { startCore } from '../support/core.js';
import { testServer } from '../support/server.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const alice = { username: 'alice', password: 'correct horse', phone: '0612345678', firstName: 'Alice' };

async function open(t: Test, server: string, home: string): Promise<Client> {
  const client = await connect({ server, home });
  t.teardown(() => client.close());
  return client;
}

t.test(
  'a person registers, and another home logs in with the password and gets the same identity',
  async (t) => {
    const { tcp, fingerprint } = await testServer(t);
    const server = `127.0.0.1:${tcp.port}`;
    const [homeA, homeB] = [await temporaryFolder(t), await temporaryFolder(t)];
    const a = await open(t, server, homeA);
    t.equal(a.me, null);
    t.equal(a.fingerprint, fingerprint);
    await t.rejects(a.send('@bob', { text: 'hi' }), { code: 'not-logged-in' });
    const me = await a.register({ ...alice, phone: '+33 6 12 34 56 78' });
    t.match(me, { username: 'alice', firstName: 'Alice', phone: '0612345678', session: 1 });

    const again = await connect({ home: homeA });
    t.equal(again.me?.username, 'alice', 'the home remembers server and session');
    await again.close();

    const b = await open(t, server, homeB);
    await t.rejects(b.login('alice', 'wrong horse'), { code: 'login-refused' });
    await t.rejects(b.login('nobody', 'wrong horse'), { code: 'login-refused' });
    t.equal(b.me, null);
    t.equal((await b.login('ALICE', alice.password)).id, me.id);
    const sessionOf = async (home: string): Promise<{ privateKey: string; token: string }> =>
      JSON.parse(await readFile(join(home, 'session.json'), 'utf8'));
    t.equal((await sessionOf(homeB)).privateKey, (await sessionOf(homeA)).privateKey);
    t.not((await sessionOf(homeB)).token, (await sessionOf(homeA)).token);

    t.same((await a.sessions()).map(({ current }) => current).sort(), [false, true]);
    const other = (await a.sessions()).find(({ current }) => !current);
    const ended = next(b, 'connection', ({ state }) => state === 'offline');
    await a.revokeSession(other?.id ?? 0);
    t.equal((await ended).error?.code, 'session-ended');
    await t.rejects(b.sessions(), { code: 'session-ended' });

    await a.logout();
    t.equal(a.me, null);
    await t.rejects(a.sessions(), { code: 'not-logged-in' });
  },
);

t.test('each refusal says why, before anything is sent', async (t) => {
  const { port } = await startCore(t);
  const client = await connect({ server: `127.0.0.1:${port}`, tls: false, home: await temporaryFolder(t) });
  t.teardown(() => client.close());
  const wrong: [object, string][] = [
    [{ username: 'a' }, 'invalid-username'],
    [{ phone: '061234567' }, 'invalid-phone'],
    [{ email: 'nowhere' }, 'invalid-email'],
    [{ firstName: '\u0007' }, 'invalid-person-name'],
    [{ password: 'short' }, 'weak-password'],
    [{ username: 'person1' }, 'name-taken'],
    [{ phone: '0600000001' }, 'phone-taken'],
  ];
  for (const [fields, code] of wrong)
    await t.rejects(client.register({ ...alice, ...fields }), { code }, code);
});

t.test(
  'a changed password needs the old one, and logs in with the new one to the same identity',
  async (t) => {
    const { port } = await startCore(t);
    const options = { server: `127.0.0.1:${port}`, tls: false };
    const client = await connect({ ...options, home: await temporaryFolder(t) });
    t.teardown(() => client.close());
    const { publicKey } = await client.register(alice);
    await t.rejects(client.changePassword('not this one', 'brand new horse'), { code: 'login-refused' });
    await t.rejects(client.changePassword(alice.password, 'short'), { code: 'weak-password' });
    await client.changePassword(alice.password, 'brand new horse');
    await client.logout();
    await t.rejects(client.login('alice', alice.password), { code: 'login-refused' });
    t.equal((await client.login('alice', 'brand new horse')).publicKey, publicKey);
    await t.rejects(client.deleteAccount('not this one'), { code: 'login-refused' });
    await client.deleteAccount('brand new horse');
    t.equal(client.me, null);
    await t.rejects(client.login('alice', 'brand new horse'), { code: 'login-refused' });
  },
);

t.test('a reset with the recovery key keeps the identity, without it makes a new one', async (t) => {
  const core = await startCore(t);
  const options = { server: `127.0.0.1:${core.port}`, tls: false };
  const client = await connect({ ...options, home: await temporaryFolder(t) });
  t.teardown(() => client.close());
  const { id, publicKey } = await client.register(alice);
  const recoveryKey = await client.makeRecoveryKey(alice.password);
  const code = async (): Promise<string> => {
    const account = await core.storage.account(id);
    return core.context.accounts.makeResetCode(account!);
  };
  const reset = { username: 'alice', password: 'another horse' };
  await t.rejects(client.resetPassword({ ...reset, code: 'WRONG' }), { code: 'reset-code-invalid' });
  const first = await code();
  await t.rejects(client.resetPassword({ ...reset, code: first, recoveryKey: 'nonsense' }), {
    code: 'recovery-key-invalid',
  });
  t.equal((await client.resetPassword({ ...reset, code: first, recoveryKey })).publicKey, publicKey);
  await client.logout();
  t.equal((await client.login('alice', 'another horse')).publicKey, publicKey);
  t.not((await client.resetPassword({ ...reset, code: await code() })).publicKey, publicKey);
});

t.test('a server with another certificate is refused until its fingerprint is given', async (t) => {
  const first = await testServer(t);
  const home = await temporaryFolder(t);
  const server = `127.0.0.1:${first.tcp.port}`;
  await (await connect({ server, home })).close();
  await first.close();
  const second = await startServer({
    dataDir: await temporaryFolder(t),
    host: '127.0.0.1',
    port: first.tcp.port,
    udpPort: 0,
    log: pino({ level: 'silent' }),
  });
  t.teardown(() => second.close());
  const fingerprint = second.fingerprint ?? '';
  await t.rejects(connect({ server, home }), { code: 'certificate-changed', details: { fingerprint } });
  await t.rejects(connect({ server, home, fingerprint: first.fingerprint ?? '' }), {
    code: 'certificate-mismatch',
  });
  await (await connect({ server, home, fingerprint })).close();
  await (await connect({ server, home })).close();
});

t.test('a server that is not there, speaks no TLS or does not answer is named as such', async (t) => {
  const { port } = await startCore(t);
  const home = await temporaryFolder(t);
  await t.rejects(connect({ server: '127.0.0.1:1', home }), { code: 'unreachable' });
  await t.rejects(connect({ server: `127.0.0.1:${port}`, home, timeoutMs: 3000 }), {
    code: /tls-needed|unreachable|timeout/,
  });
});
