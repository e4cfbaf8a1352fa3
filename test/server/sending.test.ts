// Events from one member to all: stored once, numbered without gaps, told to everybody in order.
import t from 'tap';
import { uuidv7 } from 'uuidv7';
import { limits } from '../../src/protocol/limits.js';
import { startCore } from '../support/core.js';
import { makeGroup, numbers, openDirect, readLog, sendText, textPayload } from '../support/conversing.js';

t.test('every member gets every event once and in order, the sender and second devices too', async (t) => {
  const core = await startCore(t, { people: 4 });
  const clients = await Promise.all([1, 2, 3, 4, 2].map((id) => core.join(id)));
  const [alice] = clients;
  const conv = await makeGroup(alice!, 'team', [2, 3, 4]);
  await Promise.all(
    clients
      .slice(0, 4)
      .flatMap((client, who) => numbers(50).map((i) => sendText(client, conv, `${who}.${i}`))),
  );
  const log = await readLog(alice!, conv);
  t.same(
    log.map((event) => event.seq),
    numbers(201),
    'one control event and 200 messages, without a gap',
  );
  for (const client of clients) {
    await client.settled();
    t.same(client.takePushes('event'), log, 'what was pushed is what was stored');
  }
});

t.test(
  'events of one sender keep the order in which they were sent, also when some need a look-up',
  async (t) => {
    const core = await startCore(t);
    const setup = await core.join(1);
    const conv = await openDirect(setup, 2);
    await sendText(setup, conv, 'first');
    await setup.destroy();
    await core.restart();
    // Nothing is in memory now: the first ones wait until the conversation is read, the others must not overtake.
    const alice = await core.join(1);
    await Promise.all(numbers(100).map((i) => sendText(alice, conv, String(i))));
    const texts = (await readLog(alice, conv)).slice(1).map((event) => event.payload);
    t.same(
      texts,
      numbers(100).map((i) => textPayload(String(i))),
    );
  },
);

t.test('an answer comes after the commit, and pushes do too', async (t) => {
  let letThrough = (): void => undefined;
  let held = false;
  let reached = (): void => undefined;
  const commitReached = new Promise<void>((resolve) => (reached = resolve));
  const core = await startCore(t, {
    wrap: (storage) => ({
      ...storage,
      commit: async (units) => {
        if (held && units.flat().some((write) => write.do === 'event')) {
          reached();
          await new Promise<void>((resolve) => (letThrough = resolve));
        }
        return storage.commit(units);
      },
    }),
  });
  const [alice, bob] = await Promise.all([core.join(1), core.join(2)]);
  const conv = await openDirect(alice, 2);
  held = true;
  let answered = false;
  const sent = sendText(alice, conv, 'hi').then((stored) => {
    answered = true;
    return stored;
  });
  await commitReached;
  await Promise.all([alice.settled(), bob.settled()]);
  t.equal(answered, false);
  t.same([...alice.takePushes('event'), ...bob.takePushes('event')], []);
  letThrough();
  t.equal((await sent).seq, 1);
  t.equal((await bob.nextPush('event')).seq, 1);
});

t.test('the same id again gets the same answer and is stored once', async (t) => {
  const core = await startCore(t);
  const [alice, bob] = await Promise.all([core.join(1), core.join(2)]);
  const conv = await openDirect(alice, 2);
  const id = uuidv7();
  const first = await sendText(alice, conv, 'once', id);
  t.same(await sendText(alice, conv, 'once', id), first, 'after it was stored');
  await core.restart();
  const again = await core.join(1);
  t.same(await sendText(again, conv, 'once', id), first, 'after a restart of the server');
  t.equal((await readLog(again, conv)).length, 1);
  t.equal(bob.takePushes('event').length, 1);
});

t.test(
  'the same id many times at once is stored once, and what shares its commit is not harmed',
  async (t) => {
    const core = await startCore(t);
    const [alice, other, bob] = await Promise.all([core.join(1), core.join(1), core.join(2)]);
    const conv = await openDirect(alice, 2);
    await sendText(alice, conv, 'warm');
    const id = uuidv7();
    const answers = await Promise.all([
      ...numbers(20).flatMap((i) => [
        sendText(alice, conv, 'twice', id).then(({ seq }) => `twice ${seq}`),
        sendText(other, conv, 'twice', id).then(({ seq }) => `twice ${seq}`),
        sendText(bob, conv, `bob ${i}`).then(({ seq }) => `bob ${seq}`),
      ]),
    ]);
    t.equal(new Set(answers.filter((answer) => answer.startsWith('twice'))).size, 1);
    t.equal(new Set(answers).size, 21);
    const log = await readLog(alice, conv);
    t.same(
      log.map((event) => event.seq),
      numbers(22),
    );
    t.equal(log.filter((event) => event.id === id).length, 1);
    for (const client of [alice, other, bob]) {
      await client.settled();
      t.same(client.takePushes('event'), log);
    }
  },
);

t.test("another person's id, and one's own id in another conversation, are taken", async (t) => {
  const core = await startCore(t);
  const [alice, bob] = await Promise.all([core.join(1), core.join(2)]);
  const conv = await openDirect(alice, 2);
  const elsewhere = await openDirect(alice, 3);
  const id = uuidv7();
  await sendText(alice, conv, 'mine', id);
  await t.rejects(sendText(bob, conv, 'stolen', id), { code: 'id-taken' });
  await t.rejects(sendText(alice, elsewhere, 'moved', id), { code: 'id-taken' });
  t.equal((await readLog(bob, conv)).length, 1);
  t.equal((await readLog(alice, elsewhere)).length, 0);
});

t.test('numbers have no gap in any of many conversations with many senders at once', async (t) => {
  const core = await startCore(t, { people: 8 });
  const clients = await Promise.all(numbers(8).map((id) => core.join(id)));
  const convs = await Promise.all(
    numbers(10).map((i) => makeGroup(clients[i % 8]!, `group${i}`, [1, 2, 3, 4, 5, 6, 7, 8])),
  );
  await Promise.all(
    clients.flatMap((client, who) =>
      convs.flatMap((conv, c) =>
        numbers(20).map((i) =>
          sendText(client, conv, `${who} ${c} ${i}`, i % 10 === 0 ? undefined : uuidv7()),
        ),
      ),
    ),
  );
  for (const conv of convs) {
    const log = await readLog(clients[0]!, conv);
    t.same(
      log.map((event) => event.seq),
      numbers(161),
    );
    t.equal(new Set(log.map((event) => event.id)).size, 161);
  }
  t.same(await core.storage.check(), [], 'the database says so too');
});

t.test('a payload comes back byte for byte, whatever letters it has', async (t) => {
  const core = await startCore(t);
  const [alice, bob] = await Promise.all([core.join(1), core.join(2)]);
  const conv = await openDirect(alice, 2);
  for (const payload of [
    '"\\/',
    '{"a":1}',
    'é',
    '👩‍👩‍👧',
    '\u2028\u00a0\ufeff',
    'x'.repeat(limits.maxPayloadBytes),
  ]) {
    await alice.request('event.send', { conv, id: uuidv7(), payload });
    t.equal((await bob.nextPush('event')).payload, payload);
    t.equal((await readLog(bob, conv)).at(-1)?.payload, payload);
  }
});

t.test('a payload that could not be stored or would swell on the wire is refused', async (t) => {
  const core = await startCore(t);
  const alice = await core.join(1);
  const conv = await openDirect(alice, 2);
  const wrong = {
    'one byte too long': 'x'.repeat(limits.maxPayloadBytes + 1),
    'too long in bytes, not in letters': 'é'.repeat(limits.maxPayloadBytes / 2 + 1),
    'half a surrogate pair': 'a\ud800b',
    'a control character': 'a\u0001b',
    'a NUL': 'a\u0000b',
    empty: '',
  };
  for (const [what, payload] of Object.entries(wrong)) {
    await t.rejects(
      alice.request('event.send', { conv, id: uuidv7(), payload }),
      { code: 'invalid', details: { field: 'payload' } },
      what,
    );
  }
  t.same(await readLog(alice, conv), []);
});

t.test(
  'far more requests than may be in flight, sent at once, are all answered and stored in order',
  async (t) => {
    const core = await startCore(t);
    const [alice, bob] = await Promise.all([core.join(1), core.join(2)]);
    const conv = await openDirect(alice, 2);
    const count = 8 * limits.maxRequestsInFlight;
    alice.socket.cork();
    const sent = numbers(count).map((i) => sendText(alice, conv, String(i)));
    alice.socket.uncork();
    const answers = await Promise.all(sent);
    t.same(
      answers.map(({ seq }) => seq),
      numbers(count),
    );
    await bob.settled();
    t.same(
      bob.takePushes('event').map(({ payload }) => payload),
      numbers(count).map((i) => textPayload(String(i))),
    );
  },
);
