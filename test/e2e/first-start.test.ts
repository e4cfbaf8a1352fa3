// The server that the first start of the chat offers: it goes on by itself, and says why when it cannot.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { startServerHere } from '../../src/cli/platform/start-server.js';
import { projectFile } from '../support/project.js';
import { temporaryFolder } from '../support/temporary-folder.js';

t.test('a server is started that goes on by itself, and one that cannot start says why', async (t) => {
  const folder = await temporaryFolder(t);
  const before = process.argv[1];
  process.argv[1] = projectFile('bin', 'pytalk.js');
  t.teardown(() => {
    process.argv[1] = before ?? '';
  });
  const own = ['--host', '127.0.0.1', '--port', '0', '--udp-port', '0'];
  const started = await startServerHere(join(folder, 'server'), own);
  t.teardown(() => {
    try {
      process.kill(started.pid, 'SIGKILL');
    } catch {
      // it has ended, as it should
    }
  });
  t.match(started.address, /^127\.0\.0\.1:\d+$/);
  t.match(await readFile(started.logFile, 'utf8'), 'PyTalk server listening on');
  const port = started.address.split(':')[1] ?? '';
  await t.rejects(
    startServerHere(join(folder, 'other'), ['--host', '127.0.0.1', '--port', port, '--udp-port', '0']),
    { code: 'server-not-started', details: { reason: /\S/ } },
  );
  process.kill(started.pid, 'SIGTERM');
  for (let turn = 0; turn < 100; turn++) {
    try {
      process.kill(started.pid, 0);
    } catch {
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  t.throws(() => process.kill(started.pid, 0), { code: 'ESRCH' }, 'SIGTERM ends it');
});
