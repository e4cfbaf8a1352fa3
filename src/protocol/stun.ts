// STUN messages (RFC 8489), as far as a Binding request and its answer need them; pure bytes and values.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { ProtocolError } from './errors.js';

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |0 0|     STUN message type     |         message length        |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                  magic cookie 0x2112A442                      |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                  transaction id (96 bits)                     |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * Attributes follow: type (16 bits), length (16 bits), value, padding to 4 bytes (section 14).
 */

export const stunType = { bindingRequest: 0x0001, bindingSuccess: 0x0101, bindingError: 0x0111 } as const;
export const stunAttribute = {
  /** Section 14.3. */
  username: 0x0006,
  /** Section 14.5; `encodeStun` writes it, `checkIntegrity` checks it. */
  messageIntegrity: 0x0008,
  /** Section 14.8. */
  errorCode: 0x0009,
  xorMappedAddress: 0x0020,
  /** RFC 8445, section 16.1: of the candidate that whoever gets the check would learn by it. */
  priority: 0x0024,
  /** RFC 8445, section 16.1: from now on media is to go this way. It has no value. */
  useCandidate: 0x0025,
  /** RFC 5780: makes a request as long as its answer, or both as long as a media datagram. */
  padding: 0x0026,
  fingerprint: 0x8028,
  /** RFC 8445, section 16.1: the role of who asks, with its tie-breaker of 64 bits. */
  iceControlled: 0x8029,
  iceControlling: 0x802a,
  /** Ours, optional to understand: 64 bits that grow, so that an old request sent again binds nothing. */
  counter: 0xc0ca,
  /** Ours, optional to understand: what the relay got from an address and sent there (`binding-traffic.ts`). */
  traffic: 0xc0cb,
  /** Ours, optional to understand: 64 bits of an answer, given back by the next request: so whoever asked gets what is sent there. */
  proof: 0xc0cc,
} as const;

const headerBytes = 20;
const fingerprintBytes = 8;
const integrityBytes = 24;
const hmacBytes = 20;
const magicCookie = 0x2112a442;
const fingerprintXor = 0x5354554e;

interface StunAttribute {
  type: number;
  value: Buffer;
}

export interface StunMessage {
  type: number;
  /** 12 bytes. */
  transactionId: Buffer;
  attributes: readonly StunAttribute[];
}

export interface SocketAddress {
  address: string;
  port: number;
}

/**
 * Encodes a message; a FINGERPRINT (section 14.7) is put at its end, before it a MESSAGE-INTEGRITY when there is a key:
 * with short-term credentials (section 9.1) the password itself.
 */
export function encodeStun(message: StunMessage, options: { integrityKey?: string | Buffer } = {}): Buffer {
  const { type, transactionId, attributes } = message;
  const { integrityKey } = options;
  const withIntegrity = integrityKey === undefined ? 0 : integrityBytes;
  const attributesEnd = attributes.reduce((pos, { value }) => pos + 4 + padded(value.length), headerBytes);
  const bytes = Buffer.alloc(attributesEnd + withIntegrity + fingerprintBytes);
  bytes.writeUInt16BE(type, 0);
  bytes.writeUInt16BE(bytes.length - headerBytes, 2);
  bytes.writeUInt32BE(magicCookie, 4);
  transactionId.copy(bytes, 8);
  let pos = headerBytes;
  for (const { type: kind, value } of attributes) {
    bytes.writeUInt16BE(kind, pos);
    bytes.writeUInt16BE(value.length, pos + 2);
    value.copy(bytes, pos + 4);
    pos += 4 + padded(value.length);
  }
  if (integrityKey !== undefined) {
    bytes.writeUInt16BE(stunAttribute.messageIntegrity, pos);
    bytes.writeUInt16BE(hmacBytes, pos + 2);
    integrityOf(bytes, pos, integrityKey).copy(bytes, pos + 4);
    pos += integrityBytes;
  }
  bytes.writeUInt16BE(stunAttribute.fingerprint, pos);
  bytes.writeUInt16BE(4, pos + 2);
  bytes.writeUInt32BE(fingerprintOf(bytes.subarray(0, pos)), pos + 4);
  return bytes;
}

/**
 * Decodes a datagram; what follows MESSAGE-INTEGRITY is left out (section 14.5), whether that one is right says
 * `checkIntegrity`. Throws ProtocolError `bad-frame`, also when a FINGERPRINT is there and does not match.
 */
export function decodeStun(bytes: Buffer): StunMessage {
  if (bytes.length < headerBytes || bytes.length % 4 !== 0) throw new ProtocolError('bad-frame');
  const type = bytes.readUInt16BE(0);
  const wrong =
    (type & 0xc000) !== 0 ||
    bytes.readUInt16BE(2) !== bytes.length - headerBytes ||
    bytes.readUInt32BE(4) !== magicCookie;
  if (wrong) throw new ProtocolError('bad-frame');
  const attributes: StunAttribute[] = [];
  let pos = headerBytes;
  let protectedSoFar = true;
  while (pos < bytes.length) {
    const kind = bytes.readUInt16BE(pos);
    const length = bytes.readUInt16BE(pos + 2);
    const end = pos + 4 + padded(length);
    if (end > bytes.length) throw new ProtocolError('bad-frame');
    const value = bytes.subarray(pos + 4, pos + 4 + length);
    if (kind === stunAttribute.fingerprint) {
      const right = length === 4 && end === bytes.length;
      if (!right || value.readUInt32BE(0) !== fingerprintOf(bytes.subarray(0, pos))) {
        throw new ProtocolError('bad-frame');
      }
    } else if (protectedSoFar) {
      attributes.push({ type: kind, value });
      protectedSoFar = kind !== stunAttribute.messageIntegrity;
    }
    pos = end;
  }
  return { type, transactionId: bytes.subarray(8, headerBytes), attributes };
}

/** True when a datagram that `decodeStun` takes has a MESSAGE-INTEGRITY (section 14.5), and it was made with this key. */
export function checkIntegrity(bytes: Buffer, key: string | Buffer): boolean {
  let pos = headerBytes;
  while (pos + integrityBytes <= bytes.length) {
    const length = bytes.readUInt16BE(pos + 2);
    if (bytes.readUInt16BE(pos) === stunAttribute.messageIntegrity) {
      if (length !== hmacBytes) return false;
      return timingSafeEqual(bytes.subarray(pos + 4, pos + integrityBytes), integrityOf(bytes, pos, key));
    }
    pos += 4 + padded(length);
  }
  return false;
}

/** The value of XOR-MAPPED-ADDRESS (section 14.2): port and address under cookie and transaction id. */
export function encodeXorAddress({ address, port }: SocketAddress, transactionId: Buffer): Buffer {
  const ip = ipBytes(address);
  const value = Buffer.alloc(4 + ip.length);
  value[1] = ip.length === 4 ? 1 : 2;
  value.writeUInt16BE(port ^ (magicCookie >>> 16), 2);
  xorWith(ip, transactionId).copy(value, 4);
  return value;
}

/** Reads the value of XOR-MAPPED-ADDRESS. Throws ProtocolError `bad-frame`. */
export function decodeXorAddress(value: Buffer, transactionId: Buffer): SocketAddress {
  const family = value[1];
  if (!(family === 1 && value.length === 8) && !(family === 2 && value.length === 20)) {
    throw new ProtocolError('bad-frame');
  }
  const ip = xorWith(value.subarray(4), transactionId);
  return { address: ipText(ip), port: value.readUInt16BE(2) ^ (magicCookie >>> 16) };
}

function padded(length: number): number {
  return (length + 3) & ~3;
}

/** HMAC-SHA1 over what is before `pos`, with a length as if the message ended behind MESSAGE-INTEGRITY. */
function integrityOf(bytes: Buffer, pos: number, key: string | Buffer): Buffer {
  const header = Buffer.from(bytes.subarray(0, headerBytes));
  header.writeUInt16BE(pos + integrityBytes - headerBytes, 2);
  return createHmac('sha1', key).update(header).update(bytes.subarray(headerBytes, pos)).digest();
}

function fingerprintOf(message: Buffer): number {
  return (crc32(message) ^ fingerprintXor) >>> 0;
}

function xorWith(ip: Buffer, transactionId: Buffer): Buffer {
  const mask = Buffer.alloc(16);
  mask.writeUInt32BE(magicCookie, 0);
  transactionId.copy(mask, 4);
  return Buffer.from(ip.map((byte, at) => byte ^ (mask[at] ?? 0)));
}

/** The 4 or 16 bytes of an address as `node:dgram` writes it; zone ids are left out. */
function ipBytes(address: string): Buffer {
  const plain = address.split('%')[0] ?? '';
  if (!plain.includes(':')) return Buffer.from(plain.split('.').map(Number));
  const v4 = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(plain);
  const hex = (high = '', low = ''): string => (Number(high) * 256 + Number(low)).toString(16);
  const text = v4 ? `${v4[1] ?? ''}${hex(v4[2], v4[3])}:${hex(v4[4], v4[5])}` : plain;
  const [head = '', tail] = text.split('::');
  const groups = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => parseInt(group, 16));
  const before = groups(head);
  const after = groups(tail ?? '');
  const zeros = new Array<number>(tail === undefined ? 0 : 8 - before.length - after.length).fill(0);
  const bytes = Buffer.alloc(16);
  [...before, ...zeros, ...after].forEach((group, at) => bytes.writeUInt16BE(group, 2 * at));
  return bytes;
}

function ipText(ip: Buffer): string {
  if (ip.length === 4) return ip.join('.');
  const text = [0, 2, 4, 6, 8, 10, 12, 14].map((at) => ip.readUInt16BE(at).toString(16)).join(':');
  // As the system writes it too (RFC 5952, section 4.2): without the longest run of zeros, the first of those as long.
  const runs = text.match(/\b0(:0)+\b/g) ?? [];
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '');
  return longest === '' ? text : text.replace(new RegExp(`(^|:)${longest}(:|$)`), '::');
}
