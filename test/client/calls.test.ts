// Tests of calls between two clients on a real server: keys that only they have, and what must not be trusted.
import t from 'tap';
import type { Client } from '../../src/client/api.js';
import type { Call, CallPerson } from '../../src/client/call-api.js';
import { CallWays } from '../../src/client/calls/call-ways.js';
import {
  isSigned,
  makeCallSecret,
  makeSenderKey,
  open,
  openSenderKey,
  seal,
  sealSenderKey,
} from '../../src/client/calls/call-keys.js';
import { connect } from '../../src/client/index.js';
import { makeIdentity } from '../../src/client/identity.js';
import { testServer } from '../support/server.js';
import { temporaryFolder, type Teardown } from '../support/temporary-folder.js';

const call = '01890000-0000-7000-8000-000000000000';

t.test('a call key stands for one call of one user alone', (t) => {
  const identity = makeIdentity();
  const { key } = makeCallSecret(call, 7, identity);
  t.ok(isSigned(call, 7, key, identity.publicKey));
  t.notOk(isSigned(call, 8, key, identity.publicKey));
  t.notOk(isSigned(call.replace('8000', '8001'), 7, key, identity.publicKey));
  t.notOk(isSigned(call, 7, key, makeIdentity().publicKey));
  const swapped = makeCallSecret(call, 7, makeIdentity()).key.publicKey;
  t.notOk(isSigned(call, 7, { ...key, publicKey: swapped }, identity.publicKey), 'a swapped key is refused');
  t.notOk(isSigned(call, 7, { ...key, signature: 'AA' }, identity.publicKey));
  t.end();
});

t.test('a sender key is opened by the one it was sealed for, and by nobody else', (t) => {
  const [alice, bob, eve] = [1, 2, 3].map((user) => makeCallSecret(call, user, makeIdentity()));
  const direction = { call, from: 1, to: 2, fromKey: alice!.key.publicKey, toKey: bob!.key.publicKey };
  const sender = makeSenderKey(70_000);
  const sealed = sealSenderKey(alice!.privateKey, direction, sender);
  t.same(openSenderKey(bob!.privateKey, direction, sealed), sender);
  t.equal(openSenderKey(eve!.privateKey, direction, sealed), null, 'the server, or anybody else');
  t.equal(openSenderKey(bob!.privateKey, { ...direction, from: 3 }, sealed), null);
  const bytes = Buffer.from(sealed, 'base64url');
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes);
    changed[at] = changed[at]! ^ 1;
    t.equal(openSenderKey(bob!.privateKey, direction, changed.toString('base64url')), null);
  }
  const zeros = Buffer.alloc(32).toString('base64url');
  t.throws(() => sealSenderKey(alice!.privateKey, { ...direction, toKey: zeros }, sender));
  t.end();
});

t.test('what is sealed for one purpose cannot be opened for another', (t) => {
  const [alice, bob] = [1, 2].map((user) => makeCallSecret(call, user, makeIdentity()));
  const direction = { call, from: 1, to: 2, fromKey: alice!.key.publicKey, toKey: bob!.key.publicKey };
  const way = Buffer.alloc(32, 5);
  const sealed = seal(alice!.privateKey, direction, 'way', way);
  t.same(open(bob!.privateKey, direction, 'way', sealed), way);
  t.equal(openSenderKey(bob!.privateKey, direction, sealed), null);
  t.equal(open(alice!.privateKey, { ...direction, from: 2, to: 1 }, 'way', sealed), null);
  t.equal(open(bob!.privateKey, direction, 'way', ''), null);
  t.end();
});

t.test(
  'ways are told to those who are there, kept for those who are not, and forgotten with them',
  async (t) => {
    const [alice, bob] = [1, 2].map((user) => makeCallSecret(call, user, makeIdentity()));
    const there = { call, from: 1, to: 2, fromKey: alice!.key.publicKey, toKey: bob!.key.publicKey };
    const person = {
      ...{ id: 2, username: 'bob', ssrc: 8, muted: false, camera: true, screen: false, recording: false },
    };
    const known = { ...person, away: true, key: null, way: null };
    const people = new Map<number, CallPerson>();
    const passed: string[] = [];
    let isLost = false;
    const ways = new CallWays({
      privateKey: alice!.privateKey,
      people,
      direction: () => there,
      pass: async (_to, sealed) => {
        if (isLost) throw new Error('lost');
        passed.push(open(bob!.privateKey, there, 'way', sealed)!.toString());
      },
      came: () => undefined,
    });
    people.set(2, known);
    ways.send(2, Buffer.from('one'));
    ways.send(2, Buffer.from('two'));
    t.same(passed, [], 'they are away');
    known.away = false;
    ways.follow();
    ways.follow();
    t.same(passed, ['two'], 'the newest, once');
    known.away = true;
    ways.follow();
    known.away = false;
    ways.follow();
    t.same(passed, ['two', 'two'], 'again, as it may have been lost');
    isLost = true;
    ways.send(2, Buffer.from('three'));
    await new Promise((resolve) => setImmediate(resolve));
    isLost = false;
    ways.follow();
    t.same(passed, ['two', 'two', 'three']);
    people.delete(2);
    ways.follow();
    people.set(2, { ...known, id: 2 });
    ways.follow();
    t.equal(passed.length, 3);
  },
);

t.test('a way that comes before its sender is known waits; what cannot be opened is dropped', (t) => {
  const [alice, bob] = [1, 2].map((user) => makeCallSecret(call, user, makeIdentity()));
  const back = { call, from: 2, to: 1, fromKey: bob!.key.publicKey, toKey: alice!.key.publicKey };
  const people = new Map<number, CallPerson>();
  const came: string[] = [];
  const ways = new CallWays({
    privateKey: alice!.privateKey,
    people,
    direction: () => back,
    pass: () => Promise.resolve(),
    came: (_person, way) => came.push(way.toString()),
  });
  ways.take(2, seal(bob!.privateKey, back, 'way', Buffer.from('old')));
  ways.take(2, seal(bob!.privateKey, back, 'way', Buffer.from('new')));
  t.same(came, []);
  const person = {
    ...{ id: 2, username: 'bob', ssrc: 8, muted: false, camera: true, screen: false, recording: false },
  };
  people.set(2, { ...person, away: false, key: null, way: null });
  ways.follow();
  t.same(came, ['new']);
  ways.take(2, 'AAAA');
  t.same(came, ['new']);
  t.equal(people.get(2)!.way?.toString(), 'new');
  t.end();
});

let phones = 0;
async function person(test: Teardown, port: number, username: string): Promise<Client> {
  const home = await temporaryFolder(test);
  const client = await connect({ server: `127.0.0.1:${port}`, home, mode: 'live' });
  test.teardown(() => client.close());
  const phone = `07${String(++phones).padStart(8, '0')}`;
  await client.register({ username, password: 'correct horse', phone });
  return client;
}

const incoming = (client: Client): Promise<Call> =>
  new Promise((resolve) => client.on('call', ({ call: one }) => resolve(one)));
const told = (one: Call, type: 'ended'): Promise<unknown> => new Promise((resolve) => one.on(type, resolve));
const keyed = async (one: Call): Promise<void> => {
  while (one.people.length === 0 || one.people.some(({ key }) => key === null)) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

t.test('both have the keys of the other, and hang up', async (t) => {
  const server = await testServer(t);
  const [alice, bob] = [await person(t, server.tcp.port, 'alice'), await person(t, server.tcp.port, 'bob')];
  const rings = incoming(bob);
  const outgoing = await alice.startCall('@bob', { media: 'video' });
  const theirs = await rings;
  t.match([theirs.by, theirs.conversation, theirs.media], ['alice', '@alice', 'video']);
  await theirs.accept();
  await Promise.all([keyed(outgoing), keyed(theirs)]);
  t.same(outgoing.people[0]!.key, theirs.self!.key);
  t.same(theirs.people[0]!.key, outgoing.self!.key);
  t.equal(outgoing.relay!.port, server.udp.port);
  const way = new Promise((resolve) => theirs.on('way', resolve));
  outgoing.ways.send(theirs.self!.id, Buffer.from('by these addresses'));
  t.match(await way, { person: { username: 'alice' }, way: Buffer.from('by these addresses') });
  await t.rejects(alice.startCall('@bob', { media: 'audio' }), { code: 'in-call' });
  const over = told(theirs, 'ended');
  await outgoing.hangUp();
  t.match(await over, { reason: 'hangup', error: null });
  t.match(outgoing.end, { reason: 'hangup' });
  t.same([alice.currentCalls(), bob.currentCalls()], [[], []]);
  let history = await bob.history('@alice');
  while (history.length === 0) history = await bob.history('@alice');
  t.match(history.at(-1), { kind: 'call', call: { media: 'video', outcome: 'answered' } });
});

t.test(
  'a call that is declined or given up ends on both sides, and is missed by who was called',
  async (t) => {
    const server = await testServer(t);
    const [alice, bob] = [await person(t, server.tcp.port, 'alice'), await person(t, server.tcp.port, 'bob')];
    let rings = incoming(bob);
    const first = await alice.startCall('bob', { media: 'audio' });
    const ended = told(first, 'ended');
    await (await rings).decline();
    t.match(await ended, { reason: 'declined' });
    rings = incoming(bob);
    const second = await alice.startCall('bob', { media: 'audio' });
    const theirs = await rings;
    const over = told(theirs, 'ended');
    await second.hangUp();
    t.match(await over, { reason: 'cancelled' });
    await t.rejects(theirs.accept(), { code: 'call-not-found' });
    let history = await bob.history('@alice');
    while (history.length < 2) history = await bob.history('@alice');
    t.match(history.at(-1), { call: { outcome: 'missed' } });
  },
);

t.test('whose identity key has changed is not called, and not answered', async (t) => {
  const server = await testServer(t);
  const [alice, bob] = [await person(t, server.tcp.port, 'alice'), await person(t, server.tcp.port, 'bob')];
  // The server shows bob another identity of alice's, as one that listens in would.
  const user = await bob.profile('alice');
  await bob.markVerified('alice', true);
  const { Contacts } = await import('../../src/client/contacts.js');
  const { of } = Contacts.prototype;
  Contacts.prototype.of = function (id) {
    const contact = of.call(this, id);
    return contact && id === user.id ? { ...contact, changed: true } : contact;
  };
  t.teardown(() => {
    Contacts.prototype.of = of;
  });
  const rings = incoming(bob);
  const outgoing = await alice.startCall('bob', { media: 'audio' });
  const ended = told(outgoing, 'ended');
  await t.rejects((await rings).accept(), { code: 'key-changed', details: { name: 'alice' } });
  t.match(await ended, { reason: 'declined' });
});

t.test('who declined joins by calling or answering, and all get new keys', async (t) => {
  const server = await testServer(t);
  const [alice, bob, carol] = [
    await person(t, server.tcp.port, 'alice'),
    await person(t, server.tcp.port, 'bob'),
    await person(t, server.tcp.port, 'carol'),
  ];
  await alice.createGroup('team', ['bob', 'carol']);
  const rings = [incoming(bob), incoming(carol)];
  const first = await alice.startCall('#team', { media: 'audio' });
  const second = await rings[0]!;
  await second.accept();
  await (await rings[1]!).decline();
  await Promise.all([keyed(first), keyed(second)]);
  const before = [first.self!.key, second.self!.key];
  // She is told of it after her own no.
  while ((await carol.conversation('#team')).call === null)
    await new Promise((resolve) => setTimeout(resolve, 5));
  t.match(await carol.conversation('#team'), { call: first.id });
  const third = await carol.joinCall('#team');
  t.match([third.id, third.media, third.by], [first.id, 'audio', 'alice']);
  await t.rejects(carol.joinCall('#team'), { code: 'in-call' });
  while (third.people.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  await keyed(third);
  const renewed = (one: Call): Promise<unknown> => new Promise((resolve) => one.on('renewed', resolve));
  t.same(
    third.people.map(({ key }) => key!.epoch),
    [1, 1],
    'none that was used before',
  );
  t.notSame(
    third.people.map(({ key }) => key!.master),
    before.map(({ master }) => master),
  );
  while (first.self!.key.epoch === 0 || second.self!.key.epoch === 0)
    await new Promise((resolve) => setTimeout(resolve, 5));
  const again = [renewed(first), renewed(second)];
  await third.hangUp();
  await Promise.all(again);
  t.same([first.self!.key.epoch, second.self!.key.epoch], [2, 2]);
  t.same(first.people[0]!.key, second.self!.key);
  t.same(
    third.people.map(({ key }) => key!.epoch),
    [1, 1],
    'who has left knows no newer one',
  );
  const back = await carol.startCall('#team', { media: 'video' });
  t.equal(back.id, first.id);
  await first.hangUp();
  await second.hangUp();
  await t.rejects(carol.joinCall('#team'), { code: 'call-not-found' });
});
