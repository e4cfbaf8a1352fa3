// Cameras of the network that send JPEGs over HTTP, read without ffmpeg: a picture is handed on as its last byte comes.
import { get as getPlain, type IncomingMessage } from 'node:http';
import { get as getTls } from 'node:https';
import type { PytalkError } from '../../protocol/errors.js';
import type { CameraSettings, JpegFrame, Source, SourceEvents } from '../media.js';
import { mediaFailed, mediaFailedBy, mediaFailedSaying } from '../media-reasons.js';
import { wallClock } from '../session/wall-clock.js';
import { JpegSplitter } from './jpeg-splitter.js';
import { MultipartJpegs } from './multipart-jpegs.js';
import { RtpReady } from './rtp-ready.js';

const silenceMs = 5_000;
const inSilence = { details: { seconds: silenceMs / 1000 } };
const retryMs = [1_000, 2_000, 4_000, 10_000];
const maxRedirects = 5;

class HttpCamera implements Source {
  readonly label: string;
  readonly #url: URL;
  readonly #settings: CameraSettings;
  readonly #events: SourceEvents<JpegFrame>;
  readonly #ready: RtpReady;
  #abort = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #frames = 0;
  #isClosed = false;
  #whenFirst: (error: PytalkError | null) => void = () => undefined;

  constructor(url: URL, settings: CameraSettings, events: SourceEvents<JpegFrame>) {
    this.#url = url;
    this.label = `${url.host}${url.pathname}`;
    this.#settings = settings;
    this.#events = events;
    this.#ready = new RtpReady((frame) => {
      if (this.#isClosed) return;
      this.#frames++;
      this.#failures = 0;
      this.#whenFirst(null);
      this.#events.data(frame);
    });
  }

  /** Resolves with the first picture. Rejects with `camera-failed`. */
  async open(): Promise<void> {
    const first = new Promise<PytalkError | null>((resolve) => (this.#whenFirst = resolve));
    this.#run();
    const error = await first;
    if (!error) return;
    await this.close();
    throw error;
  }

  close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#ready.close();
    this.#abort.abort();
    return Promise.resolve();
  }

  #run(): void {
    this.#abort = new AbortController();
    this.#read(this.#url, this.#abort.signal)
      .then(() => {
        if (!this.#isClosed) this.#again(0);
      })
      .catch((error: unknown) => {
        if (!this.#isClosed) this.#failed(mediaFailedBy('camera', this.label, error));
      });
  }

  #again(ms: number): void {
    this.#timer = setTimeout(() => this.#run(), ms);
  }

  #failed(error: PytalkError): void {
    this.#abort.abort();
    if (this.#frames === 0) {
      this.#whenFirst(error);
      return;
    }
    const waitMs = retryMs[Math.min(this.#failures++, retryMs.length - 1)] ?? 10_000;
    this.#events.problem(error, waitMs);
    this.#again(waitMs);
  }

  /** Reads one answer to its end: a stream of pictures, or a single one (after which the next is asked for). */
  async #read(url: URL, signal: AbortSignal): Promise<void> {
    const { label } = this;
    const response = await request(url, signal, label);
    const type = response.headers['content-type'] ?? '';
    const boundary = /multipart\/.*boundary="?([^";]+)"?/i.exec(type)?.[1];
    const take = (jpeg: Buffer, arrivedAt: number): void => this.#ready.push(jpeg, arrivedAt);
    const stage = boundary === undefined ? new SingleJpegs(take) : new MultipartJpegs(boundary, take);
    const began = wallClock();
    const count = this.#frames;
    await new Promise<void>((resolve, reject) => {
      const silent = (): void => reject(mediaFailed('camera', label, 'no-picture-for', inSilence));
      let silence = setTimeout(silent, silenceMs);
      response.on('data', (chunk: Buffer) => {
        const before = this.#frames;
        stage.push(chunk, wallClock());
        if (this.#frames === before) return;
        clearTimeout(silence);
        silence = setTimeout(silent, silenceMs);
      });
      response.once('end', resolve);
      response.once('error', reject);
      response.once('close', () => {
        clearTimeout(silence);
        resolve();
      });
    }).finally(() => response.destroy());
    if (this.#frames === count) throw mediaFailed('camera', label, 'sent-no-picture');
    if (boundary !== undefined) throw mediaFailed('camera', label, 'stream-ended');
    // A camera of single pictures is asked as often as pictures are wanted.
    const restMs = 1000 / this.#settings.fps - (wallClock() - began);
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, restMs)));
  }
}

class SingleJpegs {
  readonly #splitter = new JpegSplitter();
  readonly #take: (jpeg: Buffer, arrivedAt: number) => void;
  constructor(take: (jpeg: Buffer, arrivedAt: number) => void) {
    this.#take = take;
  }
  push(chunk: Buffer, nowMs: number): void {
    for (const jpeg of this.#splitter.push(chunk)) this.#take(jpeg, nowMs);
  }
}

/** The answer with status 200, after redirects. Rejects with `camera-failed`, or what the system says. */
function request(url: URL, signal: AbortSignal, label: string, redirects = 0): Promise<IncomingMessage> {
  const { protocol } = url;
  const bare = new URL(url);
  bare.username = bare.password = '';
  const auth =
    url.username === ''
      ? {}
      : { auth: `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}` };
  const get = protocol === 'https:' ? getTls : getPlain;
  return new Promise((resolve, reject) => {
    const asked = get(bare, { ...auth, signal, timeout: silenceMs, agent: false }, (response) => {
      const { statusCode = 0, headers } = response;
      if (statusCode === 200) {
        response.socket.setNoDelay(true);
        resolve(response);
        return;
      }
      response.resume();
      response.destroy();
      const to = statusCode >= 300 && statusCode < 400 ? headers.location : undefined;
      if (to === undefined || redirects >= maxRedirects) {
        reject(
          statusCode === 401
            ? mediaFailed('camera', label, 'wants-password')
            : mediaFailedSaying('camera', label, `HTTP ${statusCode}`),
        );
        return;
      }
      const next = new URL(to, bare);
      if (next.protocol !== 'http:' && next.protocol !== 'https:')
        reject(mediaFailed('camera', label, 'leads-elsewhere', { details: { protocol: next.protocol } }));
      else resolve(request(next, signal, label, redirects + 1));
    });
    asked.on('timeout', () => asked.destroy(mediaFailed('camera', label, 'no-answer', inSilence)));
    asked.on('error', reject);
  });
}

/** Opens a camera at an http:// or https:// address. Rejects with `camera-failed`. */
export async function openHttpCamera(
  address: string,
  settings: CameraSettings,
  events: SourceEvents<JpegFrame>,
): Promise<Source> {
  let url: URL;
  try {
    url = new URL(address);
  } catch (cause) {
    throw mediaFailed('camera', address, 'not-an-address', { cause });
  }
  const camera = new HttpCamera(url, settings, events);
  await camera.open();
  return camera;
}
