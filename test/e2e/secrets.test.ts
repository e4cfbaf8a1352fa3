// The server never has a password: neither on the wire below TLS, nor anywhere in its folder.
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { connect as connectSocket, createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { connect } from '../../src/client/index.js';
import { testServer } from '../support/server.js';
import { temporaryFolder, type Teardown } from '../support/temporary-folder.js';

/** Stands between client and server, and keeps every byte that passes, both ways. */
async function recorder(test: Teardown, port: number) {
  const seen: Buffer[] = [];
  const sockets = new Set<Socket>();
  const join = (from: Socket, to: Socket): void => {
    sockets.add(from);
    from.on('data', (data: Buffer) => {
      seen.push(data);
      to.write(data);
    });
    from.on('error', () => undefined);
    from.on('close', () => to.destroy());
  };
  const proxy = createServer((near) => {
    const far = connectSocket(port, '127.0.0.1');
    join(near, far);
    join(far, near);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  test.teardown(async () => {
    for (const socket of sockets) socket.destroy();
    proxy.close();
    await once(proxy, 'close');
  });
  return { port: (proxy.address() as AddressInfo).port, bytes: () => Buffer.concat(seen) };
}

async function filesBelow(folder: string): Promise<Buffer> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Buffer.concat(await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name)))));
}

t.test('passwords, the identity and the recovery key stay with the client', async (t) => {
  const server = await testServer(t, { tls: false });
  const wire = await recorder(t, server.tcp.port);
  const home = await temporaryFolder(t);
  const options = { server: `127.0.0.1:${wire.port}`, home, tls: false };
  const passwords = [
    'correct horse battery staple',
    'a wrong guess entirely',
    'another good one 42',
  ] as const;

  const client = await connect(options);
  await client.register({ username: 'alice', phone: '0611111111', password: passwords[0] });
  const saved = JSON.parse(await readFile(join(home, 'session.json'), 'utf8')) as {
    privateKey: string;
    token: string;
  };
  const recoveryKey = await client.makeRecoveryKey(passwords[0]);
  await client.changePassword(passwords[0], passwords[2]);
  await client.logout();
  await t.rejects(client.login('alice', passwords[1]), { code: 'login-refused' });
  await client.login('alice', passwords[2]);
  await client.close();

  const onWire = wire.bytes();
  await server.close();
  const onDisk = await filesBelow(server.dataDir);
  t.ok(onWire.includes('alice') && onDisk.includes('alice'), 'a name is where one looks for it');
  for (const [place, bytes] of Object.entries({ onWire, onDisk })) {
    for (const password of passwords) {
      t.notOk(bytes.includes(password), `${place}: no password`);
      t.notOk(bytes.includes(Buffer.from(password).toString('base64url')), `${place}: not in Base64 either`);
    }
    t.notOk(bytes.includes(saved.privateKey), `${place}: no private key`);
    t.notOk(bytes.includes(Buffer.from(saved.privateKey, 'base64url')), `${place}: not its bytes either`);
    t.notOk(bytes.includes(recoveryKey), `${place}: no recovery key`);
  }
  t.ok(onWire.includes(saved.token), 'the token of the device passes');
  t.notOk(onDisk.includes(saved.token), 'and is not kept');
});
