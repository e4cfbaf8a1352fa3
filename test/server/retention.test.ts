// What is too old goes for good from the server, and everybody goes on: logs without gaps, devices old and new.
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import t from 'tap';
import { uuidv7 } from 'uuidv7';
import { encodePayload } from '../../src/protocol/payload.js';
import type { ServerConfig } from '../../src/server/config.js';
import { storedFilePath } from '../../src/server/file-store.js';
import { Retention, type Swept } from '../../src/server/retention.js';
import { databaseName } from '../../src/server/storage/open.js';
import { noteText } from '../../src/cli/chat/message-text.js';
import { sayIn } from '../../src/cli/catalogue/translate.js';
import { numbers, openDirect, readLog, sendText, textPayload } from '../support/conversing.js';
import { startCore, type Core } from '../support/core.js';
import { clientAt, homeOf } from '../support/homes.js';
import { testServer } from '../support/server.js';
import { someEvent } from '../support/storage.js';
import { download, upload } from '../support/transfers.js';
import { WireClient } from '../support/wire-client.js';

const dayMs = 24 * 60 * 60 * 1000;
const forEver: ServerConfig['retention'] = {
  messagesDays: null,
  filesDays: null,
  callsDays: null,
  logDays: null,
  auditDays: null,
};

/** One sweep of the core's server, with these policies. */
async function sweep(core: Core, policy: Partial<ServerConfig['retention']>): Promise<Swept> {
  const { storage, hub, files, now } = core.context;
  const config = { retention: { ...forEver, ...policy } };
  const retention = new Retention({ storage, hub, files, config, log: pino({ level: 'silent' }), now });
  const swept = await retention.sweep();
  await retention.close();
  return swept;
}

t.test('old messages go with their updates and files, and devices go on, old and new', async (t) => {
  let now = Date.now();
  const core = await startCore(t, { people: 2, now: () => now });
  const [one, two] = core.people;
  const writer = await clientAt(t, await homeOf(t, one!, core.port));
  const home = await homeOf(t, two!, core.port);
  const reader = await clientAt(t, home);
  const stored = async (sent: Promise<{ id: string }>): Promise<string> => {
    const { id } = await sent;
    await writer.drained();
    await writer.synced();
    return id;
  };
  const old = await stored(writer.send('@person2', { text: 'old-words' }));
  const regretted = await stored(writer.send('@person2', { text: 'regretted-words' }));
  const poll = await stored(writer.createPoll('@person2', 'old-question', ['yes', 'no']));
  await reader.synced();
  await reader.react(old, '👍');
  await reader.close();
  await writer.delete(regretted);
  now += 100 * dayMs;
  await stored(writer.send('@person2', { text: 'new-words', replyTo: old }));
  await writer.edit(old, 'late-words');

  const swept = await sweep(core, { messagesDays: 30 });
  t.equal(swept.messages, 5);
  const stranger = await core.join(2);
  const log = await readLog(stranger, 1);
  t.same(
    log.map(({ seq }) => seq),
    [1, 2, 3, 4, 5, 6, 7],
    'no gap',
  );
  t.same(
    log.filter(({ payload }) => payload !== '').map(({ payload }) => JSON.parse(payload) as object),
    [{ kind: 'delete' }, { kind: 'text', text: 'new-words' }],
  );
  t.same((await sweep(core, { messagesDays: 30 })).messages, 0, 'once');

  const fresh = await clientAt(t, await homeOf(t, two!, core.port));
  await fresh.synced();
  const view = (await fresh.history('@person1')).map(({ text, deleted }) => text ?? deleted);
  t.same(view, [true, true, true, 'new-words']);
  const expired = (await fresh.history('@person1')).map((message) => message.expired);
  t.same(expired, [true, false, true, false], 'the second was deleted');
  t.match((await fresh.history('@person1'))[3]?.quoted, { text: '' });
  t.equal((await fresh.conversations())[0]?.unread, 1, 'what is left of old ones cannot be read');
  t.same(
    (await fresh.search('words')).map(({ text }) => text),
    ['new-words'],
  );

  const back = await clientAt(t, home);
  await back.synced();
  const kept = (await back.history('@person1')).map((message) => {
    if (message.expired) return 'expired';
    return message.deleted ? 'deleted' : (message.text ?? message.poll?.question);
  });
  t.same(
    kept,
    ['expired', 'deleted', 'old-question', 'new-words'],
    'what a device has it keeps, but what was deleted, and what was changed in words it has not got',
  );
  t.match(await back.react(poll, '🎉'), { reactions: { '🎉': ['person2'] } });
});

t.test('nothing of it is left in the database once that is compacted', async (t) => {
  let now = Date.now();
  const core = await startCore(t, { people: 2, now: () => now });
  const alice = await core.join(1);
  const conv = await openDirect(alice, 2);
  for (let n = 0; n < 40; n++) await sendText(alice, conv, `secret-${n} ${'x'.repeat(n * 400)}`);
  now += 3 * dayMs;
  await sweep(core, { messagesDays: 2 });
  await core.storage.compact();
  const bytes = await readFile(join(core.dataDir, databaseName));
  t.notOk(bytes.includes('secret-'));
});

t.test('old files go from the disk and from the quota, and their messages stay', async (t) => {
  let now = Date.now();
  const core = await startCore(t, { people: 3, now: () => now });
  const [alice, bob] = [await core.join(1), await core.join(2)];
  const conv = await openDirect(alice, 2);
  const shared = Buffer.from('sent twice');
  const files = [await upload(alice, Buffer.from('sent once')), await upload(alice, shared)];
  const send = (file: string) =>
    alice.request('event.send', { conv, id: uuidv7(), files: [file], payload: textPayload('see') });
  for (const file of files) await send(file);
  now += 10 * dayMs;
  t.equal(await upload(alice, shared), files[1]);
  await send(files[1]!);
  t.equal((await sweep(core, { filesDays: 5 })).files, 2);
  const log = await readLog(bob, conv);
  t.same(
    log.map(({ files: of = [], payload }) => [of, payload]),
    [[], [], [files[1]]].map((of) => [of, textPayload('see')]),
  );
  await t.rejects(download(bob, files[0]!), { code: 'file-not-found' });
  await t.rejects(stat(storedFilePath(core.dataDir, files[0]!)), { code: 'ENOENT' });
  t.ok((await download(bob, files[1]!)).equals(shared), 'what a newer message refers to stays');
  t.equal(await core.storage.usage(1), shared.length);
});

t.test('entries of calls and the logs have policies of their own', async (t) => {
  const now = Date.now();
  const core = await startCore(t, { people: 2 });
  const alice = await core.join(1);
  const conv = await openDirect(alice, 2);
  const call = encodePayload({
    kind: 'call',
    call: 'c',
    media: 'audio',
    outcome: 'missed',
    durationMs: 0,
    called: [2],
    joined: [1],
  });
  const at = now - 50 * dayMs;
  const entry = { conv, id: uuidv7(), from: 1, at, class: 'control' as const, target: null, files: [] };
  await core.storage.commit([
    [{ do: 'event', event: { ...entry, seq: 1, payload: call } }],
    ...['login', 'admin-ban'].map((event) => [
      {
        do: 'log' as const,
        entry: { at, level: 30, event, user: null, detail: '', actor: null, address: null },
      },
    ]),
  ]);
  const events = async (): Promise<string[]> => (await core.storage.log(9, null)).map(({ event }) => event);
  await core.storage.commit([
    [{ do: 'event', event: { ...entry, id: uuidv7(), seq: 2, at: now, payload: call } }],
  ]);
  t.same(
    await sweep(core, {}),
    { messages: 0, files: 0, calls: 0, log: 0, audit: 0 },
    'all is kept unless told',
  );
  t.match(await sweep(core, { logDays: 40, auditDays: 60 }), { log: 1, audit: 0 });
  t.same(await events(), ['admin-ban']);
  t.match(await sweep(core, { auditDays: 40 }), { audit: 1 });
  t.same(await events(), []);
  t.match(await sweep(core, { callsDays: 40 }), { calls: 1 });
  await core.restart();
  const client = await clientAt(t, await homeOf(t, core.people[1]!, core.port));
  await client.synced();
  t.same(
    (await client.history('@person1')).map((message) => noteText(message, sayIn('en'))),
    ['☎ a call of which the server keeps nothing any more', '☎✗ call from person1: missed'],
  );
});

t.test(
  'a large backlog goes while messages are sent, a part at a time, also at the start of a server',
  async (t) => {
    const core = await startCore(t, { people: 2 });
    const alice = await core.join(1);
    const conv = await openDirect(alice, 2);
    const count = 3000;
    const at = Date.now() - 9 * dayMs;
    await core.storage.commit([
      numbers(count).map((seq) => ({ do: 'event' as const, event: someEvent(conv, seq, { at }) })),
    ]);
    await core.restart();
    const sender = await core.join(1);
    const before = core.hub.committer.counters.commits;
    const sweeping = sweep(core, { messagesDays: 7 });
    for (let n = 0; n < 20; n++) await sendText(sender, conv, `meanwhile ${n}`);
    t.equal((await sweeping).messages, count);
    t.ok(core.hub.committer.counters.commits - before >= count / 256, 'in many commits');
    const log = await readLog(sender, conv);
    t.equal(log.length, count + 20);
    t.equal(log.filter(({ payload }) => payload === '').length, count);
    t.same(await core.storage.check(), []);
    await core.stop();

    const server = await testServer(t, {
      dataDir: core.dataDir,
      tls: false,
      overrides: { retention: { ...forEver, messagesDays: 1 } },
      now: () => Date.now() + 2 * dayMs,
    });
    const client = await WireClient.connect({ port: server.tcp.port });
    t.teardown(() => client.destroy());
    await client.request('auth', { token: core.people[0]!.token });
    while ((await readLog(client, conv, count)).some(({ payload }) => payload !== ''));
    t.pass('erased at the start');
  },
);
