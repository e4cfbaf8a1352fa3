// Cameras through ffmpeg: its MJPEG output is cut into pictures, and it is started again when it ends.
import { runProgram, type Running } from '../ffmpeg.js';
import type { JpegFrame, Source, SourceEvents } from '../media.js';
import { mediaFailedSaying } from '../media-reasons.js';
import { wallClock } from '../session/wall-clock.js';
import { JpegSplitter } from './jpeg-splitter.js';
import { RtpReady } from './rtp-ready.js';

const firstFrameMs = 10_000;
const retryMs = [500, 1_000, 2_000, 5_000, 10_000];

export interface FfmpegCamera {
  label: string;
  ffmpeg: string;
  /** Ways to open it, tried in order until one gives a picture. */
  attempts: readonly (readonly string[])[];
}

const common = ['-hide_banner', '-nostdin', '-loglevel', 'error'];
/** Standard Huffman tables and both quantisation tables, as RTP/JPEG needs them. */
export const encodeArgs = [
  '-an',
  '-c:v',
  'mjpeg',
  '-huffman',
  'default',
  '-force_duplicated_matrix',
  '1',
  '-pix_fmt',
  'yuvj420p',
  '-q:v',
  '6',
];
export const copyArgs = ['-an', '-c:v', 'copy'];
const output = ['-flush_packets', '1', '-f', 'mjpeg', 'pipe:1'];

class RunningCamera implements Source {
  readonly label: string;
  readonly #camera: FfmpegCamera;
  readonly #events: SourceEvents<JpegFrame>;
  readonly #ready: RtpReady;
  #args: readonly string[] = [];
  #running: Running | null = null;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  #isOpen = false;
  #whenFirst: () => void = () => undefined;

  constructor(camera: FfmpegCamera, events: SourceEvents<JpegFrame>) {
    this.label = camera.label;
    this.#camera = camera;
    this.#events = events;
    this.#ready = new RtpReady((frame) => {
      this.#failures = 0;
      this.#whenFirst();
      if (!this.#isClosed) events.data(frame);
    });
  }

  /** Resolves with the first picture. Rejects with `camera-failed` and what ffmpeg said last. */
  async open(): Promise<void> {
    let reason = '';
    for (const args of this.#camera.attempts) {
      this.#args = args;
      const running = this.#start();
      let timer: NodeJS.Timeout | undefined;
      const first = new Promise<null>((resolve) => {
        this.#whenFirst = () => resolve(null);
      });
      const late = new Promise<string>((resolve) => {
        timer = setTimeout(resolve, firstFrameMs, '');
      });
      const ended = running.ended.then(({ lastWords }) => lastWords);
      const problem = await Promise.race([first, ended, late]);
      clearTimeout(timer);
      if (problem === null) {
        this.#isOpen = true;
        this.#watch(running);
        return;
      }
      reason = problem;
      await running.close();
    }
    await this.close();
    throw mediaFailedSaying('camera', this.label, reason, { otherwise: 'no-picture' });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#ready.close();
    await this.#running?.close();
  }

  #start(): Running {
    const running = runProgram(this.#camera.ffmpeg, [...common, ...this.#args, ...output]);
    this.#running = running;
    const splitter = new JpegSplitter();
    running.stdout.on('data', (chunk: Buffer) => {
      if (this.#isClosed) return;
      for (const jpeg of splitter.push(chunk)) this.#ready.push(jpeg, wallClock());
    });
    return running;
  }

  #watch(running: Running): void {
    void running.ended.then(({ lastWords }) => {
      if (this.#isClosed || !this.#isOpen) return;
      const waitMs = retryMs[Math.min(this.#failures++, retryMs.length - 1)] ?? 10_000;
      this.#events.problem(mediaFailedSaying('camera', this.label, lastWords), waitMs);
      this.#timer = setTimeout(() => this.#watch(this.#start()), waitMs);
    });
  }
}

/** Opens a camera through ffmpeg. Rejects with `camera-failed`. */
export async function openFfmpegCamera(
  camera: FfmpegCamera,
  events: SourceEvents<JpegFrame>,
): Promise<Source> {
  const running = new RunningCamera(camera, events);
  await running.open();
  return running;
}
