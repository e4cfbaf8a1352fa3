// One connection: requests, timeouts, heartbeats, writes, its end.
import { duplexPair } from 'node:stream';
import t from 'tap';
import { Connection } from '../../src/client/connection.js';
import { PytalkError } from '../../src/protocol/errors.js';
import {
  decodeJson,
  encodeChunkHeader,
  encodeDatagram,
  encodeJson,
  FrameDecoder,
  frameKind,
} from '../../src/protocol/frame.js';
import { heartbeatSeconds, limits } from '../../src/protocol/limits.js';
import { fakeTimers } from '../support/fake-timers.js';

interface Seen {
  req: number;
  type: string;
  body: unknown;
}

function pair() {
  const timers = fakeTimers();
  const [near, far] = duplexPair();
  const seen: Seen[] = [];
  const writes: number[] = [];
  const decoder = new FrameDecoder(limits.maxClientFrameBytes);
  far.on('data', (data: Buffer) => {
    writes.push(data.length);
    decoder.push(data, ({ payload }) => seen.push(decodeJson(payload) as Seen));
  });
  const pushes: string[] = [];
  const chunks: string[] = [];
  const datagrams: string[] = [];
  const ends: PytalkError[] = [];
  const connection = new Connection(
    near,
    {
      onPush: (push) => pushes.push(push.type),
      onDatagram: ({ bytes }) => datagrams.push(bytes.toString()),
      onChunk: ({ transfer, offset, data }) => chunks.push(`${transfer}@${offset}:${data.toString()}`),
      onClose: (error) => ends.push(error),
    },
    timers,
    5000,
  );
  return { timers, far, seen, writes, pushes, chunks, datagrams, ends, connection };
}

/** Some milliseconds, and then whole turns of the event loop: on a busy machine the timer may come before what waits. */
const turn = async (): Promise<void> => {
  await new Promise((resolve) => setTimeout(resolve, 5));
  for (let turns = 0; turns < 3; turns++) await new Promise((resolve) => setImmediate(resolve));
};

t.test('answers find their requests in any order; those of one turn go out in one write', async (t) => {
  const { connection, far, seen, writes } = pair();
  const a = connection.request('ping', {});
  const b = connection.request('users.find', { username: 'x' });
  await turn();
  t.equal(writes.length, 1);
  t.same(
    seen.map(({ type }) => type),
    ['ping', 'users.find'],
  );
  far.write(
    encodeJson({ req: seen[1]!.req, error: { code: 'user-not-found', message: '', details: { name: 'x' } } }),
  );
  far.write(encodeJson({ req: seen[0]!.req, ok: { at: 5 } }));
  await t.rejects(b, { code: 'user-not-found', details: { name: 'x' } });
  t.same(await a, { at: 5 });
  await connection.close();
});

t.test('an answer that breaks the protocol fails its request only', async (t) => {
  const { connection, far, seen } = pair();
  const a = connection.request('ping', {});
  const b = connection.request('ping', {});
  await turn();
  far.write(encodeJson({ req: seen[0]!.req, ok: { at: 'noon' } }));
  far.write(encodeJson({ req: seen[1]!.req, ok: { at: 1 } }));
  await t.rejects(a, { code: 'invalid' });
  t.same(await b, { at: 1 });
  await connection.close();
});

t.test('a request without an answer in time is given up, and its late answer passed over', async (t) => {
  const { connection, far, seen, timers } = pair();
  const late = connection.request('ping', {});
  const patient = connection.request('file.finish', { transfer: 1 }, { timeoutMs: null });
  await turn();
  timers.pass(5001);
  await t.rejects(late, { code: 'timeout', details: { seconds: 5 } });
  far.write(encodeJson({ req: seen[0]!.req, ok: { at: 5 } }));
  far.write(encodeJson({ req: seen[1]!.req, ok: {} }));
  t.same(await patient, {});
  await connection.close();
  t.equal(timers.pending, 0, 'no timer is left behind');
});

t.test('a silent server is pinged, and given up after twice the time', async (t) => {
  const { connection, seen, ends, timers } = pair();
  timers.pass(heartbeatSeconds * 1000);
  await turn();
  t.same(
    seen.map(({ type }) => type),
    ['ping'],
  );
  timers.pass(heartbeatSeconds * 1000);
  t.same(
    ends.map(({ code }) => code),
    ['disconnected'],
  );
  t.equal(connection.closed, true);
});

t.test('a connection in doubt ends unless the server says something soon', async (t) => {
  const { connection, seen, ends, timers, far } = pair();
  timers.pass(1_000);
  connection.check();
  connection.check();
  await turn();
  t.same(
    seen.map(({ type }) => type),
    ['ping'],
    'asked once',
  );
  timers.pass(500);
  far.write(encodeJson({ req: seen[0]!.req, ok: {} }));
  await turn();
  timers.pass(10_000);
  t.equal(connection.closed, false, 'the server has answered');
  connection.check();
  timers.pass(10_000);
  t.same(
    ends.map(({ code }) => code),
    ['disconnected'],
  );
  t.equal(timers.pending, 0, 'no timer is left behind');
});

t.test('a request that was not answered in time puts the connection in doubt', async (t) => {
  const { connection, ends, timers } = pair();
  const asked = t.rejects(connection.request('ping', {}, { timeoutMs: 10_000 }), { code: 'timeout' });
  timers.pass(10_000);
  await asked;
  t.same(ends, []);
  timers.pass(4_000);
  t.same(
    ends.map(({ code }) => code),
    ['disconnected'],
  );
});

t.test('what is waiting is rejected when the line breaks, with what the server said before', async (t) => {
  const { connection, far, ends } = pair();
  const a = connection.request('ping', {});
  await turn();
  far.write(encodeJson({ type: 'closing', body: { error: { code: 'stopping', message: '' } } }));
  far.end();
  await t.rejects(a, { code: 'stopping' });
  t.same(
    ends.map(({ code }) => code),
    ['stopping'],
  );
  await t.rejects(connection.request('ping', {}), { code: 'stopping' });
});

t.test('pushes and chunks are told apart; a push of a later version is passed over', async (t) => {
  const { connection, far, pushes, chunks } = pair();
  far.write(encodeJson({ type: 'presence', body: { user: 1, online: true, lastSeenAt: null } }));
  far.write(encodeJson({ type: 'hologram', body: {} }));
  far.write(Buffer.concat([encodeChunkHeader(3, 70, 2), Buffer.from('hi')]));
  await turn();
  t.same(pushes, ['presence']);
  t.same(chunks, ['3@70:hi']);
  t.equal(connection.closed, false);
  await connection.close();
});

t.test('bytes that are no frames end the connection', async (t) => {
  const { far, ends } = pair();
  far.write(Buffer.from([0, 0, 0, 2, 9, 9]));
  await turn();
  t.same(
    ends.map(({ code }) => code),
    ['bad-frame'],
  );
});

t.test('more requests than the server takes at once wait for their turn', async (t) => {
  const { connection, far, seen } = pair();
  const count = limits.maxRequestsInFlight + 100;
  const all = Array.from({ length: count }, () => connection.request('users.find', { username: 'x' }));
  const settled = Promise.allSettled(all);
  await turn();
  t.ok(seen.length <= limits.maxRequestsInFlight);
  for (let answered = 0; answered < count;) {
    const waiting = seen.slice(answered);
    answered = seen.length;
    far.write(
      Buffer.concat(
        waiting.map(({ req }) => encodeJson({ req, error: { code: 'user-not-found', message: '' } })),
      ),
    );
    await turn();
  }
  t.equal((await settled).length, count);
  t.equal(seen.length, count);
  await connection.close();
});

t.test('closing is idempotent, sends what was asked before, and tells nobody', async (t) => {
  const { connection, seen, ends } = pair();
  const asked = connection.request('logout', {});
  const gone = Promise.all([connection.close(), connection.close()]);
  await t.rejects(asked, { code: 'closed' });
  await gone;
  await turn();
  t.same(
    seen.map(({ type }) => type),
    ['logout'],
  );
  t.same(ends, []);
});

t.test('media datagrams go both ways, and tell how long they wait', async (t) => {
  const { connection, far, datagrams, timers } = pair();
  far.write(Buffer.concat([encodeDatagram(8, Buffer.from('one')), encodeDatagram(8, Buffer.from('two'))]));
  await turn();
  t.same(datagrams, ['one', 'two']);
  far.removeAllListeners('data');
  far.pause();
  for (let count = 0; count < 300; count++) connection.sendDatagram(8, Buffer.alloc(1_000, count));
  await turn();
  timers.pass(120);
  t.ok(connection.datagramsWaitMs >= 120);
  let frames = 0;
  const decoder = new FrameDecoder(limits.maxClientFrameBytes);
  far.on('data', (data: Buffer) => decoder.push(data, ({ kind }) => kind === frameKind.datagram && frames++));
  far.resume();
  await turn();
  t.equal(frames, 300);
  t.equal(connection.datagramsWaitMs, 0);
  await connection.close();
  connection.sendDatagram(8, Buffer.from('too late'));
});
