// Times on the wire: 64-bit NTP timestamps (RFC 3550, section 4), as senders' reports and abs-capture-time carry them.

/** Seconds from 1900, where NTP begins, to 1970. */
const secondsTo1970 = 2_208_988_800;
const fractionsPerSecond = 0x1_0000_0000;
export const ntpBytes = 8;

/** Writes milliseconds since 1970, with fractions, as a 64-bit NTP timestamp; the buffer must have the room. */
export function writeNtp(bytes: Buffer, pos: number, ms: number): void {
  const seconds = Math.floor(ms / 1000);
  bytes.writeUInt32BE((seconds + secondsTo1970) >>> 0, pos);
  bytes.writeUInt32BE(Math.floor(((ms - seconds * 1000) / 1000) * fractionsPerSecond) >>> 0, pos + 4);
}

/** Reads a 64-bit NTP timestamp as milliseconds since 1970; the bytes must be there. */
export function readNtp(bytes: Buffer, pos: number): number {
  const seconds = bytes.readUInt32BE(pos);
  // The seconds begin again in 2036: the first half of the range is taken for what comes then (RFC 4330, section 3).
  const since1900 = seconds < 0x8000_0000 ? seconds + 0x1_0000_0000 : seconds;
  return (since1900 - secondsTo1970) * 1000 + (bytes.readUInt32BE(pos + 4) / fractionsPerSecond) * 1000;
}

/** The middle 32 bits of an NTP timestamp, as report blocks name a sender report: 65,536ths of a second. */
export function compactNtp(ms: number): number {
  const bytes = Buffer.alloc(ntpBytes);
  writeNtp(bytes, 0, ms);
  return bytes.readUInt32BE(2);
}
