// One connection over an in-memory stream: its queues have bounds, and it notices who is silent or stuck.
import { duplexPair, type Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import t from 'tap';
import { PytalkError } from '../../src/protocol/errors.js';
import {
  decodeChunk,
  decodeJson,
  encodeChunkHeader,
  encodeDatagram,
  encodeJson,
  FrameDecoder,
  frameKind,
} from '../../src/protocol/frame.js';
import { limits } from '../../src/protocol/limits.js';
import { Connection, type ConnectionOwner } from '../../src/server/connection.js';
import { numbers } from '../support/conversing.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function turns(count = 20): Promise<void> {
  for (let i = 0; i < count; i++) await turn();
}

/** A connection, the far end of its stream, and what its owner was told. */
function pair(handle: ConnectionOwner['request'] = () => undefined) {
  const [near, far] = duplexPair();
  const clock = { now: 0 };
  const told = { closed: 0, requests: [] as unknown[], datagrams: [] as string[] };
  const socket = Object.assign(near, { setNoDelay: () => near, remoteAddress: '192.0.2.1' });
  const connection = new Connection(socket as unknown as Socket, {
    request: (from, value) => {
      told.requests.push(value);
      return handle(from, value);
    },
    datagram: (_, { bytes }) => told.datagrams.push(bytes.toString()),
    signedIn: () => undefined,
    closed: () => {
      told.closed++;
    },
    now: () => clock.now,
  });
  return { connection, far, told, clock };
}

/** Reads frames from the far end as they come. */
function collect(far: Duplex) {
  const decoder = new FrameDecoder(limits.maxServerFrameBytes);
  const seen = { json: [] as unknown[], chunkBytes: 0, reads: 0 };
  far.on('data', (data: Buffer) => {
    seen.reads++;
    decoder.push(data, ({ kind, payload }) => {
      if (kind === frameKind.chunk) seen.chunkBytes += decodeChunk(payload).data.length;
      else seen.json.push(decodeJson(payload));
    });
  });
  return seen;
}

t.test('reads requests however their bytes are cut', async (t) => {
  const { far, told } = pair();
  const bytes = Buffer.concat([1, 2, 3].map((req) => encodeJson({ req, type: 'ping' })));
  for (const byte of bytes) far.write(Buffer.from([byte]));
  await turns();
  t.same(
    told.requests,
    [1, 2, 3].map((req) => ({ req, type: 'ping' })),
  );
  t.equal(told.closed, 0);
});

t.test('stops reading while too many requests wait, goes on later and loses none', async (t) => {
  const waiting: (() => void)[] = [];
  let most = 0;
  const { far, told } = pair(() => {
    const done = new Promise<void>((resolve) => waiting.push(resolve));
    most = Math.max(most, waiting.length);
    return done;
  });
  const total = 5 * limits.maxRequestsInFlight;
  for (const req of numbers(total)) far.write(encodeJson({ req }));
  await turns(200);
  t.equal(waiting.length, limits.maxRequestsInFlight, 'no more than the limit are taken on');
  t.ok(far.writableLength > 0 || told.requests.length < total, 'the others wait outside');
  while (told.requests.length < total || waiting.length > 0) {
    waiting.shift()?.();
    await turn();
  }
  t.same(
    told.requests,
    numbers(total).map((req) => ({ req })),
  );
  t.ok(most <= limits.maxRequestsInFlight + 1);
  t.equal(told.closed, 0);
});

t.test('sends what one turn has made in one write, in order', async (t) => {
  const { connection, far } = pair();
  const seen = collect(far);
  for (const req of numbers(100)) connection.answer(req, {});
  connection.refuse(101, new PytalkError('not-logged-in'));
  await turns();
  t.equal(seen.reads, 1);
  t.same(
    seen.json.map((value) => (value as { req: number }).req),
    numbers(101),
  );
});

t.test('drops a client that does not read, at the limit of its queue', async (t) => {
  const { connection, told } = pair();
  const frame = encodeJson({ type: 'event', body: 'x'.repeat(100_000) });
  let most = 0;
  let sent = 0;
  while (!connection.closed && sent < 10_000) {
    connection.send(frame);
    sent++;
    most = Math.max(most, connection.queuedBytes);
    if (sent % 10 === 0) await turn();
  }
  t.equal(connection.closed, true);
  t.ok(most <= limits.maxSendQueueBytes, `${most} bytes waited at most`);
  t.ok(sent * frame.length > limits.maxSendQueueBytes);
  t.equal(told.closed, 1);
  connection.send(frame);
  connection.end('stopping');
  await turns();
  t.equal(told.closed, 1, 'closing is told once');
});

t.test('a download waits for the client instead of filling the queue', async (t) => {
  const { connection, far } = pair();
  const data = Buffer.alloc(limits.maxChunkBytes, 7);
  const header = encodeChunkHeader(1, 0, data.length);
  let sent = 0;
  const download = (async () => {
    for (let i = 0; i < 100; i++) {
      await connection.sendChunk(Buffer.concat([header, data]));
      sent++;
    }
  })();
  await turns(100);
  t.ok(sent < 4, `${sent} chunks are on their way to one who does not read`);
  const seen = collect(far);
  await download;
  await turns();
  t.equal(seen.chunkBytes, 100 * data.length);
});

t.test('a download under way fails when the client goes', async (t) => {
  const { connection, far } = pair();
  let cancelled = 0;
  connection.transfers.set(1, { cancel: () => (cancelled += 1) });
  const data = Buffer.alloc(limits.maxChunkBytes);
  const frame = Buffer.concat([encodeChunkHeader(1, 0, data.length), data]);
  const download = (async () => {
    for (let i = 0; i < 1000; i++) await connection.sendChunk(frame);
  })();
  far.destroy();
  connection.destroy();
  await t.rejects(download, { code: 'disconnected' });
  t.equal(cancelled, 1);
  t.equal(connection.transfers.size, 0);
});

t.test('chunks go to their transfer; those of one that has ended are passed over', async (t) => {
  const { connection, far, told } = pair();
  const got: [number, string][] = [];
  connection.transfers.set(5, {
    write: (offset, data) => void got.push([offset, data.toString()]),
    cancel: () => undefined,
  });
  for (const transfer of [5, 6, 5]) {
    far.write(Buffer.concat([encodeChunkHeader(transfer, got.length, 2), Buffer.from('ab')]));
  }
  await turns();
  t.same(got, [
    [0, 'ab'],
    [0, 'ab'],
  ]);
  t.equal(told.closed, 0);
});

t.test('drops who is silent for three heartbeats, and a stranger who never logs in', (t) => {
  const silent = pair();
  silent.connection.signIn(1, 1);
  silent.clock.now = 60_000;
  silent.connection.checkAlive(60_000, 600_000);
  t.equal(silent.connection.closed, false);
  silent.connection.checkAlive(60_001, 600_000);
  silent.connection.destroy();

  const stranger = pair();
  stranger.connection.lastReadAt = 600_001;
  stranger.connection.checkAlive(600_000, 600_000);
  stranger.connection.checkAlive(600_001, 600_000);
  setImmediate(() => {
    t.equal(silent.told.closed, 1);
    t.equal(stranger.told.closed, 1);
    t.end();
  });
});

t.test(
  'one who sends a byte now and then stays, and one whom the server keeps waiting does too',
  async (t) => {
    const talking = pair();
    talking.connection.signIn(1, 1);
    talking.clock.now = 59_000;
    talking.far.write(encodeJson({ req: 1 }));
    await turns();
    talking.connection.checkAlive(100_000, 600_000);
    const waiting = pair(() => new Promise(() => undefined));
    waiting.connection.signIn(1, 1);
    for (const req of numbers(limits.maxRequestsInFlight)) waiting.far.write(encodeJson({ req }));
    await turns(100);
    waiting.connection.checkAlive(1_000_000, 600_000);
    await turns();
    t.same([talking.told.closed, waiting.told.closed], [0, 0]);
  },
);

t.test('a broken frame is answered by its error, then the connection ends', async (t) => {
  const json = (text: string): Buffer => {
    const head = Buffer.from([0, 0, 0, 0, frameKind.json]);
    head.writeUInt32BE(text.length + 1);
    return Buffer.concat([head, Buffer.from(text)]);
  };
  const broken: [string, Buffer, string][] = [
    ['empty', Buffer.from([0, 0, 0, 0]), 'bad-frame'],
    ['of unknown kind', Buffer.from([0, 0, 0, 2, 9, 0]), 'bad-frame'],
    ['one byte over the limit for strangers', Buffer.from([0, 1, 0, 1]), 'frame-too-long'],
    ['of the largest length', Buffer.from([255, 255, 255, 255]), 'frame-too-long'],
    ['with half a chunk header', Buffer.from([0, 0, 0, 5, 1, 0, 0, 0, 1]), 'bad-frame'],
    ['that is no JSON', json('{"req":1,'), 'bad-json'],
    ['that is HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: example\r\n\r\n'), 'frame-too-long'],
  ];
  for (const [name, bytes, code] of broken) {
    const { far, told } = pair();
    const seen = collect(far);
    far.write(encodeJson({ req: 1 }));
    far.write(Buffer.concat([bytes, encodeJson({ req: 2 })]));
    await new Promise((resolve) => far.once('end', resolve));
    t.match(seen.json, [{ type: 'closing', body: { error: { code } } }], name);
    far.end();
    await turns();
    t.equal(told.closed, 1, `${name}: closed`);
    t.same(told.requests, [{ req: 1 }], `${name}: nothing after it counts`);
  }
});

t.test(
  'media datagrams go both ways, keep their order with the rest, and tell how long they wait',
  async (t) => {
    const { connection, far, told, clock } = pair();
    far.write(Buffer.concat([encodeDatagram(8, Buffer.from('one')), encodeJson({ req: 1, type: 'ping' })]));
    far.write(encodeDatagram(8, Buffer.from('two')));
    await turns();
    t.same(told.datagrams, ['one', 'two']);
    t.equal(told.requests.length, 1);
    // Nobody reads at the far end: what is written first is taken by the stream, what follows waits.
    for (let count = 0; count < 200; count++) connection.sendDatagram(8, Buffer.alloc(1_000, count));
    await turns();
    for (let count = 0; count < 200; count++) connection.sendDatagram(8, Buffer.alloc(1_000, count));
    await turns();
    clock.now += 150;
    t.equal(connection.datagramsWaitMs, 150);
    let frames = 0;
    const decoder = new FrameDecoder(limits.maxServerFrameBytes);
    far.on('data', (data: Buffer) =>
      decoder.push(data, ({ kind }) => kind === frameKind.datagram && frames++),
    );
    await turns();
    t.equal(frames, 400);
    t.equal(connection.datagramsWaitMs, 0);
  },
);
