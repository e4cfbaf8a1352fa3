// Sequence numbers of packets in the bodies of RTCP: those that a NACK asks for (RFC 4585, section 6.2.1), and rows of them.

/** Packets in a row; both numbers have 16 bits. */
export interface PacketRange {
  /** Sequence number. */
  first: number;
  count: number;
}

/** Pairs of a sequence number (PID) and a bit for each of the 16 after it (BLP). */
export function packLost(lost: readonly number[]): { first: number; following: number }[] {
  const pairs: { first: number; following: number }[] = [];
  for (const sequence of lost) {
    const last = pairs.at(-1);
    const ahead = last ? (sequence - last.first) & 0xffff : 0;
    if (last && ahead <= 16) last.following |= ahead === 0 ? 0 : 1 << (ahead - 1);
    else pairs.push({ first: sequence & 0xffff, following: 0 });
  }
  return pairs;
}

/** The numbers of such pairs, from a position on to the end. */
export function readLost(body: Buffer, start: number): number[] {
  const lost: number[] = [];
  for (let pos = start; pos < body.length; pos += 4) {
    const first = body.readUInt16BE(pos);
    const following = body.readUInt16BE(pos + 2);
    lost.push(first);
    for (let bit = 0; bit < 16; bit++) {
      if (following & (1 << bit)) lost.push((first + 1 + bit) & 0xffff);
    }
  }
  return lost;
}

/** Writes each range as its first number and its count. */
export function writeRanges(bytes: Buffer, start: number, ranges: readonly PacketRange[]): void {
  ranges.forEach(({ first, count }, at) => {
    bytes.writeUInt16BE(first, start + 4 * at);
    bytes.writeUInt16BE(count, start + 2 + 4 * at);
  });
}

/** Such ranges, from a position on to the end. */
export function readRanges(body: Buffer, start: number): PacketRange[] {
  return Array.from({ length: (body.length - start) / 4 }, (_, at) => ({
    first: body.readUInt16BE(start + 4 * at),
    count: body.readUInt16BE(start + 2 + 4 * at),
  }));
}
