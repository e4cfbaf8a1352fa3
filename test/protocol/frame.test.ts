// Frames: literal bytes, round trips, every split and truncation, and a million random frames.
import fc from 'fast-check';
import t from 'tap';
import { ProtocolError } from '../../src/protocol/errors.js';
import {
  decodeChunk,
  decodeDatagram,
  decodeJson,
  encodeChunkHeader,
  encodeDatagram,
  encodeJson,
  FrameDecoder,
  frameKind,
} from '../../src/protocol/frame.js';
import { limits } from '../../src/protocol/limits.js';

/* The value {"a":1} as a frame. */
const literal = Buffer.from([
  0x00,
  0x00,
  0x00,
  0x08, // length: kind and 7 bytes of JSON
  0x00, // kind: JSON
  0x7b,
  0x22,
  0x61,
  0x22,
  0x3a,
  0x31,
  0x7d,
]);

function decodeAll(pieces: Buffer[], max = 1024): { kind: number; payload: string }[] {
  const frames: { kind: number; payload: string }[] = [];
  const decoder = new FrameDecoder(max);
  for (const piece of pieces) {
    decoder.push(piece, (frame) => frames.push({ kind: frame.kind, payload: frame.payload.toString('hex') }));
  }
  return frames;
}

t.test('encodes a value as the literal bytes', async (t) => {
  t.same(encodeJson({ a: 1 }), literal);
  t.same(encodeJson({ é: '👍' }).subarray(5).toString(), '{"é":"👍"}');
});

t.test('decodes the literal bytes, whole and byte by byte', async (t) => {
  const expected = [{ kind: frameKind.json, payload: literal.subarray(5).toString('hex') }];
  t.same(decodeAll([literal]), expected);
  t.same(decodeAll([...literal].map((byte) => Buffer.from([byte]))), expected);
});

t.test(
  'a media datagram is its bytes in a frame of kind 2, whole and byte by byte, up to the limit',
  async (t) => {
    const bytes = Buffer.from([0, 0, 0, 8, 2, 0x12, 0x34, 0x56, 0x78, 0x80, 0x1a, 0x07]);
    t.same(encodeDatagram(0x12345678, Buffer.from([0x80, 0x1a, 0x07])), bytes);
    t.same(decodeDatagram(bytes.subarray(5)), { ssrc: 0x12345678, bytes: Buffer.from([0x80, 0x1a, 0x07]) });
    for (let length = 0; length < 4; length++)
      t.throws(() => decodeDatagram(Buffer.alloc(length)), { code: 'bad-frame' });
    const expected = [{ kind: frameKind.datagram, payload: '12345678801a07' }];
    t.same(decodeAll([bytes]), expected);
    t.same(decodeAll([...bytes].map((byte) => Buffer.from([byte]))), expected);
    for (let length = 0; length < bytes.length; length++) t.same(decodeAll([bytes.subarray(0, length)]), []);
    const longest = encodeDatagram(8, Buffer.alloc(limits.maxDatagramBytes));
    t.equal(decodeAll([longest], 4096).length, 1);
    const longer = encodeDatagram(8, Buffer.alloc(limits.maxDatagramBytes + 1));
    t.throws(() => decodeAll([longer], 4096), { code: 'frame-too-long' });
  },
);

t.test('finds no frame in any truncation of one', async (t) => {
  for (let length = 0; length < literal.length; length++)
    t.same(decodeAll([literal.subarray(0, length)]), []);
});

t.test('keeps what follows a frame for the next one', async (t) => {
  t.equal(
    decodeAll([Buffer.concat([literal, literal, literal.subarray(0, 6)]), literal.subarray(6)]).length,
    3,
  );
});

t.test('rejects an empty frame, an unknown kind and a frame longer than the limit', async (t) => {
  t.throws(() => decodeAll([Buffer.from([0, 0, 0, 0])]), { code: 'bad-frame' });
  t.throws(() => decodeAll([Buffer.from([0, 0, 0, 1, 3])]), { code: 'bad-frame' });
  t.throws(() => decodeAll([Buffer.from([0, 0, 4, 1])]), {
    code: 'frame-too-long',
    details: { bytes: 1025, max: 1024 },
  });
  t.equal(decodeAll([Buffer.concat([Buffer.from([0, 0, 4, 0, 0]), Buffer.alloc(1023, 0x20)])]).length, 1);
});

t.test('holds no more than what has arrived, twice, for a frame that is only announced', async (t) => {
  const decoder = new FrameDecoder(1 << 20);
  decoder.push(Buffer.from([0, 0x10, 0, 0]), () => t.fail('no frame is there'));
  for (let i = 0; i < 1000; i++) decoder.push(Buffer.from([0]), () => t.fail('no frame is there'));
  t.equal(decoder.heldBytes, 1004);
});

t.test('a chunk header round-trips, and short or huge ones are refused', async (t) => {
  const frame = Buffer.concat([encodeChunkHeader(7, 5_000_000_000, 3), Buffer.from('abc')]);
  t.equal(frame.toString('hex'), '00000010' + '01' + '00000007' + '000000012a05f200' + '616263');
  let seen = 0;
  new FrameDecoder(100).push(frame, ({ kind, payload }) => {
    seen++;
    t.equal(kind, frameKind.chunk);
    const chunk = decodeChunk(payload);
    t.same({ ...chunk, data: chunk.data.toString() }, { transfer: 7, offset: 5_000_000_000, data: 'abc' });
  });
  t.equal(seen, 1);
  t.throws(() => decodeChunk(Buffer.alloc(11)), { code: 'bad-frame' });
  t.throws(() => decodeChunk(Buffer.alloc(12, 0xff)), { code: 'bad-frame' });
});

t.test('long chunks of many streams at once keep their bytes, though decoders share buffers', async (t) => {
  const streams = [1, 2, 3].map((transfer) => ({ transfer, decoder: new FrameDecoder(1 << 20), chunks: 0 }));
  const data = streams.map(({ transfer }) => Buffer.alloc(limits.maxChunkBytes, transfer));
  for (let round = 0; round < 4; round++) {
    const frames = data.map((bytes, i) =>
      Buffer.concat([encodeChunkHeader(i + 1, round * bytes.length, bytes.length), bytes]),
    );
    for (let at = 0; at < frames[0]!.length; at += 16_384) {
      for (const stream of streams) {
        stream.decoder.push(frames[stream.transfer - 1]!.subarray(at, at + 16_384), ({ payload }) => {
          const chunk = decodeChunk(payload);
          t.equal(chunk.transfer, stream.transfer);
          t.ok(chunk.data.equals(data[stream.transfer - 1]!));
          stream.chunks++;
        });
      }
    }
  }
  t.same(
    streams.map(({ chunks }) => chunks),
    [4, 4, 4],
  );
});

t.test('text that is not JSON is refused', async (t) => {
  for (const text of ['', '{', 'nul', '{"a":1}x', '\u0000']) {
    t.throws(() => decodeJson(Buffer.from(text)), { code: 'bad-json' });
  }
});

t.test('any frames split anywhere come out as they went in', async () => {
  const frames = fc.array(fc.json(), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(frames, fc.array(fc.nat(400), { maxLength: 12 }), (texts, cuts) => {
      const values = texts.map((text) => JSON.parse(text) as unknown);
      const stream = Buffer.concat(values.map((value) => encodeJson(value)));
      const at = [0, ...cuts.map((cut) => cut % (stream.length + 1)), stream.length].sort((a, b) => a - b);
      const pieces = at.slice(1).map((end, i) => stream.subarray(at[i], end));
      const out = decodeAll(pieces, 1 << 20).map(({ payload }) => decodeJson(Buffer.from(payload, 'hex')));
      return JSON.stringify(out) === JSON.stringify(values);
    }),
  );
});

t.test(
  'a million random frames: the decoder throws ProtocolError or nothing, and stays within its memory',
  async (t) => {
    const max = 64;
    let seed = 0x9e3779b9;
    const random = (): number => {
      // xorshift32 (Marsaglia 2003): the same million on every machine
      seed ^= seed << 13;
      seed ^= seed >>> 17;
      seed ^= seed << 5;
      return seed >>> 0;
    };
    let frames = 0;
    let refused = 0;
    let others = 0;
    let held = 0;
    let decoder = new FrameDecoder(max);
    const piece = Buffer.alloc(96);
    for (let i = 0; i < 1_000_000; i++) {
      const size = random() % piece.length;
      for (let at = 0; at < size; at += 4) piece.writeUInt32LE(random(), Math.min(at, piece.length - 4));
      // Half of them begin like a frame, so that the decoder is also taken beyond the length.
      if (size > 5 && random() % 2 === 0) {
        piece.writeUInt32BE(1 + (random() % (max + 2)), 0);
        piece[4] = random() % 3;
      }
      try {
        decoder.push(piece.subarray(0, size), ({ kind, payload }) => {
          frames++;
          try {
            if (kind === frameKind.chunk) decodeChunk(payload);
            else decodeJson(payload);
          } catch (error) {
            if (!(error instanceof ProtocolError)) others++;
          }
        });
      } catch (error) {
        if (error instanceof ProtocolError) refused++;
        else others++;
        decoder = new FrameDecoder(max);
      }
      held = Math.max(held, decoder.heldBytes);
    }
    t.equal(others, 0);
    t.ok(frames > 100_000, `${frames} frames were read`);
    t.ok(refused > 100_000, `${refused} streams were refused`);
    t.ok(held <= max + 4 + piece.length, `${held} bytes were held at most`);
  },
);
