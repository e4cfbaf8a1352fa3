// D: big files both ways, with messages on the same connection meanwhile.
import { createHash, randomBytes } from 'node:crypto';
import { encodeChunkHeader } from '../../src/protocol/frame.js';
import { limits } from '../../src/protocol/limits.js';
import { measure, memoryMiB } from '../machine.js';
import { Member } from '../member.js';
import { loadFigures, loadMeasured, type Measured, type Scenario } from '../scenario.js';
import { nowMicros, readText, SendTemplate } from '../send-template.js';
import { withServer } from '../server-process.js';
import { quantile } from '../statistics.js';
import { mustEqual } from '../waiting.js';

const megabyte = 1_000_000;
const messageIntervalMs = 5;
const files = 5;

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
  async upload(content: Buffer, sha256: string): Promise<void> {
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

function makeContents(count: number, size: number): Content[] {
  const random = randomBytes(megabyte);
  const shared = Buffer.allocUnsafe(size);
  for (let at = 0; at < size; at += megabyte) random.copy(shared, at);
  return Array.from({ length: count }, () => {
    const bytes = Buffer.from(shared);
    randomBytes(16).copy(bytes);
    return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
  });
}

async function runOnce(size: number, count: number): Promise<Measured> {
  const contents = makeContents(count, size);
  const gigabytes = (count * size) / 1e9;
  return withServer({ users: 1, groups: [[1]], tls: true }, async (server) => {
    const member = await Member.signIn(server, server.tokens[0] ?? '');
    const transfers = new Transfers(member);
    const messages = new Messages(member);
    try {
      const [warmUp] = makeContents(1, megabyte);
      if (warmUp) await transfers.upload(warmUp.bytes, warmUp.sha256);
      const finishUp = measure(server.pid);
      messages.latenciesMs = [];
      for (const { bytes, sha256 } of contents) await transfers.upload(bytes, sha256);
      const up = finishUp();
      const latencyUp = quantile(messages.latenciesMs, 0.99);

      let downSeconds = 0;
      const finishDown = measure(server.pid);
      messages.latenciesMs = [];
      for (const { sha256 } of contents) {
        const from = performance.now();
        await transfers.download(sha256);
        downSeconds += (performance.now() - from) / 1000;
        transfers.verifyDownload(sha256);
      }
      const down = finishDown();
      const latencyDown = quantile(messages.latenciesMs, 0.99);
      await messages.stop();
      if (member.failure) throw member.failure;
      return {
        'up, MB/s': (gigabytes * 1000) / up.seconds,
        'down, MB/s': (gigabytes * 1000) / downSeconds,
        'server CPU s/GB, up': up.serverCpuSeconds / gigabytes,
        'server CPU s/GB, down': down.serverCpuSeconds / gigabytes,
        'message and back meanwhile, up, p99 ms': latencyUp,
        'message and back meanwhile, down, p99 ms': latencyDown,
        'server memory at most, MiB': memoryMiB(server.pid, 'VmHWM'),
        ...loadMeasured(up),
      };
    } finally {
      member.close();
    }
  });
}

export const fileTransfer: Scenario = {
  key: 'D',
  title: 'D Files of 100 MB, TLS',
  about:
    `${files} files up, hashed and stored, then down again and compared, one after the other; a text every ` +
    `${messageIntervalMs} ms on the same connection meanwhile. A MB is 1,000,000 bytes.`,
  figures: [
    { name: 'up, MB/s', digits: 0, aim: { atLeast: 400 } },
    { name: 'down, MB/s', digits: 0, aim: { atLeast: 400 } },
    { name: 'server CPU s/GB, up', digits: 2 },
    { name: 'server CPU s/GB, down', digits: 2 },
    { name: 'message and back meanwhile, up, p99 ms', digits: 1 },
    { name: 'message and back meanwhile, down, p99 ms', digits: 1 },
    { name: 'server memory at most, MiB', digits: 0 },
    ...loadFigures,
  ],
  runOnce: ({ quick }) => runOnce(quick ? 20 * megabyte : 100 * megabyte, quick ? 1 : files),
};
