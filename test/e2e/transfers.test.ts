// A large file, broken off both ways and resumed, while messages pass on the same connections.
import { createHash, randomBytes } from 'node:crypto';
import t from 'tap';
import { uuidv7 } from 'uuidv7';
import { limits } from '../../src/protocol/limits.js';
import { openDirect, sendText } from '../support/conversing.js';
import { serverProcess } from '../support/server.js';
import type { WireClient } from '../support/wire-client.js';

const mebibyte = 1024 * 1024;
const size = (process.env['PYTALK_LONG_TESTS'] ? 200 : 20) * mebibyte + 12_345;
/** Of the server's whole process, with either driver: the bound. */
const maxMemoryBytes = 200_000_000;

/** Bytes that repeat nowhere, made again for any place when they are needed. */
const block = randomBytes(mebibyte);
function bytesAt(offset: number, length: number): Buffer {
  const data = Buffer.allocUnsafe(length);
  for (let i = 0; i < length;) {
    const place = offset + i;
    const part = block.subarray(place % mebibyte, Math.min(mebibyte, (place % mebibyte) + length - i));
    part.copy(data, i);
    i += part.length;
  }
  // The number of the block, over its first bytes, if they are here.
  for (let start = Math.ceil(offset / mebibyte) * mebibyte; start + 4 <= offset + length; start += mebibyte) {
    data.writeUInt32BE(start / mebibyte, start - offset);
  }
  return data;
}

const step = limits.maxChunkBytes;

function sha256OfAll(): string {
  const hash = createHash('sha256');
  for (let offset = 0; offset < size; offset += step) {
    hash.update(bytesAt(offset, Math.min(step, size - offset)));
  }
  return hash.digest('hex');
}

/** Uploads until `stopAt`, within the window; returns what the server said to have stored by then. */
async function upload(client: WireClient, sha256: string, stopAt: number) {
  const { offset: start } = await client.request('file.put', { transfer: 1, sha256, size });
  let stored = start;
  for (let offset = start; offset < stopAt;) {
    while (offset - stored + step > limits.uploadWindowBytes) {
      stored = (await client.nextPush('file.progress')).offset;
    }
    const length = Math.min(step, size - offset);
    client.sendChunk(1, offset, bytesAt(offset, length));
    offset += length;
  }
  return { start, stored };
}

/** Downloads from an offset into the hash, until the end or until `stopAt` bytes are there; returns how far it got. */
async function download(
  client: WireClient,
  sha256: string,
  offset: number,
  hash: { update(data: Buffer): unknown },
  stopAt = Infinity,
): Promise<number> {
  let got = offset;
  let enough = (): void => undefined;
  const stopped = new Promise<void>((resolve) => (enough = resolve));
  client.onChunk = (_, at, data) => {
    if (got >= stopAt) return;
    if (at !== got) throw new Error(`a chunk at ${at} came where ${got} was due`);
    hash.update(data);
    got += data.length;
    if (got >= stopAt) enough();
  };
  const told = await client.request('file.get', { transfer: 2, sha256, offset });
  if (told.size !== size) throw new Error(`the file has ${told.size} bytes`);
  await Promise.race([client.nextPush('file.end'), stopped]);
  return got;
}

/** Sends texts one after the other while `work` goes on; returns how long each took, in milliseconds. */
async function talkDuring(work: Promise<unknown>, client: WireClient, conv: number): Promise<number[]> {
  const latencies: number[] = [];
  const end = work.then(
    () => true,
    () => true,
  );
  for (;;) {
    const begin = performance.now();
    await sendText(client, conv, `meanwhile ${latencies.length}`);
    latencies.push(performance.now() - begin);
    const pause = new Promise<boolean>((resolve) => setTimeout(resolve, 20, false));
    if (await Promise.race([end, pause])) return latencies;
  }
}

function describe(latencies: number[]): string {
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (share: number): string => sorted[Math.floor((sorted.length - 1) * share)]!.toFixed(1);
  return `${sorted.length} messages, answered after ${at(0.5)} ms (median), ${at(1)} ms (longest)`;
}

t.test(`a file of ${size} bytes arrives, broken off and resumed both ways`, async (t) => {
  const server = await serverProcess(t, 2);
  let alice = await server.join(1);
  let bob = await server.join(2);
  const conv = await openDirect(alice, 2);
  const sha256 = sha256OfAll();

  const first = upload(alice, sha256, size / 2);
  t.comment('uploading:', describe(await talkDuring(first, alice, conv)));
  const { stored } = await first;
  await alice.destroy();
  alice = await server.join(1);
  const second = upload(alice, sha256, size);
  t.comment('resuming:', describe(await talkDuring(second, alice, conv)));
  const { start } = await second;
  t.ok(start >= stored && start <= size / 2 + step, `resumed at ${start}, ${stored} was acknowledged`);
  await alice.request('file.finish', { transfer: 1 });
  const payload = JSON.stringify({
    kind: 'file',
    file: { name: 'a.bin', size, type: 'application/octet-stream', sha256 },
  });
  await t.rejects(bob.request('file.get', { transfer: 1, sha256, offset: 0 }), { code: 'file-not-found' });
  await alice.request('event.send', { conv, id: uuidv7(), files: [sha256], payload });

  const hash = createHash('sha256');
  const begun = download(bob, sha256, 0, hash, size / 2);
  t.comment('downloading:', describe(await talkDuring(begun, bob, conv)));
  const half = await begun;
  await bob.destroy();
  bob = await server.join(2);
  const ended = download(bob, sha256, half, hash);
  t.comment('resuming:', describe(await talkDuring(ended, bob, conv)));
  t.equal(await ended, size);
  t.equal(hash.digest('hex'), sha256, 'byte for byte equal');

  await Promise.all([alice.settled(), bob.settled()]);
  const aliceGot = alice.takePushes('event').map(({ seq }) => seq);
  t.same(
    aliceGot,
    aliceGot.map((_, i) => aliceGot[0]! + i),
    'no message was missed meanwhile',
  );
  const peak = await server.peakMemory();
  if (peak === null) return;
  t.comment(`memory of the server: at most ${(peak / mebibyte).toFixed(0)} MiB`);
  t.ok(peak < maxMemoryBytes, `${peak} bytes`);
});
