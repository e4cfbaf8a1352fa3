// EBML (RFC 8794) as bytes: elements of an ID, a size and a value; pure functions.

/** A size that says that it is not known: the element ends where one begins that cannot be in it (RFC 8794, section 6.2). */
const unknownSize = Buffer.from('01ffffffffffffff', 'hex');

/** The bytes of an ID, which is written as the RFC prints it, with its length marker. */
function idBytes(id: number): Buffer {
  const hex = id.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
}

/** A variable-size integer (section 4), in as few bytes as hold it; all ones would mean "unknown" and is not used. */
export function vint(value: number): Buffer {
  let length = 1;
  while (value >= 2 ** (7 * length) - 1) length++;
  const bytes = Buffer.alloc(length);
  // What 48 bits do not hold, no file of ours has.
  bytes.writeUIntBE(value, Math.max(0, length - 6), Math.min(6, length));
  bytes[0] = bytes.readUInt8(0) | (0x80 >> (length - 1));
  return bytes;
}

/** A size in eight bytes, for a place that is filled in later. */
function longSize(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUIntBE(value, 2, 6);
  bytes[0] = 0x01;
  return bytes;
}

/** An element of bytes, or of other elements. */
export function element(id: number, ...content: readonly Buffer[]): Buffer {
  const length = content.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([idBytes(id), vint(length), ...content]);
}

/** The beginning of an element whose end is not known yet. */
export function opened(id: number, size: Buffer = unknownSize): Buffer {
  return Buffer.concat([idBytes(id), size]);
}

/** An unsigned integer, in as few bytes as hold it (section 7.2). */
export function uint(id: number, value: number | bigint): Buffer {
  const hex = value.toString(16);
  return element(id, Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex'));
}

/** A float of eight bytes (section 7.3). */
export function float(id: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return element(id, bytes);
}

/** Text in UTF-8 (section 7.5). */
export function text(id: number, value: string): Buffer {
  return element(id, Buffer.from(value));
}

const nanosecondsPerMs = 1_000_000n;
const millennium = Date.UTC(2001, 0, 1);

/** A date: nanoseconds since 2001 (section 7.6). */
export function date(id: number, ms: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(Math.round(ms - millennium)) * nanosecondsPerMs);
  return element(id, bytes);
}

const voidId = 0xec;

/** Fills exactly so many bytes that readers pass over (section 11.3.2): 0, or 2 and more; null for 1, which none can fill. */
export function filler(length: number): Buffer | null {
  if (length === 0) return Buffer.alloc(0);
  if (length === 1) return null;
  if (length < 9) return element(voidId, Buffer.alloc(length - 2));
  return Buffer.concat([opened(voidId, longSize(length - 9)), Buffer.alloc(length - 9)]);
}
