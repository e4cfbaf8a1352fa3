// How sound is sent: more of what was before rides along the more is lost, and less of everything where the way is narrow.
import { usualSound, type SoundShape } from '../audio/encoder.js';

/** Below this much for pictures the sound makes itself small, in bits a second; above the other one no longer. */
const narrowBps = 250_000;
const wideBps = 500_000;
const narrowBitrate = 20_000;
/** Share lost, after what was sent again, from which one block more rides along. */
const depthAt = [0.005, 0.03, 0.1] as const;
/** A share of each report in what is remembered; loss counts at once, its end slowly. */
const share = { up: 0.5, down: 0.05 };

export class SoundControl {
  #loss = 0;
  #isNarrow = false;

  /** A receiver's report about this side's sound; `lost` as a share. */
  reported(lost: number): void {
    this.#loss += (lost - this.#loss) * (lost > this.#loss ? share.up : share.down);
  }

  /** `pictureBps`: what the way carries beside the sound; null for enough. */
  shape(pictureBps: number | null): SoundShape {
    this.#isNarrow = pictureBps !== null && pictureBps < (this.#isNarrow ? wideBps : narrowBps);
    const depth = depthAt.filter((from) => this.#loss >= from).length;
    return {
      bitrate: this.#isNarrow ? narrowBitrate : usualSound.bitrate,
      // One block costs little where there is room, and is there when loss begins.
      redundancy: this.#isNarrow ? Math.min(depth, 2) : Math.max(usualSound.redundancy, depth),
    };
  }
}
