// Where sound goes: a device or a WAV file; fed with one block of 20 ms after the other.
import { spawn, type ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { findFfmpeg } from '../ffmpeg.js';
import { blockMs, blockSamples, sampleRate, type Sink } from '../media.js';
import { mediaFailed, mediaFailedBy, mediaFailedSaying } from '../media-reasons.js';
import { nativeDevices } from './native-sound.js';
import { pulseDevices, rawFormat, termuxSoundHint } from './pulse.js';
import { WavWriter } from './wav.js';

export interface SpeakerSettings {
  /** Path of the ffmpeg to use; null looks for one. */
  ffmpeg: string | null;
}

/** More sound than this waiting for a device: its clock is slower than ours, and a block is left out. */
const maxDelayMs = 120;
const killAfterMs = 1_000;

/** Opens a speaker: `default`, a device, or `file:PATH.wav`. Rejects with `speaker-failed`. */
export async function openSpeaker(spec: string, { ffmpeg }: SpeakerSettings): Promise<Sink> {
  if (spec.startsWith('file:')) {
    const writer = await WavWriter.create(spec.slice('file:'.length)).catch((error: unknown) => {
      throw mediaFailedBy('speaker', spec, error);
    });
    return {
      label: spec,
      delayMs: 0,
      write: (samples) => writer.write(samples),
      close: () =>
        writer.close().catch((error: unknown) => {
          throw mediaFailedBy('speaker', spec, error);
        }),
    };
  }
  if ((await pulseDevices('sinks')).length > 0) {
    return fedProgram(spec, 'pacat', [...rawFormat, ...(spec === 'default' ? [] : [`--device=${spec}`])]);
  }
  const termux = termuxSoundHint('sinks');
  if (termux !== null) throw mediaFailed('speaker', spec, termux);
  if (nativeDevices('speaker')?.length === 0) throw mediaFailed('speaker', spec, 'no-speaker');
  const native = openNative(spec);
  if (native) return native;
  const output = ffmpegOutput(spec);
  if (output === null) throw mediaFailed('speaker', spec, 'no-sound-system');
  const { path } = await findFfmpeg(ffmpeg).catch((error: unknown) => {
    throw mediaFailed('speaker', spec, 'no-sound-system-or-ffmpeg', { cause: error });
  });
  const input = ['-f', 's16le', '-ac', '1', '-ar', '48000', '-i', 'pipe:0'];
  const quick = ['-hide_banner', '-loglevel', 'error', '-fflags', 'nobuffer', '-probesize', '32'];
  return fedProgram(spec, path, [...quick, ...input, ...output]);
}

function ffmpegOutput(spec: string): string[] | null {
  const outputs: Partial<Record<NodeJS.Platform, string[]>> = {
    linux: ['-f', 'alsa', spec],
    darwin: ['-f', 'audiotoolbox', '-audio_device_index', spec === 'default' ? '-1' : spec, '-'],
  };
  return outputs[process.platform] ?? null;
}

interface Decibri {
  Speaker: new (options: object) => {
    write(samples: Buffer): boolean;
    on(type: 'error', listener: (error: Error) => void): void;
    stop(): void;
    readonly writableLength: number;
  };
}

function openNative(spec: string): Sink | null {
  try {
    const { Speaker } = createRequire(import.meta.url)('decibri') as Decibri;
    const device = spec === 'default' ? {} : { device: /^\d+$/.test(spec) ? Number(spec) : spec };
    const speaker = new Speaker({ sampleRate, channels: 1, ...device });
    speaker.on('error', () => undefined);
    const delayMs = (): number => (speaker.writableLength / (blockSamples * 2)) * blockMs;
    return {
      label: spec,
      get delayMs() {
        return delayMs();
      },
      write(samples) {
        if (delayMs() <= maxDelayMs) speaker.write(bytesOf(samples));
      },
      close() {
        speaker.stop();
        return Promise.resolve();
      },
    };
  } catch {
    return null;
  }
}

/** A program that plays raw samples from its stdin. Rejects when it ends at once. */
async function fedProgram(spec: string, program: string, args: readonly string[]): Promise<Sink> {
  const child: ChildProcess = spawn(program, args, { stdio: ['pipe', 'ignore', 'pipe'], windowsHide: true });
  let lastWords = '';
  child.stderr?.on('data', (data: Buffer) => {
    lastWords = data.toString().trim().split('\n').at(-1) ?? lastWords;
  });
  const { stdin } = child;
  stdin?.on('error', () => undefined);
  const ended = new Promise<'ended'>((resolve) => {
    child.once('error', (error) => {
      lastWords = error.message;
      resolve('ended');
    });
    child.once('close', () => resolve('ended'));
  });
  stdin?.write(Buffer.alloc(blockSamples * 2));
  const settled = new Promise<'runs'>((resolve) => setTimeout(resolve, 150, 'runs'));
  if ((await Promise.race([ended, settled])) === 'ended') {
    throw mediaFailedSaying('speaker', spec, lastWords, { otherwise: 'not-playing' });
  }
  const delayMs = (): number => ((stdin?.writableLength ?? 0) / (blockSamples * 2)) * blockMs;
  let closing: Promise<void> | null = null;
  return {
    label: spec,
    get delayMs() {
      return delayMs();
    },
    write(samples) {
      // Its pipe is full: the device is slower than the clock.
      if (delayMs() <= maxDelayMs) stdin?.write(bytesOf(samples));
    },
    close: () =>
      (closing ??= (async () => {
        stdin?.end();
        child.kill('SIGTERM');
        const timer = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
        await ended;
        clearTimeout(timer);
      })()),
  };
}

function bytesOf(samples: Int16Array): Buffer {
  return Buffer.from(samples.buffer.slice(samples.byteOffset, samples.byteOffset + samples.byteLength));
}
