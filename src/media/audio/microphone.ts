// Where sound comes from: a device, a tone, or a file; in blocks of 20 ms, at the pace of the clock.
import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import { findFfmpeg, runProgram } from '../ffmpeg.js';
import {
  blockMs,
  blockSamples,
  sampleRate,
  type SoundBlock,
  type Source,
  type SourceEvents,
} from '../media.js';
import { mediaFailed, mediaFailedBy, mediaFailedSaying } from '../media-reasons.js';
import { keepPace } from '../pace.js';
import { wallClock } from '../session/wall-clock.js';
import { nativeDevices } from './native-sound.js';
import { PcmBlocks } from './pcm-blocks.js';
import { pulseDevices, rawFormat, termuxSoundHint } from './pulse.js';
import { findSamples } from './wav.js';

export interface MicrophoneSettings {
  /** Path of the ffmpeg to use; null looks for one. */
  ffmpeg: string | null;
}

const toneHz = 440;
const toneLoudness = 2_500;
/** The tone sounds for a while, then rests: nobody can listen to a steady one. */
const toneOnMs = 400;
const toneEveryMs = 1_000;
const retryMs = 2_000;

/** Opens a microphone: `default`, a device, `test` or `file:PATH`. Rejects with `microphone-failed`. */
export async function openMicrophone(
  spec: string,
  settings: MicrophoneSettings,
  events: SourceEvents<SoundBlock>,
): Promise<Source> {
  if (spec === 'test') return playing('test', tone(), events);
  if (spec.startsWith('file:')) {
    const path = spec.slice('file:'.length);
    const samples = await samplesOf(path, settings).catch((error: unknown) => {
      throw mediaFailedBy('microphone', spec, error);
    });
    return playing(spec, fromSamples(samples), events);
  }
  return openDevice(spec, settings, events);
}

/** Gives the block that begins so many samples after the start. */
type Play = (from: number) => Int16Array;

function playing(label: string, play: Play, events: SourceEvents<SoundBlock>): Source {
  let from = 0;
  const offsetMs = wallClock() - performance.now();
  const stop = keepPace(blockMs, (dueMs) => {
    const block = { samples: play(from), capturedAt: dueMs + offsetMs - blockMs };
    from += blockSamples;
    events.data(block);
  });
  return {
    label,
    close: () => {
      stop();
      return Promise.resolve();
    },
  };
}

function tone(): Play {
  return (from) => {
    const samples = new Int16Array(blockSamples);
    for (let at = 0; at < blockSamples; at++) {
      const ms = ((from + at) / sampleRate) * 1000;
      // Every fourth beat is higher, so that a repeated second would be heard.
      const hz = Math.floor(ms / toneEveryMs) % 4 === 3 ? toneHz * 1.5 : toneHz;
      const isOn = ms % toneEveryMs < toneOnMs;
      // Between the beats a little of it stays: the line is alive.
      const loudness = isOn ? toneLoudness : toneLoudness / 25;
      samples[at] = Math.round(loudness * Math.sin((2 * Math.PI * hz * (from + at)) / sampleRate));
    }
    return samples;
  };
}

/** Once from the beginning to the end, then silence. */
function fromSamples(all: Int16Array): Play {
  return (from) => {
    const samples = new Int16Array(blockSamples);
    if (from < all.length) samples.set(all.subarray(from, from + blockSamples));
    return samples;
  };
}

function toSamples(bytes: Buffer): Int16Array {
  const samples = new Int16Array(Math.floor(bytes.length / 2));
  for (let at = 0; at < samples.length; at++) samples[at] = bytes.readInt16LE(at * 2);
  return samples;
}

/** All sound of a file: our own kind of WAV as it is, everything else through ffmpeg. */
async function samplesOf(path: string, { ffmpeg }: MicrophoneSettings): Promise<Int16Array> {
  const bytes = await readFile(path);
  const place = findSamples(bytes);
  if (place) return toSamples(bytes.subarray(place.start, place.end));
  const { path: program } = await findFfmpeg(ffmpeg);
  const args = ['-hide_banner', '-nostdin', '-loglevel', 'error', '-i', path, '-vn'];
  const running = runProgram(program, [...args, '-f', 's16le', '-ac', '1', '-ar', '48000', 'pipe:1']);
  const chunks: Buffer[] = [];
  for await (const chunk of running.stdout) chunks.push(chunk as Buffer);
  const { code, lastWords } = await running.ended;
  if (code !== 0) throw new Error(lastWords);
  return toSamples(Buffer.concat(chunks));
}

// ---- devices ------------------------------------------------------------------------------------------------

/** What of the package `decibri` is used. */
interface Decibri {
  Microphone: new (options: object) => {
    on(type: 'data', listener: (chunk: Buffer) => void): void;
    on(type: 'error', listener: (error: Error) => void): void;
    stop(): void;
  };
}

function decibri(): Decibri | null {
  try {
    return createRequire(import.meta.url)('decibri') as Decibri;
  } catch {
    return null;
  }
}

/** Opens the device by the first way that works: PulseAudio or PipeWire, decibri, then ffmpeg's own devices. */
async function openDevice(
  spec: string,
  settings: MicrophoneSettings,
  events: SourceEvents<SoundBlock>,
): Promise<Source> {
  const sources = await pulseDevices('sources');
  const termux = termuxSoundHint('sources');
  // The monitor of the speaker would give back what the others say.
  if (termux !== null && sources.every(({ isMonitor }) => isMonitor))
    throw mediaFailed('microphone', spec, termux);
  if (sources.length > 0) {
    const canceller = sources.find((one) => one.cancelsEcho && !one.isMonitor);
    const device = spec === 'default' ? canceller?.id : spec;
    const chosen = device === undefined ? [] : [`--device=${device}`];
    const source = await recorded(spec, 'parec', [...rawFormat, ...chosen], events);
    return { ...source, cancelsEcho: device !== undefined && device === canceller?.id };
  }
  if (nativeDevices('microphone')?.length === 0) throw mediaFailed('microphone', spec, 'no-microphone');
  const native = openNative(spec, events);
  if (native) return native;
  const input = ffmpegInput(spec);
  if (input === null) throw mediaFailed('microphone', spec, 'no-sound-system');
  const { path } = await findFfmpeg(settings.ffmpeg).catch((error: unknown) => {
    throw mediaFailed('microphone', spec, 'no-sound-system-or-ffmpeg', { cause: error });
  });
  const args = ['-hide_banner', '-nostdin', '-loglevel', 'error', '-fflags', 'nobuffer', ...input];
  return recorded(spec, path, [...args, '-f', 's16le', '-ac', '1', '-ar', '48000', 'pipe:1'], events);
}

function openNative(spec: string, events: SourceEvents<SoundBlock>): Source | null {
  const library = decibri();
  if (!library) return null;
  try {
    const device = spec === 'default' ? {} : { device: /^\d+$/.test(spec) ? Number(spec) : spec };
    const options = { sampleRate, channels: 1, framesPerBuffer: blockSamples, ...device };
    const microphone = new library.Microphone(options);
    const blocks = new PcmBlocks();
    microphone.on('data', (chunk) => {
      for (const block of blocks.push(chunk, wallClock())) events.data(block);
    });
    microphone.on('error', (error) => events.problem(mediaFailedBy('microphone', spec, error), null));
    return {
      label: spec,
      close: () => {
        microphone.stop();
        return Promise.resolve();
      },
    };
  } catch {
    // No device, or none by that name: the next way may know one.
    return null;
  }
}

function ffmpegInput(spec: string): string[] | null {
  const inputs: Partial<Record<NodeJS.Platform, string[]>> = {
    linux: ['-f', 'alsa', '-i', spec],
    darwin: ['-f', 'avfoundation', '-i', `:${spec}`],
    win32: ['-f', 'dshow', '-audio_buffer_size', '20', '-i', `audio=${spec}`],
  };
  return inputs[process.platform] ?? null;
}

/** A program that writes raw samples; rejects when it ends before the first of them, else is started again after its end. */
async function recorded(
  spec: string,
  program: string,
  args: readonly string[],
  events: SourceEvents<SoundBlock>,
): Promise<Source> {
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;
  let running = runProgram(program, args);
  const listen = (): void => {
    const blocks = new PcmBlocks();
    running.stdout.on('data', (chunk: Buffer) => {
      for (const block of blocks.push(chunk, wallClock())) if (!isClosed) events.data(block);
    });
    void running.ended.then(({ lastWords }) => {
      if (isClosed) return;
      events.problem(mediaFailedSaying('microphone', spec, lastWords), retryMs);
      timer = setTimeout(() => {
        running = runProgram(program, args);
        listen();
      }, retryMs);
    });
  };
  const first = new Promise<'data'>((resolve) => running.stdout.once('readable', () => resolve('data')));
  const outcome = await Promise.race([first, running.ended]);
  if (outcome !== 'data')
    throw mediaFailedSaying('microphone', spec, outcome.lastWords, { otherwise: 'no-sound' });
  listen();
  return {
    label: spec,
    close: () => {
      isClosed = true;
      clearTimeout(timer);
      return running.close();
    },
  };
}
