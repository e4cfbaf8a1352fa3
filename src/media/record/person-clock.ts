// Brings one sender's times of capture onto this machine's clock, the same way for pictures and sound, so that they stay in step.

/** What is measured of the other clock wobbles with the network: it is followed slowly, and at once when it is this far off. */
const followShare = 0.005;
const maxOffMs = 250;

export class PersonClock {
  #offsetMs: number | null = null;

  /** `captureTimeMs`: on the sender's clock, null when not told; `capturedAt`: the same as measured here, right on average. */
  timeOf(captureTimeMs: number | null, capturedAt: number): number {
    if (captureTimeMs === null) return capturedAt;
    const seenMs = capturedAt - captureTimeMs;
    const offMs = seenMs - (this.#offsetMs ?? Infinity);
    this.#offsetMs =
      this.#offsetMs === null || Math.abs(offMs) > maxOffMs ? seenMs : this.#offsetMs + offMs * followShare;
    return captureTimeMs + this.#offsetMs;
  }
}
