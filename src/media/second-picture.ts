// A second picture beside the camera's, such as the screen: switched on and off, taken slowly, made to fit what the way carries.
import { PytalkError } from '../protocol/errors.js';
import { AdaptivePictures } from './adaptive-pictures.js';
import type { CameraSettings, JpegFrame, Source, SourceEvents } from './media.js';
import { maxScreenFps, ScreenPace } from './screen-pace.js';

/** Text must be readable: a screen is taken no smaller than this. */
const screenSize = { width: 1280, height: 720 };

export interface SecondPictureParts {
  open(events: SourceEvents<JpegFrame>): Source | Promise<Source>;
  /** Sends a picture; returns its bytes on the wire. */
  send(frame: JpegFrame): number;
  taken(frame: JpegFrame): void;
  /** `retryInMs` is null when it is off now. */
  problem(error: PytalkError, retryInMs: number | null): void;
}

/** What a source is asked for as a second picture. */
export function secondSettings(spec: string, settings: CameraSettings): CameraSettings {
  const fps = Math.min(settings.fps, maxScreenFps);
  if (spec !== 'screen') return { ...settings, fps };
  const width = Math.max(settings.width, screenSize.width);
  const height = Math.max(settings.height, screenSize.height);
  return { ...settings, fps, width, height };
}

export class SecondPicture {
  readonly #parts: SecondPictureParts;
  readonly #pictures: AdaptivePictures;
  #pace = new ScreenPace();
  #isWanted = false;
  #source: Promise<Source | null> = Promise.resolve(null);
  #isClosed = false;

  constructor(parts: SecondPictureParts) {
    this.#parts = parts;
    this.#pictures = new AdaptivePictures((frame) => parts.send(frame), 'screen');
  }

  /** Bits a second; null for as many as there are. */
  setBudget(bps: number | null): void {
    this.#pictures.setBudget(bps);
  }

  set(on: boolean): void {
    if (on === this.#isWanted || this.#isClosed) return;
    this.#isWanted = on;
    this.#pace = new ScreenPace();
    this.#source = this.#source.then(closed).then(() => (this.#isWanted ? this.#open() : null));
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#isWanted = false;
    this.#isClosed = true;
    this.#pictures.close();
    await this.#source.then(closed);
  }

  async #open(): Promise<Source | null> {
    try {
      return await this.#parts.open({
        data: (frame) => this.#taken(frame),
        problem: (error, retryInMs) => {
          if (this.#isWanted) this.#parts.problem(error, retryInMs);
        },
      });
    } catch (error) {
      const wasWanted = this.#isWanted;
      this.#isWanted = false;
      const known = error instanceof PytalkError ? error : new PytalkError('internal', { cause: error });
      if (wasWanted) this.#parts.problem(known, null);
      return null;
    }
  }

  #taken(frame: JpegFrame): void {
    const now = performance.now();
    if (!this.#isWanted || !this.#pace.takes(frame.jpeg, now)) return;
    const { skipped } = this.#pictures;
    this.#pictures.push(frame);
    if (this.#pictures.skipped === skipped) this.#pace.sent(frame.jpeg, now);
    this.#parts.taken(frame);
  }
}

/** Resolves with none, once it is closed. */
export async function closed(source: Source | null): Promise<null> {
  await source?.close();
  return null;
}
