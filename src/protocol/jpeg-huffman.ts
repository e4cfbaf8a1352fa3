// The standard Huffman tables of JPEG (ITU-T T.81, annex K.3), which RTP/JPEG does not send because both sides know them.

/** A table as DHT carries it: 16 counts of codes by length, then the symbols in the order of their codes. */
interface HuffmanTable {
  /** Upper half of its first byte in DHT: 0 for DC, 1 for AC. Lower half: its number. */
  destination: number;
  /** Counts and symbols. */
  bytes: Buffer;
}

const table = (destination: number, counts: string, symbols: string): HuffmanTable => ({
  destination,
  bytes: Buffer.from((counts + symbols).replace(/\s/g, ''), 'hex'),
});

/** K.3 and K.5: for luminance, number 0. */
const lumaDc = table(0x00, '00010501010101010100000000000000', '000102030405060708090a0b');
const lumaAc = table(
  0x10,
  '0002010303020403050504040000017d',
  `01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a3435363738393a43
  4445464748494a535455565758595a636465666768696a737475767778797a838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2
  b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa`,
);
/** K.4 and K.6: for chrominance, number 1. */
const chromaDc = table(0x01, '00030101010101010101010000000000', '000102030405060708090a0b');
const chromaAc = table(
  0x11,
  '00020102040403040705040400010277',
  `0001020311040521310612415107617113223281081442 91a1b1c109233352f0156272d10a162434e125f11718191a262728292a35363738393a
  434445464748494a535455565758595a636465666768696a737475767778797a82838485868788898a92939495969798999aa2a3a4a5a6a7a8a9
  aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9fa`,
);

/** Counts and symbols by component: luminance, then chrominance. */
export const standardHuffman = {
  dc: [lumaDc.bytes, chromaDc.bytes],
  ac: [lumaAc.bytes, chromaAc.bytes],
} as const;

/** All four as one DHT segment, with its marker. */
export const standardDht: Buffer = dhtSegment([lumaDc, lumaAc, chromaDc, chromaAc]);

function dhtSegment(tables: readonly HuffmanTable[]): Buffer {
  const content = Buffer.concat(
    tables.flatMap(({ destination, bytes }) => [Buffer.from([destination]), bytes]),
  );
  const head = Buffer.from([0xff, 0xc4, 0, 0]);
  head.writeUInt16BE(2 + content.length, 2);
  return Buffer.concat([head, content]);
}
