// Files that other programs open are gone when the chat ends.
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { OpenedFiles } from '../../../src/cli/chat/opened-files.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

t.test('each file has a folder of its own, and none is left at the end', async (t) => {
  const parent = await temporaryFolder(t);
  const opened = new OpenedFiles(parent);
  const folders = [await opened.folder(Date.now()), await opened.folder(Date.now())];
  for (const folder of folders) await writeFile(join(folder, 'same.pdf'), 'x');
  t.equal((await readdir(parent)).length, 2);
  await opened.close();
  await opened.close();
  t.same(await readdir(parent), []);
});

t.test('what a killed chat has left goes after a day, and nothing else', async (t) => {
  const parent = await temporaryFolder(t);
  const now = Date.now();
  for (const name of ['pytalk-open-old', 'pytalk-open-new', 'other-old']) {
    const path = join(parent, name);
    await mkdir(path);
    if (name.endsWith('old')) await utimes(path, now / 1000 - 90_000, now / 1000 - 90_000);
  }
  const opened = new OpenedFiles(parent);
  await opened.folder(now);
  await opened.close();
  t.same((await readdir(parent)).sort(), ['other-old', 'pytalk-open-new']);
});
