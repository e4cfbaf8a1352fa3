// The outbox: what was taken is sent exactly once and in order, whatever breaks in between.
import { spawn } from 'node:child_process';
import { once as onceEvent } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { uuidv7 } from 'uuidv7';
import type { Client } from '../../src/client/api.js';
import { plentifulRates, startCore, type Core } from '../support/core.js';
import { clientAt, homeOf, next, openLine, textsTold, type Line } from '../support/homes.js';

const once = { mode: 'once' as const };

async function behindLine(t: Test, count = 2): Promise<{ core: Core; line: Line; homes: string[] }> {
  const core = await startCore(t, { people: count });
  const line = await openLine(t, core.port);
  const homes = await Promise.all(core.people.map((person) => homeOf(t, person, line.port)));
  return { core, line, homes };
}

function numbered(word: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${word} ${i}`);
}

async function texts(client: Client, name: string): Promise<(string | null)[]> {
  return (await client.history(name, { limit: 5000, after: 0 })).map(({ text }) => text);
}

t.test('what is typed offline waits on disk, is shown as waiting, and is sent in order later', async (t) => {
  const { line, homes } = await behindLine(t, 3);
  const first = await clientAt(t, homes[0]!);
  await first.addFriend('person2');
  await first.addFriend('person3');
  await first.synced();
  await first.close();
  line.down = true;
  line.cut();
  const one = await clientAt(t, homes[0]!, { offline: true });
  const words = numbered('w', 20);
  await Promise.all(words.map((text) => one.send('@person2', { text })));
  t.match(await one.message((await one.send('@person3', { text: 'x' })).id), { state: 'queued', conv: null });
  await one.close();
  const later = await clientAt(t, homes[0]!, { offline: true });
  const stored: string[] = [];
  later.on('outbox', ({ message }) => void stored.push(`${message.text ?? ''} ${message.state}`));
  line.down = false;
  await later.drained();
  const two = await clientAt(t, homes[1]!, once);
  t.same(await texts(two, 'person1'), words);
  t.same(await texts(await clientAt(t, homes[2]!, once), 'person1'), ['x']);
  await later.synced();
  t.equal(stored.length, 21);
  t.ok(stored.every((one) => one.endsWith(' sent')));
  t.same((await later.history('person2')).map(({ state }) => state).includes('queued'), false);
});

t.test('nothing is stored twice or out of order when answers are lost with the line', async (t) => {
  const { line, homes } = await behindLine(t);
  const two = await clientAt(t, homes[1]!, once);
  const one = await clientAt(t, homes[0]!);
  await one.send('person2', { text: 'first' });
  await one.drained();
  // Cut again and again with messages stored whose answers have not come.
  let passed = 0;
  line.onUp = (data) => {
    passed += data.length;
    if (passed < 9000) return;
    passed = 0;
    line.cut();
  };
  const words = numbered('w', 300);
  await Promise.all(words.map((text) => one.send('person2', { text })));
  await one.drained();
  line.onUp = () => undefined;
  await one.synced();
  t.same(await texts(await clientAt(t, homes[1]!, once), 'person1'), ['first', ...words]);
  t.same(await texts(one, 'person2'), ['first', ...words]);
  await two.close();
});

t.test('the same id again is the same message, before and after it was sent', async (t) => {
  const { line, homes } = await behindLine(t);
  const one = await clientAt(t, homes[0]!);
  await one.send('person2', { text: 'x' });
  await one.drained();
  line.down = true;
  line.cut();
  await next(one, 'connection', ({ state }) => state === 'offline');
  const id = uuidv7();
  const first = await one.send('person2', { text: 'once', id });
  t.same(await one.send('person2', { text: 'twice', id }), first);
  line.down = false;
  await one.drained();
  await one.synced();
  t.match(await one.send('person2', { text: 'thrice', id }), { text: 'once', seq: 2 });
  t.same(await texts(one, 'person2'), ['x', 'once']);
});

t.test('what is refused for good is told, kept as failed, and can be tried again or dropped', async (t) => {
  const { homes } = await behindLine(t);
  const one = await clientAt(t, homes[0]!);
  const two = await clientAt(t, homes[1]!, once);
  await one.send('person2', { text: 'before' });
  await one.drained();
  await two.block('person1', true);
  const refused = next(one, 'outbox');
  const { id } = await one.send('person2', { text: 'blocked' });
  t.match((await refused).message, { id, state: 'failed', error: { code: 'blocked' } });
  t.same(
    (await one.history('person2')).map(({ state }) => state === 'failed'),
    [false, true],
  );
  await two.block('person1', false);
  const stored = next(one, 'outbox');
  t.match(await one.send('person2', { text: 'blocked', id }), { id, state: 'queued' });
  t.match((await stored).message, { id, state: 'sent', seq: 2 });
  await two.block('person1', true);
  const again = next(one, 'outbox');
  const dropped = await one.send('person2', { text: 'dropped' });
  await again;
  await one.discard(dropped.id);
  await t.rejects(one.discard(dropped.id), { code: 'message-not-found' });
  t.same(await texts(two, 'person1'), ['before', 'blocked']);
  t.equal((await one.history('person2')).length, 2);
});

t.test('a rate limit holds messages back, and loses and doubles none', async (t) => {
  const rates = { ...plentifulRates, events: { burst: 20, perMinute: 12_000 } };
  const core = await startCore(t, { people: 2, config: { rates } });
  const one = await clientAt(t, await homeOf(t, core.people[0]!, core.port));
  const words = numbered('w', 100);
  await Promise.all(words.map((text) => one.send('person2', { text })));
  await one.drained();
  await one.synced();
  t.same((await texts(one, 'person2')).sort(), words.sort());
});

t.test(
  'another client on the same home hands its messages over, and takes over when the first is gone',
  async (t) => {
    const { line, homes } = await behindLine(t);
    const owner = await clientAt(t, homes[0]!);
    const other = await clientAt(t, homes[0]!);
    const told = next(other, 'outbox');
    const { id } = await other.send('person2', { text: 'through the owner' });
    t.match((await told).message, { id, state: 'sent' });
    line.down = true;
    line.cut();
    await next(other, 'connection', ({ state }) => state === 'offline');
    await other.send('person2', { text: 'through me' });
    await owner.close();
    line.down = false;
    await other.drained();
    const two = await clientAt(t, homes[1]!, once);
    t.same(await texts(two, 'person1'), ['through the owner', 'through me']);
  },
);

t.test('a file is kept when it is taken: the original may go before it is sent', async (t) => {
  const { line, homes } = await behindLine(t);
  const one = await clientAt(t, homes[0]!);
  await one.send('person2', { text: 'x' });
  await one.drained();
  line.down = true;
  line.cut();
  await next(one, 'connection', ({ state }) => state === 'offline');
  const path = join(homes[0]!, 'notes.txt');
  await writeFile(path, 'some notes');
  const { id } = await one.send('person2', { file: path, text: 'caption' });
  await one.send('person2', { text: 'after it' });
  await rm(path);
  line.down = false;
  await one.drained();
  const two = await clientAt(t, homes[1]!, once);
  t.same(await texts(two, 'person1'), ['x', 'caption', 'after it']);
  t.match((await two.message(id)).file, { name: 'notes.txt', size: 10, type: 'text/plain' });
});

/** Sends numbered messages, says on stdout which were taken, and is killed in the middle of it. */
const victim = fileURLToPath(new URL('../support/outbox-victim.js', import.meta.url));

t.test('kill -9 at any moment loses nothing that was taken, and sends nothing twice', async (t) => {
  const { homes, line } = await behindLine(t);
  const two = await clientAt(t, homes[1]!);
  const told = textsTold(two);
  await (await clientAt(t, homes[0]!, once)).send('person2', { text: 'first' });
  const taken: string[] = [];
  for (let round = 0; round < 5; round++) {
    const child = spawn(process.execPath, [victim, homes[0]!, String(round)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: child.stdout });
    let count = 0;
    for await (const text of lines) {
      taken.push(text);
      if (++count === 20 + 37 * round) child.kill('SIGKILL');
    }
    if (child.exitCode === null && child.signalCode === null) await onceEvent(child, 'exit');
    if (round === 2) line.cut();
  }
  const one = await clientAt(t, homes[0]!);
  await one.drained();
  await two.synced();
  const all = await texts(two, 'person1');
  t.equal(new Set(all).size, all.length, 'nothing twice');
  t.same(
    taken.filter((text) => !all.includes(text)),
    [],
    'nothing lost',
  );
  t.same(told, all, 'told once, in order');
  for (let round = 0; round < 5; round++) {
    const own = all
      .filter((text) => text?.startsWith(`${round}:`))
      .map((text) => Number(text?.split(':')[1]));
    t.same(
      own,
      own.map((_, i) => i),
      'in order',
    );
  }
});
