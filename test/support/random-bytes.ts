// Buffers of nonsense for decoders, the same on every machine: random ones, and samples with a few bytes changed.
import { ProtocolError } from '../../src/protocol/errors.js';

/** xorshift32 (Marsaglia 2003). */
function randomNumbers(seed = 0x9e3779b9): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** Every second buffer is a sample with up to four bytes changed, maybe cut or made longer; the others are random. */
export function* nonsense(samples: readonly Buffer[], count: number): Generator<Buffer> {
  const random = randomNumbers();
  for (let i = 0; i < count; i++) {
    const sample = samples[random() % samples.length];
    if (i % 2 === 0 || !sample) {
      const bytes = Buffer.allocUnsafe(random() % 80);
      for (let at = 0; at < bytes.length; at++) bytes[at] = random() >>> 11;
      yield bytes;
      continue;
    }
    const cut = random() % 4;
    const length = cut === 0 ? random() % (sample.length + 1) : sample.length;
    const bytes = Buffer.concat([sample.subarray(0, length), Buffer.alloc(cut === 1 ? random() % 8 : 0)]);
    for (let changes = random() % 5; changes > 0 && bytes.length > 0; changes--) {
      bytes[random() % bytes.length] = random() >>> 11;
    }
    yield bytes;
  }
}

/** How many buffers were decoded, refused with ProtocolError, and refused with anything else. */
export function decodeNonsense(
  decode: (bytes: Buffer) => unknown,
  samples: readonly Buffer[],
  count = 200_000,
): { decoded: number; refused: number; others: unknown[] } {
  const outcome = { decoded: 0, refused: 0, others: [] as unknown[] };
  for (const bytes of nonsense(samples, count)) {
    try {
      decode(bytes);
      outcome.decoded++;
    } catch (error) {
      if (error instanceof ProtocolError) outcome.refused++;
      else outcome.others.push(error);
    }
  }
  return outcome;
}
