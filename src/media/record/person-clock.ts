// How far one sender's clock is from this machine's: one answer at a time for pictures and sound, so that they stay in step.

/** What is measured of the other clock wobbles with the network: it is followed slowly, and at once when it is this far off. */
const followShare = 0.005;
const maxOffMs = 250;

export class PersonClock {
  #offsetMs: number | null = null;

  /** To be added to a time on the sender's clock. */
  get offsetMs(): number {
    return this.#offsetMs ?? 0;
  }

  /** Takes what was measured of one capture, and gives its time on the sender's clock; that of this machine where none was told. */
  captured(captureTimeMs: number | null, capturedAt: number): number {
    if (captureTimeMs === null) return capturedAt - this.offsetMs;
    const seenMs = capturedAt - captureTimeMs;
    const offMs = seenMs - (this.#offsetMs ?? Infinity);
    this.#offsetMs = Math.abs(offMs) > maxOffMs ? seenMs : this.offsetMs + offMs * followShare;
    return captureTimeMs;
  }
}
