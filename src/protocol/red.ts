// Redundant audio (RFC 2198): older blocks of sound ride along with the newest one; pure bytes and values.
import { ProtocolError, PytalkError } from './errors.js';

/*
 * A header for each older block, and a short one for the newest (primary); then the blocks in the same order.
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |1|  block PT   |     timestamp offset      |   block length    |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |0|  block PT   |
 * +-+-+-+-+-+-+-+-+
 */

export interface RedBlock {
  payloadType: number;
  /** How much older than the packet's timestamp the block is, in units of the clock, at most 16,383; 0 for the primary. */
  timestampOffset: number;
  /** At most 1,023 bytes, the primary excepted. */
  data: Buffer;
}

const headerBytes = 4;
export const redLimits = { maxTimestampOffset: 0x3fff, maxBlockBytes: 0x3ff } as const;

/** Encodes blocks, oldest first; the last is the primary. Throws PytalkError `internal` for what does not fit a header. */
export function encodeRed(blocks: readonly RedBlock[]): Buffer {
  const primary = blocks.at(-1);
  if (!primary) throw new PytalkError('internal');
  const older = blocks.slice(0, -1);
  const total = blocks.reduce((sum, block) => sum + block.data.length, headerBytes * older.length + 1);
  const bytes = Buffer.allocUnsafe(total);
  let pos = 0;
  for (const { payloadType, timestampOffset, data } of older) {
    const fits =
      timestampOffset >= 0 &&
      timestampOffset <= redLimits.maxTimestampOffset &&
      data.length <= redLimits.maxBlockBytes;
    if (!fits) throw new PytalkError('internal');
    bytes[pos] = 0x80 | (payloadType & 0x7f);
    bytes.writeUIntBE((timestampOffset << 10) | data.length, pos + 1, 3);
    pos += headerBytes;
  }
  bytes[pos++] = primary.payloadType & 0x7f;
  for (const { data } of blocks) pos += data.copy(bytes, pos);
  return bytes;
}

/** Decodes a payload into its blocks, oldest first, the primary last; `data` are views. Throws ProtocolError `bad-frame`. */
export function decodeRed(bytes: Buffer): RedBlock[] {
  const headers: { payloadType: number; timestampOffset: number; length: number }[] = [];
  let pos = 0;
  while (pos < bytes.length && bytes.readUInt8(pos) >= 0x80) {
    if (pos + headerBytes > bytes.length) throw new ProtocolError('bad-frame');
    const rest = bytes.readUIntBE(pos + 1, 3);
    const payloadType = bytes.readUInt8(pos) & 0x7f;
    headers.push({ payloadType, timestampOffset: rest >> 10, length: rest & redLimits.maxBlockBytes });
    pos += headerBytes;
  }
  if (pos >= bytes.length) throw new ProtocolError('bad-frame');
  const primaryType = bytes.readUInt8(pos++);
  const blocks: RedBlock[] = [];
  for (const { payloadType, timestampOffset, length } of headers) {
    if (pos + length > bytes.length) throw new ProtocolError('bad-frame');
    blocks.push({ payloadType, timestampOffset, data: bytes.subarray(pos, pos + length) });
    pos += length;
  }
  blocks.push({ payloadType: primaryType, timestampOffset: 0, data: bytes.subarray(pos) });
  return blocks;
}
