// The round trip to the other side of a call, by its reports (RFC 3550, section 6.4.1), as long as media goes the same way.
import { compactNtp } from '../../protocol/ntp.js';
import type { MediaStats } from '../media.js';

/** A smaller share for new samples. */
const share = 0.25;

export class FarRoundTrip {
  #isDirect = false;
  #ms: number | null = null;

  /** Milliseconds, smoothed; null while not known. */
  get ms(): number | null {
    return this.#ms;
  }

  /** What was measured on a way past the relay, or by it, is no measure for the other. */
  by(path: MediaStats['path'] | null): void {
    if ((path === 'direct') === this.#isDirect) return;
    this.#isDirect = path === 'direct';
    this.#ms = null;
  }

  /** A report about what this side sends; `wallMs` is now. Returns this sample. */
  reported(report: { lastSr: number; delaySinceLastSr: number }, wallMs: number): number {
    const units = (compactNtp(wallMs) - report.lastSr - report.delaySinceLastSr) | 0;
    const ms = Math.max(0, (units * 1000) / 65_536);
    this.#ms = this.#ms === null ? ms : this.#ms + (ms - this.#ms) * share;
    return ms;
  }
}
