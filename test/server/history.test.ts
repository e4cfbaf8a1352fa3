// Pages of the log with the updates that belong to them, and deletes that erase.
import t from 'tap';
import { uuidv7 } from 'uuidv7';
import { limits } from '../../src/protocol/limits.js';
import { encodePayload, type UpdatePayload } from '../../src/protocol/payload.js';
import type { LogEvent } from '../../src/protocol/shapes.js';
import { startCore, type Core } from '../support/core.js';
import { makeGroup, numbers, openDirect, readLog, sendText } from '../support/conversing.js';
import type { WireClient } from '../support/wire-client.js';

const seqs = (events: readonly LogEvent[]): number[] => events.map(({ seq }) => seq);

function update(client: WireClient, conv: number, target: string, payload: UpdatePayload, erase?: boolean) {
  return client.request('event.send', {
    conv,
    id: uuidv7(),
    class: 'update',
    target,
    payload: encodePayload(payload),
    ...(erase !== undefined && { erase }),
  });
}

async function sendMany(client: WireClient, conv: number, count: number): Promise<string[]> {
  const ids = numbers(count).map(() => uuidv7());
  await Promise.all(ids.map((id, index) => sendText(client, conv, `text ${index + 1}`, id)));
  return ids;
}

t.test('pages forwards and backwards join without a gap, and end at the bounds', async (t) => {
  const core = await startCore(t);
  const alice = await core.join(1);
  const conv = await openDirect(alice, 2);
  await sendMany(alice, conv, 25);
  const get = (body: { after?: number; before?: number }) =>
    alice.request('events.get', { conv, limit: 10, ...body });
  t.same(seqs((await get({ after: 0 })).events), numbers(10));
  t.same(seqs((await get({ after: 20 })).events), numbers(5, 21));
  t.same(seqs((await get({ after: 25 })).events), []);
  t.same(seqs((await get({ after: 1000 })).events), []);
  t.same(seqs((await get({ before: 26 })).events), numbers(10, 16));
  t.same(seqs((await get({ before: 1000 })).events), numbers(10, 16));
  t.same(seqs((await get({ before: 6 })).events), numbers(5));
  t.same(seqs((await get({ before: 1 })).events), []);
  t.same(seqs((await get({ before: 0 })).events), []);
  t.match(await get({ after: 0 }), { firstSeq: 1, lastSeq: 25, updates: [], moreUpdates: false });
  await t.rejects(get({}), { code: 'invalid' });
  await t.rejects(get({ after: 1, before: 5 }), { code: 'invalid' });
});

t.test('a page comes with the later updates of what is in it, and with no others', async (t) => {
  const core = await startCore(t);
  const [alice, bob] = await Promise.all([core.join(1), core.join(2)]);
  const conv = await openDirect(alice, 2);
  const ids = await sendMany(alice, conv, 6);
  await update(bob, conv, ids[1]!, { kind: 'reaction', emoji: '👍' }); // 7
  await update(alice, conv, ids[4]!, { kind: 'edit', text: 'changed' }); // 8
  await sendText(alice, conv, 'more'); // 9
  await update(alice, conv, ids[1]!, { kind: 'edit', text: 'changed too' }); // 10
  const early = await bob.request('events.get', { conv, after: 0, limit: 3 });
  t.same(seqs(early.events), [1, 2, 3]);
  t.same(seqs(early.updates), [7, 10]);
  const middle = await bob.request('events.get', { conv, before: 8, limit: 3 });
  t.same(seqs(middle.events), [5, 6, 7]);
  t.same(seqs(middle.updates), [8], 'an update of something before the page is not its business');
  const all = await bob.request('events.get', { conv, after: 0, limit: 100 });
  t.same(seqs(all.updates), [], 'what is in the page already is not sent again');
  const found = await bob.request('events.find', { id: ids[1]! });
  t.equal(found.event.seq, 2);
  t.same(seqs(found.updates), [7, 10]);
});

t.test('updates that do not fit are said to be missing, and can be asked for', async (t) => {
  const core = await startCore(t);
  const alice = await core.join(1);
  const conv = await openDirect(alice, 2);
  const [id] = await sendMany(alice, conv, 1);
  const count = limits.maxPageEvents + 20;
  await Promise.all(numbers(count).map((i) => update(alice, conv, id!, { kind: 'edit', text: `edit ${i}` })));
  const page = await alice.request('events.get', { conv, after: 0, limit: 1 });
  t.equal(page.updates.length, limits.maxPageEvents);
  t.equal(page.moreUpdates, true);
  const rest = await alice.request('events.updates', {
    conv,
    targets: [id!],
    after: page.updates.at(-1)!.seq,
    limit: 500,
  });
  t.equal(rest.updates.length, 20);
  t.equal(rest.more, false);
  t.same(seqs([...page.updates, ...rest.updates]), numbers(count, 2));
});

t.test('updates cut off for their size are said to be missing, whatever letters they have', async (t) => {
  const core = await startCore(t);
  const alice = await core.join(1);
  const conv = await openDirect(alice, 2);
  const [id] = await sendMany(alice, conv, 1);
  const text = '漢'.repeat(15_000);
  await Promise.all(numbers(20).map(() => update(alice, conv, id!, { kind: 'edit', text })));
  const page = await alice.request('events.get', { conv, after: 0, limit: 1 });
  t.ok(page.updates.length < 20, 'the budget cuts them');
  t.equal(page.moreUpdates, true);
  const got = [...page.updates];
  for (let more = true; more;) {
    const next = await alice.request('events.updates', {
      conv,
      targets: [id!],
      after: got.at(-1)!.seq,
      limit: 500,
    });
    got.push(...next.updates);
    more = next.more;
  }
  t.same(seqs(got), numbers(20, 2));
});

t.test('pages of the longest texts stay below the limit of a frame', async (t) => {
  const core = await startCore(t);
  const alice = await core.join(1);
  const conv = await openDirect(alice, 2);
  // Quotation marks double on the wire: the worst that a payload may hold.
  const payload = '"'.repeat(limits.maxPayloadBytes);
  await Promise.all(numbers(20).map(() => alice.request('event.send', { conv, id: uuidv7(), payload })));
  t.same(seqs(await readLog(alice, conv)), numbers(20));
  const page = await alice.request('events.get', { conv, before: 21, limit: 500 });
  t.same(seqs(page.events), numbers(page.events.length, 21 - page.events.length));
});

t.test('a delete empties what it deletes, for everybody and for good', async (t) => {
  const core = await startCore(t);
  const [alice, bob] = await Promise.all([core.join(1), core.join(2)]);
  const conv = await openDirect(alice, 2);
  const [id] = await sendMany(alice, conv, 2);
  await update(alice, conv, id!, { kind: 'delete' }, true);
  const pushed = await bob.nextPush('event', ({ seq }) => seq === 3);
  t.match(pushed, { class: 'update', target: id });
  const check = async (client: WireClient): Promise<void> => {
    const log = await readLog(client, conv);
    t.same(seqs(log), [1, 2, 3], 'the log keeps its place');
    t.equal(log[0]!.payload, '');
    t.not(log[1]!.payload, '');
  };
  await check(bob);
  await core.restart();
  await check(await core.join(2));
});

t.test(
  'only the author, or an admin of the group, may erase; never an update or a control event',
  async (t) => {
    const core = await startCore(t, { people: 4 });
    const [alice, bob, carol, dave] = (await Promise.all(numbers(4).map((id) => core.join(id)))) as [
      WireClient,
      WireClient,
      WireClient,
      WireClient,
    ];
    const conv = await makeGroup(alice, 'team', [2, 3]);
    const [id] = await sendMany(bob, conv, 1);
    const erase = (client: WireClient, target: string, where = conv) =>
      update(client, where, target, { kind: 'delete' }, true);
    await t.rejects(erase(carol, id!), { code: 'not-yours' });
    await t.rejects(erase(dave, id!), { code: 'conversation-not-found' });
    await t.rejects(erase(bob, uuidv7()), { code: 'message-not-found' });
    const created = (await readLog(bob, conv))[0]!;
    await t.rejects(erase(alice, created.id), { code: 'message-not-found' });
    await t.rejects(
      alice.request('event.send', { conv, id: uuidv7(), target: id!, erase: true, payload: '{}' }),
      { code: 'invalid', details: { field: 'erase' } },
    );
    await t.rejects(alice.request('event.send', { conv, id: uuidv7(), class: 'update', payload: '{}' }), {
      code: 'invalid',
      details: { field: 'target' },
    });
    const elsewhere = await openDirect(alice, 2);
    await t.rejects(
      erase(alice, id!, elsewhere),
      { code: 'message-not-found' },
      'through another conversation',
    );
    const [direct] = await sendMany(bob, elsewhere, 1);
    await t.rejects(
      erase(alice, direct!, elsewhere),
      { code: 'not-yours' },
      'nobody is admin of a direct one',
    );
    t.not((await readLog(carol, conv))[1]!.payload, '');
    await erase(alice, id!);
    t.equal((await readLog(carol, conv))[1]!.payload, '');
  },
);

t.test('what came before joining cannot be erased by who became admin later', async (t) => {
  const core: Core = await startCore(t);
  const [alice, bob] = await Promise.all([core.join(1), core.join(2)]);
  const conv = await makeGroup(alice, 'team', []);
  const [id] = await sendMany(alice, conv, 1);
  await alice.request('groups.add', { conv, users: [2] });
  await alice.request('groups.admin', { conv, user: 2 });
  await t.rejects(update(bob, conv, id!, { kind: 'delete' }, true), { code: 'message-not-found' });
});
