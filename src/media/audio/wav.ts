// WAV files (RIFF, PCM of 16 bits): reads what microphones are played from, writes what speakers would play.
import { open, type FileHandle } from 'node:fs/promises';
import { sampleRate } from '../media.js';

const wavHeaderBytes = 44;

/** The header of a file with one channel of 16 bits at 48 kHz, and so many bytes of samples. */
export function wavHeader(dataBytes: number): Buffer {
  const header = Buffer.alloc(wavHeaderBytes);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(Math.min(0xffff_ffff, 36 + dataBytes), 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(sampleRate, 24);
  header.writeUInt32LE(sampleRate * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(Math.min(0xffff_ffff, dataBytes), 40);
  return header;
}

/** Where the samples of a file of one channel, 16 bits, 48 kHz are; null for any other file. */
export function findSamples(bytes: Buffer): { start: number; end: number } | null {
  if (bytes.length < 12 || bytes.toString('latin1', 0, 4) !== 'RIFF') return null;
  if (bytes.toString('latin1', 8, 12) !== 'WAVE') return null;
  let isOurs = false;
  for (let pos = 12; pos + 8 <= bytes.length;) {
    const name = bytes.toString('latin1', pos, pos + 4);
    const length = bytes.readUInt32LE(pos + 4);
    const start = pos + 8;
    if (name === 'fmt ' && length >= 16 && start + 16 <= bytes.length) {
      const isPcm = bytes.readUInt16LE(start) === 1 && bytes.readUInt16LE(start + 14) === 16;
      isOurs = isPcm && bytes.readUInt16LE(start + 2) === 1 && bytes.readUInt32LE(start + 4) === sampleRate;
    }
    // A file whose writer was killed says too much or too little: what is there counts.
    if (name === 'data') return isOurs ? { start, end: Math.min(bytes.length, start + length) } : null;
    pos = start + length + (length % 2);
  }
  return null;
}

/** Writes samples as they come; the header is put right every second, so that a crash leaves a file that plays. */
export class WavWriter {
  readonly #file: FileHandle;
  #bytes = 0;
  #headerBytes = 0;
  #writing: Promise<void>;

  private constructor(file: FileHandle) {
    this.#file = file;
    this.#writing = file.write(wavHeader(0), 0, wavHeaderBytes, 0).then(() => undefined);
  }

  static async create(path: string): Promise<WavWriter> {
    return new WavWriter(await open(path, 'w'));
  }

  write(samples: Int16Array): void {
    const data = Buffer.from(
      samples.buffer.slice(samples.byteOffset, samples.byteOffset + samples.byteLength),
    );
    const at = wavHeaderBytes + this.#bytes;
    this.#bytes += data.length;
    this.#then(() => this.#file.write(data, 0, data.length, at));
    if (this.#bytes - this.#headerBytes >= sampleRate * 2) this.#header();
  }

  /** Resolves when the file is whole. Rejects when it could not be written. */
  async close(): Promise<void> {
    this.#header();
    try {
      await this.#writing;
    } finally {
      await this.#file.close();
    }
  }

  #header(): void {
    this.#headerBytes = this.#bytes;
    const header = wavHeader(this.#bytes);
    this.#then(() => this.#file.write(header, 0, header.length, 0));
  }

  #then(write: () => Promise<unknown>): void {
    this.#writing = this.#writing.then(write).then(() => undefined);
    // Told by `close`.
    this.#writing.catch(() => undefined);
  }
}
