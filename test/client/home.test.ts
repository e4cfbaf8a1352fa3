// Private files, pinned certificates, addresses and the lock.
import { spawnSync } from 'node:child_process';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { uptime } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { z } from 'zod';
import { parseAddress } from '../../src/client/address.js';
import { Contacts } from '../../src/client/contacts.js';
import { Home } from '../../src/client/home.js';
import { lockHolder, tryLock } from '../../src/client/lock.js';
import { checkCertificate, readFingerprint } from '../../src/client/pins.js';
import type { User } from '../../src/protocol/shapes.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const one = 'a1'.repeat(32);
const other = 'b2'.repeat(32);

t.test('the home and its files are private, and a write leaves nothing beside them', async (t) => {
  const home = await Home.open(join(await temporaryFolder(t), 'new', 'home'));
  await home.writeJson('x.json', { a: 1 });
  await home.writeJson('x.json', { a: 2 });
  t.same(await home.readJson('x.json', z.object({ a: z.number() })), { a: 2 });
  t.equal((await stat(home.dir)).mode & 0o777, 0o700);
  t.equal((await stat(home.path('x.json'))).mode & 0o777, 0o600);
  t.same(await readdir(home.dir), ['x.json']);
});

t.test('a file of the home that holds something else is refused, one that is missing is null', async (t) => {
  const home = await Home.open(await temporaryFolder(t));
  t.equal(await home.readJson('none.json', z.object({})), null);
  await writeFile(home.path('bad.json'), '{');
  await t.rejects(home.readJson('bad.json', z.object({})), { code: 'home-unusable' });
  await t.rejects(Home.open(join(home.path('bad.json'), 'below')), { code: 'home-unusable' });
});

t.test('a certificate is pinned on first use, and a changed one refused with its fingerprint', async (t) => {
  const home = await Home.open(await temporaryFolder(t));
  const check = (fingerprint: string, vouched = false, expected?: string) =>
    checkCertificate(home, 'host:5000', { fingerprint, vouched }, expected);
  await check(one);
  await check(one);
  await t.rejects(check(other), {
    code: 'certificate-changed',
    details: { server: 'host:5000', fingerprint: other },
  });
  await t.rejects(check(other, false, one), { code: 'certificate-mismatch' });
  await check(other, false, other.toUpperCase().replaceAll(/(..)(?=.)/g, '$1:'));
  await check(other);
  await t.rejects(check(one), { code: 'certificate-changed' });
});

t.test(
  'one that an authority vouches for may be renewed, and may not turn into one that none does',
  async (t) => {
    const home = await Home.open(await temporaryFolder(t));
    const check = (fingerprint: string, vouched: boolean) =>
      checkCertificate(home, 'host:5000', { fingerprint, vouched }, undefined);
    await check(one, true);
    await check(other, true);
    await t.rejects(check(one, false), { code: 'certificate-changed' });
  },
);

t.test('a fingerprint is read with or without colons', async (t) => {
  t.equal(readFingerprint(`SHA256:${one.toUpperCase()}`), one);
  t.throws(() => readFingerprint('ab:cd'), { code: 'usage' });
});

t.test('reads addresses as people write them', async (t) => {
  t.same(parseAddress('Example.org'), { host: 'Example.org', port: 5000, name: 'example.org:5000' });
  t.same(parseAddress('10.0.0.1:99'), { host: '10.0.0.1', port: 99, name: '10.0.0.1:99' });
  t.same(parseAddress('[::1]:7000'), { host: '::1', port: 7000, name: '[::1]:7000' });
  t.same(parseAddress('::1'), { host: '::1', port: 5000, name: '[::1]:5000' });
  for (const wrong of ['', 'a b', 'host:0', 'host:70000', 'host:x', 'http://host']) {
    t.throws(() => parseAddress(wrong), { code: 'usage' }, wrong);
  }
});

t.test('a lock is taken over from a dead process whose number was given again', async (t) => {
  const path = join(await temporaryFolder(t), 'x.lock');
  const bootAt = Date.now() - uptime() * 1000;
  // In a container a program has the same number at every start: it must not wait for itself.
  await writeFile(path, JSON.stringify({ pid: process.pid, bootAt, startedAt: '1' }));
  t.equal(await lockHolder(path), process.pid);
  const canTell = await readFile('/proc/self/stat').then(
    () => true,
    () => false,
  );
  if (!canTell) {
    t.comment('/proc does not tell when a process began');
    return;
  }
  const lock = await tryLock(path);
  t.ok(lock);
  t.equal(await tryLock(path), null, 'which is held now');
  await lock?.release();
  t.equal(await lockHolder(path), null);
});

t.test('a lock is held once, released, and taken over from a process that is gone', async (t) => {
  const path = join(await temporaryFolder(t), 'x.lock');
  const lock = await tryLock(path);
  t.ok(lock);
  t.equal(await tryLock(path), null);
  await lock?.release();
  await lock?.release();
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  const holder = JSON.parse(await (async () => (await tryLock(path), readFile(path, 'utf8')))()) as {
    bootAt: number;
  };
  await writeFile(path, JSON.stringify({ ...holder, pid }));
  t.ok(await tryLock(path), 'the process is gone');
  await writeFile(path, JSON.stringify({ pid: process.pid, bootAt: holder.bootAt - 3_600_000 }));
  t.ok(await tryLock(path), 'the number is from before the last boot');
  await writeFile(path, '');
  t.ok(await tryLock(path), 'its writer died before it wrote');
});

t.test('a key is pinned when first seen; a changed one is told and loses its verified mark', async (t) => {
  const home = await Home.open(await temporaryFolder(t));
  const told: string[] = [];
  const user = (publicKey: string): User => ({
    id: 2,
    username: 'bob',
    firstName: null,
    lastName: null,
    bio: '',
    email: null,
    phone: null,
    avatar: null,
    publicKey,
    deleted: false,
  });
  const open = (server = 'a:1') => Contacts.open(home, server, ({ publicKey }) => told.push(publicKey));
  const contacts = await open();
  contacts.seen(user('k1'));
  contacts.setVerified(user('k1'), true);
  contacts.seen(user('k1'));
  await contacts.flush();
  const again = await open();
  t.same(again.of(2), { username: 'bob', publicKey: 'k1', verified: true, changed: false });
  again.seen(user('k2'));
  again.seen(user('k2'));
  await again.flush();
  t.same(told, ['k2']);
  t.same((await open()).of(2), { username: 'bob', publicKey: 'k2', verified: false, changed: true });
  t.equal((await open('b:1')).of(2), undefined);
});
