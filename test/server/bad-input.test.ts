// What is wrong gets a clear error, and nothing else changes: for its sender, in the database, for anybody.
import fc from 'fast-check';
import t from 'tap';
import { uuidv7 } from 'uuidv7';
import { PytalkError } from '../../src/protocol/errors.js';
import { encodeJson, encodeJsonText, frameKind } from '../../src/protocol/frame.js';
import { limits } from '../../src/protocol/limits.js';
import { requests, type RequestType } from '../../src/protocol/messages.js';
import type { Storage } from '../../src/server/storage/storage.js';
import { startCore } from '../support/core.js';
import { makeGroup, numbers, openDirect, readLog, sendText } from '../support/conversing.js';
import { requestTypes, sampleBody, wrongBodies } from '../support/samples.js';
import { WireClient } from '../support/wire-client.js';

/** Everything that a request could have changed. */
async function everything(storage: Storage) {
  const accounts = await storage.listAccounts();
  const conversations = await storage.listConversations();
  const { bytes: _, ...statistics } = await storage.statistics();
  return {
    statistics,
    accounts: accounts.map(({ lastSeenAt: _, ...account }) => account),
    conversations: await Promise.all(
      conversations.map(async ({ id }) => ({
        conversation: await storage.conversation(id),
        events: await storage.envelopes(id, 1000),
      })),
    ),
    people: await Promise.all(
      accounts.map(async ({ id }) => ({
        sessions: (await storage.sessionsOf(id)).map((session) => session.id),
        friends: await storage.friendsOf(id),
        blocked: await storage.blockedBy(id),
      })),
    ),
  };
}

async function refusal(asked: Promise<unknown>): Promise<{ code: string; field: unknown }> {
  try {
    await asked;
  } catch (error) {
    if (error instanceof PytalkError) return { code: error.code, field: error.details['field'] };
    throw error;
  }
  return { code: 'accepted', field: undefined };
}

t.test('every field of every request with a wrong type, or missing, is refused by its name', async (t) => {
  const core = await startCore(t, { people: 4 });
  const [alice, bob] = await Promise.all([core.join(1), core.join(2)]);
  const conv = await makeGroup(alice, 'team', [2, 3]);
  t.equal(conv, sampleBody('groups.rename')['conv'], 'the samples mean this group');
  await sendText(alice, conv, 'here before');
  await core.hub.committer.flushLazy();
  const before = await everything(core.storage);
  let count = 0;
  for (const type of requestTypes) {
    for (const { field, body } of wrongBodies(type)) {
      const told = await refusal(alice.ask(type, body));
      const right = told.code === 'invalid' && String(told.field).split('.')[0] === field;
      if (!right) t.fail(`${type} with ${JSON.stringify(body)} got ${JSON.stringify(told)}, not ${field}`);
      count++;
    }
  }
  t.ok(count > 300, `${count} wrong requests`);
  for (const body of [null, 7, 'text', true, []]) {
    t.same(
      (await refusal(alice.ask('event.send', body))).code,
      'invalid',
      `a body of ${JSON.stringify(body)}`,
    );
  }
  await core.hub.committer.flushLazy();
  t.same(await everything(core.storage), before, 'nothing has changed');
  await sendText(alice, conv, 'still working');
  t.equal((await bob.nextPush('event', ({ seq }) => seq > 2)).seq, 3);
});

t.test('before hello everything but hello and ping is refused', async (t) => {
  const core = await startCore(t);
  const client = await WireClient.open(core);
  t.teardown(() => client.destroy());
  await client.request('ping', {});
  for (const type of requestTypes) {
    if (type === 'hello' || type === 'ping') continue;
    t.same(await refusal(client.ask(type, sampleBody(type))), { code: 'invalid', field: 'type' }, type);
  }
  t.same(await refusal(client.ask('hello', { protocol: 99, client: 'future' })), {
    code: 'unsupported-version',
    field: undefined,
  });
  await client.request('hello', { protocol: 1, client: 'test' });
});

t.test('before login everything that needs one is refused', async (t) => {
  const core = await startCore(t);
  const client = await core.stranger();
  const before = await everything(core.storage);
  const needing = requestTypes.filter((type) => requests[type].login);
  t.ok(needing.length > 25);
  for (const type of needing) {
    t.equal((await refusal(client.ask(type, sampleBody(type)))).code, 'not-logged-in', type);
  }
  t.equal((await refusal(client.ask('auth', { token: 'nonsense' }))).code, 'session-ended');
  t.equal((await refusal(client.ask('events.get', { conv: 1, after: 0, limit: 1 }))).code, 'not-logged-in');
  t.same(await everything(core.storage), before);
});

t.test("others' conversations do not exist for a stranger", async (t) => {
  const core = await startCore(t, { people: 5 });
  const [alice, bob, eve] = (await Promise.all([1, 2, 5].map((id) => core.join(id)))) as [
    WireClient,
    WireClient,
    WireClient,
  ];
  const group = await makeGroup(alice, 'team', [2]);
  const direct = await openDirect(alice, 2);
  const id = uuidv7();
  await sendText(alice, group, 'secret', id);
  await sendText(alice, direct, 'secret too');
  await Promise.all([alice.settled(), bob.settled(), core.hub.committer.flushLazy()]);
  const before = await everything(core.storage);
  const pushed = [alice.pushes.length, bob.pushes.length];
  const tries: [RequestType, object][] = [
    ['event.send', { id: uuidv7(), payload: '{}' }],
    ['event.send', { id: uuidv7(), class: 'update', target: id, payload: '{}' }],
    ['event.send', { id: uuidv7(), class: 'update', target: id, erase: true, payload: '{}' }],
    ['events.get', { after: 0, limit: 10 }],
    ['events.get', { before: 10, limit: 10 }],
    ['events.updates', { targets: [id], after: 0, limit: 10 }],
    ['receipt', { delivered: 1, read: 1 }],
    ['typing', { on: true }],
    ['conversations.set', { hidden: true, clearedSeq: 2 }],
    ['groups.add', { users: [5] }],
    ['groups.remove', { user: 2 }],
    ['groups.remove', { user: 5 }],
    ['groups.admin', { user: 5 }],
    ['groups.rename', { name: 'eves' }],
  ];
  for (const conv of [group, direct, 999]) {
    for (const [type, body] of tries) {
      const told = await refusal(eve.ask(type, { conv, ...body }));
      t.equal(told.code, 'conversation-not-found', `${type} in ${conv}`);
    }
  }
  t.equal((await refusal(eve.ask('events.find', { id }))).code, 'message-not-found');
  t.equal(
    (await refusal(eve.ask('event.send', { conv: group, id, payload: '{}' }))).code,
    'conversation-not-found',
  );
  t.same((await eve.request('conversations.list', {})).conversations, []);
  await Promise.all([alice.settled(), bob.settled(), eve.settled(), core.hub.committer.flushLazy()]);
  t.same(await everything(core.storage), before, 'nothing has changed');
  t.same([alice.pushes.length, bob.pushes.length], pushed, 'nobody noticed');
  t.same(eve.pushes, [], 'nothing was told');
});

t.test('a type that nobody knows is refused, and the connection goes on', async (t) => {
  const core = await startCore(t);
  const alice = await core.join(1);
  for (const type of ['nonsense', '', '__proto__', 'constructor', 'toString', 'event', 'x'.repeat(1000)]) {
    t.equal((await refusal(alice.ask(type, {}))).code, 'unknown-type', type);
  }
  await alice.settled();
});

t.test('what is no request ends its connection with an error, and no other', async (t) => {
  const core = await startCore(t);
  const [alice, bob] = await Promise.all([core.join(1), core.join(2)]);
  const conv = await openDirect(alice, 2);
  const oversized = Buffer.alloc(5);
  oversized.writeUInt32BE(limits.maxClientFrameBytes + 1);
  const broken: [string, Buffer, string][] = [
    ['a frame over the limit', oversized, 'frame-too-long'],
    ['an unknown kind of frame', Buffer.from([0, 0, 0, 1, 7]), 'bad-frame'],
    ['an empty frame', Buffer.alloc(4), 'bad-frame'],
    ['half a chunk header', Buffer.from([0, 0, 0, 3, frameKind.chunk, 1, 2]), 'bad-frame'],
    ['invalid JSON', encodeJsonText('{"req":1,"type":'), 'bad-json'],
    ['bytes that are no UTF-8', Buffer.from([0, 0, 0, 3, frameKind.json, 0xff, 0xfe]), 'bad-json'],
    ['JSON that is no object', encodeJson([1, 2]), 'bad-frame'],
    ['null', encodeJson(null), 'bad-frame'],
    ['a request without a number', encodeJson({ type: 'ping' }), 'bad-frame'],
    ['a request with a negative number', encodeJson({ req: -1, type: 'ping' }), 'bad-frame'],
    ['a request without a type', encodeJson({ req: 1 }), 'bad-frame'],
    ['JSON nested without end', encodeJsonText('['.repeat(100_000)), 'bad-json'],
  ];
  for (const [what, bytes, code] of broken) {
    const client = await core.join(3);
    client.socket.write(bytes);
    const { error } = await client.nextPush('closing');
    t.equal(error.code, code, what);
    await client.closed;
  }
  const half = await core.join(3);
  half.socket.end(encodeJson({ req: 9, type: 'ping' }).subarray(0, 9));
  await half.closed;
  await sendText(alice, conv, 'unharmed');
  t.equal((await bob.nextPush('event')).seq, 1);
});

t.test('random bytes, and random changes of good frames, harm nobody', async (t) => {
  const core = await startCore(t);
  const [alice, bob] = await Promise.all([core.join(1), core.join(2)]);
  const conv = await openDirect(alice, 2);
  await sendText(alice, conv, 'before');
  const good = Buffer.concat([
    encodeJson({ req: 1, type: 'hello', body: { protocol: 1, client: 'x' } }),
    encodeJson({ req: 2, type: 'auth', body: { token: core.people[2]!.token } }),
    encodeJson({ req: 3, type: 'events.get', body: { conv, after: 0, limit: 10 } }),
    encodeJson({ req: 4, type: 'ping', body: {} }),
  ]);
  const changed = fc
    .array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 5 })
    .map((changes) => {
      const bytes = Buffer.from(good);
      for (const [at, value] of changes) bytes[at] = value;
      return bytes;
    });
  const random = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
  await fc.assert(
    fc.asyncProperty(fc.oneof(random, changed), async (bytes) => {
      const client = await WireClient.open(core);
      client.socket.end(bytes);
      await client.closed;
    }),
    { numRuns: 300 },
  );
  await sendText(alice, conv, 'after');
  t.same(
    (await readLog(bob, conv)).map(({ seq }) => seq),
    [1, 2],
  );
});

t.test('names with control characters and a phone number of 9 digits are refused by name', async (t) => {
  const core = await startCore(t);
  const [stranger, alice] = await Promise.all([core.stranger(), core.join(1)]);
  const before = await everything(core.storage);
  const whole = sampleBody('register.start');
  const register = (more: object) => refusal(stranger.ask('register.start', { ...whole, ...more }));
  for (const username of ['a\u0007b', 'a\u001b[31m', 'a b', 'x', 'a/../b', '\u202eabc', 'y'.repeat(33)]) {
    t.equal((await register({ username })).code, 'invalid-username', JSON.stringify(username));
    const group = await refusal(alice.ask('groups.create', { name: username, members: [] }));
    t.equal(group.code, 'invalid-group-name', JSON.stringify(username));
  }
  for (const phone of ['061234567', '06123456789', '06 1234567', '+336123456', '０６１２３４５６７８']) {
    t.equal((await register({ phone })).code, 'invalid-phone', phone);
  }
  t.equal((await register({ email: 'nobody' })).code, 'invalid-email');
  t.equal((await register({ firstName: 'A\u0000' })).code, 'invalid-person-name');
  t.same(await everything(core.storage), before);
});

t.test('too many people, ids or files in one request are refused', async (t) => {
  const core = await startCore(t);
  const alice = await core.join(1);
  const conv = await openDirect(alice, 2);
  const long = (count: number, value: unknown): unknown[] => new Array<unknown>(count).fill(value);
  const tries: [string, object, string][] = [
    ['users.get', { ids: numbers(limits.maxUsersPerRequest + 1) }, 'ids'],
    ['groups.create', { name: 'many', members: numbers(limits.maxGroupMembers + 1) }, 'members'],
    ['events.get', { conv, after: 0, limit: limits.maxPageEvents + 1 }, 'limit'],
    ['events.get', { conv, after: 0, limit: 0 }, 'limit'],
    ['events.updates', { conv, targets: long(501, uuidv7()), after: 0, limit: 1 }, 'targets'],
    ['event.send', { conv, id: uuidv7(), files: long(17, 'ab'.repeat(32)), payload: '{}' }, 'files'],
    ['event.send', { conv, id: 'not-a-uuid', payload: '{}' }, 'id'],
    ['event.send', { conv, id: uuidv7().toUpperCase(), payload: '{}' }, 'id'],
    ['event.send', { conv, id: uuidv7(), class: 'control', payload: '{}' }, 'class'],
    ['event.send', { conv: 1e300, id: uuidv7(), payload: '{}' }, 'conv'],
  ];
  for (const [type, body, field] of tries) {
    t.same(await refusal(alice.ask(type, body)), { code: 'invalid', field }, type);
  }
  t.equal(
    (await refusal(alice.ask('event.send', { conv, id: uuidv7(), files: ['ab'.repeat(32)], payload: '{}' })))
      .code,
    'file-not-found',
  );
});
