// N: calls over ways that lose, delay and limit, beside plain RTP over the same: 80 of them in virtual time, always with the same figures.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { fps, type RowsOrder } from '../network/measure.js';
import { stamp, type Section } from '../report.js';

const losses = [0, 0.01, 0.05, 0.1, 0.2];
const roundTripsMs = [0, 60, 150, 300];
/** Bits a second in each direction; null for no limit. */
const rates = [null, 2_000_000, 500_000, 200_000];
const stretches = { settleMs: 6_000, measureMs: 6_000 };
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

/** The rows of one loss, made in a thread of their own. */
async function rowsOf(order: RowsOrder): Promise<string[]> {
  const worker = new Worker(new URL('../network/table-worker.js', import.meta.url), { workerData: order });
  const [rows] = (await once(worker, 'message')) as [string[]];
  await worker.terminate();
  return rows;
}

/** All rows; with `quick` only those of the corners, short. */
export async function runNetworkTable(quick: boolean): Promise<Section> {
  const some = <T>(all: readonly T[]): readonly T[] => (quick ? all.filter((_, at) => at % 3 === 0) : all);
  const rest = {
    roundTripsMs: some(roundTripsMs),
    rates: some(rates),
    stretches: quick ? quickStretches : stretches,
  };
  const rows = await Promise.all(some(losses).map((loss) => rowsOf({ loss, ...rest })));
  const table = [...head, ...rows.flat()].join('\n');
  return { title, text: `${about}\n\n${stamp(1, quick ? ', quick' : '')}\n\n${table}` };
}
