// The agent's camera and microphone: opened once for all viewers, for stills and for motion.
import { openMicrophone } from '../../media/audio/microphone.js';
import type { SharedCapture } from '../../media/call-media.js';
import { openCamera } from '../../media/capture/camera.js';
import { SharedSource } from '../../media/capture/shared-source.js';
import type { JpegFrame, SoundBlock, Source, SourceEvents } from '../../media/media.js';
import { mediaFailed, type MediaReason } from '../../media/media-reasons.js';
import type { Clock } from '../../media/session/outside.js';
import { secondSettings } from '../../media/second-picture.js';
import { takeStill } from '../../media/still.js';
import type { PytalkError } from '../../protocol/errors.js';
import type { CallSetup } from '../call/live-call.js';

/** A picture of the stream that is no older is as good as a new one. */
const freshMs = 2_000;
const nextFrameMs = 10_000;

export interface CaptureNews {
  problem(part: 'camera' | 'screen' | 'microphone', error: PytalkError, retryInMs: number): void;
  recovered(part: 'camera' | 'screen' | 'microphone'): void;
}

export class AgentCapture implements SharedCapture {
  readonly camera: SharedSource<JpegFrame>;
  readonly #screen: SharedSource<JpegFrame> | null;
  readonly #microphone: SharedSource<SoundBlock>;
  readonly #setup: CallSetup;
  /** Folder for files that live for a moment. */
  readonly #folder: string;
  #photo: Promise<Buffer> | null = null;

  constructor(setup: CallSetup, folder: string, clock: Clock, news: CaptureNews) {
    const { camera, screen, mic, settings } = setup;
    this.#setup = setup;
    this.#folder = folder;
    const tellsOf = (part: 'camera' | 'screen' | 'microphone', label: string) => ({
      label,
      clock,
      failed: (why: MediaReason) => mediaFailed(part === 'microphone' ? part : 'camera', label, why),
      problem: (error: PytalkError, retryInMs: number) => news.problem(part, error, retryInMs),
      recovered: () => news.recovered(part),
    });
    this.camera = new SharedSource({
      ...tellsOf('camera', camera),
      open: (events) => openCamera(camera, settings, events),
    });
    this.#screen =
      screen === null
        ? null
        : new SharedSource({
            ...tellsOf('screen', screen),
            open: (events) => openCamera(screen, secondSettings(screen, settings), events),
          });
    this.#microphone = new SharedSource({
      ...tellsOf('microphone', mic),
      open: (events) => openMicrophone(mic, settings, events),
    });
  }

  openCamera(events: SourceEvents<JpegFrame>): Source {
    return this.camera.take(events);
  }

  openScreen(events: SourceEvents<JpegFrame>): Source | null {
    return this.#screen?.take(events) ?? null;
  }

  openMicrophone(events: SourceEvents<SoundBlock>): Source {
    return this.#microphone.take(events);
  }

  /** A JPEG: of the stream while it runs, else a still. Who asks at the same moment gets the same one. */
  photo(): Promise<Buffer> {
    this.#photo ??= this.#takePhoto().finally(() => (this.#photo = null));
    return this.#photo;
  }

  async close(): Promise<void> {
    await Promise.all([this.camera.close(), this.#screen?.close(), this.#microphone.close()]);
  }

  async #takePhoto(): Promise<Buffer> {
    const { camera, settings } = this.#setup;
    if (camera === 'none') throw mediaFailed('camera', camera, 'agent-without');
    const newest = this.camera.newest(freshMs);
    if (newest) return newest.jpeg;
    if (this.camera.state === 'opening' || this.camera.state === 'open') return this.#nextFrame();
    return this.camera.alone(() => takeStill(camera, settings, this.#folder));
  }

  #nextFrame(): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const over = (settle: () => void): void => {
        clearTimeout(timer);
        void source.close();
        settle();
      };
      const late = mediaFailed('camera', this.#setup.camera, 'no-picture');
      const timer = setTimeout(() => over(() => reject(late)), nextFrameMs);
      const source = this.camera.take({
        data: ({ jpeg }) => over(() => resolve(jpeg)),
        problem: (error) => over(() => reject(error)),
      });
    });
  }
}
