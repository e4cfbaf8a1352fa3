// The recent packets of all streams, to be sent again to who has missed one: copies, one after the other, and an index.
//
// Copies, since buffers that are kept as they came are work for the garbage collector; and one index for all streams,
// since with hundreds of calls what a packet costs is mostly how many places in memory it touches for the first time.
import { sequenceOf, ssrcOf } from '../../protocol/rtp.js';

const chunkBytes = 256 * 1024;
/** Given back a second at most: who has just sent much will again, and fresh memory costs more than some that is kept. */
const sweptChunks = 16;
/** A power of two; of an entry, side by side: when the packet came, and its position and length in one number. */
const entries = 2 ** 18;
const entryFields = 2;
const lengthFactor = 0x1_0000;
/** A packet older than this comes too late wherever it is sent. */
const maxAgeMs = 1_000;
/** 2^32 over the golden ratio, odd: spreads the streams over the index. */
const spreading = 0x9e3779b1;

interface Chunk {
  readonly bytes: Uint8Array;
  /** When the newest packet was put into it. */
  newestAt: number;
}

export class PacketMemory {
  readonly #maxChunks: number;
  /** Oldest first; the last one is filled. */
  readonly #chunks: Chunk[] = [];
  /** How many chunks there were before the first of them. */
  #gone = 0;
  #offset = chunkBytes;
  /**
   * Packets of a stream are neighbours here, and streams may overlap: then the older packet is lost, which its sender is
   * asked for instead. With 20,000 packets a second that is every 13th within a second.
   */
  readonly #index = new Float64Array(entries * entryFields).fill(-Infinity);

  constructor(maxBytes: number) {
    this.#maxChunks = Math.max(1, Math.floor(maxBytes / chunkBytes));
  }

  /** Copies a packet (RTP, at least its fixed header), which takes the place of the oldest ones when all is full. */
  keep(packet: Buffer, ssrc: number, now: number): void {
    let chunk = this.#chunks[this.#chunks.length - 1];
    if (chunk === undefined || this.#offset + packet.length > chunkBytes) {
      chunk = this.#nextChunk(now);
      this.#offset = 0;
    }
    chunk.bytes.set(packet, this.#offset);
    chunk.newestAt = now;
    const position = (this.#gone + this.#chunks.length - 1) * chunkBytes + this.#offset;
    const at = entryOf(ssrc, sequenceOf(packet));
    this.#index[at] = now;
    this.#index[at + 1] = position * lengthFactor + packet.length;
    this.#offset += packet.length;
  }

  /** A copy of a packet, when it is here and of use. */
  find(ssrc: number, sequence: number, now: number): Buffer | null {
    const at = entryOf(ssrc, sequence);
    const [time = -Infinity, where = 0] = this.#index.subarray(at, at + entryFields);
    if (now - time > maxAgeMs) return null;
    const length = where % lengthFactor;
    const position = (where - length) / lengthFactor;
    const offset = position % chunkBytes;
    const chunk = this.#chunks[(position - offset) / chunkBytes - this.#gone];
    if (!chunk) return null;
    const packet = Buffer.from(chunk.bytes.subarray(offset, offset + length));
    return ssrcOf(packet) === ssrc && sequenceOf(packet) === sequence ? packet : null;
  }

  /** Gives back some of what holds only old packets. */
  sweep(now: number): void {
    let old = 0;
    for (const chunk of this.#chunks) {
      if (old === sweptChunks || now - chunk.newestAt <= maxAgeMs) break;
      old++;
    }
    this.#chunks.splice(0, old);
    this.#gone += old;
  }

  #nextChunk(now: number): Chunk {
    const [oldest] = this.#chunks;
    const isFull = this.#chunks.length >= this.#maxChunks;
    let chunk: Chunk;
    if (oldest && (isFull || now - oldest.newestAt > maxAgeMs)) {
      this.#chunks.shift();
      this.#gone++;
      chunk = oldest;
    } else {
      chunk = { bytes: new Uint8Array(chunkBytes), newestAt: now };
    }
    this.#chunks.push(chunk);
    return chunk;
  }
}

/** Where the entry of a packet begins. */
function entryOf(ssrc: number, sequence: number): number {
  return ((Math.imul(ssrc, spreading) + sequence) & (entries - 1)) * entryFields;
}
