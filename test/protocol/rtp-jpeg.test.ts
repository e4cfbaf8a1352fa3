// RTP/JPEG: pictures taken apart, cut into payloads, put together again, and what it cannot carry; with the encoders of others.
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import sharp from 'sharp';
import t, { type Test } from 'tap';
import {
  buildJpeg,
  decodeJpegPayload,
  packetiseJpeg,
  parseJpeg,
  type JpegParts,
} from '../../src/protocol/rtp-jpeg.js';
import { decodeNonsense } from '../support/random-bytes.js';
import { missing } from '../support/tools.js';

/** 48x40 pixels of colour bars, sampled 2x1,1x1,1x1 (true 4:2:2), as GStreamer's jpegenc writes them. */
const picture422: Buffer = Buffer.from(
  `
  /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBCYFVlZF9VXVtqeJmBanGQc1tdhbWGkJ6jq62rZ4C8ybqm
  x5moq6T/2wBDARweHigjKE4rK06kbl1upKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKT/wAARCAAoADAD
  ASEAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKB
  kaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZ
  mqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQF
  BgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAECAxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5
  OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX
  2Nna4uPk5ebn6Onq8vP09fb3+Pn6/9oADAMBAAIRAxEAPwDef7hqrP8AcH1rjn/vUP67mdf+DIqS9qqT/fH0rspf72/66GGV/wAdejKr/fNU3++3
  1rswf8af9dT2sd8ETtn+4aqz/cH1rx5/71D+u55lf+DIqS9qqT/fH0rspf72/wCuhhlf8dejKr/fNU3++31rswf8af8AXU9rHfBE7Z/uGqs/3B9a
  8ef+9Q/rueZX/gyKkvaqk/3x9K7KX+9v+uhhlf8AHXoyq/3zVN/vt9a7MH/Gn/XU9rHfBEsvrd8VIFx/44v+FaEEWts5FwuVxxynX8Kyr0KUa0Zp
  fmebRnTq+7LVdTOutSkO3yZvXPy/4ipLK+t3iJvJMybuPlPT8Pxpzpeyq89rXHXovDy5sOrPp+u5XupWe5k+zMPLABHb09a2rW00x4I/OT97sBck
  sBu4B9up7eo9azjUcJOUOpo6tSpBKozmK9BrbEdDzsF9r5Hn1MTvWuN+z8z2cR0NXTCoZwwU8g5YcLjPOe3OKvSW6oXAZAWdmycfMe4z3/l1B7Y4
  DlP/2Q==`,
  'base64',
);

const end = picture422.subarray(-2);
const withoutEnd = picture422.subarray(0, -2);
/** SOS of one component. */
const lumaScan = Buffer.from('ffda0008' + '01' + '0100' + '003f00', 'hex');
const dht = 0xc4;

const withFfmpeg = { skip: missing('ffmpeg', '-version') };

/** One picture of ffmpeg's, as its Motion JPEG encoder writes it. */
function ffmpegPicture(size: string, ...options: string[]): Buffer {
  const input = ['-v', 'error', '-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=1`, '-frames:v', '1'];
  const encoder = ['-c:v', 'mjpeg', '-force_duplicated_matrix', '1', '-strict', 'unofficial', ...options];
  const { stdout, status } = spawnSync('ffmpeg', [...input, ...encoder, '-f', 'mjpeg', 'pipe:1']);
  if (status !== 0) throw new Error('ffmpeg failed');
  return stdout;
}

const valid = (scan: Buffer, restartInterval = 0): JpegParts => ({
  width: 640,
  height: 480,
  type: 1,
  restartInterval,
  tables: Buffer.from(Array.from({ length: 128 }, (_, at) => at + 1)),
  scan,
  problem: null,
});

/** Through payloads and back, as a receiver does it. */
function carried(parts: JpegParts, maxPayloadBytes = 1140): JpegParts {
  const fragments = packetiseJpeg(parts, maxPayloadBytes).map(decodeJpegPayload);
  const [first] = fragments;
  let end = 0;
  for (const { offset, data } of fragments) {
    if (offset !== end) throw new Error('there is a gap');
    end += data.length;
  }
  if (!first?.tables) throw new Error('the first payload has no tables');
  const { width, height, type, restartInterval, tables } = first;
  const scan = Buffer.concat(fragments.map(({ data }) => data));
  return { width, height, type, restartInterval, tables, scan, problem: null };
}

const pixels = (jpeg: Buffer): Promise<Buffer> => sharp(jpeg).raw().toBuffer();

/** Carries the picture over: same scan, same tables, and a file with the same pixels (its sides are multiples of 8). */
async function sameAtTheOtherSide(t: Test, jpeg: Buffer): Promise<JpegParts> {
  const parts = parseJpeg(jpeg);
  t.equal(parts.problem, null);
  const arrived = carried(parts);
  t.same({ ...arrived, scan: 0, tables: 0 }, { ...parts, scan: 0, tables: 0 });
  t.ok(arrived.scan.equals(parts.scan), 'the scan is untouched');
  t.ok(arrived.tables.equals(parts.tables), 'the tables too');
  const built = buildJpeg(arrived);
  t.same(parseJpeg(built), parts, 'and both in the new file');
  t.ok((await pixels(built)).equals(await pixels(jpeg)), 'pixels are identical');
  return parts;
}

/** The first segment with this marker replaced by what `change` makes of it. */
function changed(jpeg: Buffer, marker: number, change: (segment: Buffer) => Buffer): Buffer {
  let pos = 2;
  for (;;) {
    const end = pos + 2 + jpeg.readUInt16BE(pos + 2);
    if (jpeg[pos + 1] === marker) {
      const segment = change(Buffer.from(jpeg.subarray(pos, end)));
      return Buffer.concat([jpeg.subarray(0, pos), segment, jpeg.subarray(end)]);
    }
    pos = end;
  }
}

/** The same with one byte of the segment set; 0 is the byte 0xFF of its marker. */
const patched = (jpeg: Buffer, marker: number, at: number, value: number): Buffer =>
  changed(jpeg, marker, (segment) => {
    segment[at] = value;
    return segment;
  });

t.test('writes the literal bytes of first and later payloads', async (t) => {
  const scan = Buffer.from(Array.from({ length: 500 }, (_, at) => at % 251));
  const [first, second, ...more] = packetiseJpeg(valid(scan), 400);
  t.same(more, []);
  t.equal(first?.subarray(0, 14).toString('hex'), '00000000' + '01ff503c' + '00000080' + '0102');
  t.equal(second?.subarray(0, 8).toString('hex'), '000000b8' + '01ff503c', 'offset 184');
  t.same([first?.length, second?.length], [324, 324], 'of equal sizes');
  const [restarting] = packetiseJpeg(valid(scan, 0x1234), 1200);
  t.equal(restarting?.subarray(0, 16).toString('hex'), '00000000' + '41ff503c' + '1234ffff' + '00000080');
  const [wide] = packetiseJpeg({ ...valid(scan), type: 0, width: 2040, height: 9 }, 1200);
  t.equal(wide?.subarray(4, 8).toString('hex'), '00ffff02', 'sides are rounded up to blocks');
});

t.test('any scan is cut into payloads within the limit, nearly equal, and comes out again', async (t) => {
  fc.assert(
    fc.property(
      fc.nat(60_000),
      fc.integer({ min: 320, max: 1400 }),
      fc.boolean(),
      (length, max, restarts) => {
        const scan = Buffer.alloc(length + 1, 'scan');
        const parts = valid(scan, restarts ? 40 : 0);
        const sizes = packetiseJpeg(parts, max).map((payload) => payload.length);
        const arrived = carried(parts, max);
        const equalSizes = Math.max(...sizes) <= max && Math.max(...sizes) - Math.min(...sizes) <= 1;
        return equalSizes && arrived.scan.equals(scan) && arrived.restartInterval === parts.restartInterval;
      },
    ),
  );
  t.throws(() => packetiseJpeg(valid(Buffer.alloc(10)), 319), { code: 'internal' });
  t.throws(() => packetiseJpeg({ ...valid(Buffer.alloc(10)), problem: 'why' }, 1200), { code: 'internal' });
});

t.test('refuses payloads that are cut short, or hold what no call sends', async (t) => {
  const [whole] = packetiseJpeg(valid(Buffer.from('scan'), 7), 1200);
  for (let length = 0; length <= whole!.length - 4; length++) {
    t.throws(() => decodeJpegPayload(whole!.subarray(0, length)), { code: 'bad-frame' }, `${length} bytes`);
  }
  for (const [at, value, what] of [
    [0, 1, 'interlaced'],
    [4, 2, 'type 2'],
    [4, 0x81, 'type 129'],
    [5, 0, 'Q 0'],
    [6, 0, 'no width'],
    [7, 0, 'no height'],
    [9, 0, 'no restart interval'],
    [13, 1, 'tables of 16 bits'],
    [15, 64, 'one table'],
    [15, 0, 'no tables with Q 255'],
  ] as const) {
    const bad = Buffer.from(whole!);
    bad[at] = value;
    t.throws(() => decodeJpegPayload(bad), { code: 'bad-frame' }, what);
  }
  const computed = decodeJpegPayload(Buffer.from('0000000001320a0a6162', 'hex'));
  t.match(computed, { q: 50, width: 80, height: 80, tables: null });
  t.equal(computed.data.toString(), 'ab');
  const earlier = decodeJpegPayload(Buffer.from('0000000001c80a0a000000006162', 'hex'));
  t.match(earlier, { q: 200, tables: null });
});

t.test('a true 4:2:2 picture passes through', async (t) => {
  const parts = await sameAtTheOtherSide(t, picture422);
  t.match(parts, { width: 48, height: 40, type: 0, restartInterval: 0 });
});

t.test('a picture of sharp passes through', async (t) => {
  const { data, info } = await sharp(picture422)
    .resize(320, 240)
    .jpeg({ optimiseCoding: false, chromaSubsampling: '4:2:0' })
    .toBuffer({ resolveWithObject: true });
  const parts = await sameAtTheOtherSide(t, data);
  t.match(parts, { width: info.width, height: info.height, type: 1 });
});

t.test('pictures of ffmpeg pass through, with and without restart markers', withFfmpeg, async (t) => {
  const standard = ['-huffman', 'default', '-pix_fmt', 'yuvj420p'];
  const parts = await sameAtTheOtherSide(t, ffmpegPicture('640x480', ...standard));
  t.match(parts, { width: 640, height: 480, type: 1, restartInterval: 0 });
  const restarting = ffmpegPicture('640x480', ...standard, '-threads', '4', '-slices', '4');
  t.ok((await sameAtTheOtherSide(t, restarting)).restartInterval > 0);
});

t.test('a side that is no multiple of 8 comes out rounded up', withFfmpeg, async (t) => {
  const odd = parseJpeg(ffmpegPicture('650x482', '-huffman', 'default', '-pix_fmt', 'yuvj420p'));
  t.match(odd, { width: 650, height: 482, problem: null });
  const arrived = carried(odd);
  t.match(arrived, { width: 656, height: 488 });
  const { info } = await sharp(buildJpeg(arrived), { failOn: 'warning' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  t.match(info, { width: 656, height: 488 });
});

t.test('says what it is in the pictures of ffmpeg that RTP/JPEG cannot carry', withFfmpeg, async (t) => {
  const problem = (...options: string[]): string | null =>
    parseJpeg(ffmpegPicture('64x48', ...options)).problem;
  t.match(problem('-huffman', 'optimal', '-pix_fmt', 'yuvj420p'), /Huffman/);
  // ffmpeg's 4:2:2 has units of 2x2 blocks of luminance, which type 0 has not.
  t.match(problem('-huffman', 'default', '-pix_fmt', 'yuvj422p'), /2x2,1x2,1x2/);
  t.match(problem('-huffman', 'default', '-pix_fmt', 'yuvj444p'), /sampled/);
  const wide = parseJpeg(ffmpegPicture('2048x16', '-huffman', 'default', '-pix_fmt', 'yuvj420p'));
  t.match(wide, { width: 2048, problem: /2040/ });
});

t.test('says what it is in other pictures that RTP/JPEG cannot carry', async (t) => {
  const colours = sharp(picture422);
  const problem = (jpeg: Buffer): string | null => parseJpeg(jpeg).problem;
  t.match(problem(await colours.clone().jpeg({ progressive: true }).toBuffer()), /baseline/);
  t.match(problem(await colours.clone().jpeg({ optimiseCoding: true }).toBuffer()), /Huffman/);
  t.match(problem(await colours.clone().toColourspace('b-w').jpeg().toBuffer()), /1 and not 3/);
  t.match(problem(patched(picture422, 0xc0, 4, 12)), /12 bits/);
  t.match(problem(patched(picture422, 0xc0, 1, 0xc1)), /baseline/);
  t.match(problem(changed(picture422, 0xc0, (frame) => frame.fill(0, 5, 7))), /height/);
  t.match(problem(patched(picture422, 0xc0, 18, 0)), /different quantisation/);
  t.match(problem(patched(picture422, 0xc0, 18, 3)), /lacks a quantisation/);
  t.match(
    problem(changed(picture422, 0xdb, () => Buffer.from('ffdb0083' + '10' + '00'.repeat(128), 'hex'))),
    /16 bits/,
  );
  t.match(problem(patched(picture422, 0xda, 5, 2)), /order/);
  t.match(problem(patched(picture422, 0xda, 6, 0x01)), /Huffman/);
  t.match(problem(patched(picture422, 0xda, 12, 5)), /baseline/);
  t.match(problem(changed(picture422, 0xda, () => lumaScan)), /more than one scan/);
  t.match(problem(Buffer.concat([withoutEnd, lumaScan, end])), /more than one scan/);
  t.match(problem(Buffer.concat([withoutEnd, Buffer.from('ffd0', 'hex'), end])), /restart markers/);
});

t.test('reads what cameras make of the format', async (t) => {
  const expected = parseJpeg(picture422);
  const none = Buffer.alloc(0);
  let bare = picture422;
  for (let table = 0; table < 4; table++) bare = changed(bare, dht, () => none);
  t.same(parseJpeg(bare), expected, 'without Huffman tables');
  t.ok((await pixels(buildJpeg(parseJpeg(bare)))).equals(await pixels(picture422)));
  const filled = changed(picture422, dht, (segment) => Buffer.concat([Buffer.from('ffff', 'hex'), segment]));
  t.same(parseJpeg(filled), expected, 'bytes of 0xFF before a marker');
  t.same(
    parseJpeg(Buffer.concat([withoutEnd, Buffer.from('ffff', 'hex'), end])),
    expected,
    'and before the end',
  );
  t.same(parseJpeg(Buffer.concat([picture422, Buffer.alloc(64)])), expected, 'zeros behind the end');
  const oneTable = patched(patched(picture422, 0xc0, 15, 0), 0xc0, 18, 0);
  const luma = expected.tables.subarray(0, 64);
  t.same(parseJpeg(oneTable), { ...expected, tables: Buffer.concat([luma, luma]) }, 'one table for all');
  const other = patched(patched(patched(picture422, 0xc0, 12, 1), 0xc0, 15, 0), 0xc0, 18, 0);
  const chroma = expected.tables.subarray(64);
  t.same(parseJpeg(other).tables, Buffer.concat([chroma, luma]), 'tables by use, not by number');
  const comment = Buffer.from('fffe000668692121', 'hex');
  t.same(parseJpeg(Buffer.concat([picture422.subarray(0, 2), comment, picture422.subarray(2)])), expected);
});

t.test('refuses every truncation, and what is no JPEG', async (t) => {
  for (let length = 0; length < picture422.length; length++) {
    t.throws(() => parseJpeg(picture422.subarray(0, length)), { code: 'bad-frame' }, `${length} bytes`);
  }
  const twice = changed(picture422, 0xc0, (frame) => Buffer.concat([frame, frame]));
  const none = Buffer.alloc(0);
  for (const [bad, what] of [
    [Buffer.from('not a picture at all'), 'text'],
    [Buffer.from('ffd8ffd9', 'hex'), 'no scan'],
    [twice, 'two frame headers'],
    [changed(picture422, 0xc0, () => none), 'no frame header'],
    [changed(picture422, 0xc0, (frame) => frame.fill(0, 7, 9)), 'no width'],
    [patched(picture422, 0xda, 4, 1), 'a scan header that is too long'],
    [changed(picture422, dht, () => Buffer.from('ffc4000300', 'hex')), 'half a table'],
    [changed(picture422, dht, () => Buffer.from('ffdd0003ff', 'hex')), 'half an interval'],
    [changed(picture422, dht, () => Buffer.from('ffdb000300', 'hex')), 'half a quantisation table'],
    [changed(picture422, dht, () => Buffer.from('ffd8', 'hex')), 'a second start'],
    [changed(picture422, dht, () => Buffer.from('ffe00001', 'hex')), 'a length below its own'],
  ] as const) {
    t.throws(() => parseJpeg(bad), { code: 'bad-frame' }, what);
  }
});

t.test('200,000 buffers of nonsense throw ProtocolError or nothing', async (t) => {
  const pictures = decodeNonsense(parseJpeg, [picture422]);
  t.same(pictures.others, []);
  t.ok(pictures.decoded > 10_000 && pictures.refused > 10_000);
  const payloads = packetiseJpeg(parseJpeg(picture422), 400);
  const restarting = packetiseJpeg(valid(Buffer.alloc(20), 5), 400);
  const outcome = decodeNonsense(decodeJpegPayload, [...payloads, ...restarting]);
  t.same(outcome.others, []);
  t.ok(outcome.decoded > 10_000 && outcome.refused > 10_000);
});
