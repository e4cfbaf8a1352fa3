// An MJPEG file as camera: its very pictures come out of the other side's `--rtp-out`, in order, each at most once.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import t, { type Test } from 'tap';
import { payloadType } from '../../src/protocol/media-streams.js';
import { decodeJpegPayload, parseJpeg } from '../../src/protocol/rtp-jpeg.js';
import { decodeRtp } from '../../src/protocol/rtp.js';
import { startAgent, startCall, twoFriends, withCamera } from '../support/calling.js';
import { numberedJpegs } from '../support/media-pair.js';
import { testServer } from '../support/server.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { missing } from '../support/tools.js';

t.setTimeout(300_000);

const count = 240;
/** So many that came untouched: a machine without time for a call is taken for a narrow way, and pictures are made smaller for it. */
const wanted = 40;
const fps = 10;
/** Pictures that may have been waiting at the first of them and not at the last. */
const slack = 30;

/** Takes plain RTP: for each whole picture which of the known scans it has, -1 for none. */
async function scanSink(
  test: Test,
  known: readonly Buffer[],
): Promise<{ address: string; numbers: number[]; times: number[]; full: Promise<void> }> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  test.teardown(() => void socket.close());
  const numbers: number[] = [];
  const times: number[] = [];
  const { promise: full, resolve } = withResolver();
  let timestamp: number | null = null;
  let parts: Buffer[] = [];
  let next = 0;
  socket.on('message', (bytes) => {
    const packet = decodeRtp(bytes);
    if (packet.payloadType !== payloadType.jpeg) return;
    const { offset, data } = decodeJpegPayload(packet.payload);
    if (packet.timestamp !== timestamp) {
      timestamp = packet.timestamp;
      parts = [];
      next = 0;
    }
    // Of a picture that has lost a packet on the way from the program nothing counts.
    if (offset === next) parts.push(data);
    next = offset === next ? next + data.length : Infinity;
    if (!packet.marker || next === Infinity) return;
    const scan = Buffer.concat(parts);
    times.push(performance.now());
    numbers.push(known.findIndex((one) => one.equals(scan)));
    if (numbers.filter((number) => number >= 0).length >= wanted) resolve();
  });
  return { address: `127.0.0.1:${socket.address().port}`, numbers, times, full };
}

function withResolver(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}

t.test(
  'the pictures of a file come out with the very bytes of their scans, in order, each at most once',
  { skip: missing('ffmpeg', '-version') },
  async (t) => {
    // Small ones, for which any machine has the time.
    const pictures = await Promise.all(
      (await numberedJpegs(count)).map((jpeg) =>
        sharp(jpeg)
          .resize(160, 120)
          .jpeg({ quality: 50, chromaSubsampling: '4:2:0', optimiseCoding: false })
          .toBuffer(),
      ),
    );
    const scans = pictures.map((jpeg) => parseJpeg(jpeg).scan);
    const file = join(await temporaryFolder(t), 'numbered.mjpeg');
    await writeFile(file, Buffer.concat(pictures));
    const server = await testServer(t);
    const { alice, bob } = await twoFriends(t, server);
    const { address, numbers, times, full } = await scanSink(t, scans);
    await startAgent(t, bob, ...withCamera('none'), '--once', '--rtp-out', address);
    const caller = startCall(t, alice, 'bob', ...withCamera(`file:${file}`), '--fps', String(fps));
    await caller.until(({ type }) => type === 'connected');
    await full;
    caller.child.stdin!.write('{"do":"hangup"}\n');
    t.equal(await caller.ended, 0);

    const untouched = numbers.filter((number) => number >= 0);
    t.comment(`${untouched.length} of ${numbers.length} came as they went`);
    // The file begins again after its last picture; a step back would be nearly a whole round, which takes so long that it shows.
    const steps = untouched.slice(1).map((number, at) => (number - untouched[at]! + count) % count);
    t.notOk(steps.includes(0), 'none came twice');
    const sum = steps.reduce((total, step) => total + step, 0);
    const seconds = (times.at(-1)! - times[numbers.findIndex((number) => number >= 0)]!) / 1000;
    t.ok(sum <= seconds * fps + slack, `in order: ${sum} pictures on after ${Math.round(seconds)} s`);
  },
);
