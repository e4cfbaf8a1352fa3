// The local copy: equal to the server's logs after whatever happens to the line, told once and in order.
import { createServer, type AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import type { Client } from '../../src/client/api.js';
import type { LogEvent } from '../../src/protocol/shapes.js';
import { startCore, type Core } from '../support/core.js';
import { clientAt, homeOf, next, openLine, textsTold, type Line } from '../support/homes.js';

/** A core with a line to it; homes of everybody lead through the line. */
async function behindLine(t: Test, count = 2): Promise<{ core: Core; line: Line; homes: string[] }> {
  const core = await startCore(t, { people: count });
  const line = await openLine(t, core.port);
  const homes = await Promise.all(core.people.map((person) => homeOf(t, person, line.port)));
  return { core, line, homes };
}

const once = { mode: 'once' as const };

async function sendAll(client: Client, to: string, texts: string[]): Promise<void> {
  const [first = '', ...rest] = texts;
  await client.send(to, { text: first });
  await Promise.all(rest.map((text) => client.send(to, { text })));
}

function numbered(word: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${word} ${i}`);
}

/** Raw logs without what differs between two reads of the same event. */
async function logOf(client: Client, name: string): Promise<LogEvent[]> {
  return client.log(name, { after: 0, limit: 5000 });
}

t.test('what is sent by one is told to the other, with its state as it changes', async (t) => {
  const { homes } = await behindLine(t);
  const one = await clientAt(t, homes[0]!);
  const two = await clientAt(t, homes[1]!);
  const told = next(two, 'message');
  const stored = next(one, 'outbox');
  const queued = await one.send('person2', { text: 'hello' });
  t.match(queued, { state: 'queued', seq: null, text: 'hello', conversation: '@person2' });
  t.match((await told).message, { text: 'hello', conversation: '@person1', mine: false });
  t.match((await stored).message, { id: queued.id, seq: 1, state: 'sent' });
  const delivered = next(one, 'receipt', ({ user, delivered }) => user === 'person2' && delivered === 1);
  await delivered;
  t.equal((await one.message(queued.id)).state, 'delivered');
  const read = next(one, 'receipt', ({ user, read }) => user === 'person2' && read === 1);
  t.equal((await two.conversation('person1')).unread, 1);
  await two.markRead('person1');
  t.equal((await two.conversation('person1')).unread, 0);
  await read;
  t.equal((await one.message(queued.id)).state, 'read');
  const updated = next(one, 'message-updated');
  await two.react(queued.id, '👍');
  t.match((await updated).message, { id: queued.id, reactions: { '👍': ['person2'] } });
  const typing = next(one, 'typing');
  two.typing('person1', true);
  t.match(await typing, { conversation: '@person2', user: 'person2', on: true });
});

t.test('a new device gets the whole history, newest first, and tells none of it as new', async (t) => {
  const { homes } = await behindLine(t);
  const one = await clientAt(t, homes[0]!, once);
  await sendAll(one, 'person2', numbered('old', 1200));
  const two = await clientAt(t, homes[1]!);
  const told = textsTold(two);
  t.equal((await two.history('person1', { limit: 1 }))[0]?.text, 'old 1199', 'before anything is fetched');
  await two.synced();
  t.same(await logOf(two, 'person1'), await logOf(one, 'person2'));
  t.equal((await two.conversation('person1')).unread, 1000, 'counted up to 1,000');
  t.same(told, []);
  const live = next(two, 'message');
  await one.send('person2', { text: 'new' });
  t.equal((await live).message.text, 'new');
  t.equal((await two.search('old 77')).length, 11, 'old 77 and old 770 to 779; 1177 begins otherwise');
});

t.test('what came while away is told in order, once, however often the line breaks', async (t) => {
  const { line, homes } = await behindLine(t);
  const one = await clientAt(t, homes[0]!, once);
  const first = await clientAt(t, homes[1]!);
  await first.synced();
  await first.close();
  const words = numbered('away', 1300);
  await sendAll(one, 'person2', words);
  // Breaks off in the middle of the pages, again and again, at another place each time.
  let passed = 0;
  let limit = 40_000;
  line.onDown = (data) => {
    passed += data.length;
    if (passed < limit) return;
    passed = 0;
    limit += 90_000;
    line.cut();
  };
  const two = await clientAt(t, homes[1]!, { offline: true });
  const told = textsTold(two);
  await two.synced();
  line.onDown = () => undefined;
  t.same(told, words);
  const again = await clientAt(t, homes[0]!, once);
  t.same(await logOf(two, 'person1'), await logOf(again, 'person2'));
});

t.test('an event that is pushed ahead of one that was lost makes the copy ask for the gap', async (t) => {
  const { core, homes } = await behindLine(t);
  const one = await clientAt(t, homes[0]!, once);
  const two = await clientAt(t, homes[1]!);
  await one.send('person2', { text: 'a' });
  await two.synced();
  const told = textsTold(two);
  // Nobody hears of these two: as if their pushes had been lost.
  const { roster } = core.hub;
  const listeners = roster.listeners.bind(roster);
  roster.listeners = () => undefined;
  await one.send('person2', { text: 'b' });
  await one.send('person2', { text: 'c' });
  roster.listeners = listeners;
  const last = next(two, 'message', ({ message }) => message.text === 'd');
  await one.send('person2', { text: 'd' });
  await last;
  t.same(told, ['b', 'c', 'd']);
});

t.test(
  'an event that comes while the list is on its way, and is not counted in it, is fetched all the same',
  async (t) => {
    const { core, homes } = await behindLine(t);
    const one = await clientAt(t, homes[0]!, once);
    await one.send('person2', { text: 'a' });
    const first = await clientAt(t, homes[1]!);
    await first.synced();
    await first.close();
    // The list is made, then an event is stored and pushed, then the list goes out.
    const { storage } = core;
    const summaries = storage.summaries.bind(storage);
    const accounts = storage.accounts.bind(storage);
    let isListing = false;
    storage.summaries = (user) => {
      isListing = user === 2;
      return summaries(user);
    };
    storage.accounts = async (ids) => {
      const people = await accounts(ids);
      if (isListing) {
        isListing = false;
        await one.send('person2', { text: 'b' });
      }
      return people;
    };
    const told = next(await clientAt(t, homes[1]!), 'message');
    t.equal((await told).message.text, 'b');
  },
);

t.test('closing does not wait for a server that is silent or far away', async (t) => {
  const { homes, line } = await behindLine(t);
  const first = await clientAt(t, homes[1]!);
  await first.synced();
  await first.close();
  const silent = createServer((socket) => void socket.on('error', () => undefined).resume());
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  t.teardown(() => new Promise((resolve) => silent.close(resolve)));
  line.target = (silent.address() as AddressInfo).port;
  line.onDown = line.onUp = () => undefined;
  const two = await clientAt(t, homes[1]!, { offline: true, timeoutMs: 60_000 });
  t.equal(two.state, 'connecting');
  t.match(await two.conversations(), []);
  await two.close();
  line.cut();
});

t.test(
  "with offline: 'first' the copy waits for no server, and what is sent goes when there is one",
  async (t) => {
    const { homes } = await behindLine(t);
    const one = await clientAt(t, homes[0]!);
    await one.send('person2', { text: 'before' });
    const first = await clientAt(t, homes[1]!);
    await first.synced();
    await first.close();
    const two = await clientAt(t, homes[1]!, { offline: 'first' });
    t.equal(two.state, 'connecting');
    t.equal((await two.sessions()).length, 1, 'what needs the server waits for it');
    await two.close();
    const three = await clientAt(t, homes[1]!, { offline: 'first' });
    const told = next(one, 'message', ({ message }) => message.text === 'typed early');
    t.match(await three.send('person1', { text: 'typed early' }), { state: 'queued' });
    t.match(await three.conversations(), [{ name: '@person1', unread: 1 }]);
    t.match(await three.search('before'), [{ text: 'before' }]);
    t.equal((await told).message.from, 'person2');
  },
);

t.test(
  "with offline: 'first' a session that was ended meanwhile is told when the server says so",
  async (t) => {
    const { core, homes } = await behindLine(t);
    const first = await clientAt(t, homes[1]!);
    await first.synced();
    await first.close();
    await core.context.accounts.endSession(2, { event: 'revoked', user: 2, detail: '' }, 0);
    const two = await clientAt(t, homes[1]!, { offline: 'first' });
    t.equal(two.me?.username, 'person2');
    t.equal((await next(two, 'session-ended')).error.code, 'session-ended');
  },
);

t.test('a cursor replays what was told since, and live events carry on from there', async (t) => {
  const { homes } = await behindLine(t);
  const one = await clientAt(t, homes[0]!, once);
  const before = await clientAt(t, homes[1]!);
  await before.synced();
  const cursor = await before.cursor();
  const { id } = await one.send('person2', { text: 'a' });
  await one.edit(id, 'b');
  await before.synced();
  await before.close();
  await one.send('person2', { text: 'c' });
  const two = await clientAt(t, homes[1]!);
  const live: string[] = [];
  two.on('message', ({ message, cursor }) => void live.push(`${message.text ?? ''}@${cursor}`));
  const replayed: string[] = [];
  for await (const { type, message, cursor: at } of two.replay(cursor)) {
    replayed.push(`${type} ${message.text ?? ''}@${at}`);
  }
  t.same(replayed, ['message b@1', 'message-updated b@2']);
  await two.synced();
  t.same(live, ['c@3']);
  t.equal(await two.cursor(), '3');
  const nothing = [];
  for await (const event of two.replay('3')) nothing.push(event);
  t.same(nothing, []);
  await t.rejects(async () => two.replay('yesterday'), { code: 'usage' });
});

t.test(
  'without a server the copy is there at once; it comes back by itself when the server does',
  async (t) => {
    const { core, line, homes } = await behindLine(t);
    const one = await clientAt(t, homes[0]!, once);
    await one.send('person2', { text: 'before' });
    const first = await clientAt(t, homes[1]!);
    await first.synced();
    await first.close();
    line.down = true;
    line.cut();
    await t.rejects(clientAt(t, homes[1]!), { code: /unreachable|disconnected/ });
    const two = await clientAt(t, homes[1]!, { offline: true });
    t.equal(two.state, 'offline');
    t.equal(two.me?.username, 'person2');
    t.match(await two.history('person1'), [{ text: 'before', from: 'person1' }]);
    t.match(await two.conversations(), [{ name: '@person1', unread: 1 }]);
    t.match(await two.search('BEFORE'), [{ text: 'before' }]);
    await t.rejects(two.react((await two.history('person1'))[0]?.id ?? '', '👍'), { code: 'offline' });
    await core.restart();
    line.target = core.port;
    line.down = false;
    const online = next(two, 'connection', ({ state }) => state === 'online');
    await online;
    const told = next(two, 'message');
    await (
      await clientAt(t, await homeOf(t, core.people[0]!, core.port), once)
    ).send('person2', { text: 'after' });
    t.equal((await told).message.text, 'after');
  },
);

t.test(
  'a group that one is put into begins at the joining; left and joined again it leaves no false gap',
  async (t) => {
    const { homes } = await behindLine(t, 3);
    const one = await clientAt(t, homes[0]!, once);
    const two = await clientAt(t, homes[1]!);
    await two.synced();
    await one.createGroup('team', ['person3']);
    await one.send('team', { text: 'not for two' });
    const joined = next(two, 'conversation', ({ conversation }) => conversation.name === '#team');
    await one.addMembers('team', ['person2']);
    t.match(await joined, { conversation: { firstSeq: 3, left: false } });
    await one.send('team', { text: 'welcome' });
    await one.removeMember('team', 'person2');
    await one.send('team', { text: 'not for two either' });
    await one.addMembers('team', ['person2']);
    await one.send('team', { text: 'welcome back' });
    await two.synced();
    t.same(
      (await two.history('team')).map(({ text, system }) => text ?? system?.event),
      ['joined', 'welcome', 'removed', 'joined', 'welcome back'],
    );
    await one.removeMember('team', 'person2');
    await two.synced();
    t.match((await two.conversations())[0], { name: '#team', left: true });
    await t.rejects(two.send('#team', { text: 'x' }), { code: 'not-in-group' });
  },
);

t.test('a deleted message leaves the copy too, its words are not found any more', async (t) => {
  const { homes } = await behindLine(t, 3);
  const one = await clientAt(t, homes[0]!, once);
  const two = await clientAt(t, homes[1]!);
  await one.createGroup('team', ['person2', 'person3']);
  const { id } = await (await clientAt(t, homes[2]!, once)).send('team', { text: 'Très gênant' });
  await two.synced();
  t.equal((await two.search('gena tres')).length, 1, 'words that begin so, without accents');
  t.equal((await two.search('gênant', { in: '#team' })).length, 1);
  const updated = next(two, 'message-updated');
  await one.delete(id);
  t.match((await updated).message, { deleted: true, text: null });
  await two.synced();
  t.same(await two.search('genant'), []);
  t.equal((await logOf(two, 'team')).find((event) => event.id === id)?.payload, '');
});

t.test('a resync throws the copy away and fetches it again without telling anything twice', async (t) => {
  const { homes } = await behindLine(t);
  const one = await clientAt(t, homes[0]!, once);
  const two = await clientAt(t, homes[1]!);
  await sendAll(one, 'person2', numbered('m', 120));
  await two.synced();
  const told = textsTold(two);
  const cursor = await two.cursor();
  await two.resync();
  t.same(told, []);
  t.equal(await two.cursor(), cursor);
  t.same(await logOf(two, 'person1'), await logOf(one, 'person2'));
  t.equal((await two.search('m 7')).length, 11);
  const live = next(two, 'message');
  await one.send('person2', { text: 'x' });
  t.ok(Number((await live).cursor) > Number(cursor));
});

t.test('two clients on one home share the copy, and each tells everything once', async (t) => {
  const { homes } = await behindLine(t);
  const one = await clientAt(t, homes[0]!, once);
  const a = await clientAt(t, homes[1]!);
  const b = await clientAt(t, homes[1]!);
  await Promise.all([a.synced(), b.synced()]);
  const [toldA, toldB] = [textsTold(a), textsTold(b)];
  const words = numbered('w', 200);
  await sendAll(one, 'person2', words);
  await Promise.all([a.synced(), b.synced()]);
  t.same(toldA, words);
  t.same(toldB, words);
});

t.test('a session that is revoked ends the client, with a word', async (t) => {
  const { core, homes } = await behindLine(t);
  const two = await clientAt(t, homes[1]!);
  const ended = next(two, 'session-ended');
  const happening = { event: 'revoked', user: 2, detail: '' };
  await core.context.accounts.endSession(2, happening, 0);
  t.equal((await ended).error.code, 'session-ended');
  await two.close();
  t.equal(two.state, 'closed');
  const again = await clientAt(t, homes[1]!, { offline: true });
  t.equal(again.me, null);
  await t.rejects(again.send('person1', { text: 'x' }), { code: 'not-logged-in' });
});
