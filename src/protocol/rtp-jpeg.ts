// JPEG pictures as payloads of RTP packets (RFC 2435); pure bytes and values.
import { ProtocolError, PytalkError } from './errors.js';
import { jpegTablesBytes, type JpegParts } from './jpeg-parts.js';

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * | type-specific |              fragment offset                  |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |     type      |       Q       |   width / 8   |  height / 8   |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |       restart interval        |F|L|       restart count       |  when type >= 64
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |      MBZ      |   precision   |        length = 128           |  when Q >= 128 and offset = 0;
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+  the tables follow
 * |                     piece of the scan ...                     |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */

// What goes into payloads and comes out of them is a file at both ends.
export { buildJpeg, parseJpeg, type JpegParts } from './jpeg-parts.js';

export interface JpegFragment {
  /** Where `data` belongs in the scan. */
  offset: number;
  /** 0: 4:2:2, 1: 4:2:0. */
  type: 0 | 1;
  /** 255: the frame brings its own tables in its first packet. */
  q: number;
  /** Pixels, multiples of 8. */
  width: number;
  height: number;
  /** 0 for none. */
  restartInterval: number;
  /** 128 bytes in the first packet of a frame, when it brings them; else null. A view. */
  tables: Buffer | null;
  /** A view. */
  data: Buffer;
}

const mainHeaderBytes = 8;
const restartHeaderBytes = 4;
const tableHeaderBytes = 4;
/** Added to the type when there is a restart header. */
const withRestarts = 64;
/** F and L set, and all ones: restart intervals and packets do not begin and end together (section 3.1.7). */
const wholeFrame = 0xffff;
const ownTables = 255;
/** Below it a Q stands for tables that can be computed. */
const firstDynamicQ = 128;
/** Leaves room for the tables and a piece of scan in the first of two payloads. */
const minPayloadBytes = 320;

/**
 * Cuts a picture into payloads of nearly equal sizes; the last one's packet gets the marker. EOI is not sent (receivers
 * put it there). Throws PytalkError `internal` for a picture with a problem and for less than 320 bytes a payload.
 */
export function packetiseJpeg(parts: JpegParts, maxPayloadBytes: number): Buffer[] {
  const { scan, restartInterval } = parts;
  if (parts.problem !== null || maxPayloadBytes < minPayloadBytes) throw new PytalkError('internal');
  const headerBytes = mainHeaderBytes + (restartInterval === 0 ? 0 : restartHeaderBytes);
  const firstBytes = tableHeaderBytes + jpegTablesBytes;
  const count = Math.max(1, Math.ceil((scan.length + firstBytes) / (maxPayloadBytes - headerBytes)));
  const total = scan.length + firstBytes + count * headerBytes;
  const payloads: Buffer[] = [];
  let offset = 0;
  for (let at = 0; at < count; at++) {
    const payload = Buffer.allocUnsafe(Math.floor(total / count) + (at < total % count ? 1 : 0));
    let pos = writeHeader(payload, parts, offset);
    if (offset === 0) pos = writeTables(payload, pos, parts.tables);
    offset += scan.copy(payload, pos, offset);
    payloads.push(payload);
  }
  return payloads;
}

function writeHeader(payload: Buffer, parts: JpegParts, offset: number): number {
  const { width, height, type, restartInterval } = parts;
  payload.writeUInt32BE(offset, 0);
  payload.writeUInt8(type + (restartInterval === 0 ? 0 : withRestarts), 4);
  payload.writeUInt8(ownTables, 5);
  payload.writeUInt8(Math.ceil(width / 8), 6);
  payload.writeUInt8(Math.ceil(height / 8), 7);
  if (restartInterval === 0) return mainHeaderBytes;
  payload.writeUInt16BE(restartInterval, mainHeaderBytes);
  payload.writeUInt16BE(wholeFrame, mainHeaderBytes + 2);
  return mainHeaderBytes + restartHeaderBytes;
}

function writeTables(payload: Buffer, pos: number, tables: Buffer): number {
  payload.writeUInt16BE(0, pos);
  payload.writeUInt16BE(jpegTablesBytes, pos + 2);
  return pos + tableHeaderBytes + tables.copy(payload, pos + tableHeaderBytes);
}

/**
 * Reads one payload. Throws ProtocolError `bad-frame`, also for what RTP/JPEG allows and no call sends: interlaced
 * pictures, tables of 16 bits, and types of one's own.
 */
export function decodeJpegPayload(payload: Buffer): JpegFragment {
  if (payload.length < mainHeaderBytes) throw new ProtocolError('bad-frame');
  const first = payload.readUInt32BE(0);
  const offset = first & 0xff_ffff;
  const kind = payload.readUInt8(4);
  const q = payload.readUInt8(5);
  const type = kind & ~withRestarts;
  const width = 8 * payload.readUInt8(6);
  const height = 8 * payload.readUInt8(7);
  const right = first === offset && (type === 0 || type === 1) && q !== 0 && width > 0 && height > 0;
  if (!right) throw new ProtocolError('bad-frame');
  let pos = mainHeaderBytes;
  let restartInterval = 0;
  if (kind & withRestarts) {
    if (payload.length < pos + restartHeaderBytes) throw new ProtocolError('bad-frame');
    restartInterval = payload.readUInt16BE(pos);
    if (restartInterval === 0) throw new ProtocolError('bad-frame');
    pos += restartHeaderBytes;
  }
  let tables: Buffer | null = null;
  if (offset === 0 && q >= firstDynamicQ) {
    if (payload.length < pos + tableHeaderBytes) throw new ProtocolError('bad-frame');
    const precision = payload.readUInt8(pos + 1);
    const length = payload.readUInt16BE(pos + 2);
    pos += tableHeaderBytes;
    // Without them, tables of an earlier frame with the same Q are meant, which 255 forbids (section 3.1.8).
    const known = length === jpegTablesBytes || (length === 0 && q !== ownTables);
    if (!known || precision !== 0 || payload.length < pos + length) throw new ProtocolError('bad-frame');
    if (length > 0) tables = payload.subarray(pos, pos + length);
    pos += length;
  }
  const data = payload.subarray(pos);
  if (data.length === 0) throw new ProtocolError('bad-frame');
  return { offset, type, q, width, height, restartInterval, tables, data };
}
