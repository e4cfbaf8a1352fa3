// Tests of a client that answers by itself: several calls at once, and calls that its predecessor left open.
import t from 'tap';
import type { Client } from '../../src/client/api.js';
import type { Call } from '../../src/client/call-api.js';
import { connect } from '../../src/client/index.js';
import { testServer } from '../support/server.js';
import { temporaryFolder, type Teardown } from '../support/temporary-folder.js';

let phones = 0;

async function person(test: Teardown, port: number, username: string, calls = 1) {
  const home = await temporaryFolder(test);
  const again = () => connect({ server: `127.0.0.1:${port}`, home, mode: 'live', calls });
  const client = await again();
  test.teardown(() => client.close());
  const phone = `05${String(++phones).padStart(8, '0')}`;
  await client.register({ username, password: 'correct horse', phone });
  return { client, again };
}

function endOf(call: Call): Promise<unknown> {
  return call.end ? Promise.resolve(call.end) : new Promise((resolve) => call.on('ended', resolve));
}

/** Answers the next call that comes. */
function answering(client: Client): Promise<Call> {
  return new Promise((resolve, reject) => {
    const undo = client.on('call', ({ call }) => {
      undo();
      call.accept().then(() => resolve(call), reject);
    });
  });
}

t.setTimeout(60_000);

t.test('a host takes as many calls as it has asked for, and is busy for one more', async (t) => {
  const { tcp } = await testServer(t);
  const { again, client: first } = await person(t, tcp.port, 'camera', 2);
  // What registered was no host yet.
  await first.close();
  const host = await again();
  t.teardown(() => host.close());
  const calls: Call[] = [];
  for (const name of ['alice', 'bob']) {
    const { client } = await person(t, tcp.port, name);
    const answered = answering(host);
    calls.push(await client.startCall('@camera', { media: 'audio' }));
    await answered;
  }
  t.equal(host.currentCalls().length, 2);
  const { client: carol } = await person(t, tcp.port, 'carol');
  t.match(await endOf(await carol.startCall('@camera', { media: 'audio' })), { reason: 'busy' });
  const over = endOf(calls[0]!);
  await host.currentCalls()[0]!.hangUp();
  t.match(await over, { reason: 'hangup' });
  const answered = answering(host);
  await carol.startCall('@camera', { media: 'audio' });
  await answered;
  t.equal(host.currentCalls().length, 2, 'whoever leaves makes room');
});

t.test(
  'a host that begins anew ends what its predecessor left open, and no call of another device',
  async (t) => {
    const { tcp } = await testServer(t);
    const { again, client: registered } = await person(t, tcp.port, 'camera', 4);
    await registered.close();
    const dead = await again();
    t.teardown(() => dead.close());
    const { client: alice } = await person(t, tcp.port, 'alice');
    const answered = answering(dead);
    const call = await alice.startCall('@camera', { media: 'audio' });
    await answered;
    const over = endOf(call);
    // The old connection is still open, as that of a machine without power is for a while.
    const host = await again();
    t.teardown(() => host.close());
    t.match(await over, { reason: 'hangup' }, 'and not when 20 s have passed');
    const next = answering(host);
    await alice.startCall('@camera', { media: 'audio' });
    await next;
  },
);
