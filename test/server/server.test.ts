// The whole server in one process: TLS, ports, counts of connections, and an end that leaves nothing behind.
import { once } from 'node:events';
import { connect as connectPlain } from 'node:net';
import { connect as connectTls, TLSSocket } from 'node:tls';
import t from 'tap';
import { openStorage } from '../../src/server/storage/open.js';
import { startServer } from '../../src/server/server.js';
import { numbers, openDirect, readLog, sendText } from '../support/conversing.js';
import { storePeople } from '../support/people.js';
import { testServer } from '../support/server.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { WireClient } from '../support/wire-client.js';

async function folderWithPeople(test: Parameters<typeof temporaryFolder>[0], count: number) {
  const dataDir = await temporaryFolder(test);
  const storage = await openStorage(dataDir);
  const people = await storePeople(storage, count);
  await storage.close();
  return { dataDir, people };
}

t.test('two people talk over TLS 1.3, with a certificate that stays the same', async (t) => {
  const { dataDir, people } = await folderWithPeople(t, 2);
  const server = await testServer(t, { dataDir });
  const join = async (id: number, port: number): Promise<WireClient> => {
    const client = await WireClient.connect({ port, tls: true });
    await client.request('auth', { token: people[id - 1]!.token });
    return client;
  };
  const [alice, bob] = await Promise.all([join(1, server.tcp.port), join(2, server.tcp.port)]);
  const { socket } = alice;
  if (!(socket instanceof TLSSocket)) throw new Error('no TLS');
  t.equal(socket.getProtocol(), 'TLSv1.3');
  const fingerprint = socket.getPeerCertificate().fingerprint256.replaceAll(':', '').toLowerCase();
  t.equal(fingerprint, server.fingerprint);
  const conv = await openDirect(alice, 2);
  await sendText(alice, conv, 'hi');
  t.equal((await bob.nextPush('event')).seq, 1);
  const closing = Promise.all([alice.nextPush('closing'), bob.nextPush('closing')]);
  await server.close();
  await server.close();
  t.match(await closing, [{ error: { code: 'stopping' } }, { error: { code: 'stopping' } }]);
  await Promise.all([alice.closed, bob.closed]);
  const second = await testServer(t, { dataDir });
  t.equal(second.fingerprint, fingerprint);
  t.equal((await readLog(await join(2, second.tcp.port), conv)).length, 1);
});

t.test('older TLS, plain TCP on the TLS port, and a handshake never finished harm nobody', async (t) => {
  const server = await testServer(t);
  const { port } = server.tcp;
  const old = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, maxVersion: 'TLSv1.2' });
  await t.rejects(once(old, 'secureConnect'));
  const plain = connectPlain({ port, host: '127.0.0.1' });
  plain.on('error', () => undefined);
  plain.write('hello, is this PyTalk?\r\n'.repeat(10));
  plain.resume();
  await once(plain, 'close');
  const silent = connectPlain({ port, host: '127.0.0.1' });
  await once(silent, 'connect');
  const client = await WireClient.connect({ port, tls: true });
  await client.settled();
  const closed = once(silent, 'close');
  silent.on('error', () => undefined);
  silent.resume();
  await server.close();
  await closed;
  await client.closed;
});

t.test('a port in use is said so, and nothing is left behind', async (t) => {
  const server = await testServer(t);
  const dataDir = await temporaryFolder(t);
  const options = { dataDir, host: '127.0.0.1', udpPort: 0 };
  const before = process.getActiveResourcesInfo().length;
  await t.rejects(startServer({ ...options, port: server.tcp.port }), { code: 'usage' });
  t.ok(process.getActiveResourcesInfo().length <= before, 'no timer and no handle more than before');
  await testServer(t, { dataDir });
});

t.test('one data folder serves one server', async (t) => {
  const server = await testServer(t);
  await t.rejects(startServer({ dataDir: server.dataDir, host: '127.0.0.1', port: 0, udpPort: 0 }), {
    code: 'home-locked',
  });
  await (await WireClient.connect({ port: server.tcp.port, tls: true })).destroy();
});

t.test('one address cannot hold all places with connections that never finish their handshake', async (t) => {
  const server = await testServer(t, { overrides: { maxConnectionsPerAddress: 2 } });
  const silent = numbers(5).map(() => connectPlain(server.tcp.port, '127.0.0.1'));
  t.teardown(() => silent.forEach((socket) => socket.destroy()));
  await Promise.race(silent.map((socket) => once(socket.resume(), 'close')));
  t.equal(silent.filter((socket) => socket.closed).length, 1, 'twice as many as may connect are kept');
});

t.test('connections are counted by address, and places are given back', async (t) => {
  const server = await testServer(t, { tls: false, overrides: { maxConnectionsPerAddress: 5 } });
  const { port } = server.tcp;
  /** Tries until the server has noticed that the ones before are gone. */
  const takePlace = async (): Promise<WireClient> => {
    for (;;) {
      const client = await WireClient.open({ port });
      const answered = client.request('ping', {}).then(
        () => true,
        () => false,
      );
      if (await answered) return client;
      await client.closed;
    }
  };
  for (const round of numbers(3)) {
    const clients = await Promise.all(numbers(5).map(takePlace));
    const sixth = await WireClient.open({ port });
    await sixth.closed;
    await Promise.all(clients.map((client) => client.settled()));
    await Promise.all(clients.map((client) => client.destroy()));
    t.pass(`round ${round}: five stay, the sixth is refused`);
  }
});

t.test('300 connections come and go, and leave no handle behind', async (t) => {
  const { dataDir, people } = await folderWithPeople(t, 100);
  const server = await testServer(t, { dataDir, tls: false, overrides: { maxConnectionsPerAddress: 400 } });
  const { port } = server.tcp;
  const handles = (): number =>
    process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP')).length;
  const before = handles();
  const clients = await Promise.all(
    numbers(300).map(async (i) => {
      const client = await WireClient.connect({ port });
      await client.request('auth', { token: people[i % 100]!.token });
      return client;
    }),
  );
  t.equal(handles() - before, 600, 'both ends of each are in this process');
  for (const [i, { socket }] of clients.entries())
    if (i % 2 === 0) socket.destroy();
    else socket.end();
  await Promise.all(clients.map((client) => client.closed));
  while (handles() > before) await new Promise((resolve) => setImmediate(resolve));
  t.equal(handles(), before);
});
