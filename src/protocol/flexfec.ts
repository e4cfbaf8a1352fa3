// Repair packets of FlexFEC (RFC 8627, flexible mask, R = 0 and F = 0): the XOR of some RTP packets; pure bytes and values.
import { ProtocolError, PytalkError } from './errors.js';
import { rtpFixedBytes } from './rtp.js';

/*
 * After an RTP header whose one CSRC is the SSRC of the packets that are protected (section 4.2.1):
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |0|0|P|X|  CC   |M| PT recovery |        length recovery        |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                          TS recovery                          |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |            SN base            |k|          Mask [0-14]        |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |k|              Mask [15-45], when the k before is 1           |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |              Mask [46-109], 64 bits, when both k are 1        |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |   XOR of all that follows the first 12 bytes of each packet   |
 */

export interface Repair {
  /** The sequence number of which the offsets count. */
  base: number;
  /** Which packets are protected: from 0 to 109, growing, at least one. */
  offsets: number[];
  /** The XOR of their bit strings (section 6.2): 2 bytes of flags and payload type, length, timestamp, then all after the fixed header. */
  parity: Buffer;
}

/** Flags and payload type, length, timestamp: they stand at the same places in the FEC header. */
const recoveryBytes = 8;
const baseBytes = 2;
/** Offsets that end within each size of the mask, and the bytes of that mask. */
const masks = [
  { offsets: 15, bytes: 2 },
  { offsets: 46, bytes: 6 },
  { offsets: 110, bytes: 14 },
] as const;
const withoutVersion = 0x3fff;

/** What a repair packet adds to the longest packet that it protects, its CSRC included, for offsets below 46. */
export const repairOverheadBytes = 4 + recoveryBytes + baseBytes + masks[1].bytes;

/** The XOR of the bit strings of RTP packets, each at least 12 bytes long. */
export function parityOf(packets: readonly Buffer[]): Buffer {
  const longest = packets.reduce((most, { length }) => Math.max(most, length), rtpFixedBytes);
  const parity = Buffer.alloc(recoveryBytes + longest - rtpFixedBytes);
  for (const packet of packets) addPacket(parity, packet);
  return parity;
}

/** Adds the bit string of a packet to a parity (XOR, so a second time takes it out). False when it does not fit in. */
export function addPacket(parity: Buffer, rtp: Buffer): boolean {
  const length = rtp.length - rtpFixedBytes;
  if (length > parity.length - recoveryBytes) return false;
  const head = Buffer.allocUnsafe(recoveryBytes);
  head.writeUInt16BE(rtp.readUInt16BE(0) & withoutVersion, 0);
  head.writeUInt16BE(length, 2);
  rtp.copy(head, 4, 4, recoveryBytes);
  addBytes(parity, 0, head);
  addBytes(parity, recoveryBytes, rtp.subarray(rtpFixedBytes));
  return true;
}

/** XORs bytes into others, from a place on; they end no later. */
export function addBytes(into: Buffer, from: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; at++) into[from + at] = (into[from + at] ?? 0) ^ (bytes[at] ?? 0);
}

/** The RTP packet of a parity that holds no other any more; null when it cannot be one. */
export function packetOf(parity: Buffer, sequence: number, ssrc: number): Buffer | null {
  const length = parity.readUInt16BE(2);
  if (length > parity.length - recoveryBytes) return null;
  const rtp = Buffer.allocUnsafe(rtpFixedBytes + length);
  rtp.writeUInt16BE(0x8000 | (parity.readUInt16BE(0) & withoutVersion), 0);
  rtp.writeUInt16BE(sequence & 0xffff, 2);
  parity.copy(rtp, 4, 4, recoveryBytes);
  rtp.writeUInt32BE(ssrc, 8);
  parity.copy(rtp, rtpFixedBytes, recoveryBytes, recoveryBytes + length);
  return rtp;
}

/** The payload of a repair packet. Throws PytalkError `internal` for offsets that no mask holds. */
export function encodeRepair({ base, offsets, parity }: Repair): Buffer {
  const last = offsets.at(-1) ?? -1;
  const mask = masks.find((one) => last < one.offsets);
  if (!mask || last < 0 || parity.length < recoveryBytes) throw new PytalkError('internal');
  const maskAt = recoveryBytes + baseBytes;
  const bytes = Buffer.alloc(maskAt + mask.bytes + parity.length - recoveryBytes);
  bytes.writeUInt16BE(parity.readUInt16BE(0) & withoutVersion, 0);
  parity.copy(bytes, 2, 2, recoveryBytes);
  bytes.writeUInt16BE(base & 0xffff, recoveryBytes);
  if (mask.bytes > 2) bytes[maskAt] = 0x80;
  if (mask.bytes > 6) bytes[maskAt + 2] = 0x80;
  for (const offset of offsets) {
    const { byte, bit } = placeOf(offset);
    bytes[maskAt + byte] = (bytes[maskAt + byte] ?? 0) | bit;
  }
  parity.copy(bytes, maskAt + mask.bytes, recoveryBytes);
  return bytes;
}

/** Reads the payload of a repair packet with one CSRC; `parity` is a copy. Throws ProtocolError `bad-frame`, also for other forms of FlexFEC. */
export function decodeRepair(payload: Buffer): Repair {
  const maskAt = recoveryBytes + baseBytes;
  if (payload.length < maskAt + masks[0].bytes || payload.readUInt8(0) >> 6 !== 0) {
    throw new ProtocolError('bad-frame');
  }
  const isLonger = (at: number): boolean => (payload[maskAt + at] ?? 0) >= 0x80;
  const mask = !isLonger(0) ? masks[0] : !isLonger(2) ? masks[1] : masks[2];
  if (payload.length < maskAt + mask.bytes) throw new ProtocolError('bad-frame');
  const offsets: number[] = [];
  for (let offset = 0; offset < mask.offsets; offset++) {
    const { byte, bit } = placeOf(offset);
    if (payload.readUInt8(maskAt + byte) & bit) offsets.push(offset);
  }
  if (offsets.length === 0) throw new ProtocolError('bad-frame');
  const parity = Buffer.concat([payload.subarray(0, recoveryBytes), payload.subarray(maskAt + mask.bytes)]);
  return { base: payload.readUInt16BE(recoveryBytes), offsets, parity };
}

/** Where the bit of an offset stands in the mask: after the k bits. */
function placeOf(offset: number): { byte: number; bit: number } {
  const at = offset + (offset < masks[0].offsets ? 1 : 2);
  return { byte: at >> 3, bit: 0x80 >> (at & 7) };
}
