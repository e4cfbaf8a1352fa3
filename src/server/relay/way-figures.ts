// How good the way between a participant and the relay is: its round trip and loss, from the reports that pass (RFC 3550, section 6.4.1).
import { compactNtp } from '../../protocol/ntp.js';
import type { ReportBlock } from '../../protocol/rtcp.js';
import type { ServerStatistics } from '../../protocol/statistics-shapes.js';

/** What is told of a participant's way. */
export type Way = Pick<ServerStatistics['calls'][number]['participants'][number], 'way' | 'rtt' | 'loss'>;

/** Sender reports remembered for each stream's owner: some seconds of them. */
const maxReports = 16;
/** Passing a report on rounds its time by this much, in 65,536ths of a second. */
const rounding = 2;
/** What was told longer ago says nothing of now. */
const freshMs = 15_000;
const lossUnits = 256;

/** When sender reports of one participant were passed on, by their name in the answers. */
export class PassedReports {
  readonly #passed: { name: number; at: number }[] = [];

  passed(ntpMs: number, now: number): void {
    this.#passed.push({ name: compactNtp(ntpMs), at: now });
    if (this.#passed.length > maxReports) this.#passed.shift();
  }

  /** When the report of this name was passed on; null when that is not known any more. */
  at(name: number): number | null {
    return this.#passed.findLast((one) => Math.abs((one.name - name) | 0) <= rounding)?.at ?? null;
  }
}

/** What one participant's reports say of its own way. */
export class WayFigures {
  #rtt: number | null = null;
  #loss: number | null = null;
  #toldAt = -Infinity;

  /** Takes a report of this participant about a stream of somebody whose sender reports passed here. */
  reported(block: ReportBlock, passed: PassedReports, now: number): void {
    // Of several streams in one report the worst counts.
    const loss = Math.min(1, block.fractionLost / lossUnits);
    this.#loss = now === this.#toldAt && this.#loss !== null ? Math.max(this.#loss, loss) : loss;
    this.#toldAt = now;
    const passedAt = block.lastSr === 0 ? null : passed.at(block.lastSr);
    if (passedAt === null) return;
    const rtt = now - passedAt - (block.delaySinceLastSr * 1000) / 65_536;
    this.#rtt = Math.max(0, rtt);
  }

  told(now: number): Pick<Way, 'rtt' | 'loss'> {
    return now - this.#toldAt <= freshMs ? { rtt: this.#rtt, loss: this.#loss } : { rtt: null, loss: null };
  }
}
