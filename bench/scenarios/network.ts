// N: calls over ways that lose, delay and limit, beside plain RTP over the same: 80 of them in virtual time, always with the same figures.
import sharp from 'sharp';
import type { NetworkTraits } from '../../test/support/bad-network.js';
import { numberedJpegs } from '../../test/support/media-pair.js';
import { sizedPicture } from '../../test/support/virtual-call.js';
import { figuresOf, fps, type Figures } from '../network/measure.js';
import { plainCall } from '../network/plain-call.js';
import { protectedCall } from '../network/protected-call.js';
import { stamp, type Section } from '../report.js';
import { formatNumber } from '../statistics.js';

const losses = [0, 0.01, 0.05, 0.1, 0.2];
const roundTripsMs = [0, 60, 150, 300];
/** Bits a second in each direction; null for no limit. */
const rates = [null, 2_000_000, 500_000, 200_000];
const seed = 1;
/** Of the camera's JPEGs: 25 kB for a picture with as many details as this one has. */
const quality = 16;
const stretches = { settleMs: 6_000, measureMs: 8_000 };
const quickStretches = { settleMs: 1_000, measureMs: 1_000 };
const title = 'N Calls over bad ways, beside plain RTP';

const about =
  `Two media sessions and the relay's core in virtual time, one side behind a seeded network (\`test/support/bad-network.ts\`): loss and limit each way, half of the round trip each way, a queue of 300 ms before the limit. ` +
  `Both send ${fps} pictures a second of 640x480 (25 kB each, 6 Mbit/s) and a tone, for ${stretches.settleMs / 1000} s, then for the ${stretches.measureMs / 1000} s that count. ` +
  'Plain RTP sends the same pictures and the same sound over the same network: each picture at once, none asked for again, protected or made to fit, sound without redundancy. ' +
  'Shown: of the pictures taken; latency: from taking a picture until it is whole; rate: all that came through, the mean of both sides, else the worse side; made up: of the sound. Runs give the same figures on every machine.';

const head = [
  '| loss | round trip ms | limit kbit/s | shown % | latency p95 ms | kbit/s | sound made up % | plain: shown % | latency p95 ms | kbit/s | sound made up % |',
  `|${' --- |'.repeat(11)}`,
];

function cells({ shownPercent, latencyP95Ms, kbps, concealedPercent }: Figures): string {
  const latency = Number.isNaN(latencyP95Ms) ? '–' : formatNumber(latencyP95Ms, 0);
  return `${formatNumber(shownPercent, 0)} | ${latency} | ${formatNumber(kbps, 0)} | ${formatNumber(concealedPercent, 1)}`;
}

/** All rows; with `quick` only those of the corners, short. */
export async function runNetworkTable(quick: boolean): Promise<Section> {
  const [fine] = await numberedJpegs(1);
  const jpeg = await sharp(fine)
    .jpeg({ quality, chromaSubsampling: '4:2:0', optimiseCoding: false })
    .toBuffer();
  const picture = await sizedPicture(jpeg);
  const times = quick ? quickStretches : stretches;
  const some = <T>(all: readonly T[]): readonly T[] => (quick ? all.filter((_, at) => at % 3 === 0) : all);
  const rows: string[] = [];
  for (const loss of some(losses)) {
    for (const rttMs of some(roundTripsMs)) {
      for (const bitsPerSecond of some(rates)) {
        const traits: NetworkTraits = {
          loss,
          delayMs: rttMs / 2,
          ...(bitsPerSecond !== null && { bitsPerSecond }),
        };
        const ours = figuresOf(await protectedCall(picture, traits, seed, times), times.measureMs);
        const plain = figuresOf(plainCall(jpeg, traits, seed, times), times.measureMs);
        const limit = bitsPerSecond === null ? 'none' : formatNumber(bitsPerSecond / 1000, 0);
        const way = `${formatNumber(loss * 100, 0)} % | ${rttMs} | ${limit}`;
        rows.push(`| ${way} | ${cells(ours)} | ${cells(plain)} |`);
      }
    }
  }
  return {
    title,
    text: `${about}\n\n${stamp(1, quick ? ', quick' : '')}\n\n${[...head, ...rows].join('\n')}`,
  };
}
