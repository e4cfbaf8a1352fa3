// People come and go: what the server holds for a connection is given back when it ends.
import { readdir } from 'node:fs/promises';
import t from 'tap';
import { numbers } from '../support/conversing.js';
import { serverProcess } from '../support/server.js';

const linuxOnly =
  process.platform === 'linux' ? {} : { skip: 'the open files of a process are counted in /proc' };

t.test(
  '300 connections come and go over TLS, and the server holds no more files than before',
  linuxOnly,
  async (t) => {
    const server = await serverProcess(t, 100);
    const openFiles = async (): Promise<number> => (await readdir(`/proc/${server.pid}/fd`)).length;
    const keeper = await server.join(1);
    const before = await openFiles();
    for (const round of numbers(2)) {
      const clients = await Promise.all(numbers(300).map((i) => server.join(1 + (i % 100))));
      t.equal((await openFiles()) - before, 300, `round ${round}: one file each`);
      for (const [i, { socket }] of clients.entries()) {
        if (i % 2 === 0) socket.destroy();
        else socket.end();
      }
      await Promise.all(clients.map((client) => client.closed));
      while ((await openFiles()) > before) await keeper.settled();
      t.equal(await openFiles(), before, `round ${round}: all given back`);
    }
    const { presence } = await keeper.request('conversations.list', {});
    t.same(presence, []);
    t.equal(await server.terminate(), 0);
  },
);
