// What a commit has acknowledged is there after the process was killed, and nothing is there by halves.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { openStorage } from '../../../src/server/storage/open.js';
import { availableDrivers } from '../../../src/sqlite/open.js';
import { someEvent } from '../../support/storage.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { everything } from './storage-contract.js';

const program = fileURLToPath(new URL('./commit-until-killed.js', import.meta.url));

for (const driver of await availableDrivers()) {
  t.test(`${driver}: what was acknowledged survives kill -9`, async (test) => {
    const dataDir = await temporaryFolder(test);
    let stored = 0;
    for (const acknowledgements of [1, 40, 7, 90]) {
      const child = spawn(process.execPath, [program, dataDir, driver, String(stored + 1)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const exited = once(child, 'exit');
      let last = 0;
      let lines = 0;
      for await (const line of createInterface({ input: child.stdout })) {
        last = Number(line);
        if (++lines === acknowledgements) child.kill('SIGKILL');
      }
      await exited;
      test.ok(lines >= acknowledgements);
      const storage = await openStorage(dataDir, { driver });
      const found = await storage.eventsAfter(everything(1, { limit: 100_000 }), 0);
      test.ok(found.length >= last, `${found.length} events are there, ${last} were acknowledged`);
      test.same(
        found.slice(stored),
        found.slice(stored).map((_, index) => someEvent(1, stored + index + 1)),
      );
      test.same(await storage.check(), []);
      stored = found.length;
      await storage.close();
    }
  });
}
