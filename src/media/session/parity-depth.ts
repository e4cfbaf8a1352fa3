// How many repair packets ride with a picture: none where asking again is quick, else as many as its receivers' loss wants.
import { maxBlockRepairs } from '../../protocol/parity-code.js';
import type { ReportBlock } from '../../protocol/rtcp.js';

/** The least of so long is the way's own round trip: a queue that stands in it comes and goes. */
const rttMemoryMs = 10_000;
/** From such a round trip on a packet that is asked for again comes too late for a picture; below the other one no longer. */
const farMs = 100;
const nearMs = 80;
/** Loss is counted over so long, and not from fewer packets. */
const windowMs = 4_000;
const minPackets = 100;
/** Less than this is left to be asked for. */
const leastLoss = 0.002;
/** Pictures that may still lack something. */
const residual = 0.015;
/** Repair packets to a block at most, as a share of its packets. */
const maxShare = 0.5;

interface Count {
  atMs: number;
  highest: number;
  lost: number;
}

export class ParityDepth {
  /** Of each receiver, by the SSRC that it reports as. */
  readonly #counts = new Map<number, Count[]>();
  #roundTrips: { atMs: number; rttMs: number }[] = [];
  #isFar = false;
  #loss = 0;

  /** A receiver's report about the pictures; it counts packets as lost that came only when they were asked for. */
  reported(from: number, { highestSequence, lost }: ReportBlock, nowMs: number): void {
    const counts = this.#counts.get(from) ?? [];
    this.#counts.set(from, counts);
    counts.push({ atMs: nowMs, highest: highestSequence, lost });
    while (nowMs - (counts[0]?.atMs ?? nowMs) > windowMs) counts.shift();
    // Whoever reports no more has left.
    const current = [...this.#counts.values()].filter((one) => nowMs - (one.at(-1)?.atMs ?? 0) <= windowMs);
    this.#loss = Math.max(...current.map(lossOf));
  }

  /** A round trip to a receiver was measured. */
  measured(rttMs: number, nowMs: number): void {
    this.#roundTrips = this.#roundTrips.filter(({ atMs }) => nowMs - atMs <= rttMemoryMs);
    this.#roundTrips.push({ atMs: nowMs, rttMs });
    const least = Math.min(...this.#roundTrips.map((one) => one.rttMs));
    this.#isFar = least > (this.#isFar ? nearMs : farMs);
  }

  /** For a block of so many packets. */
  repairs(packets: number): number {
    return this.#isFar && this.#loss >= leastLoss ? repairsFor(packets, this.#loss) : 0;
  }
}

function lossOf(counts: readonly Count[]): number {
  const [first] = counts;
  const last = counts.at(-1);
  if (!first || !last || last.highest - first.highest < minPackets) return 0;
  return Math.min(1, Math.max(0, (last.lost - first.lost) / (last.highest - first.highest)));
}

/** The least number of repair packets with which so few blocks stay incomplete, when each packet is lost by itself. */
export function repairsFor(packets: number, loss: number): number {
  const most = Math.min(maxBlockRepairs, Math.ceil(packets * maxShare));
  for (let repairs = 1; repairs < most; repairs++) {
    if (failure(packets, repairs, loss) <= residual) return repairs;
  }
  return most;
}

/** The share of blocks that stay incomplete. The code is no perfect one: each loss less than it has repairs halves what is left. */
function failure(packets: number, repairs: number, loss: number): number {
  const all = packets + repairs;
  /** Binomial: of `all` packets exactly so many are lost. */
  let share = (1 - loss) ** all;
  let repaired = share;
  for (let lost = 1; lost <= repairs; lost++) {
    share *= ((all - lost + 1) / lost) * (loss / (1 - loss));
    repaired += share * (lost === 1 ? 1 : 1 - 2 ** (lost - repairs - 1));
  }
  return 1 - repaired;
}
