// Headers of tar archives (POSIX.1-1988 ustar), so that a backup is a file that any tar can list.

export const tarBlockBytes = 512;

/* Fields of a header: name 0-99, mode 100, uid 108, gid 116, size 124-135, mtime 136-147, checksum 148-155,
 * type 156 ('0' is a regular file), magic 257 "ustar\0" and version "00". Numbers are octal text. */
const nameBytes = 100;
const sizeAt = 124;
const checksumAt = 148;
const typeAt = 156;
const magicAt = 257;
/** Larger sizes do not fit into 11 octal digits and are written as a binary number (GNU). */
const maxOctalSize = 8 ** 11 - 1;

export interface TarEntry {
  /** At most 100 ASCII characters. */
  name: string;
  /** Bytes. */
  size: number;
}

/** Zero bytes that fill an entry of this size up to whole blocks. */
export function tarPaddingBytes(size: number): number {
  return (tarBlockBytes - (size % tarBlockBytes)) % tarBlockBytes;
}

/** `mtime` in milliseconds. */
export function encodeTarHeader({ name, size }: TarEntry, mtime: number): Buffer {
  const block = Buffer.alloc(tarBlockBytes);
  block.write(name, 0, nameBytes, 'latin1');
  writeOctal(block, 0o600, 100, 8);
  writeOctal(block, 0, 108, 8);
  writeOctal(block, 0, 116, 8);
  if (size <= maxOctalSize) {
    writeOctal(block, size, sizeAt, 12);
  } else {
    block[sizeAt] = 0x80;
    block.writeBigUInt64BE(BigInt(size), sizeAt + 4);
  }
  writeOctal(block, Math.floor(mtime / 1000), 136, 12);
  block.write('0', typeAt, 'latin1');
  block.write('ustar\x0000', magicAt, 'latin1');
  block.write(`${checksumOf(block).toString(8).padStart(6, '0')}\0 `, checksumAt, 'latin1');
  return block;
}

/** Null for what is no header of a regular file; `end` for the block of zeros that ends an archive. */
export function decodeTarHeader(block: Buffer): TarEntry | 'end' | null {
  if (block.length !== tarBlockBytes) return null;
  if (block.every((byte) => byte === 0)) return 'end';
  const magic = block.toString('latin1', magicAt, magicAt + 6);
  const type = block.toString('latin1', typeAt, typeAt + 1);
  if (magic !== 'ustar\0' || type !== '0' || readOctal(block, checksumAt, 8) !== checksumOf(block))
    return null;
  const size =
    block[sizeAt] === 0x80 ? Number(block.readBigUInt64BE(sizeAt + 4)) : readOctal(block, sizeAt, 12);
  if (size === null || !Number.isSafeInteger(size)) return null;
  const end = block.indexOf(0);
  return { name: block.toString('latin1', 0, end < 0 ? nameBytes : Math.min(end, nameBytes)), size };
}

function writeOctal(block: Buffer, value: number, at: number, bytes: number): void {
  block.write(`${value.toString(8).padStart(bytes - 1, '0')}\0`, at, 'latin1');
}

function readOctal(block: Buffer, at: number, bytes: number): number | null {
  const text = /^([0-7]+)[\0 ]/.exec(block.toString('latin1', at, at + bytes))?.[1];
  return text === undefined ? null : parseInt(text, 8);
}

/** The sum of all bytes, with those of the checksum itself as spaces. */
function checksumOf(block: Buffer): number {
  let sum = 8 * 0x20;
  block.forEach((byte, at) => {
    if (at < checksumAt || at >= checksumAt + 8) sum += byte;
  });
  return sum;
}
