// Lost packets worked out of repair packets: which losses are always mended, and that nothing false ever comes out.
import t from 'tap';
import {
  maxBlockPackets,
  maxBlockRepairs,
  protect,
  protectedBy,
  recover,
} from '../../src/protocol/parity-code.js';
import { encodeRtp, sequenceOf } from '../../src/protocol/rtp.js';
import { seededRandom } from '../support/bad-network.js';

const ssrc = 0x1001;
const random = seededRandom(11);

/** RTP packets of different lengths; their numbers wrap around. */
function packets(count: number): Buffer[] {
  return Array.from({ length: count }, (_, at) =>
    encodeRtp({
      payloadType: 26,
      marker: at === count - 1,
      sequenceNumber: (65_530 + at) & 0xffff,
      timestamp: 90_000 + at,
      ssrc,
      captureTimeMs: at % 2 === 0 ? 1_750_000_000_000 : null,
      payload: Buffer.from(Array.from({ length: 40 + Math.floor(random() * 40) }, () => random() * 256)),
    }),
  );
}

/** What comes out when these of the packets and of the repairs are lost, in the order of their numbers. */
function mended(all: readonly Buffer[], repairs: number, isLost: (at: number) => boolean): Buffer[] {
  const here = new Map(all.flatMap((one, at) => (isLost(at) ? [] : [[sequenceOf(one), one] as const])));
  const left = protect(all, repairs).filter((_, at) => !isLost(all.length + at));
  const found = recover(left, (sequence) => here.get(sequence) ?? null, ssrc);
  const place = (one: Buffer): number => all.findIndex((sent) => sequenceOf(sent) === sequenceOf(one));
  return found.sort((a, b) => place(a) - place(b));
}

t.test('one repair packet mends any one loss of a block, byte for byte', async (t) => {
  for (const count of [1, 2, 7, maxBlockPackets]) {
    const all = packets(count);
    for (let lost = 0; lost < count; lost++)
      t.same(
        mended(all, 1, (at) => at === lost),
        [all[lost]],
      );
  }
});

t.test('five repair packets mend any two losses of twenty-five, whichever they are', async (t) => {
  const all = packets(maxBlockPackets);
  let tried = 0;
  for (let a = 0; a < 25; a++) {
    for (let b = a + 1; b < 25; b++) {
      const expected = [a, b].filter((at) => at < all.length).map((at) => all[at]!);
      if (Buffer.concat(mended(all, 5, (at) => at === a || at === b)).equals(Buffer.concat(expected)))
        tried++;
    }
  }
  t.equal(tried, 300);
});

t.test('six repair packets mend any three losses of sixteen', async (t) => {
  const all = packets(10);
  let mendedAll = 0;
  for (let a = 0; a < 16; a++) {
    for (let b = a + 1; b < 16; b++) {
      for (let c = b + 1; c < 16; c++) {
        const isLost = (at: number): boolean => at === a || at === b || at === c;
        const expected = all.filter((_, at) => isLost(at));
        if (Buffer.concat(mended(all, 6, isLost)).equals(Buffer.concat(expected))) mendedAll++;
      }
    }
  }
  t.equal(mendedAll, 560);
});

t.test('whatever is lost, only packets that were sent come out', async (t) => {
  let whole = 0;
  for (let run = 0; run < 300; run++) {
    const all = packets(1 + Math.floor(random() * maxBlockPackets));
    const repairs = 1 + Math.floor(random() * maxBlockRepairs);
    const losses = all.length + repairs;
    const lost = Array.from({ length: losses }, () => random() < 0.2);
    const out = mended(all, repairs, (at) => lost[at]!);
    t.ok(
      out.every((one) => all.some((sent) => sent.equals(one))),
      'as it was sent',
    );
    const missing = all.filter((_, at) => lost[at]).length;
    if (out.length === missing) whole++;
  }
  t.ok(whole > 150, `${whole} of 300 blocks became whole`);
});

t.test('repair packets name what they protect, also where numbers wrap around', async (t) => {
  const [repair] = protect(packets(10), 1);
  t.same(protectedBy(repair!), [65_530, 65_531, 65_532, 65_533, 65_534, 65_535, 0, 1, 2, 3]);
});

t.test('repairs that contradict each other, or are too short, harm nothing', async (t) => {
  const all = packets(6);
  const [good] = protect(all, 1);
  const short = { ...good!, parity: good!.parity.subarray(0, 8) };
  t.same(
    recover(
      [short, good!],
      (sequence) => (sequence === 65_531 ? null : all[(sequence - 65_530) & 0xffff]!),
      ssrc,
    ),
    [all[1]],
  );
});
