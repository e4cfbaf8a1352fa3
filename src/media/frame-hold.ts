// Lip sync: a picture is held back while the sound of its moment is still on its way to the speaker.
import type { ReceivedFrame } from './media.js';

/** Nobody notices that sound is so much later than the picture (ITU-R BT.1359 puts the threshold at 125 ms). */
const unnoticedMs = 80;
const maxHoldMs = 250;
/** Not worth a timer. */
const leastHoldMs = 5;

export class FrameHold {
  readonly #show: (frame: ReceivedFrame) => void;
  /** When the last picture of each person is, or was, to be shown. */
  readonly #shownAt = new Map<number, number>();
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(show: (frame: ReceivedFrame) => void) {
    this.#show = show;
  }

  /** `soundMs`: how much later than this picture its sound is heard. */
  push(frame: ReceivedFrame, soundMs: number): void {
    const now = performance.now();
    const wantedMs = Math.min(maxHoldMs, Math.max(0, soundMs - unnoticedMs));
    const at = Math.max(now + wantedMs, this.#shownAt.get(frame.from) ?? 0);
    this.#shownAt.set(frame.from, at);
    if (at - now < leastHoldMs) {
      this.#show(frame);
      return;
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#show(frame);
    }, at - now);
    this.#timers.add(timer);
  }

  forget(id: number): void {
    this.#shownAt.delete(id);
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}
