// Opens a camera by what a person wrote: a device, the screen, a test picture, a file, an address.
import { access } from 'node:fs/promises';
import { findFfmpeg, type Ffmpeg } from '../ffmpeg.js';
import type { CameraSettings, JpegFrame, Source, SourceEvents } from '../media.js';
import { mediaFailed, mediaFailedBy } from '../media-reasons.js';
import { copyArgs, encodeArgs, openFfmpegCamera } from './ffmpeg-camera.js';
import { openHttpCamera } from './http-camera.js';
import { openTermuxCamera } from './termux-camera.js';
import { deviceAttempts, listCameras, screenAttempt } from './video-devices.js';

/**
 * Opens `default`, a device's name or number, `screen`, `test`, `file:PATH` (looped), an http(s):// or rtsp:// address or
 * `termux:ID`. Resolves once there is a picture. Rejects with `camera-failed`, or `ffmpeg-missing` where that is needed.
 */
export async function openCamera(
  spec: string,
  settings: CameraSettings,
  events: SourceEvents<JpegFrame>,
): Promise<Source> {
  if (/^https?:\/\//i.test(spec)) return openHttpCamera(spec, settings, events);
  if (spec.startsWith('termux:')) return openTermuxCamera(spec.slice('termux:'.length), events);
  if (process.platform === 'android' && spec === 'default') {
    throw mediaFailed('camera', spec, 'android-camera');
  }
  const ffmpeg = await findFfmpeg(settings.ffmpeg);
  const attempts = await attemptsFor(spec, settings, ffmpeg);
  return openFfmpegCamera({ label: spec, ffmpeg: ffmpeg.path, attempts }, events);
}

async function attemptsFor(spec: string, settings: CameraSettings, ffmpeg: Ffmpeg): Promise<string[][]> {
  const { width, height, fps } = settings;
  if (spec === 'test') {
    return [['-re', '-f', 'lavfi', '-i', `testsrc2=size=${width}x${height}:rate=${fps}`, ...encodeArgs]];
  }
  if (spec === 'screen') return [[...screenAttempt(settings, process.env), ...encodeArgs]];
  if (spec.startsWith('file:')) return fileAttempts(spec, settings);
  if (/^rtsps?:\/\//i.test(spec)) {
    // Bytes from the network are nothing for a program of years ago.
    if (ffmpeg.origin === 'installer') throw mediaFailed('camera', spec, 'old-ffmpeg');
    const input = ['-rtsp_transport', 'tcp', '-fflags', 'nobuffer', '-flags', 'low_delay', '-i', spec];
    return [
      [...input, '-map', '0:v:0', ...copyIfMjpeg()],
      [...input, '-map', '0:v:0', ...encodeArgs],
    ];
  }
  const cameras = await listCameras(ffmpeg.path);
  const wanted = spec === 'default' ? cameras[0] : cameras.find((one, at) => isNamed(one, at, spec));
  if (!wanted) {
    if (cameras.length === 0) throw mediaFailed('camera', spec, 'no-camera');
    const names = cameras.map(({ name }) => name).join(', ');
    throw mediaFailed('camera', spec, 'other-cameras', { details: { names } });
  }
  return deviceAttempts(wanted.id, settings);
}

function isNamed(camera: { id: string; name: string }, at: number, spec: string): boolean {
  return camera.id === spec || camera.name.toLowerCase() === spec.toLowerCase() || String(at) === spec;
}

/** Copying anything but MJPEG into an MJPEG stream gives no picture, and the next way is tried. */
function copyIfMjpeg(): string[] {
  return copyArgs;
}

async function fileAttempts(spec: string, { width, height, fps }: CameraSettings): Promise<string[][]> {
  const path = spec.slice('file:'.length);
  await access(path).catch((error: unknown) => {
    throw mediaFailedBy('camera', spec, error);
  });
  if (/\.(jpe?g|png|webp|bmp)$/i.test(path)) {
    const scale = [
      '-vf',
      `scale=${width}:${height}:force_original_aspect_ratio=decrease:force_divisible_by=2`,
    ];
    return [['-re', '-loop', '1', '-framerate', String(fps), '-i', path, ...scale, ...encodeArgs]];
  }
  // The pictures of an MJPEG file are passed on as they are.
  const rate = /\.mjpe?g$/i.test(path) ? ['-framerate', String(fps), '-f', 'mjpeg'] : [];
  const input = ['-re', '-stream_loop', '-1', ...rate, '-i', path, '-map', '0:v:0'];
  const isMjpeg = /\.(mjpe?g|avi|mkv|mov)$/i.test(path);
  return [...(isMjpeg ? [[...input, ...copyArgs]] : []), [...input, ...encodeArgs]];
}
