// Accounts over a real connection and a real storage: registration, login, devices, passwords, the end.
import assert from 'node:assert';
import t from 'tap';
import { readConfig } from '../../src/server/config.js';
import type { PytalkError } from '../../src/protocol/errors.js';
import { startCore, type Core } from '../support/core.js';
import {
  beginLogin,
  beginRegistration,
  codeOf,
  login,
  prove,
  register,
  someIdentity,
} from '../support/opaque-person.js';
import type { WireClient } from '../support/wire-client.js';

const alice = { username: 'Alice', phone: '0611111111' };
const bob = { username: 'bob', phone: '0622222222' };
const dayMs = 24 * 60 * 60 * 1000;

/** A core with Alice registered on a connection that stays open. */
async function withAlice(
  test: Parameters<typeof startCore>[0],
  options: Parameters<typeof startCore>[1] = {},
): Promise<{ core: Core; client: WireClient; token: string; id: number }> {
  const core = await startCore(test, { people: 0, ...options });
  const client = await core.stranger();
  const { token, user } = await register(client, alice);
  return { core, client, token, id: user.id };
}

t.test('a person registers, and logs in on another device with the password', async (t) => {
  const core = await startCore(t, { people: 0 });
  const first = await register(await core.stranger(), {
    ...alice,
    email: 'alice@example.org',
    firstName: 'Alice',
    lastName: 'Martin',
  });
  t.match(first.user, {
    username: 'Alice',
    phone: '0611111111',
    email: 'alice@example.org',
    firstName: 'Alice',
    lastName: 'Martin',
    bio: 'Hi, I use PyTalk!',
    avatar: null,
    deleted: false,
  });
  const second = await login(await core.stranger(), 'aLICE');
  t.equal(second.user.id, first.user.id);
  t.same(second.identity, someIdentity(1), 'the identity comes back as the client had sealed it');
  t.not(second.token, first.token, 'each device has a token of its own');
  const third = await core.stranger();
  t.equal((await third.request('auth', { token: second.token })).session, second.session);
});

t.test('accounts, sessions and the secret of OPAQUE survive a restart', async (t) => {
  const { core, token } = await withAlice(t);
  await core.restart();
  t.equal(await codeOf(login(await core.stranger(), 'alice')), null);
  t.equal(await codeOf((await core.stranger()).request('auth', { token })), null);
});

t.test('neither the token nor the password is in the database', async (t) => {
  const { core, token, id } = await withAlice(t);
  const [session] = await core.storage.sessionsOf(id);
  t.notMatch(JSON.stringify(session), token);
  t.notMatch(JSON.stringify(await core.storage.account(id)), 'correct horse');
});

t.test('a wrong password is refused, and so is a name that does not exist, alike', async (t) => {
  const { core } = await withAlice(t);
  t.equal(await codeOf(login(await core.stranger(), 'alice', 'wrong')), 'login-refused');
  t.equal(await codeOf(login(await core.stranger(), 'nobody')), 'login-refused');
  t.equal(await codeOf(login(await core.stranger(), 'no\u0000body')), 'login-refused');

  const client = await core.stranger();
  const { request } = await beginLogin('guess');
  const answers: Record<string, string[]> = { alice: [], nobody: [] };
  for (const username of ['alice', 'alice', 'nobody', 'nobody']) {
    const { response } = await client.request('login.start', { username, request });
    answers[username]!.push(response);
  }
  // The first 32 bytes are the evaluated element: a function of the account and the request alone.
  const element = (response: string) => Buffer.from(response, 'base64url').subarray(0, 32);
  for (const [name, [one, two]] of Object.entries(answers)) {
    t.same(element(one!), element(two!), `${name} gives the same answer again`);
    t.equal(one!.length, answers['alice']![0]!.length, 'and of the same length');
  }
  const log = await core.storage.log(10, null);
  t.equal(log.filter((entry) => entry.event === 'login-refused').length, 3);
});

t.test(
  'a name or a phone number that is taken is refused, also when two are as fast as each other',
  async (t) => {
    const { core } = await withAlice(t);
    const again = register(await core.stranger(), { username: 'ALICE', phone: '0699999999' });
    t.equal(await codeOf(again), 'name-taken');
    const samePhone = register(await core.stranger(), { username: 'other', phone: alice.phone });
    t.equal(await codeOf(samePhone), 'phone-taken');
    const both = await Promise.all(
      [1, 2, 3, 4].map(async () => codeOf(register(await core.stranger(), bob))),
    );
    t.same(both.sort(), ['name-taken', 'name-taken', 'name-taken', null].sort());
  },
);

t.test('a registration that breaks a rule is refused with the rule’s own error', async (t) => {
  const core = await startCore(t, { people: 0 });
  const client = await core.stranger();
  const { request, finish } = await beginRegistration('x');
  const start = (fields: object) => codeOf(client.ask('register.start', { ...alice, request, ...fields }));
  t.equal(await start({ username: 'a' }), 'invalid-username');
  t.equal(await start({ username: 'a\u001bb' }), 'invalid-username');
  t.equal(await start({ phone: '061234567' }), 'invalid-phone');
  t.equal(await start({ email: 'nowhere' }), 'invalid-email');
  t.equal(await start({ firstName: '' }), 'invalid-person-name');
  t.equal(await start({ request: 'AAAA' }), 'invalid');
  const finishWith = async (fields: object) => {
    const { response } = await client.request('register.start', { ...alice, request });
    const body = { record: finish(response), identity: someIdentity(1), device: 'd', ...fields };
    return codeOf(client.ask('register.finish', body));
  };
  t.equal(await finishWith({ record: 'AAAA' }), 'invalid');
  t.equal(await finishWith({ identity: { publicKey: 'AAAA', wrapped: 'x' } }), 'invalid');
  t.equal(await finishWith({ device: 'two\nlines' }), 'invalid');
  t.equal(
    await codeOf(client.ask('register.finish', { record: 'AAAA', identity: someIdentity(1), device: 'd' })),
    'invalid',
  );
  t.equal(await finishWith({}), null, 'and nothing of it was stored');
});

t.test('registration may be closed, or need an invitation that works once', async (t) => {
  const closed = await startCore(t, { people: 0, config: { registration: 'closed' } });
  t.equal(await codeOf(register(await closed.stranger(), alice)), 'registration-closed');
  const core = await startCore(t, { people: 0, config: { registration: 'invite' } });
  t.equal(await codeOf(register(await core.stranger(), alice)), 'invite-invalid');
  const invite = await core.context.accounts.makeInvite();
  t.equal(await codeOf(register(await core.stranger(), { ...alice, invite: 'AAAA-AAAA' })), 'invite-invalid');
  const typed = invite.toLowerCase().replaceAll('-', ' ');
  const both = await Promise.all(
    [alice, bob].map(async (person) =>
      codeOf(register(await core.stranger(), { ...person, invite: person === bob ? typed : invite })),
    ),
  );
  t.same(both.sort(), ['invite-invalid', null].sort(), 'two at once cannot both use it');
  const third = { username: 'carol', phone: '0633333333', invite };
  t.equal(await codeOf(register(await core.stranger(), third)), 'invite-invalid');
});

t.test('fifty people can register from one address within a minute with the usual rates', async (t) => {
  const { rates } = await readConfig();
  const core = await startCore(t, { people: 0, config: { rates }, now: () => 1_790_000_000_000 });
  const { request, finish } = await beginRegistration('x');
  for (let i = 0; i < 50; i++) {
    const client = await core.stranger();
    const phone = String(1_000_000_000 + i);
    const { response } = await client.request('register.start', { username: `user${i}`, phone, request });
    await client.request('register.finish', {
      record: finish(response),
      identity: someIdentity(1),
      device: 'd',
    });
    await client.destroy();
  }
  t.equal((await core.storage.statistics()).users, 50);
});

t.test('attempts to guess a password are limited, by the account; success does not count', async (t) => {
  const { rates } = await readConfig();
  let now = 1_790_000_000_000;
  const { core } = await withAlice(t, { config: { rates }, now: () => now });
  for (let i = 0; i < 2 * rates.loginsPerAccount.burst; i++) {
    const client = await core.stranger();
    await login(client, 'alice');
    await client.destroy();
  }
  const guesser = await core.stranger();
  const { request } = await beginLogin('guess');
  const guess = () => guesser.request('login.start', { username: 'alice', request });
  for (let i = 0; i < rates.loginsPerAccount.burst; i++) await guess();
  const refused = await guess().then(
    () => assert.fail('was not refused'),
    (error: unknown) => error as PytalkError,
  );
  const waitMs = refused.retryAfterMs ?? Infinity;
  t.equal(refused.code, 'rate-limited');
  t.ok(waitMs <= 60_000 / rates.loginsPerAccount.perMinute);
  t.equal(refused.details['seconds'], Math.ceil(waitMs / 1000));
  t.equal(await codeOf(login(await core.stranger(), 'ALICE')), 'rate-limited', 'from any connection');
  now += waitMs;
  t.equal(await codeOf(login(await core.stranger(), 'alice')), null, 'until it has waited');
  const log = await core.storage.log(100, null);
  t.ok(log.some((entry) => entry.event === 'login-attempts-used-up'));
});

t.test('attempts are limited by the address too, also those with tokens', async (t) => {
  const { rates } = await readConfig();
  const core = await startCore(t, {
    people: 1,
    config: { rates: { ...rates, loginsPerAddress: { burst: 3, perMinute: 1 } } },
    now: () => 1_790_000_000_000,
  });
  const client = await core.stranger();
  const { request } = await beginLogin('guess');
  t.equal(await codeOf(client.request('login.start', { username: 'one', request })), null);
  t.equal(await codeOf(client.request('auth', { token: 'AAAA' })), 'session-ended');
  t.equal(await codeOf(client.request('login.start', { username: 'two', request })), null);
  t.equal(await codeOf(client.request('login.start', { username: 'three', request })), 'rate-limited');
  t.equal(await codeOf(client.request('auth', { token: 'AAAA' })), 'rate-limited');
  t.equal(await codeOf(core.join(1)), null, 'a right token is no attempt');
});

t.test('a connection logs in once, and needs the first step before the second', async (t) => {
  const { core, client, token } = await withAlice(t);
  t.equal(await codeOf(client.request('auth', { token })), 'invalid');
  t.equal(await codeOf(login(client, 'alice')), 'invalid');
  const other = await core.stranger();
  t.equal(await codeOf(other.request('login.finish', { proof: 'AAAA', device: 'd' })), 'invalid');
  const two = await Promise.all([
    codeOf(other.request('auth', { token })),
    codeOf(other.request('auth', { token })),
  ]);
  t.same(two, [null, 'invalid'], 'also when both are on their way');
});

t.test('devices are listed, and one is revoked at once', async (t) => {
  const { core, client } = await withAlice(t);
  const second = await core.stranger();
  const { session, token } = await login(second, 'alice');
  const { sessions } = await client.request('sessions.list', {});
  t.match(sessions, [
    { device: 'test device', current: true, address: '127.0.0.1' },
    { id: session, device: 'another device', current: false },
  ]);
  await client.request('sessions.revoke', { session });
  t.equal((await second.nextPush('closing')).error.code, 'session-ended');
  await second.closed;
  t.equal(await codeOf((await core.stranger()).request('auth', { token })), 'session-ended');
  t.equal(await codeOf(client.request('sessions.revoke', { session })), 'invalid');
});

t.test('nobody revokes the session of somebody else', async (t) => {
  const { core, client } = await withAlice(t);
  const other = await core.stranger();
  const { session } = await register(other, bob);
  t.equal(await codeOf(client.request('sessions.revoke', { session })), 'invalid');
  await other.settled();
});

t.test('after logout the answer comes, then the connection ends, and the token is void', async (t) => {
  const { core, client, token } = await withAlice(t);
  t.same(await client.request('logout', {}), {});
  await client.closed;
  t.equal(await codeOf((await core.stranger()).request('auth', { token })), 'session-ended');
});

t.test('a new password ends the other sessions, and the old one is refused', async (t) => {
  const { core, client } = await withAlice(t);
  const second = await core.stranger();
  await login(second, 'alice');
  // This one has proved the old password, and asks for its session after the change.
  const late = await core.stranger();
  const old = await beginLogin('correct horse');
  const { response: lateResponse } = await late.request('login.start', {
    username: 'alice',
    request: old.request,
  });
  const proof = await prove(client);
  const { request, finish } = await beginRegistration('battery staple');
  const { response } = await client.request('password.start', { request });
  await client.request('password.finish', { proof, record: finish(response), wrapped: 'wrapped-anew' });
  await second.closed;
  await client.settled();
  const lateProof = old.finish(lateResponse)!;
  t.equal(await codeOf(late.request('login.finish', { proof: lateProof, device: 'd' })), 'login-refused');
  t.equal(await codeOf(login(await core.stranger(), 'alice')), 'login-refused');
  const again = await login(await core.stranger(), 'alice', 'battery staple');
  t.same(again.identity, { publicKey: someIdentity(1).publicKey, wrapped: 'wrapped-anew' });
});

t.test('what matters needs the password again: a token alone does not do', async (t) => {
  const { client, core, id } = await withAlice(t);
  const { request, finish } = await beginRegistration('stolen');
  const { response } = await client.request('password.start', { request });
  const record = finish(response);
  const withProof = (proof: string) =>
    Promise.all([
      codeOf(client.request('password.finish', { proof, record, wrapped: 'w' })),
      codeOf(client.request('recovery.set', { proof, wrapped: 'w' })),
      codeOf(client.request('account.delete', { proof })),
    ]);
  t.same(await withProof('AAAA'), ['login-refused', 'login-refused', 'login-refused']);
  await prove(client, 'wrong');
  t.same(await withProof('AAAA'), ['login-refused', 'login-refused', 'login-refused']);
  t.match(await core.storage.account(id), { wrapped: 'wrapped-1', recovery: null, deleted: false });
  t.equal(await codeOf(login(await core.stranger(), 'alice')), null);
});

async function resetWith(
  client: WireClient,
  code: string,
  identity: { publicKey: string; wrapped: string },
  password = 'new password',
) {
  const { request, finish } = await beginRegistration(password);
  const start = await client.request('reset.start', { username: 'alice', code, request });
  const body = { record: finish(start.response), identity, device: 'd' };
  return { start, finished: await client.request('reset.finish', body) };
}

t.test('with a reset code a person registers anew, once: sessions end, others see the new key', async (t) => {
  const { core, client, id } = await withAlice(t);
  const friend = await core.stranger();
  await register(friend, bob);
  await friend.request('friends.add', { username: 'alice' });
  const proof = await prove(client);
  await client.request('recovery.set', { proof, wrapped: 'for-recovery' });
  const code = await core.context.accounts.makeResetCode((await core.storage.account(id))!);
  t.equal(
    await codeOf(resetWith(await core.stranger(), '0000-0000-0000-0000', someIdentity(2))),
    'reset-code-invalid',
  );
  const { start, finished } = await resetWith(await core.stranger(), code, someIdentity(2));
  t.same(start.recovery, { publicKey: someIdentity(1).publicKey, wrapped: 'for-recovery' });
  t.same(finished.identity, someIdentity(2));
  await client.closed;
  const told = await friend.nextPush('user', ({ user }) => user.publicKey === someIdentity(2).publicKey);
  t.equal(told.user.id, id);
  t.equal((await core.storage.account(id))?.recovery, null, 'the old recovery key fits no more');
  t.equal(await codeOf(resetWith(await core.stranger(), code, someIdentity(3))), 'reset-code-invalid');
  t.equal(await codeOf(login(await core.stranger(), 'alice', 'new password')), null);
  t.equal(await codeOf(login(await core.stranger(), 'alice')), 'login-refused');
});

t.test('whoever kept the recovery key keeps the identity through a reset', async (t) => {
  const { core, client, id } = await withAlice(t);
  await client.request('recovery.set', { proof: await prove(client), wrapped: 'for-recovery' });
  const code = await core.context.accounts.makeResetCode((await core.storage.account(id))!);
  await resetWith(await core.stranger(), code, { ...someIdentity(1), wrapped: 'wrapped-anew' });
  t.match(await core.storage.account(id), { recovery: 'for-recovery', wrapped: 'wrapped-anew' });
});

t.test('a reset code is good for a day, and one of two uses at once succeeds', async (t) => {
  let now = 1_790_000_000_000;
  const { core, id } = await withAlice(t, { now: () => now });
  const account = (await core.storage.account(id))!;
  const old = await core.context.accounts.makeResetCode(account);
  now += dayMs;
  t.equal(await codeOf(resetWith(await core.stranger(), old, someIdentity(2))), 'reset-code-invalid');
  const code = await core.context.accounts.makeResetCode(account);
  const both = await Promise.all(
    [1, 2].map(async (fill) => codeOf(resetWith(await core.stranger(), code, someIdentity(fill)))),
  );
  t.equal(both.filter((result) => result === null).length, 1);
});

t.test(
  'a deleted account is gone from everywhere but the log; its number waits, its name does not',
  async (t) => {
    let now = 1_790_000_000_000;
    const { core, client, token, id } = await withAlice(t, { now: () => now });
    const friend = await core.stranger();
    await register(friend, bob);
    await friend.request('friends.add', { username: 'alice' });
    const second = await core.stranger();
    await login(second, 'alice');
    t.same(await client.request('account.delete', { proof: await prove(client) }), {});
    await Promise.all([client.closed, second.closed]);
    t.match(await friend.nextPush('user', ({ user }) => user.deleted), {
      user: { id, username: 'Alice', phone: null, bio: '', deleted: true },
    });
    t.equal(await codeOf((await core.stranger()).request('auth', { token })), 'session-ended');
    t.equal(await codeOf(login(await core.stranger(), 'alice')), 'login-refused');
    t.same((await friend.request('friends.list', {})).friends, []);
    const newcomer = { username: 'alice', phone: alice.phone };
    t.equal(await codeOf(register(await core.stranger(), newcomer)), 'phone-taken');
    now += 30 * dayMs;
    const { user } = await register(await core.stranger(), newcomer);
    t.not(user.id, id, 'the new account is another one');
  },
);

t.test(
  'an account that is disabled cannot be used, and its password is not told right from wrong',
  async (t) => {
    const { core, client, token, id } = await withAlice(t);
    const prepare = () => [{ do: 'account' as const, id, set: { disabled: true } }];
    await core.context.accounts.endSessions(id, prepare, { code: 'account-disabled' });
    t.equal((await client.nextPush('closing')).error.code, 'account-disabled');
    t.equal(await codeOf((await core.stranger()).request('auth', { token })), 'session-ended');
    t.equal(await codeOf(login(await core.stranger(), 'alice')), 'account-disabled');
    t.equal(await codeOf(login(await core.stranger(), 'alice', 'wrong')), 'login-refused');
  },
);

t.test('bytes that are no OPAQUE message harm nobody', async (t) => {
  const { core } = await withAlice(t);
  const client = await core.stranger();
  for (let length = 1; length < 300; length += 7) {
    const request = Buffer.alloc(length, 0xff).toString('base64url');
    t.equal(await codeOf(client.request('login.start', { username: 'alice', request })), 'invalid');
  }
  t.equal(await codeOf(login(client, 'alice')), null);
});

t.test('what concerns security is in the log that is kept', async (t) => {
  const { core, client } = await withAlice(t);
  const second = await core.stranger();
  const { session } = await login(second, 'alice');
  await client.request('sessions.revoke', { session });
  await client.request('logout', {});
  const events = (await core.storage.log(10, null)).map((entry) => entry.event).reverse();
  t.same(events, ['registered', 'login', 'session-revoked', 'logout']);
});
