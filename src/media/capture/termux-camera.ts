// The camera of a phone through Termux:API: still pictures, one after the other.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PytalkError } from '../../protocol/errors.js';
import type { JpegFrame, Source, SourceEvents } from '../media.js';
import { wallClock } from '../session/wall-clock.js';
import { mediaFailed, mediaFailedBy, mediaFailedSaying } from '../media-reasons.js';
import { RtpReady } from './rtp-ready.js';

const execute = promisify(execFile);
const photoMs = 15_000;
const restMs = 50;
const retryMs = 3_000;

/** Why there is no picture, by what the program said; it says most things as JSON, and nothing when Android gave no picture. */
function failedSaying(id: string, said: string): PytalkError {
  const camera = `termux:${id}`;
  if (said === '') return mediaFailed('camera', camera, 'termux-empty');
  return /permission|denied/i.test(said)
    ? mediaFailed('camera', camera, 'termux-permission', { details: { said } })
    : mediaFailedSaying('camera', camera, said);
}

/** Takes one picture. Rejects with `camera-failed`. */
async function takePhoto(id: string, folder: string, number: number): Promise<Buffer> {
  // It refuses a path that exists.
  const path = join(folder, `${number}.jpg`);
  try {
    const { stdout, stderr } = await execute('termux-camera-photo', ['-c', id, path], { timeout: photoMs });
    const bytes = await readFile(path).catch(() => Buffer.alloc(0));
    if (bytes.length > 0) return bytes;
    throw failedSaying(id, `${stdout} ${stderr}`.trim());
  } catch (error) {
    if (error instanceof PytalkError) throw error;
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw isMissing
      ? mediaFailed('camera', `termux:${id}`, 'termux-no-program', { cause: error })
      : mediaFailedBy('camera', `termux:${id}`, error);
  } finally {
    await rm(path, { force: true });
  }
}

/** Opens camera `id` of the phone. Resolves with its first picture. Rejects with `camera-failed`. */
export async function openTermuxCamera(id: string, events: SourceEvents<JpegFrame>): Promise<Source> {
  const folder = await mkdtemp(join(tmpdir(), 'pytalk-photo-'));
  let isClosed = false;
  let number = 0;
  let wake = (): void => undefined;
  const ready = new RtpReady((frame) => {
    if (!isClosed) events.data(frame);
  });
  const rest = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const take = async (): Promise<void> => ready.push(await takePhoto(id, folder, number++), wallClock());
  try {
    await take();
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  const isOver = (): boolean => isClosed;
  const running = (async () => {
    while (!isOver()) {
      await rest(restMs);
      try {
        if (!isOver()) await take();
      } catch (error) {
        if (isOver()) break;
        if (error instanceof PytalkError) events.problem(error, retryMs);
        await rest(retryMs);
      }
    }
    await rm(folder, { recursive: true, force: true });
  })();
  return {
    label: `termux:${id}`,
    close: () => {
      isClosed = true;
      ready.close();
      wake();
      return running;
    },
  };
}
