// Cuts a stream of raw samples (16 bits, little-endian, 48 kHz, one channel) into blocks of 20 ms.
import { blockMs, blockSamples, type SoundBlock } from '../media.js';

const blockBytes = blockSamples * 2;

export class PcmBlocks {
  #rest = Buffer.alloc(0);

  /** The whole blocks that there are now; the last of them ended at `nowMs` (since 1970). */
  push(data: Buffer, nowMs: number): SoundBlock[] {
    const bytes = this.#rest.length === 0 ? data : Buffer.concat([this.#rest, data]);
    const count = Math.floor(bytes.length / blockBytes);
    const blocks: SoundBlock[] = [];
    for (let at = 0; at < count; at++) {
      const samples = new Int16Array(blockSamples);
      for (let index = 0; index < blockSamples; index++) {
        samples[index] = bytes.readInt16LE(at * blockBytes + index * 2);
      }
      blocks.push({ samples, capturedAt: nowMs - (count - at) * blockMs });
    }
    this.#rest = Buffer.from(bytes.subarray(count * blockBytes));
    return blocks;
  }
}
