// Backups of a running server, brought back byte for byte or not at all.
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { withAdmin } from '../../src/server/admin.js';
import { writeBackup } from '../../src/server/backup.js';
import { restoreBackup } from '../../src/server/restore.js';
import { openStorage } from '../../src/server/storage/open.js';
import { encodeTarHeader, tarPaddingBytes } from '../../src/server/tar.js';
import { openDirect, sendText } from '../support/conversing.js';
import { startCore, type Core } from '../support/core.js';
import { temporaryFolder, type Teardown } from '../support/temporary-folder.js';
import { upload } from '../support/transfers.js';

/** A server with a message and two files, and a backup of it. */
async function backedUp(test: Teardown): Promise<{ core: Core; path: string; out: string; sha256: string }> {
  const core = await startCore(test);
  const alice = await core.join(1);
  await sendText(alice, await openDirect(alice, 2), 'remember me');
  const sha256 = await upload(alice, randomBytes(300_000));
  await upload(alice, Buffer.alloc(0));
  await writeFile(join(core.dataDir, 'certificate.pem'), 'a certificate');
  await writeFile(join(core.dataDir, 'certificate-key.pem'), 'its key');
  const out = await temporaryFolder(test);
  const path = join(out, 'a.backup');
  await writeBackup(path, core.dataDir, core.storage);
  return { core, path, out, sha256 };
}

t.test('a backup of a running server comes back whole', async (t) => {
  const { core, path, out, sha256 } = await backedUp(t);
  t.equal((await stat(path)).mode & 0o777, 0o600);
  t.same(await readdir(out), ['a.backup'], 'nothing else is left beside it');
  t.notOk((await readdir(core.dataDir)).some((name) => name.startsWith('backup-')));
  const dataDir = join(out, 'new', 'data');
  t.same(await restoreBackup(path, dataDir), { files: 2 });
  const names = (await readdir(dataDir)).sort();
  t.same(names, ['certificate-key.pem', 'certificate.pem', 'files', 'pytalk.db']);
  const relative = join('files', sha256.slice(0, 2), sha256.slice(2));
  t.ok((await readFile(join(dataDir, relative))).equals(await readFile(join(core.dataDir, relative))));
  t.equal(await readFile(join(dataDir, 'certificate-key.pem'), 'utf8'), 'its key');
  for (const name of ['certificate-key.pem', 'pytalk.db']) {
    t.equal((await stat(join(dataDir, name))).mode & 0o777, 0o600);
  }
  const restored = await openStorage(dataDir);
  t.same(await restored.listAccounts(), await core.storage.listAccounts());
  t.match(await restored.envelopes(1, 10), [{ seq: 1, from: 1 }]);
  t.equal(await restored.meta('opaque-setup'), await core.storage.meta('opaque-setup'));
  t.not(await restored.meta('epoch'), await core.storage.meta('epoch'));
  t.match(await restored.log(1, null), [{ event: 'admin-restore', detail: path }]);
  await restored.close();
});

t.test(
  'ids that were given out after the backup are never given out again, however often it is restored',
  async (t) => {
    const { core, path, out } = await backedUp(t);
    let given = await core.storage.lastIds();
    for (const name of ['first', 'second']) {
      await restoreBackup(path, join(out, name));
      const restored = await openStorage(join(out, name));
      const last = await restored.lastIds();
      await restored.close();
      for (const kind of ['user', 'conversation', 'session'] as const) {
        t.ok(last[kind] > given[kind], kind);
        t.ok(Number.isSafeInteger(last[kind] + 1e9));
      }
      given = { user: last.user + 1, conversation: last.conversation + 1, session: last.session + 1 };
    }
  },
);

t.test('an administrator’s backup is in the audit', async (t) => {
  const { core, out } = await backedUp(t);
  await core.stop();
  const path = join(out, 'b.backup');
  const [result, audit] = await withAdmin(core.dataDir, async (admin) => [
    await admin.backup(path),
    await admin.audit(1),
  ]);
  t.match(result, { path, files: 2, bytes: (await stat(path)).size });
  t.match(audit, [{ event: 'admin-backup', detail: path }]);
});

t.test('a changed byte anywhere in the data, or an end that is missing, is refused', async (t) => {
  const { path, out } = await backedUp(t);
  const whole = await readFile(path);
  const places = Array.from({ length: 60 }, (_, i) => Math.floor((i * (whole.length - 2048)) / 60));
  const broken = join(out, 'broken.backup');
  let refused = 0;
  for (const at of places) {
    const bytes = Buffer.from(whole);
    bytes[at]! ^= 0x10;
    await writeFile(broken, bytes);
    const dataDir = join(out, `data-${at}`);
    try {
      await restoreBackup(broken, dataDir);
      // Bytes that only fill a block are nobody's data.
      t.ok(await sameContent(broken, path), `byte ${at}`);
    } catch (error) {
      t.match(error, { code: 'file-unreadable' });
      await t.rejects(readdir(dataDir), { code: 'ENOENT' }, 'and the folder is gone again');
      refused++;
    }
  }
  t.ok(refused > 40, `${refused} of 60`);
  for (const length of [0, 100, 512, 5000, whole.length - 2000]) {
    await writeFile(broken, whole);
    await truncate(broken, length);
    await t.rejects(restoreBackup(broken, join(out, 'cut')), { code: 'file-unreadable' });
  }
});

/** Whether two archives restore to the same checksums. */
async function sameContent(one: string, two: string): Promise<boolean> {
  const list = async (path: string) => {
    const text = (await readFile(path)).toString('latin1');
    return /(?:[0-9a-f]{64} {2}\S+\n)+/.exec(text)?.[0];
  };
  return (await list(one)) === (await list(two));
}

t.test('a folder that holds anything is left alone, and so is a file that is there', async (t) => {
  const { core, path, out } = await backedUp(t);
  const dataDir = join(out, 'used');
  await mkdir(dataDir);
  await writeFile(join(dataDir, 'mine'), 'x');
  await t.rejects(restoreBackup(path, dataDir), { code: 'home-unusable' });
  t.same(await readdir(dataDir), ['mine']);
  await t.rejects(writeBackup(path, core.dataDir, core.storage), { code: 'file-exists' });
  const belowNothing = join(out, 'no-folder', 'a.backup');
  await t.rejects(writeBackup(belowNothing, core.dataDir, core.storage), {
    code: 'file-unwritable',
    details: { path: belowNothing, why: 'no-such-folder' },
  });
  const empty = join(out, 'empty');
  await mkdir(empty);
  await t.rejects(restoreBackup(join(dataDir, 'mine'), empty), { code: 'file-unreadable' });
  t.same(await readdir(empty), [], 'a folder that was there stays');
  await t.rejects(restoreBackup(join(out, 'none'), join(out, 'd')), { code: 'file-unreadable' });
});

t.test('an archive that would write elsewhere, or holds what no backup does, is refused', async (t) => {
  const out = await temporaryFolder(t);
  const path = join(out, 'evil.backup');
  for (const name of ['../evil', '/tmp/evil', 'files/ab/../../../evil', 'admin.sock', 'files/ab/short']) {
    const data = Buffer.from('evil');
    const sum = createHash('sha256').update(data).digest('hex');
    const manifest = Buffer.from(`${sum}  ${name}\n`);
    const entry = (entryName: string, bytes: Buffer) => [
      encodeTarHeader({ name: entryName, size: bytes.length }, 0),
      bytes,
      Buffer.alloc(tarPaddingBytes(bytes.length)),
    ];
    const parts = [...entry(name, data), ...entry('SHA256SUMS', manifest), Buffer.alloc(1024)];
    await writeFile(path, Buffer.concat(parts));
    await t.rejects(restoreBackup(path, join(out, 'data')), { code: 'file-unreadable' }, name);
  }
  t.same(await readdir(out), ['evil.backup']);
});

t.test('a file that is damaged on the server’s disk stops the backup', async (t) => {
  const { core, out, sha256 } = await backedUp(t);
  await writeFile(join(core.dataDir, 'files', sha256.slice(0, 2), sha256.slice(2)), 'damaged');
  const path = join(out, 'c.backup');
  await t.rejects(writeBackup(path, core.dataDir, core.storage), { code: 'storage-failed' });
  t.same(await readdir(out), ['a.backup']);
});
