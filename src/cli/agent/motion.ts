// Watches the shared camera for motion: a few thumbnails a second, measured here, so that every kind of camera will do.
import type { SharedSource } from '../../media/capture/shared-source.js';
import type { JpegFrame, Source } from '../../media/media.js';
import { SceneScore, thumbnailOf } from '../../media/scene-score.js';

/** People move slowly: four looks a second see them, and cost next to nothing. */
const lookEveryMs = 250;
/** A camera that has just been opened measures the light: nothing has moved. */
const warmUpMs = 3_000;
/** After such a gap the camera was opened anew. */
const gapMs = 2_000;
/** The greatest score is remembered for so long, for whoever chooses a threshold. */
const peakMs = 60_000;

export interface MotionOptions {
  camera: Pick<SharedSource<JpegFrame>, 'take'>;
  /** Score from which something has moved, 0 to 1. */
  threshold: number;
  /** At most one picture in this time. */
  pauseMs: number;
  /** Milliseconds, on a clock that never goes back. */
  now: () => number;
  moved: (frame: JpegFrame, score: number) => void;
}

export class MotionWatch {
  readonly #options: MotionOptions;
  readonly #source: Source;
  #scores = new SceneScore();
  #isBusy = false;
  #sinceMs = -Infinity;
  #lookedAtMs = -Infinity;
  #movedAtMs = -Infinity;
  #peaks: { score: number; atMs: number }[] = [];

  constructor(options: MotionOptions) {
    this.#options = options;
    this.#source = options.camera.take({
      data: (frame) => void this.look(frame),
      // Told once, by whoever shares the camera.
      problem: () => undefined,
    });
  }

  /** The greatest score of the last minute. */
  peak(): number {
    const since = this.#options.now() - peakMs;
    this.#peaks = this.#peaks.filter(({ atMs }) => atMs >= since);
    return Math.max(0, ...this.#peaks.map(({ score }) => score));
  }

  /** Looks at a picture, if it is time to; resolves when it is measured. */
  async look(frame: JpegFrame): Promise<void> {
    const { now, threshold, pauseMs, moved } = this.#options;
    const nowMs = now();
    if (this.#isBusy || nowMs - this.#lookedAtMs < lookEveryMs) return;
    if (nowMs - this.#lookedAtMs > gapMs) {
      this.#scores = new SceneScore();
      this.#sinceMs = nowMs;
    }
    this.#lookedAtMs = nowMs;
    this.#isBusy = true;
    try {
      const score = this.#scores.next(await thumbnailOf(frame.jpeg));
      if (nowMs - this.#sinceMs < warmUpMs) return;
      this.#note(score, nowMs);
      if (score <= threshold || nowMs - this.#movedAtMs < pauseMs) return;
      this.#movedAtMs = nowMs;
      moved(frame, score);
    } catch {
      // A broken picture happens; the next one counts.
    } finally {
      this.#isBusy = false;
    }
  }

  async close(): Promise<void> {
    await this.#source.close();
  }

  /** Keeps what may still become the greatest. */
  #note(score: number, atMs: number): void {
    this.#peaks = this.#peaks.filter((one) => one.score > score && one.atMs >= atMs - peakMs);
    this.#peaks.push({ score, atMs });
  }
}
