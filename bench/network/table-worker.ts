// Rows of the table of calls over bad ways: a worker of its own for each loss, as they have nothing to do with each other.
import { parentPort, workerData } from 'node:worker_threads';
import sharp from 'sharp';
import type { NetworkTraits } from '../../test/support/bad-network.js';
import { numberedJpegs } from '../../test/support/media-pair.js';
import { sizedPicture } from '../../test/support/virtual-call.js';
import { formatNumber } from '../statistics.js';
import { figuresOf, type Figures, type RowsOrder } from './measure.js';
import { plainCall } from './plain-call.js';
import { protectedCall } from './protected-call.js';

const seed = 1;
/** Of the camera's JPEGs: 25 kB for a picture with as many details as this one has. */
const quality = 16;

function cells({ shownPercent, latencyP95Ms, kbps, concealedPercent }: Figures): string {
  const latency = Number.isNaN(latencyP95Ms) ? '–' : formatNumber(latencyP95Ms, 0);
  return `${formatNumber(shownPercent, 0)} | ${latency} | ${formatNumber(kbps, 0)} | ${formatNumber(concealedPercent, 1)}`;
}

async function rowsOf({ loss, roundTripsMs, rates, stretches }: RowsOrder): Promise<string[]> {
  const [fine] = await numberedJpegs(1);
  const jpeg = await sharp(fine)
    .jpeg({ quality, chromaSubsampling: '4:2:0', optimiseCoding: false })
    .toBuffer();
  const picture = await sizedPicture(jpeg);
  const rows: string[] = [];
  for (const rttMs of roundTripsMs) {
    for (const bitsPerSecond of rates) {
      const limited = bitsPerSecond === null ? {} : { bitsPerSecond };
      const traits: NetworkTraits = { loss, delayMs: rttMs / 2, ...limited };
      const ours = figuresOf(await protectedCall(picture, traits, seed, stretches), stretches.measureMs);
      const plain = figuresOf(plainCall(jpeg, traits, seed, stretches), stretches.measureMs);
      const limit = bitsPerSecond === null ? 'none' : formatNumber(bitsPerSecond / 1000, 0);
      rows.push(
        `| ${formatNumber(loss * 100, 0)} % | ${rttMs} | ${limit} | ${cells(ours)} | ${cells(plain)} |`,
      );
    }
  }
  return rows;
}

parentPort?.postMessage(await rowsOf(workerData as RowsOrder));
