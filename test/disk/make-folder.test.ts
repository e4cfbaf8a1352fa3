import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { makeFolder, makeOwnFolder } from '../../src/disk/make-folder.js';
import { temporaryFolder } from '../support/temporary-folder.js';

t.test('makes every missing folder for its owner alone, and is content with one that is there', async (t) => {
  const path = join(await temporaryFolder(t), 'a', 'b', 'c');
  await Promise.all([makeOwnFolder(path), makeOwnFolder(path), makeOwnFolder(join(path, 'd'))]);
  await makeFolder(path);
  await makeFolder('/');
  const { mode } = await stat(join(path, '..'));
  if (process.platform !== 'win32') t.equal(mode & 0o777, 0o700);
  t.ok((await stat(join(path, 'd'))).isDirectory());
});

t.test('tells why there can be none: a file in the way, or below one', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'file'), '');
  await t.rejects(makeFolder(join(folder, 'file')), { code: 'EEXIST' });
  await t.rejects(makeOwnFolder(join(folder, 'file', 'x')), {
    code: 'home-unusable',
    details: { path: join(folder, 'file', 'x') },
  });
  await mkdir(join(folder, 'real'));
  await makeOwnFolder(join(folder, 'real'));
});

const noProc = process.platform === 'linux' ? false : 'needs /proc';
t.test(
  'ends where the system takes no folder and says that nothing is there',
  { skip: noProc },
  async (t) => {
    for (const path of ['/proc/pytalk', '/proc/pytalk/data', '/proc/self/pytalk/data']) {
      await t.rejects(makeOwnFolder(path), {
        code: 'home-unusable',
        details: { path, why: 'no-folder-there' },
      });
    }
  },
);
