// Reaching a server: whose certificate it is, and what is said when it is not reached.
import { createServer as createPlain, type AddressInfo, type Server } from 'node:net';
import { createServer as createTls } from 'node:tls';
import { generate } from 'selfsigned';
import t, { type Test } from 'tap';
import { parseAddress } from '../../src/client/address.js';
import { dial, type Dialled } from '../../src/client/dial.js';
import { systemTimers } from '../../src/client/timers.js';
import { fakeTimers } from '../support/fake-timers.js';

async function portOf(t: Test, server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  return (server.address() as AddressInfo).port;
}

t.test('a certificate that an authority vouches for must also fit the host', async (t) => {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
  });
  const port = await portOf(
    t,
    createTls({ cert, key }, (socket) => void socket.on('error', () => undefined).resume()),
  );
  const reach = async (host: string, ca?: string): Promise<Omit<Dialled, 'socket'>> => {
    const options = { tls: true, timeoutMs: 5000, timers: systemTimers, ...(ca !== undefined && { ca }) };
    const { socket, ...rest } = await dial(parseAddress(`${host}:${port}`), options);
    socket.destroy();
    return rest;
  };
  const trusted = await reach('localhost', cert);
  t.match(trusted, { vouched: true, fingerprint: /^[0-9a-f]{64}$/ });
  t.same(await reach('localhost'), { ...trusted, vouched: false });
  t.same(await reach('127.0.0.1', cert), { ...trusted, vouched: false }, 'another host than it says');
});

t.test('what answers something else than TLS, or nothing, or is given up, is told apart', async (t) => {
  const talker = createPlain((socket) => {
    socket.on('error', () => undefined).resume();
    socket.write('220 mail ready\r\n');
  });
  const silent = createPlain((socket) => void socket.on('error', () => undefined).resume());
  const talking = parseAddress(`127.0.0.1:${await portOf(t, talker)}`);
  const quiet = parseAddress(`127.0.0.1:${await portOf(t, silent)}`);
  const options = { tls: true, timeoutMs: 5000, timers: systemTimers };
  await t.rejects(dial(talking, options), { code: 'tls-needed', details: { server: talking.name } });
  await t.rejects(dial(parseAddress('127.0.0.1:1'), options), { code: 'unreachable' });
  const timers = fakeTimers();
  const late = dial(quiet, { ...options, timers });
  timers.pass(5000);
  await t.rejects(late, { code: 'timeout', details: { seconds: 5 } });
  const controller = new AbortController();
  const givenUp = dial(quiet, { ...options, signal: controller.signal });
  controller.abort();
  await t.rejects(givenUp, { code: 'closed' });
});
