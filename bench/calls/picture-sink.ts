// Takes the plain RTP of `--rtp-out`: pictures put together, each with the moment in which its last packet came.
import { createSocket, type Socket } from 'node:dgram';
import { ProtocolError } from '../../src/protocol/errors.js';
import { payloadType } from '../../src/protocol/media-streams.js';
import { buildJpeg, decodeJpegPayload, type JpegFragment } from '../../src/protocol/rtp-jpeg.js';
import { decodeRtp } from '../../src/protocol/rtp.js';
import { readNumber, type NumberedPictures } from './numbered-pictures.js';

export interface ShownPicture {
  number: number;
  /** `performance.now()` of this process when the packet with the marker was here. */
  atMs: number;
  /** False when it was encoded anew on its way. */
  isUntouched: boolean;
}

interface Taken {
  fragments: JpegFragment[];
  atMs: number;
}

export class PictureSink {
  readonly #socket: Socket;
  #timestamp: number | null = null;
  #fragments: JpegFragment[] = [];
  readonly #taken: Taken[] = [];

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (bytes) => this.#datagram(bytes));
  }

  /** Listens on a free loopback port. */
  static async open(): Promise<PictureSink> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    return new PictureSink(socket);
  }

  /** As `--rtp-out` takes it. */
  get address(): string {
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  /** `performance.now()` of this process when the first picture was whole; null before. */
  get firstAtMs(): number | null {
    return this.#taken[0]?.atMs ?? null;
  }

  get count(): number {
    return this.#taken.length;
  }

  #datagram(bytes: Buffer): void {
    const atMs = performance.now();
    const packet = decodeRtp(bytes);
    if (packet.payloadType !== payloadType.jpeg) return;
    if (packet.timestamp !== this.#timestamp) {
      this.#timestamp = packet.timestamp;
      this.#fragments = [];
    }
    this.#fragments.push(decodeJpegPayload(packet.payload));
    if (packet.marker) this.#taken.push({ fragments: this.#fragments, atMs });
  }

  /** All that came whole, in order. Rejects when a picture is none of those that were sent. */
  async shown(pictures: NumberedPictures): Promise<ShownPicture[]> {
    const shown: ShownPicture[] = [];
    for (const { fragments, atMs } of this.#taken) {
      const scan = Buffer.concat(fragments.map(({ data }) => data));
      const known = pictures.byScan(scan);
      const number = known ?? (await numberOf(fragments, scan));
      if (number === null) throw new Error('a picture came out that was not put in');
      shown.push({ number, atMs, isUntouched: known !== null });
    }
    return shown;
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()));
  }
}

async function numberOf([head]: readonly JpegFragment[], scan: Buffer): Promise<number | null> {
  if (!head?.tables) throw new ProtocolError('bad-frame');
  const { type, width, height, restartInterval, tables } = head;
  return readNumber(buildJpeg({ type, width, height, restartInterval, tables, scan }));
}
