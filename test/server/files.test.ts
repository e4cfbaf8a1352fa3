// Uploads and downloads over a real connection: they resume, are checked, and only those who may get them do.
import { createHash, randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate, setTimeout } from 'node:timers/promises';
import t from 'tap';
import { uuidv7 } from 'uuidv7';
import { limits } from '../../src/protocol/limits.js';
import { FileStore, storedFilePath } from '../../src/server/file-store.js';
import type { Storage } from '../../src/server/storage/storage.js';
import { makeGroup, numbers, openDirect } from '../support/conversing.js';
import { startCore, type Core } from '../support/core.js';
import { codeOf } from '../support/opaque-person.js';
import { download, nextTransfer, sendBytes, sha256Of, upload } from '../support/transfers.js';
import type { WireClient } from '../support/wire-client.js';

const mebibyte = 1024 * 1024;
const dayMs = 24 * 60 * 60 * 1000;

/** Sends a message that refers to a file. */
async function refer(client: WireClient, conv: number, sha256: string): Promise<string> {
  const id = uuidv7();
  await client.request('event.send', { conv, id, files: [sha256], payload: '{}' });
  return id;
}

/** Resolves once the server has taken everything up to an offset. */
async function taken(client: WireClient, transfer: number, offset: number): Promise<void> {
  await client.nextPush('file.progress', (body) => body.transfer === transfer && body.offset === offset);
}

async function parts(core: Core): Promise<string[]> {
  return readdir(join(core.dataDir, 'uploads'));
}

t.test('what is uploaded is kept under its hash, and comes back byte for byte', async (t) => {
  const core = await startCore(t);
  const [alice, bob, carol] = await Promise.all([core.join(1), core.join(2), core.join(3)]);
  const bytes = randomBytes(5 * mebibyte + 17);
  const sha256 = await upload(alice, bytes);
  const stored = join(core.dataDir, 'files', sha256.slice(0, 2), sha256.slice(2));
  t.ok((await readFile(stored)).equals(bytes));
  t.equal((await stat(stored)).mode & 0o777, 0o600);
  t.same(await parts(core), []);
  t.ok((await download(alice, sha256)).equals(bytes), 'for who uploaded it');
  t.equal(await codeOf(download(bob, sha256)), 'file-not-found', 'not for somebody else');
  await refer(alice, await openDirect(alice, 2), sha256);
  t.ok((await download(bob, sha256)).equals(bytes), 'once a message to them refers to it');
  t.equal(await codeOf(download(carol, sha256)), 'file-not-found', 'still not for a third');
  t.ok((await download(bob, sha256, 4 * mebibyte)).equals(bytes.subarray(4 * mebibyte)), 'from an offset');
  t.equal((await download(bob, sha256, bytes.length)).length, 0);
  t.equal(await codeOf(download(bob, sha256, bytes.length + 1)), 'invalid');
});

t.test('a file that the disk has lost is mended by whoever sends it again', async (t) => {
  const core = await startCore(t, { config: { userQuotaBytes: 1500 } });
  const alice = await core.join(1);
  const bytes = randomBytes(1000);
  const sha256 = await upload(alice, bytes);
  await rm(storedFilePath(core.dataDir, sha256));
  t.equal(await upload(alice, bytes), sha256);
  t.ok((await download(alice, sha256)).equals(bytes));
  t.equal(await core.storage.usage(1), bytes.length, 'and counts once');
});

t.test('an empty file is a file', async (t) => {
  const core = await startCore(t);
  const alice = await core.join(1);
  const sha256 = await upload(alice, Buffer.alloc(0));
  t.equal((await download(alice, sha256)).length, 0);
});

t.test('an upload of which nothing came leaves nothing behind', async (t) => {
  const core = await startCore(t);
  const alice = await core.join(1);
  const sha256 = sha256Of(Buffer.of(1));
  await alice.request('file.put', { transfer: 1, sha256, size: 1 });
  await alice.request('file.cancel', { transfer: 1 });
  await alice.request('file.put', { transfer: 2, sha256, size: 1 });
  alice.sendChunk(2, 0, Buffer.of(1));
  await alice.request('file.finish', { transfer: 2 });
  for (const transfer of numbers(20)) {
    await alice.request('file.put', { transfer, sha256: sha256Of(Buffer.of(1, transfer)), size: 1 });
    await alice.request('file.cancel', { transfer });
  }
  await alice.destroy();
  await core.stop();
  t.same(await parts(core), []);
});

t.test('an upload that broke off goes on where it was, also after a restart of the server', async (t) => {
  const core = await startCore(t);
  const bytes = randomBytes(3 * mebibyte);
  const put = { sha256: sha256Of(bytes), size: bytes.length };
  const first = await core.join(1);
  await first.request('file.put', { transfer: 1, ...put });
  first.sendChunk(1, 0, bytes.subarray(0, 200_000));
  await taken(first, 1, 200_000);
  await first.destroy();
  const second = await core.join(1);
  t.same(await second.request('file.put', { transfer: 1, ...put }), { offset: 200_000 });
  second.sendChunk(1, 200_000, bytes.subarray(200_000, 300_000));
  await taken(second, 1, 300_000);
  await second.request('file.cancel', { transfer: 1 });
  await core.restart();
  const third = await core.join(1);
  const { offset } = await third.request('file.put', { transfer: 9, ...put });
  t.equal(offset, 300_000);
  await sendBytes(third, 9, bytes, offset);
  await third.request('file.finish', { transfer: 9 });
  t.ok((await download(third, put.sha256)).equals(bytes));
});

t.test(
  'a device that comes back takes over from its lost connection, which the server still holds',
  async (t) => {
    const core = await startCore(t);
    const bytes = randomBytes(mebibyte);
    const put = { sha256: sha256Of(bytes), size: bytes.length };
    const [lost, back] = await Promise.all([core.join(1), core.join(1)]);
    await lost.request('file.put', { transfer: 1, ...put });
    lost.sendChunk(1, 0, bytes.subarray(0, 1000));
    await taken(lost, 1, 1000);
    const { offset } = await back.request('file.put', { transfer: 1, ...put });
    t.equal(offset, 1000);
    t.match(await lost.nextPush('file.failed'), { transfer: 1, error: { code: 'cancelled' } });
    lost.sendChunk(1, 1000, Buffer.alloc(1000));
    await lost.settled();
    await sendBytes(back, 1, bytes, offset);
    await back.request('file.finish', { transfer: 1 });
    t.ok((await download(back, put.sha256)).equals(bytes), 'what the lost one still sends spoils nothing');
  },
);

t.test('a file that is not what its hash says is thrown away', async (t) => {
  const core = await startCore(t);
  const alice = await core.join(1);
  const bytes = randomBytes(100_000);
  const put = { sha256: sha256Of(Buffer.from('another')), size: bytes.length };
  await alice.request('file.put', { transfer: 1, ...put });
  alice.sendChunk(1, 0, bytes);
  t.equal(await codeOf(alice.request('file.finish', { transfer: 1 })), 'file-corrupt');
  t.same(await parts(core), []);
  t.equal(await codeOf(download(alice, put.sha256)), 'file-not-found');
  t.same(await alice.request('file.put', { transfer: 1, ...put }), { offset: 0 }, 'the next try begins anew');
});

t.test('to know a hash is not to have the file: the bytes must be shown', async (t) => {
  const core = await startCore(t);
  const [alice, bob] = await Promise.all([core.join(1), core.join(2)]);
  const bytes = randomBytes(100_000);
  const sha256 = await upload(alice, bytes);
  const put = { sha256, size: bytes.length };
  t.same(
    await bob.request('file.put', { transfer: 1, ...put }),
    { offset: 0 },
    'a stranger to it sends it whole',
  );
  t.equal(await codeOf(bob.request('file.finish', { transfer: 1 })), 'invalid');
  t.equal(await codeOf(download(bob, sha256)), 'file-not-found');
  bob.sendChunk(1, 0, bytes);
  await bob.request('file.finish', { transfer: 1 });
  t.ok((await download(bob, sha256)).equals(bytes));
  t.same(
    await alice.request('file.put', { transfer: 1, ...put }),
    { offset: bytes.length },
    'its owner need not',
  );
  await alice.request('file.finish', { transfer: 1 });
  t.equal(await core.storage.usage(1), bytes.length, 'and it counts once');
});

t.test('somebody who left the group before a file came may not have it', async (t) => {
  const core = await startCore(t);
  const [alice, bob] = await Promise.all([core.join(1), core.join(2)]);
  const conv = await makeGroup(alice, 'team', [2, 3]);
  const before = await upload(alice, randomBytes(1000));
  await refer(alice, conv, before);
  await bob.request('groups.remove', { conv, user: 2 });
  const after = await upload(alice, randomBytes(1000));
  await refer(alice, conv, after);
  t.equal(await codeOf(download(bob, before)), null);
  t.equal(await codeOf(download(bob, after)), 'file-not-found');
});

t.test('sizes and quotas hold, unfinished uploads included', async (t) => {
  const core = await startCore(t, { config: { maxFileBytes: 100_000, userQuotaBytes: 150_000 } });
  const alice = await core.join(1);
  const put = (size: number, fill: number) =>
    codeOf(
      alice.request('file.put', {
        transfer: nextTransfer(),
        sha256: createHash('sha256').update(Buffer.alloc(size, fill)).digest('hex'),
        size,
      }),
    );
  t.equal(await put(100_001, 1), 'file-too-large');
  await upload(alice, Buffer.alloc(80_000, 2));
  t.equal(await put(80_000, 3), 'quota-exceeded');
  t.equal(await put(50_000, 4), null, 'begun, and not ended');
  t.equal(await put(50_000, 5), 'quota-exceeded');
  await alice.destroy();
  const again = await core.join(1);
  await upload(again, Buffer.alloc(60_000, 6));
  t.equal(await codeOf(upload(await core.join(2), Buffer.alloc(90_000, 7))), null, 'each person has a quota');
});

t.test('a quota holds for two uploads at once', async (t) => {
  const held: { until: Promise<void> | null } = { until: null };
  const asked = new EventEmitter();
  const wrap = (storage: Storage): Storage => ({
    ...storage,
    async usage(...about) {
      const bytes = await storage.usage(...about);
      asked.emit('usage');
      await held.until;
      return bytes;
    },
  });
  const core = await startCore(t, { config: { userQuotaBytes: 150_000 }, wrap });
  const [phone, laptop] = await Promise.all([core.join(1), core.join(1)]);
  const [first, second] = [randomBytes(80_000), randomBytes(80_000)];
  const transfer = nextTransfer();
  await phone.request('file.put', { transfer, sha256: sha256Of(first), size: first.length });
  let release = (): void => undefined;
  held.until = new Promise((resolve) => (release = resolve));
  const question = once(asked, 'usage');
  const other = codeOf(
    laptop.request('file.put', { transfer: nextTransfer(), sha256: sha256Of(second), size: second.length }),
  );
  await question;
  phone.sendChunk(transfer, 0, first);
  await phone.request('file.finish', { transfer });
  release();
  t.equal(await other, 'quota-exceeded');
});

t.test('a backup waits for all files that are being removed', async (t) => {
  const gates = [new EventEmitter(), new EventEmitter()].map((gate) => ({
    gate,
    opened: once(gate, 'open'),
  }));
  const names = gates.map((_, index) => sha256Of(Buffer.of(index)));
  let questions = 0;
  let commits = 0;
  let removing = 0;
  const { storage, context, dataDir } = await startCore(t);
  const store = await FileStore.open({
    dataDir,
    storage: {
      ...storage,
      unreferencedFiles: () => Promise.resolve(names.slice(questions - 1, questions++)),
      file: () => Promise.resolve(null),
    },
    hub: {
      async commit() {
        removing++;
        await gates[commits++]?.opened;
        removing--;
      },
    },
    config: context.config,
    now: Date.now,
  });
  t.teardown(() => store.close());
  const sweeps = [store.sweep(), store.sweep()];
  while (questions < 3 || commits === 0) await setImmediate();
  await setImmediate();
  const kept = store.keepWhile(() => Promise.resolve(removing));
  gates[1]?.gate.emit('open');
  await Promise.race([kept, setTimeout(50)]);
  gates[0]?.gate.emit('open');
  t.equal(await kept, 0);
  await Promise.all(sweeps);
  t.equal(commits, 2);
});

t.test('chunks out of place, past the end or of no transfer change nothing', async (t) => {
  const core = await startCore(t);
  const alice = await core.join(1);
  const put = { sha256: sha256Of(Buffer.alloc(1000)), size: 1000 };
  alice.sendChunk(77, 0, Buffer.alloc(10));
  for (const [offset, bytes] of [
    [10, 10],
    [0, 1001],
    [2 ** 40, 1],
  ] as const) {
    await alice.request('file.put', { transfer: 1, ...put });
    alice.sendChunk(1, offset, Buffer.alloc(bytes));
    t.equal((await alice.nextPush('file.failed')).error.code, 'invalid');
    t.equal(await codeOf(alice.request('file.finish', { transfer: 1 })), 'file-not-found');
  }
  t.same(await alice.request('file.put', { transfer: 1, ...put }), { offset: 0 });
});

t.test('a client that sends past the window is ended', async (t) => {
  const core = await startCore(t);
  const alice = await core.join(1);
  const size = 64 * mebibyte;
  await alice.request('file.put', { transfer: 1, sha256: sha256Of(Buffer.from('x')), size });
  const chunk = Buffer.alloc(limits.maxChunkBytes);
  for (let at = 0; at < size; at += chunk.length) alice.sendChunk(1, at, chunk);
  t.equal((await alice.nextPush('closing')).error.code, 'too-slow');
});

t.test('transfers are limited, each way, and a number is used by one at a time', async (t) => {
  const core = await startCore(t);
  const alice = await core.join(1);
  const put = (transfer: number) =>
    codeOf(
      alice.request('file.put', { transfer, sha256: sha256Of(Buffer.from([transfer])), size: mebibyte }),
    );
  for (let transfer = 1; transfer <= limits.maxTransfers; transfer++) t.equal(await put(transfer), null);
  t.equal(await put(1), 'invalid');
  t.equal(await put(100), 'too-many-transfers');
  await alice.request('file.cancel', { transfer: 1 });
  await alice.request('file.cancel', { transfer: 1 });
  t.equal(await put(100), null);
});

t.test('messages pass a download on the same connection, and downloads share it', async (t) => {
  const core = await startCore(t);
  const [alice, bob] = await Promise.all([core.join(1), core.join(2)]);
  const files = await Promise.all([1, 2].map(() => upload(alice, randomBytes(24 * mebibyte))));
  const conv = await openDirect(alice, 2);
  for (const sha256 of files) await refer(alice, conv, sha256);
  const order: string[] = [];
  bob.onChunk = (transfer) => void order.push(`chunk of ${transfer}`);
  await Promise.all(
    files.map((sha256, index) => bob.request('file.get', { transfer: index + 1, sha256, offset: 0 })),
  );
  await bob.settled();
  order.push('message');
  await Promise.all([bob.nextPush('file.end'), bob.nextPush('file.end')]);
  const chunks = (24 * mebibyte) / limits.maxChunkBytes;
  t.equal(order.length, 2 * chunks + 1);
  t.ok(order.indexOf('message') < chunks, 'it did not wait for the transfers');
  const firstHalf = order.slice(0, chunks).filter((entry) => entry === 'chunk of 1').length;
  t.ok(firstHalf > chunks / 4 && firstHalf < (3 * chunks) / 4, `fair: ${firstHalf} of ${chunks}`);
});

t.test('files of people who read late come whole, though their buffers are used again', async (t) => {
  const core = await startCore(t);
  const people = await Promise.all([1, 2, 3].map((id) => core.join(id)));
  const files = people.map(() => randomBytes(12 * mebibyte + 5));
  const hashes = await Promise.all(people.map((client, i) => upload(client, files[i]!)));
  const downloads = people.map((client, i) => {
    const bytes = download(client, hashes[i]!);
    client.socket.pause();
    return bytes;
  });
  for (const client of people) client.socket.resume();
  for (const [i, bytes] of (await Promise.all(downloads)).entries()) t.ok(bytes.equals(files[i]!));
});

t.test('a download ends with its connection, or when it is cancelled', async (t) => {
  const core = await startCore(t);
  const [alice, other] = await Promise.all([core.join(1), core.join(1)]);
  const sha256 = await upload(alice, randomBytes(24 * mebibyte));
  await other.request('file.get', { transfer: 1, sha256, offset: 0 });
  await other.destroy();
  await alice.request('file.get', { transfer: 1, sha256, offset: 0 });
  await alice.request('file.cancel', { transfer: 1 });
  await alice.settled();
  t.same(alice.takePushes('file.end'), []);
  t.equal((await download(alice, sha256)).length, 24 * mebibyte);
});

t.test('a file that is damaged on the disk fails, and says so', async (t) => {
  const core = await startCore(t);
  const alice = await core.join(1);
  const sha256 = await upload(alice, randomBytes(mebibyte));
  const path = join(core.dataDir, 'files', sha256.slice(0, 2), sha256.slice(2));
  await writeFile(path, 'short');
  await alice.request('file.get', { transfer: 1, sha256, offset: 0 });
  t.equal((await alice.nextPush('file.failed')).error.code, 'storage-failed');
});

t.test('files that nothing refers to go after a day, unfinished uploads after a week', async (t) => {
  let now = Date.now();
  const core = await startCore(t, { now: () => now });
  const [alice, bob] = await Promise.all([core.join(1), core.join(2)]);
  const conv = await openDirect(alice, 2);
  const kept = await upload(alice, randomBytes(1000));
  const erased = await upload(alice, randomBytes(1000));
  const unused = await upload(alice, randomBytes(1000));
  await refer(alice, conv, kept);
  const target = await refer(alice, conv, erased);
  await alice.request('event.send', {
    conv,
    id: uuidv7(),
    class: 'update',
    target,
    erase: true,
    payload: '{"kind":"delete"}',
  });
  await alice.request('file.put', { transfer: 1, sha256: sha256Of(Buffer.from('part')), size: 4 });
  alice.sendChunk(1, 0, Buffer.from('pa'));
  await taken(alice, 1, 2);
  await alice.request('file.cancel', { transfer: 1 });
  const { files } = core.context;
  await files.sweep();
  t.equal((await core.storage.statistics()).files, 3, 'not at once: its message may be on the way');
  now += dayMs + 1;
  await files.sweep();
  for (const sha256 of [erased, unused]) {
    t.equal(await codeOf(download(alice, sha256)), 'file-not-found');
    t.equal(await codeOf(files.read(sha256)), 'storage-failed', 'its bytes are gone too');
  }
  t.equal(await codeOf(download(bob, kept)), null);
  t.equal((await parts(core)).length, 1);
  now += 7 * dayMs;
  await files.sweep();
  t.same(await parts(core), []);
});

t.test('a file that was offered again is not swept before its message', async (t) => {
  let now = Date.now();
  const core = await startCore(t, { now: () => now });
  const alice = await core.join(1);
  const bytes = randomBytes(1000);
  const sha256 = await upload(alice, bytes);
  now += dayMs + 1;
  const { offset } = await alice.request('file.put', { transfer: 1, sha256, size: bytes.length });
  t.equal(offset, bytes.length);
  await core.context.files.sweep();
  await alice.request('file.finish', { transfer: 1 });
  await core.context.files.sweep();
  t.ok((await download(alice, sha256)).equals(bytes));
});

t.test('a part that grew too long, or that was changed, does no harm', async (t) => {
  const core = await startCore(t);
  const alice = await core.join(1);
  const bytes = randomBytes(1000);
  const sha256 = sha256Of(bytes);
  const part = join(core.dataDir, 'uploads', `1-${sha256}.part`);
  await writeFile(part, Buffer.alloc(1001));
  t.same(await alice.request('file.put', { transfer: 1, sha256, size: 1000 }), { offset: 0 });
  await alice.request('file.cancel', { transfer: 1 });
  while ((await parts(core)).length > 0) await alice.settled(); // the empty part goes
  await writeFile(part, Buffer.alloc(10));
  await utimes(part, new Date(), new Date());
  t.same(await alice.request('file.put', { transfer: 2, sha256, size: 1000 }), { offset: 10 });
  alice.sendChunk(2, 10, bytes.subarray(10));
  t.equal(await codeOf(alice.request('file.finish', { transfer: 2 })), 'file-corrupt');
  t.equal(await upload(alice, bytes), sha256);
});
