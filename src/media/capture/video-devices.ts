// The cameras of this machine and how ffmpeg opens them, by operating system; and its screen.
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CameraSettings } from '../media.js';
import { mediaFailed } from '../media-reasons.js';
import { copyArgs, encodeArgs } from './ffmpeg-camera.js';

export interface Camera {
  /** As ffmpeg takes it. */
  id: string;
  name: string;
}

const lowDelay = ['-fflags', 'nobuffer', '-flags', 'low_delay', '-probesize', '32', '-analyzeduration', '0'];
const listPatienceMs = 5_000;

/** Cameras, the first of them the default. Empty where none is found. Never rejects. */
export async function listCameras(ffmpeg: string): Promise<Camera[]> {
  const { platform } = process;
  if (platform === 'linux') return linuxCameras();
  if (platform === 'darwin') {
    return parseAvfoundation(await says(ffmpeg, ['-f', 'avfoundation', '-list_devices', 'true', '-i', '']));
  }
  if (platform === 'win32') {
    return parseDshow(await says(ffmpeg, ['-f', 'dshow', '-list_devices', 'true', '-i', 'dummy']));
  }
  return [];
}

/** What ffmpeg writes to stderr; listing devices always ends with an error. */
function says(ffmpeg: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(ffmpeg, ['-hide_banner', ...args], { timeout: listPatienceMs }, (_error, _stdout, stderr) =>
      resolve(stderr),
    );
  });
}

/** V4L2 devices that are inputs: of several nodes of one camera the first. */
async function linuxCameras(folder = '/sys/class/video4linux'): Promise<Camera[]> {
  const nodes = await readdir(folder).catch((): string[] => []);
  const cameras: Camera[] = [];
  for (const node of nodes.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))) {
    const read = (file: string): Promise<string> =>
      readFile(join(folder, node, file), 'utf8').then(
        (text) => text.trim(),
        () => '',
      );
    // Further nodes of a camera carry metadata.
    if ((await read('index')) === '0')
      cameras.push({ id: `/dev/${node}`, name: (await read('name')) || node });
  }
  return cameras;
}

/** The part about video of `[AVFoundation indev @ 0x0] [0] FaceTime HD Camera`. */
export function parseAvfoundation(text: string): Camera[] {
  const [video = ''] = text.split(/AVFoundation audio devices/);
  return [...video.matchAll(/\] \[(\d+)\] (.+)/g)]
    .map(([, id = '', name = '']) => ({ id, name: name.trim() }))
    .filter(({ name }) => !/^Capture screen/i.test(name));
}

/** Lines like `[dshow @ 0x0] "HD WebCam" (video)`; older versions have headings instead of `(video)`. */
export function parseDshow(text: string): Camera[] {
  const cameras: Camera[] = [];
  let isVideo = true;
  for (const line of text.split(/\r?\n/)) {
    if (/DirectShow (video|audio) devices/i.test(line)) isVideo = /video devices/i.test(line);
    const [, name, kind] = /\]\s+"([^"]+)"(?: \((\w+)\))?/.exec(line) ?? [];
    if (name === undefined || name.startsWith('@device')) continue;
    if (kind === undefined ? isVideo : kind === 'video') cameras.push({ id: name, name });
  }
  return cameras;
}

/** Ways to open a device: its own MJPEG untouched, else encoded here. */
export function deviceAttempts(id: string, { width, height, fps }: CameraSettings): string[][] {
  const size = ['-video_size', `${width}x${height}`];
  const rate = ['-framerate', String(fps)];
  if (process.platform === 'darwin') {
    const input = [...lowDelay, '-f', 'avfoundation', '-framerate', '30', ...size, '-pixel_format', 'nv12'];
    return [
      [...input, '-i', `${id}:none`, ...encodeArgs],
      [...lowDelay, '-f', 'avfoundation', '-i', `${id}:none`, ...encodeArgs],
    ];
  }
  if (process.platform === 'win32') {
    const dshow = ['-f', 'dshow', '-rtbufsize', '16M'];
    return [
      [...dshow, '-vcodec', 'mjpeg', ...size, ...rate, '-i', `video=${id}`, ...copyArgs],
      [...dshow, ...size, '-i', `video=${id}`, ...encodeArgs],
      [...dshow, '-i', `video=${id}`, ...encodeArgs],
    ];
  }
  const v4l2 = [...lowDelay, '-f', 'v4l2'];
  return [
    [...v4l2, '-input_format', 'mjpeg', ...size, ...rate, '-i', id, ...copyArgs],
    [...v4l2, ...size, ...rate, '-i', id, ...encodeArgs],
    [...v4l2, '-i', id, ...encodeArgs],
  ];
}

/** How the screen is opened, without the encoding. Throws PytalkError `camera-failed`. */
export function screenAttempt(
  { width, height, fps }: CameraSettings,
  env: Readonly<Record<string, string | undefined>>,
): string[] {
  const rate = ['-framerate', String(fps)];
  const scale = ['-vf', `scale=${width}:${height}:force_original_aspect_ratio=decrease:force_divisible_by=2`];
  if (process.platform === 'darwin') {
    return ['-f', 'avfoundation', ...rate, '-i', 'Capture screen 0:none', ...scale];
  }
  if (process.platform === 'win32') return ['-f', 'gdigrab', ...rate, '-i', 'desktop', ...scale];
  const display = env['DISPLAY'] ?? '';
  if (display !== '') return ['-f', 'x11grab', ...rate, '-i', display, ...scale];
  const isWayland = (env['WAYLAND_DISPLAY'] ?? '') !== '';
  throw mediaFailed('camera', 'screen', isWayland ? 'wayland-screen' : 'no-screen');
}
