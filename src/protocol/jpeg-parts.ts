// JPEG files (ITU-T T.81, annex B) taken apart into what RTP/JPEG (RFC 2435) sends, and put together again.
import { ProtocolError } from './errors.js';
import { standardDht, standardHuffman } from './jpeg-huffman.js';

/** What RTP/JPEG sends of a picture, as `parseJpeg` finds it. */
export interface JpegParts {
  /** Pixels. */
  width: number;
  height: number;
  /** 0: 4:2:2, 1: 4:2:0. */
  type: 0 | 1;
  /** Coded units between restart markers (DRI); 0 for none. */
  restartInterval: number;
  /** Quantisation tables of luminance and of chrominance, 64 bytes each, in zig-zag order as in DQT. */
  tables: Buffer;
  /** Entropy-coded bytes from behind SOS up to EOI, without either; restart markers are part of it. */
  scan: Buffer;
  /** Why RTP/JPEG cannot carry the picture, in English; then only width and height are to be relied on. Else null. */
  problem: string | null;
}

const marker = {
  start: 0xd8,
  end: 0xd9,
  baseline: 0xc0,
  lastFrame: 0xcf,
  huffman: 0xc4,
  extensions: 0xc8,
  arithmetic: 0xcc,
  restart0: 0xd0,
  restart7: 0xd7,
  scan: 0xda,
  quantisation: 0xdb,
  restartInterval: 0xdd,
  temporary: 0x01,
} as const;

const tableBytes = 64;
export const jpegTablesBytes = 2 * tableBytes;
/** RFC 2435, section 3.1.5: eight bits of blocks of 8 pixels. */
const maxPixels = 2040;
/** RFC 2435, section 3.1.2: the offset of a fragment has 24 bits. */
const maxScanBytes = 0xff_ffff;
const samplingOfType = ['2x1,1x1,1x1', '2x2,1x1,1x1'];

interface Component {
  id: number;
  /** Horizontal and vertical sampling, `2x2`. */
  sampling: string;
  quantisation: number;
}

/** What the segments before the scan have said. */
interface Header {
  width: number;
  height: number;
  bits: number;
  /** Marker of the frame header; 0 before there was one. */
  process: number;
  components: Component[];
  restartInterval: number;
  /** By number; null for one of 16 bits. */
  quantisation: Map<number, Buffer | null>;
  /** By class and number as in DHT: counts and symbols. */
  huffman: Map<number, Buffer>;
}

/** Takes a picture apart; `tables` and `scan` may be views. Throws ProtocolError `bad-frame` when it is no whole JPEG. */
export function parseJpeg(bytes: Buffer): JpegParts {
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xff00 + marker.start)
    throw new ProtocolError('bad-frame');
  const header: Header = {
    width: 0,
    height: 0,
    bits: 0,
    process: 0,
    components: [],
    restartInterval: 0,
    quantisation: new Map(),
    // Pictures of webcams may lack them: Motion JPEG means the standard ones then.
    huffman: new Map([
      [0x00, standardHuffman.dc[0]],
      [0x01, standardHuffman.dc[1]],
      [0x10, standardHuffman.ac[0]],
      [0x11, standardHuffman.ac[1]],
    ]),
  };
  let pos = 2;
  for (;;) {
    const code = markerAt(bytes, pos);
    pos = code.end;
    if (code.marker === marker.temporary) continue;
    const standalone = code.marker >= marker.restart0 && code.marker <= marker.end;
    if (standalone || pos + 2 > bytes.length) throw new ProtocolError('bad-frame');
    const end = pos + bytes.readUInt16BE(pos);
    if (end < pos + 2 || end > bytes.length) throw new ProtocolError('bad-frame');
    const content = bytes.subarray(pos + 2, end);
    pos = end;
    if (code.marker === marker.scan) return withScan(header, content, bytes, pos);
    readSegment(code.marker, content, header);
  }
}

/** Marker code at `pos`, and where its segment begins; bytes of 0xFF may fill up before it (section B.1.1.2). */
function markerAt(bytes: Buffer, pos: number): { marker: number; end: number } {
  if (bytes[pos] !== 0xff) throw new ProtocolError('bad-frame');
  let at = pos + 1;
  while (bytes[at] === 0xff) at++;
  const code = bytes[at];
  if (code === undefined || code === 0) throw new ProtocolError('bad-frame');
  return { marker: code, end: at + 1 };
}

function readSegment(code: number, content: Buffer, header: Header): void {
  if (code === marker.quantisation) readQuantisation(content, header);
  else if (code === marker.huffman) readHuffman(content, header);
  else if (code === marker.restartInterval) {
    if (content.length !== 2) throw new ProtocolError('bad-frame');
    header.restartInterval = content.readUInt16BE(0);
  } else if (code >= marker.baseline && code <= marker.lastFrame) {
    if (code !== marker.extensions && code !== marker.arithmetic) readFrame(code, content, header);
  }
}

/** Section B.2.4.1. */
function readQuantisation(content: Buffer, header: Header): void {
  let pos = 0;
  while (pos < content.length) {
    const first = content.readUInt8(pos);
    const end = pos + 1 + (first >> 4 === 0 ? tableBytes : 2 * tableBytes);
    if (end > content.length) throw new ProtocolError('bad-frame');
    header.quantisation.set(first & 0x0f, first >> 4 === 0 ? content.subarray(pos + 1, end) : null);
    pos = end;
  }
}

/** Section B.2.4.2. */
function readHuffman(content: Buffer, header: Header): void {
  let pos = 0;
  while (pos < content.length) {
    const counts = content.subarray(pos + 1, pos + 17);
    const end = pos + 17 + counts.reduce((sum, count) => sum + count, 0);
    if (end > content.length) throw new ProtocolError('bad-frame');
    header.huffman.set(content.readUInt8(pos), content.subarray(pos + 1, end));
    pos = end;
  }
}

/** Section B.2.2. */
function readFrame(code: number, content: Buffer, header: Header): void {
  const count = content[5];
  const once = header.process === 0;
  if (!once || count === undefined || content.length !== 6 + 3 * count) throw new ProtocolError('bad-frame');
  header.process = code;
  header.bits = content.readUInt8(0);
  header.height = content.readUInt16BE(1);
  header.width = content.readUInt16BE(3);
  header.components = Array.from({ length: count }, (_, at) => {
    const sampling = content.readUInt8(7 + 3 * at);
    return {
      id: content.readUInt8(6 + 3 * at),
      sampling: `${sampling >> 4}x${sampling & 0x0f}`,
      quantisation: content.readUInt8(8 + 3 * at),
    };
  });
  if (header.width === 0) throw new ProtocolError('bad-frame');
}

/** Section B.2.3: `content` is the scan's header, the scan begins at `start`. */
function withScan(header: Header, content: Buffer, bytes: Buffer, start: number): JpegParts {
  const count = content[0];
  const right = header.process !== 0 && count !== undefined && content.length === 4 + 2 * count;
  if (!right) throw new ProtocolError('bad-frame');
  const { end, next, restarts } = endOfScan(bytes, start);
  const { width, height, restartInterval, components } = header;
  const [luma, chroma] = components.map(({ quantisation }) => header.quantisation.get(quantisation));
  const zeros = Buffer.alloc(tableBytes);
  const sampling = samplingOf(components);
  const problem =
    frameProblem(header) ??
    scanProblem(header, content) ??
    (next === marker.end ? null : 'it has more than one scan') ??
    (restarts && restartInterval === 0 ? 'it has restart markers without an interval' : null) ??
    (end - start > maxScanBytes ? 'it has too many bytes' : null);
  return {
    width,
    height,
    type: sampling === samplingOfType[0] ? 0 : 1,
    restartInterval,
    tables: Buffer.concat([luma ?? zeros, chroma ?? zeros]),
    scan: bytes.subarray(start, end),
    problem,
  };
}

/** Where the first marker that is no restart marker is, and which; 0xFF00 stands for a byte 0xFF (section B.1.1.5). */
function endOfScan(bytes: Buffer, start: number): { end: number; next: number; restarts: boolean } {
  let restarts = false;
  let pos = bytes.indexOf(0xff, start);
  while (pos >= 0) {
    let at = pos + 1;
    while (bytes[at] === 0xff) at++;
    const code = bytes[at];
    if (code === undefined) break;
    const restart = code >= marker.restart0 && code <= marker.restart7;
    if (code !== 0 && !restart) return { end: pos, next: code, restarts };
    restarts ||= restart;
    pos = bytes.indexOf(0xff, at + 1);
  }
  throw new ProtocolError('bad-frame');
}

function samplingOf(components: readonly Component[]): string {
  return components.map(({ sampling }) => sampling).join(',');
}

/** What of RFC 2435, section 4.1 and 3.1, the frame does not obey; null when it obeys all. */
function frameProblem(header: Header): string | null {
  const { process, bits, width, height, components, quantisation } = header;
  if (process !== marker.baseline) return 'it is not baseline JPEG';
  if (bits !== 8) return `it has ${bits} bits a sample`;
  if (height === 0) return 'its height is not in its header';
  if (width > maxPixels || height > maxPixels) return `it has more than ${maxPixels} pixels a side`;
  if (components.length !== 3) return `it has ${components.length} and not 3 colour components`;
  const sampling = samplingOf(components);
  if (!samplingOfType.includes(sampling)) return `its colours are sampled ${sampling}, not 4:2:0 or 4:2:2`;
  const [luma, blue, red] = components.map((component) => quantisation.get(component.quantisation));
  if (luma === undefined || blue === undefined || red === undefined) return 'it lacks a quantisation table';
  if (!luma || !blue || !red) return 'its quantisation tables have 16 bits';
  return blue.equals(red) ? null : 'its colours have different quantisation tables';
}

/** The same of the scan: all components at once, in order, whole, with the standard Huffman tables. */
function scanProblem(header: Header, content: Buffer): string | null {
  const { components, huffman } = header;
  const ids = components.map((_, at) => content[1 + 2 * at]);
  if (content[0] !== components.length) return 'it has more than one scan';
  if (!components.every(({ id }, at) => id === ids[at])) return 'its components are not in order';
  const tail = content.subarray(content.length - 3);
  if (tail[0] !== 0 || tail[1] !== 63 || tail[2] !== 0) return 'it is not baseline JPEG';
  const standard = components.every((_, at) => {
    const chosen = content.readUInt8(2 + 2 * at);
    const which = at === 0 ? 0 : 1;
    const dc = huffman.get(chosen >> 4);
    const ac = huffman.get(0x10 | (chosen & 0x0f));
    return dc?.equals(standardHuffman.dc[which]) === true && ac?.equals(standardHuffman.ac[which]) === true;
  });
  return standard ? null : 'its Huffman tables are not the standard ones';
}

/** A whole JFIF file with the standard Huffman tables, as RFC 2435, appendix B, makes it; the scan is copied as it is. */
export function buildJpeg(parts: Omit<JpegParts, 'problem'>): Buffer {
  const { width, height, type, restartInterval, tables, scan } = parts;
  const head = Buffer.from(
    // SOI; APP0 "JFIF" 1.1, no density, no thumbnail; then DQT for two tables of 8 bits.
    'ffd8' + 'ffe000104a46494600010100000100010000' + 'ffdb0084',
    'hex',
  );
  const frame = Buffer.from('ffc0001108' + '00000000' + '03' + '012200' + '021101' + '031101', 'hex');
  frame.writeUInt16BE(height, 5);
  frame.writeUInt16BE(width, 7);
  frame[11] = type === 1 ? 0x22 : 0x21;
  const restart = Buffer.from('ffdd00040000', 'hex');
  restart.writeUInt16BE(restartInterval, 4);
  return Buffer.concat([
    head,
    Buffer.of(0),
    tables.subarray(0, tableBytes),
    Buffer.of(1),
    tables.subarray(tableBytes, jpegTablesBytes),
    frame,
    standardDht,
    restartInterval === 0 ? Buffer.alloc(0) : restart,
    // SOS: three components, Huffman tables 0 for luminance and 1 for chrominance, all coefficients; EOI at the end.
    Buffer.from('ffda000c03' + '0100' + '0211' + '0311' + '003f00', 'hex'),
    scan,
    Buffer.of(0xff, marker.end),
  ]);
}
