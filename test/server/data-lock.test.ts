// One process for each data folder, and dead ones do not count.
import { spawnSync } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { lockDataFolder } from '../../src/server/data-lock.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const lockOf = (folder: string) => join(folder, 'server.lock');

t.test('is held by one, and free again once released', async (t) => {
  const folder = await temporaryFolder(t);
  const lock = await lockDataFolder(folder);
  await t.rejects(lockDataFolder(folder), { code: 'home-locked', details: { pid: process.pid } });
  await lock.release();
  await lock.release();
  t.same(await readdir(folder), []);
  await (await lockDataFolder(folder)).release();
});

t.test('of many at once exactly one gets it, also over the lock of a dead process', async (t) => {
  const folder = await temporaryFolder(t);
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  await writeFile(lockOf(folder), JSON.stringify({ pid, started: null, id: 'dead' }));
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => lockDataFolder(folder)));
  t.equal(results.filter((result) => result.status === 'fulfilled').length, 1);
  t.same(await readdir(folder), ['server.lock'], 'nothing else is left');
});

t.test('a living process keeps it, one that only has the same number does not', async (t) => {
  const folder = await temporaryFolder(t);
  const parent = { pid: process.ppid, id: 'other' };
  await writeFile(lockOf(folder), JSON.stringify({ ...parent, started: null }));
  await t.rejects(lockDataFolder(folder), { code: 'home-locked', details: { pid: process.ppid } });
  await writeFile(lockOf(folder), JSON.stringify({ ...parent, started: 'long ago' }));
  await (await lockDataFolder(folder)).release();
  await writeFile(
    lockOf(folder),
    JSON.stringify({ pid: process.pid, started: null, id: 'before a restart' }),
  );
  await (await lockDataFolder(folder)).release();
});

t.test('a lock that is no lock is taken over', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(lockOf(folder), '');
  const lock = await lockDataFolder(folder);
  t.equal((JSON.parse(await readFile(lockOf(folder), 'utf8')) as { pid: number }).pid, process.pid);
  await lock.release();
});

t.test('a folder that is not there is named', async (t) => {
  const folder = join(await temporaryFolder(t), 'none');
  await t.rejects(lockDataFolder(folder), { code: 'home-unusable' });
});
