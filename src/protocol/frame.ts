// Frames on the TCP stream: a 4-byte big-endian length, a kind byte, then the payload.
import { BufferPool } from './buffer-pool.js';
import { ProtocolError } from './errors.js';
import { limits } from './limits.js';

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |         length: bytes that follow (kind and payload)          |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * | kind (0 to 2) |  payload ...                                  |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * Kind 0: UTF-8 JSON. Kind 1: a file chunk: 4-byte transfer number, 8-byte offset, data (all big-endian).
 * Kind 2: a media datagram: first SSRC of the participant whose connection this is (4 bytes), then the same bytes as over UDP.
 */

export const frameKind = { json: 0, chunk: 1, datagram: 2 } as const;
export const frameHeaderBytes = 5;
export const chunkHeaderBytes = 12;
const datagramHeaderBytes = 4;

/** One frame as it was cut from the stream; `payload` is valid during the call that hands it on. */
export interface Frame {
  kind: number;
  payload: Buffer;
}

export interface Chunk {
  /** Number that the requester of the transfer chose. */
  transfer: number;
  /** Position of `data` in the file, in bytes. */
  offset: number;
  data: Buffer;
}

export interface MediaDatagram {
  /** First SSRC of the participant whose connection it crosses: one connection may be in several calls. */
  ssrc: number;
  bytes: Buffer;
}

/** Encodes a value as one JSON frame. */
export function encodeJson(value: unknown): Buffer {
  return encodeJsonText(JSON.stringify(value));
}

/** Encodes JSON text that is ready already as one frame. */
export function encodeJsonText(text: string): Buffer {
  const frame = Buffer.allocUnsafe(frameHeaderBytes + Buffer.byteLength(text));
  writeJsonText(text, frame, 0);
  return frame;
}

/** Writes JSON text as one frame at `pos` of a buffer that has room for it; returns the bytes of the frame. */
export function writeJsonText(text: string, buffer: Buffer, pos: number): number {
  const bytes = buffer.write(text, pos + frameHeaderBytes, 'utf8');
  buffer.writeUInt32BE(bytes + 1, pos);
  buffer[pos + 4] = frameKind.json;
  return frameHeaderBytes + bytes;
}

/** Encodes the header of a chunk frame; the data follows it on the stream untouched. */
export function encodeChunkHeader(transfer: number, offset: number, dataBytes: number): Buffer {
  const header = Buffer.allocUnsafe(frameHeaderBytes + chunkHeaderBytes);
  header.writeUInt32BE(1 + chunkHeaderBytes + dataBytes, 0);
  header[4] = frameKind.chunk;
  header.writeUInt32BE(transfer, 5);
  header.writeBigUInt64BE(BigInt(offset), 9);
  return header;
}

/** Encodes a media datagram of the participant with this first SSRC, from it or for it, as one frame. */
export function encodeDatagram(ssrc: number, bytes: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(frameHeaderBytes + datagramHeaderBytes + bytes.length);
  frame.writeUInt32BE(1 + datagramHeaderBytes + bytes.length, 0);
  frame[4] = frameKind.datagram;
  frame.writeUInt32BE(ssrc, frameHeaderBytes);
  frame.set(bytes, frameHeaderBytes + datagramHeaderBytes);
  return frame;
}

/** Reads the payload of a datagram frame. Throws ProtocolError. */
export function decodeDatagram(payload: Buffer): MediaDatagram {
  if (payload.length < datagramHeaderBytes) throw new ProtocolError('bad-frame');
  return { ssrc: payload.readUInt32BE(0), bytes: payload.subarray(datagramHeaderBytes) };
}

/** Reads the payload of a chunk frame. Throws ProtocolError. */
export function decodeChunk(payload: Buffer): Chunk {
  if (payload.length < chunkHeaderBytes) throw new ProtocolError('bad-frame');
  const offset = payload.readBigUInt64BE(4);
  if (offset > BigInt(Number.MAX_SAFE_INTEGER)) throw new ProtocolError('bad-frame');
  return {
    transfer: payload.readUInt32BE(0),
    offset: Number(offset),
    data: payload.subarray(chunkHeaderBytes),
  };
}

/** Reads the payload of a JSON frame. Throws ProtocolError when it is not valid JSON. */
export function decodeJson(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8'));
  } catch (cause) {
    throw new ProtocolError('bad-json', { cause });
  }
}

/**
 * Buffers of whole chunk frames, for all decoders: each chunk of a file comes in many pieces, and one buffer after
 * the other would be left for the garbage collector, which takes its time.
 */
const chunkFrames = new BufferPool(frameHeaderBytes + chunkHeaderBytes + limits.maxChunkBytes, 8);
const nothing = Buffer.alloc(0);
/** Shorter frames than this cost little, and leave the buffers to the long ones. */
const minPooledBytes = chunkFrames.bytes / 4;

function checkKind(kind: number, length: number): void {
  if (kind === frameKind.json || kind === frameKind.chunk) return;
  if (kind !== frameKind.datagram) throw new ProtocolError('bad-frame');
  const max = 1 + datagramHeaderBytes + limits.maxDatagramBytes;
  if (length > max) throw new ProtocolError('frame-too-long', { details: { bytes: length, max } });
}

/**
 * Cuts a byte stream into frames. Holds at most one unfinished frame, in one buffer that grows with what has
 * really arrived, so its memory is bounded by twice `maxFrameBytes` however the bytes are split.
 */
export class FrameDecoder {
  /** Kind byte and payload of the longest frame; may be raised once the sender is known. */
  maxFrameBytes: number;
  #held: Buffer = nothing;
  #heldBytes = 0;
  /** Bytes that must be there before anything can be done: 4 for a length, then the whole frame. */
  #needed = 4;

  constructor(maxFrameBytes: number) {
    this.maxFrameBytes = maxFrameBytes;
  }

  /** Bytes of an unfinished frame that are held. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /**
   * Takes what was read and calls `onFrame` for each whole frame, in order. Payloads point into `data` or
   * into a buffer of the decoder's: who keeps one beyond the call copies it.
   * Throws ProtocolError for a frame that is empty, of unknown kind or too long; the stream is useless then.
   */
  push(data: Buffer, onFrame: (frame: Frame) => void): void {
    let input = data;
    if (this.#heldBytes > 0) {
      this.#hold(data);
      if (this.#heldBytes < this.#needed) return;
      // The buffer is used again for what is left over: a new one for each chunk costs more than all the rest.
      input = this.#held.subarray(0, this.#heldBytes);
      this.#heldBytes = 0;
    }
    let pos = 0;
    this.#needed = 4;
    while (input.length - pos >= 4) {
      const length = input.readUInt32BE(pos);
      this.#checkLength(length);
      if (input.length - pos < 4 + length) {
        this.#needed = 4 + length;
        break;
      }
      const kind = input[pos + 4] ?? -1;
      checkKind(kind, length);
      const payload = input.subarray(pos + frameHeaderBytes, pos + 4 + length);
      pos += 4 + length;
      onFrame({ kind, payload });
    }
    if (pos < input.length) this.#hold(input.subarray(pos));
    else if (this.#held.length > 0) {
      chunkFrames.give(this.#held);
      this.#held = nothing;
    }
  }

  #hold(data: Buffer): void {
    const bytes = this.#heldBytes + data.length;
    if (bytes > this.#held.length) {
      const grown = this.#larger(bytes);
      this.#held.copy(grown, 0, 0, this.#heldBytes);
      chunkFrames.give(this.#held);
      this.#held = grown;
    }
    data.copy(this.#held, this.#heldBytes);
    this.#heldBytes = bytes;
  }

  #larger(bytes: number): Buffer {
    if (this.#needed >= minPooledBytes && Math.max(bytes, this.#needed) <= chunkFrames.bytes) {
      const spare = chunkFrames.takeSpare();
      if (spare) return spare;
    }
    return Buffer.allocUnsafe(Math.max(bytes, Math.min(this.#needed, 2 * bytes)));
  }

  #checkLength(length: number): void {
    if (length < 1) throw new ProtocolError('bad-frame');
    if (length > this.maxFrameBytes) {
      throw new ProtocolError('frame-too-long', { details: { bytes: length, max: this.maxFrameBytes } });
    }
  }
}
