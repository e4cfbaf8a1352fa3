// Headers of tar archives, against the system's own tar too.
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { decodeTarHeader, encodeTarHeader, tarPaddingBytes } from '../../src/server/tar.js';
import { temporaryFolder } from '../support/temporary-folder.js';

t.test('a header comes back as it went in, also for more than 8 GiB', (t) => {
  for (const size of [0, 1, 512, 8 ** 11 - 1, 8 ** 11, 2 ** 40]) {
    t.same(decodeTarHeader(encodeTarHeader({ name: 'files/ab/cd', size }, 1_790_000_000_000)), {
      name: 'files/ab/cd',
      size,
    });
  }
  const name = 'n'.repeat(100);
  t.same(decodeTarHeader(encodeTarHeader({ name, size: 5 }, 0)), { name, size: 5 });
  t.same([0, 1, 511, 512, 513].map(tarPaddingBytes), [0, 511, 1, 0, 511]);
  t.end();
});

t.test('a changed byte is found, zeros are the end', (t) => {
  const header = encodeTarHeader({ name: 'pytalk.db', size: 5 }, 0);
  for (let at = 0; at < header.length; at++) {
    // The last byte of the checksum's field ends nothing.
    if (at === 155) continue;
    const changed = Buffer.from(header);
    changed[at] = changed[at]! ^ 0x40;
    t.equal(decodeTarHeader(changed), null, `byte ${at}`);
  }
  t.equal(decodeTarHeader(Buffer.alloc(512)), 'end');
  t.equal(decodeTarHeader(Buffer.alloc(511)), null);
  t.end();
});

const hasTar = spawnSync('tar', ['--version']).status === 0;

t.test('tar(1) lists it', { skip: hasTar ? false : 'this system has no tar' }, async (t) => {
  const path = join(await temporaryFolder(t), 'a.tar');
  const data = Buffer.from('hello');
  await writeFile(
    path,
    Buffer.concat([
      encodeTarHeader({ name: 'files/ab/hello', size: 5 }, 1_790_000_000_000),
      data,
      Buffer.alloc(tarPaddingBytes(5) + 1024),
    ]),
  );
  t.equal(spawnSync('tar', ['-tf', path], { encoding: 'utf8' }).stdout, 'files/ab/hello\n');
  t.equal(spawnSync('tar', ['-xOf', path], { encoding: 'utf8' }).stdout, 'hello');
});
