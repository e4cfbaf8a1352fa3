// Takes multipart/x-mixed-replace apart: with a Content-Length each part is handed on as its last byte comes.
import { JpegSplitter } from './jpeg-splitter.js';

const maxHeaderBytes = 16 * 1024;
const maxPartBytes = 16 * 1024 * 1024;
const lineEnd = Buffer.from('\n');

export class MultipartJpegs {
  readonly #boundary: Buffer;
  readonly #take: (jpeg: Buffer, arrivedAt: number) => void;
  /** What has come and is not used yet, in pieces: joined once, when a part is whole. */
  #pieces: Buffer[] = [];
  #bytes = 0;
  /** Bytes of the part being read; null while its header is. */
  #length: number | null = null;
  /** For parts that do not say how long they are. */
  #splitter: JpegSplitter | null = null;
  /** When the part's header was here. */
  #arrivedAt = 0;

  constructor(boundary: string, take: (jpeg: Buffer, arrivedAt: number) => void) {
    // Some servers count the dashes as part of it.
    this.#boundary = Buffer.from(`--${boundary.replace(/^--/, '')}`);
    this.#take = take;
  }

  /** Takes bytes that came at this moment, in milliseconds since 1970. */
  push(chunk: Buffer, nowMs: number): void {
    if (this.#splitter) {
      for (const jpeg of this.#splitter.push(chunk)) this.#take(jpeg, nowMs);
      return;
    }
    this.#pieces.push(chunk);
    this.#bytes += chunk.length;
    for (;;) {
      if (this.#length === null && !this.#readHeader(nowMs)) return;
      if (this.#length === null || this.#bytes < this.#length) return;
      const bytes = this.#joined();
      const jpeg = Buffer.from(bytes.subarray(0, this.#length));
      this.#keep(bytes.subarray(this.#length));
      this.#length = null;
      this.#take(jpeg, this.#arrivedAt);
    }
  }

  #joined(): Buffer {
    const [only] = this.#pieces;
    const bytes = this.#pieces.length === 1 && only ? only : Buffer.concat(this.#pieces, this.#bytes);
    this.#pieces = [bytes];
    return bytes;
  }

  #keep(bytes: Buffer): void {
    this.#pieces = bytes.length === 0 ? [] : [bytes];
    this.#bytes = bytes.length;
  }

  /** Reads a boundary and the header lines after it. False when they are not all here. */
  #readHeader(nowMs: number): boolean {
    const bytes = this.#joined();
    const start = bytes.indexOf(this.#boundary);
    if (start === -1) {
      // A boundary may be half here.
      if (bytes.length > maxHeaderBytes) this.#keep(bytes.subarray(-this.#boundary.length));
      return false;
    }
    let length: number | null = null;
    let pos = bytes.indexOf(lineEnd, start) + 1;
    for (;;) {
      const end = pos === 0 ? -1 : bytes.indexOf(lineEnd, pos);
      if (end === -1) {
        if (bytes.length - start > maxHeaderBytes) this.#keep(bytes.subarray(start + this.#boundary.length));
        return false;
      }
      const line = bytes.toString('latin1', pos, end).trim();
      pos = end + 1;
      if (line === '') break;
      const given = /^content-length:\s*(\d+)$/i.exec(line)?.[1];
      if (given !== undefined) length = Number(given);
    }
    this.#arrivedAt = nowMs;
    const rest = bytes.subarray(pos);
    if (length !== null && length > 0 && length <= maxPartBytes) {
      this.#keep(rest);
      this.#length = length;
      return true;
    }
    // Without a length the pictures themselves tell where they end.
    this.#splitter = new JpegSplitter();
    this.#keep(Buffer.alloc(0));
    for (const jpeg of this.#splitter.push(rest)) this.#take(jpeg, nowMs);
    return false;
  }
}
