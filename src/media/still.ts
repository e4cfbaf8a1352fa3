// One still picture from a camera: by node-webcam where that works, else the first good picture of the stream.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PytalkError } from '../protocol/errors.js';
import { openCamera } from './capture/camera.js';
import type { CameraSettings, JpegFrame } from './media.js';

/** Cameras are dark at first, until they have measured the light. */
const skippedFrames = 5;
const stillMs = 10_000;

interface NodeWebcam {
  create(options: object): {
    capture(path: string, done: (error: Error | null, data: unknown) => void): void;
  };
}

/** A picture by node-webcam; null where it, or the program that it drives, is missing. Never rejects. */
async function byWebcam(
  device: string,
  { width, height }: CameraSettings,
  parent: string,
): Promise<Buffer | null> {
  const folder = await mkdtemp(join(parent, 'pytalk-still-'));
  let timer: NodeJS.Timeout | undefined;
  try {
    const library = createRequire(import.meta.url)('node-webcam') as NodeWebcam;
    const options = {
      width,
      height,
      quality: 90,
      frames: skippedFrames,
      skip: skippedFrames,
      output: 'jpeg',
      verbose: false,
    };
    const webcam = library.create({
      ...options,
      callbackReturn: 'location',
      ...(device !== 'default' && { device }),
    });
    const path = join(folder, 'still');
    const taken = new Promise<boolean>((resolve) => webcam.capture(path, (error) => resolve(error === null)));
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(resolve, stillMs, false);
    });
    if (!(await Promise.race([taken, late]))) return null;
    return await readFile(`${path}.jpg`).catch(() => readFile(path));
  } catch {
    // It throws where there is no camera, and on systems it does not know.
    return null;
  } finally {
    clearTimeout(timer);
    await rm(folder, { recursive: true, force: true });
  }
}

/** True for a camera of this machine, and not a file, an address or the screen. */
function isDevice(spec: string): boolean {
  return spec !== 'test' && spec !== 'screen' && !/^(file:|termux:|[a-z]+:\/\/)/i.test(spec);
}

/** A JPEG. Rejects with `camera-failed` or `ffmpeg-missing`. `folder` is for files that live for a moment. */
export async function takeStill(given: string, settings: CameraSettings, folder = tmpdir()): Promise<Buffer> {
  // A phone has one that takes stills, though none that streams.
  const spec = process.platform === 'android' && given === 'default' ? 'termux:0' : given;
  if (isDevice(spec)) {
    const still = await byWebcam(spec, settings, folder);
    if (still) return still;
  }
  const wanted = isDevice(spec) ? skippedFrames : 1;
  let count = 0;
  let take: (frame: JpegFrame) => void = () => undefined;
  let fail: (error: PytalkError) => void = () => undefined;
  const frame = new Promise<JpegFrame>((resolve, reject) => {
    take = resolve;
    fail = reject;
  });
  // Told by `openCamera` when it comes before the first picture.
  frame.catch(() => undefined);
  const camera = await openCamera(spec, settings, {
    data: (one) => {
      if (++count >= wanted) take(one);
    },
    problem: (error) => fail(error),
  });
  try {
    return (await frame).jpeg;
  } finally {
    await camera.close();
  }
}
