// D: big files both ways, with messages on the same connection meanwhile.
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { encodeChunkHeader } from '../../src/protocol/frame.js';
import { limits } from '../../src/protocol/limits.js';
import { measure, memoryMiB, type Cost } from '../machine.js';
import { Member } from '../member.js';
import { loadFigures, loadMeasured, type Measured, type Scenario } from '../scenario.js';
import { nowMicros, readText, SendTemplate } from '../send-template.js';
import { withServer, type BenchServer } from '../server-process.js';
import { quantile } from '../statistics.js';
import { mustEqual } from '../waiting.js';

const megabyte = 1_000_000;
const messageIntervalMs = 5;
/** Small uploads before, so that the code on both sides has been compiled. */
const warmUps = 20;

/** Uploads and downloads of one connection, one at a time. */
class Transfers {
  readonly #member: Member;
  #transfer = 0;
  /** Bytes that the server has stored of the upload under way. */
  #stored = 0;
  #received: Buffer[] = [];
  #ended = false;
  #failure: Error | null = null;
  #wake: () => void = () => undefined;

  constructor(member: Member) {
    this.#member = member;
    member.onPush = ({ type, body }) => {
      if (type === 'file.progress') this.#stored = (body as { offset: number }).offset;
      if (type === 'file.end') this.#ended = true;
      if (type === 'file.failed') this.#failure = new Error(`transfer failed: ${JSON.stringify(body)}`);
      this.#wake();
    };
    member.onProgress = () => {
      if (member.failure) this.#wake();
    };
    // The bytes read are used again for the next read.
    member.onChunk = (data) => this.#received.push(Buffer.from(data));
  }

  /** Resolves once the server has checked and stored the file. */
  async upload({ bytes: content, sha256 }: Content): Promise<void> {
    const transfer = ++this.#transfer;
    this.#stored = 0;
    await this.#member.request('file.put', { transfer, sha256, size: content.length });
    for (let at = 0; at < content.length; at += limits.maxChunkBytes) {
      const data = content.subarray(at, at + limits.maxChunkBytes);
      await this.#until(() => at + data.length - this.#stored <= limits.uploadWindowBytes);
      this.#member.write(encodeChunkHeader(transfer, at, data.length));
      this.#member.write(data);
    }
    await this.#member.request('file.finish', { transfer });
  }

  /** Resolves once everything has come; the bytes are checked by `verifyDownload`. */
  async download(sha256: string): Promise<void> {
    const transfer = ++this.#transfer;
    this.#ended = false;
    this.#received = [];
    await this.#member.request('file.get', { transfer, sha256, offset: 0 });
    await this.#until(() => this.#ended);
  }

  verifyDownload(sha256: string): void {
    const hash = createHash('sha256');
    for (const data of this.#received) hash.update(data);
    if (hash.digest('hex') !== sha256) throw new Error('the file that came is not the one that was sent');
  }

  /** Waits for pushes until a condition holds. Rejects when the transfer or the connection fails. */
  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      const failure = this.#failure ?? this.#member.failure;
      if (failure) throw failure;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

/** Sends a text every few milliseconds and notes how long each takes to come back as an event. */
class Messages {
  latenciesMs: number[] = [];
  readonly #member: Member;
  readonly #template = new SendTemplate(1, 0);
  readonly #timer: NodeJS.Timeout;

  constructor(member: Member) {
    this.#member = member;
    member.onEvent = (bytes, _start, end) => {
      this.latenciesMs.push((nowMicros() - readText(bytes, end).micros) / 1000);
    };
    this.#timer = setInterval(() => member.write(this.#template.next(1)), messageIntervalMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#member.request('ping', {});
    mustEqual('acknowledged messages', this.#member.acks, this.#template.sent);
  }
}

interface Content {
  bytes: Buffer;
  sha256: string;
}

function makeContent(size: number): Content {
  const random = randomBytes(megabyte);
  const bytes = Buffer.allocUnsafe(size);
  for (let at = 0; at < size; at += megabyte) random.copy(bytes, at);
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** Seconds that writing and syncing the bytes takes without anything around it: what the disk allows. */
function writeSeconds(folder: string, bytes: Buffer): number {
  const path = join(folder, 'alone');
  const from = performance.now();
  const file = openSync(path, 'w');
  for (let at = 0; at < bytes.length; at += limits.maxChunkBytes) {
    writeSync(file, bytes, at, Math.min(limits.maxChunkBytes, bytes.length - at));
  }
  fsyncSync(file);
  closeSync(file);
  const seconds = (performance.now() - from) / 1000;
  rmSync(path);
  return seconds;
}

/** Carries out a transfer while messages go both ways; returns its cost and how long messages took meanwhile. */
async function transferring(
  server: BenchServer,
  messages: Messages,
  work: () => Promise<void>,
): Promise<{ cost: Cost; messageP99Ms: number }> {
  messages.latenciesMs = [];
  const finish = measure(server.pid);
  await work();
  return { cost: finish(), messageP99Ms: quantile(messages.latenciesMs, 0.99) };
}

async function runOnce(size: number): Promise<Measured> {
  const warmUp = makeContent(megabyte);
  const { bytes, sha256 } = makeContent(size);
  return withServer({ users: 1, groups: [[1]], tls: true }, async (server) => {
    const aloneSeconds = writeSeconds(server.dataDir, bytes);
    const member = await Member.signIn(server, server.tokens[0] ?? '');
    const transfers = new Transfers(member);
    const messages = new Messages(member);
    try {
      for (let i = 0; i < warmUps; i++) await transfers.upload(withNumber(warmUp, i));
      const up = await transferring(server, messages, () => transfers.upload({ bytes, sha256 }));
      const down = await transferring(server, messages, () => transfers.download(sha256));
      transfers.verifyDownload(sha256);
      await messages.stop();
      if (member.failure) throw member.failure;
      return {
        'up, MB/s': size / megabyte / up.cost.seconds,
        'down, MB/s': size / megabyte / down.cost.seconds,
        'the disk alone (write and sync), MB/s': size / megabyte / aloneSeconds,
        'server CPU s/GB, up': (up.cost.serverCpuSeconds / size) * 1e9,
        'server CPU s/GB, down': (down.cost.serverCpuSeconds / size) * 1e9,
        'message and back meanwhile, up, p99 ms': up.messageP99Ms,
        'message and back meanwhile, down, p99 ms': down.messageP99Ms,
        'server memory at most, MiB': memoryMiB(server.pid, 'VmHWM'),
        ...loadMeasured(up.cost),
      };
    } finally {
      member.close();
    }
  });
}

/** The same content but for its first bytes, so that the server has not got it yet. */
function withNumber({ bytes }: Content, number: number): Content {
  bytes.writeUInt32BE(number);
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}

export const fileTransfer: Scenario = {
  key: 'D',
  title: 'D A file of 100 MB, TLS',
  about:
    'Up, hashed, synced to disk and named; then down again and compared; a text every ' +
    `${messageIntervalMs} ms on the same connection meanwhile. A MB is 1,000,000 bytes.`,
  figures: [
    { name: 'up, MB/s', digits: 0, aim: { atLeast: 400 } },
    { name: 'down, MB/s', digits: 0, aim: { atLeast: 400 } },
    { name: 'the disk alone (write and sync), MB/s', digits: 0 },
    { name: 'server CPU s/GB, up', digits: 1 },
    { name: 'server CPU s/GB, down', digits: 1 },
    { name: 'message and back meanwhile, up, p99 ms', digits: 1 },
    { name: 'message and back meanwhile, down, p99 ms', digits: 1 },
    { name: 'server memory at most, MiB', digits: 0 },
    ...loadFigures,
  ],
  runOnce: ({ quick }) => runOnce(quick ? 20 * megabyte : 100 * megabyte),
};
