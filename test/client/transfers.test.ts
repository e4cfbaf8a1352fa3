// Files: both ways, broken off and resumed, checked, and never in the way of messages.
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import t, { type Test } from 'tap';
import type { Client } from '../../src/client/api.js';
import { typeOfBytes } from '../../src/client/files.js';
import { checkAvatar, describeFile } from '../../src/client/pictures.js';
import { UploadWindow } from '../../src/client/upload-window.js';
import { limits } from '../../src/protocol/limits.js';
import { startCore, type Core } from '../support/core.js';
import { fakeTimers } from '../support/fake-timers.js';
import { clientAt, homeOf, next, openLine, type Line } from '../support/homes.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const once = { mode: 'once' as const };
const megabyte = 1024 * 1024;

interface Stage {
  core: Core;
  line: Line;
  folder: string;
  clients: Client[];
  homes: string[];
}

async function stage(t: Test): Promise<Stage> {
  const core = await startCore(t, { people: 2 });
  const line = await openLine(t, core.port);
  const homes = await Promise.all(core.people.map((person) => homeOf(t, person, line.port)));
  const clients = await Promise.all(homes.map((home) => clientAt(t, home, once)));
  return { core, line, homes, clients, folder: await temporaryFolder(t) };
}

/** Breaks the line for good once, after so many bytes one way. */
function cutAfter(line: Line, way: 'onUp' | 'onDown', bytes: number): { passed: number } {
  const count = { passed: 0 };
  let cut = false;
  line[way] = (data) => {
    count.passed += data.length;
    if (cut || count.passed < bytes) return;
    cut = true;
    line.cut();
  };
  return count;
}

function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

t.test('a file arrives byte for byte, with progress, and is fetched once', async (t) => {
  const { clients, folder } = await stage(t);
  const [one, two] = clients as [Client, Client];
  const bytes = randomBytes(3 * megabyte + 17);
  const path = join(folder, 'data.bin');
  await writeFile(path, bytes);
  const sent: number[] = [];
  const message = await one.send('person2', {
    file: path,
    text: 'here',
    onProgress: ({ done }) => void sent.push(done),
  });
  t.match(message, {
    kind: 'file',
    text: 'here',
    file: { name: 'data.bin', size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') },
  });
  t.equal(sent.at(-1), bytes.length);
  t.same(
    sent,
    [...sent].sort((a, b) => a - b),
  );
  const out = join(folder, 'new', 'copy.bin');
  const fetched = await two.fetchFile(message.id, { out });
  t.same(fetched, { path: out, size: bytes.length });
  t.ok((await readFile(out)).equals(bytes));
  await t.rejects(two.fetchFile(message.id, { out }), { code: 'file-exists' });
  const belowFile = join(out, 'copy.bin');
  await t.rejects(two.fetchFile(message.id, { out: belowFile }), { code: 'file-unwritable' });
  const cached = await two.fetchFile(message.id);
  t.ok((await readFile(cached.path)).equals(bytes));
  t.same(await two.fetchFile(message.id), cached);
  t.same(await readdir(join(folder, 'new')), ['copy.bin']);
  await t.rejects(two.fetchFile((await one.send('person2', { text: 'x' })).id), { code: 'file-not-found' });
});

t.test('an empty file arrives too', async (t) => {
  const { clients, folder } = await stage(t);
  const [one, two] = clients as [Client, Client];
  await writeFile(join(folder, 'empty'), '');
  const { id } = await one.send('person2', { file: join(folder, 'empty') });
  t.equal((await two.fetchFile(id)).size, 0);
});

t.test('an upload and a download that broke off go on where they were', async (t) => {
  const { clients, folder, line, homes } = await stage(t);
  const [one, two] = clients as [Client, Client];
  const bytes = randomBytes(12 * megabyte);
  const path = join(folder, 'big.bin');
  await writeFile(path, bytes);
  cutAfter(line, 'onUp', 6 * megabyte);
  await t.rejects(one.send('person2', { file: path }), { code: 'disconnected' });
  const up = cutAfter(line, 'onUp', Infinity);
  const message = await one.send('person2', { file: path });
  t.ok(up.passed < 8 * megabyte, 'what had arrived was not sent again');

  const out = join(folder, 'copy.bin');
  cutAfter(line, 'onDown', 5 * megabyte);
  await t.rejects(two.fetchFile(message.id, { out }), { code: 'disconnected' });
  const part = join(homes[1]!, 'files', `${sha256Of(bytes)}.part`);
  const had = (await stat(part)).size;
  t.ok(had > 3 * megabyte);
  const down = cutAfter(line, 'onDown', Infinity);
  await two.fetchFile(message.id, { out });
  t.ok(down.passed < bytes.length - had + megabyte, 'what was there was not fetched again');
  t.ok((await readFile(out)).equals(bytes));

  await two.close();
  const live = await clientAt(t, homes[1]!);
  await live.synced();
  cutAfter(line, 'onDown', 5 * megabyte);
  const again = await live.fetchFile(message.id, { out: join(folder, 'live.bin') });
  t.ok((await readFile(again.path)).equals(bytes), 'live, it goes on by itself');
});

t.test('a part file that began as something else is thrown away and fetched anew', async (t) => {
  const { clients, folder, homes } = await stage(t);
  await mkdir(join(homes[1]!, 'files'), { recursive: true });
  const [one, two] = clients as [Client, Client];
  const path = join(folder, 'a.bin');
  await writeFile(path, randomBytes(600_000));
  const { id } = await one.send('person2', { file: path });
  for (const wrong of [randomBytes(1000), randomBytes(900_000)]) {
    const out = join(folder, `out${wrong.length}`);
    await writeFile(join(homes[1]!, 'files', `${sha256Of(await readFile(path))}.part`), wrong);
    await two.fetchFile(id, { out });
    t.ok((await readFile(out)).equals(await readFile(path)));
  }
});

t.test('what lies beside the place of a download is left alone', async (t) => {
  const { clients, folder } = await stage(t);
  const [one, two] = clients as [Client, Client];
  const path = join(folder, 'a.bin');
  await writeFile(path, randomBytes(100_000));
  const { id } = await one.send('person2', { file: path });
  const out = join(folder, 'thesis');
  await writeFile(`${out}.part`, 'mine');
  await two.fetchFile(id, { out });
  t.ok((await readFile(out)).equals(await readFile(path)));
  t.equal(await readFile(`${out}.part`, 'utf8'), 'mine');
  await t.rejects(two.fetchFile(id, { out }), { code: 'file-exists' });
});

t.test('a transfer that is aborted ends, and the connection goes on', async (t) => {
  const { clients, folder } = await stage(t);
  const [one] = clients as [Client];
  const path = join(folder, 'a.bin');
  await writeFile(path, randomBytes(8 * megabyte));
  const controller = new AbortController();
  const sending = one.send('person2', {
    file: path,
    signal: controller.signal,
    onProgress: ({ done }) => done > 0 && controller.abort(),
  });
  await t.rejects(sending, { code: 'cancelled' });
  t.equal((await one.send('person2', { text: 'x' })).seq, 1);
});

t.test('messages pass while a file is on its way, and many files share the line', async (t) => {
  const { homes, folder } = await stage(t);
  const one = await clientAt(t, homes[0]!);
  const two = await clientAt(t, homes[1]!);
  await one.send('person2', { text: 'first' });
  await one.drained();
  const paths = await Promise.all(
    Array.from({ length: 10 }, async (_, i) => {
      const path = join(folder, `f${i}`);
      await writeFile(path, randomBytes(megabyte + i));
      return path;
    }),
  );
  const last = next(two, 'message', ({ message }) => message.text === 'last');
  const files = Promise.all(paths.map((file) => one.send('person2', { file })));
  const during = next(one, 'message', ({ message }) => message.text === 'between');
  await two.send('person1', { text: 'between' });
  await during;
  await files;
  await one.send('person2', { text: 'last' });
  await last;
  const history = await two.history('person1');
  t.equal(history.filter(({ kind }) => kind === 'file').length, 10);
  const sizes = await Promise.all(
    history.filter(({ file }) => file).map(async ({ id }) => (await two.fetchFile(id)).size),
  );
  t.same(sizes.sort(), Array.from({ length: 10 }, (_, i) => megabyte + i).sort());
});

t.test('what cannot be sent is refused with its reason', async (t) => {
  const { clients, folder, core } = await stage(t);
  const [one] = clients as [Client];
  await t.rejects(one.send('person2', { file: join(folder, 'none') }), { code: 'file-unreadable' });
  await t.rejects(one.send('person2', { file: folder }), { code: 'file-unreadable' });
  const small = await startCore(t, { people: 2, config: { maxFileBytes: 1000 } });
  const limited = await clientAt(t, await homeOf(t, small.people[0]!, small.port), once);
  await writeFile(join(folder, 'large'), randomBytes(1001));
  await t.rejects(limited.send('person2', { file: join(folder, 'large') }), { code: 'file-too-large' });
  t.equal((await core.storage.statistics()).events, 0);
});

t.test('a name from the network is only ever a name', async (t) => {
  const { clients, folder } = await stage(t);
  const [one] = clients as [Client];
  await mkdir(join(folder, 'dir'));
  const path = join(folder, 'dir', '..evil\u0007 name.txt');
  await writeFile(path, 'x');
  t.equal((await one.send('person2', { file: path })).file?.name, 'evil name.txt');
});

t.test('a picture gets its size and a small thumbnail, by its bytes and not by its name', async (t) => {
  const folder = await temporaryFolder(t);
  const { clients } = await stage(t);
  const [one] = clients as [Client];
  const picture = sharp({ create: { width: 800, height: 600, channels: 3, background: '#336699' } });
  for (const format of ['png', 'jpeg', 'webp', 'gif'] as const) {
    const path = join(folder, `really-a-${format}.txt`);
    await writeFile(path, await picture.clone().toFormat(format).toBuffer());
    const described = await describeFile(path);
    t.match(described, { type: `image/${format}`, width: 800, height: 600 });
    const thumb = Buffer.from(described.thumb ?? '', 'base64');
    t.ok(thumb.length > 0 && thumb.length <= limits.maxThumbBytes);
    t.match(await sharp(thumb).metadata(), { format: 'jpeg', width: 240, height: 180 });
  }
  const noise = join(folder, 'noise.png');
  const raw = { width: 500, height: 500, channels: 3 as const };
  await writeFile(noise, await sharp(randomBytes(750_000), { raw }).png().toBuffer());
  const noisy = await describeFile(noise);
  t.ok((noisy.thumb ?? '').length <= Math.ceil(limits.maxThumbBytes / 3) * 4);
  t.equal((await one.send('person2', { file: noise })).kind, 'image');
  const turned = join(folder, 'turned.jpg');
  await writeFile(turned, await picture.clone().withMetadata({ orientation: 6 }).jpeg().toBuffer());
  t.match(await describeFile(turned), { width: 600, height: 800 }, 'as it is shown');
});

t.test('a picture that is broken or a bomb is sent as a plain file, and refused as an avatar', async (t) => {
  const folder = await temporaryFolder(t);
  const { clients } = await stage(t);
  const [one] = clients as [Client];
  const good = await sharp({ create: { width: 300, height: 300, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
  const broken = join(folder, 'broken.png');
  await writeFile(broken, good.subarray(0, good.length / 2));
  // Says 60,000 by 60,000 in its header; decoding it would take 10 GB.
  const bomb = Buffer.from(good);
  bomb.writeUInt32BE(60_000, 16);
  bomb.writeUInt32BE(60_000, 20);
  const bombPath = join(folder, 'bomb.png');
  await writeFile(bombPath, bomb);
  for (const path of [broken, bombPath]) {
    t.match(await one.send('person2', { file: path }), {
      kind: 'file',
      file: { type: 'application/octet-stream', thumb: undefined },
    });
    await t.rejects(checkAvatar(path), { code: 'bad-picture' });
  }
  await writeFile(join(folder, 'text.png'), 'no picture');
  await t.rejects(one.setProfile({ avatar: join(folder, 'text.png') }), { code: 'bad-picture' });
  const avatar = join(folder, 'me.png');
  await writeFile(avatar, good);
  const { avatar: sha256 } = await one.setProfile({ avatar });
  t.equal(sha256, createHash('sha256').update(good).digest('hex'));
  const [, two] = clients as [Client, Client];
  const path = await two.avatarPath(await two.profile('person1'));
  t.ok((await readFile(path ?? '')).equals(good));
  t.equal(await two.avatarPath(await two.profile('person2')), null);
});

t.test('tells media types by the first bytes', async (t) => {
  t.equal(typeOfBytes(Buffer.from('%PDF-1.7')), 'application/pdf');
  t.equal(typeOfBytes(Buffer.from('plain words, été')), 'text/plain');
  t.equal(typeOfBytes(Buffer.from([0, 1, 2])), 'application/octet-stream');
  t.equal(typeOfBytes(Buffer.from([0xff, 0xfe, 0x41])), 'application/octet-stream');
  t.equal(typeOfBytes(Buffer.alloc(0)), 'application/octet-stream');
  t.equal(typeOfBytes(Buffer.from('é'.repeat(4000)).subarray(1, 4097)), 'application/octet-stream');
  t.equal(typeOfBytes(Buffer.from(`a${'é'.repeat(4000)}`).subarray(0, 4096)), 'text/plain');
});

t.test('little of an upload is under way on a slow line, much on a fast one', async (t) => {
  const timers = fakeTimers();
  const window = new UploadWindow(timers);
  window.startAt(0);
  let slow = 0;
  for (let i = 0; i < 20; i++) {
    timers.pass(100);
    slow += 20_000;
    window.acknowledged(slow);
  }
  t.equal(window.chunkBytes, 64 * 1024);
  let roomy = false;
  void window.roomFor(slow + 100_000, slow + 200_000).then(() => (roomy = true));
  await Promise.resolve();
  t.equal(roomy, false);
  window.acknowledged(slow + 100_000);
  await new Promise((resolve) => setImmediate(resolve));
  t.equal(roomy, true);
  const fast = new UploadWindow(timers);
  fast.startAt(0);
  for (let i = 1; i <= 20; i++) {
    timers.pass(1);
    fast.acknowledged(i * 1_000_000);
  }
  t.equal(fast.chunkBytes, limits.maxChunkBytes);
  let all = false;
  void fast.roomFor(20_000_000, 20_000_000 + limits.uploadWindowBytes).then(() => (all = true));
  await new Promise((resolve) => setImmediate(resolve));
  t.equal(all, true);
});
