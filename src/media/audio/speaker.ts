// Where sound goes: a device or a WAV file; fed with one block of 20 ms after the other.
import { spawn, type ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { PytalkError } from '../../protocol/errors.js';
import { findFfmpeg } from '../ffmpeg.js';
import { blockMs, blockSamples, sampleRate, type Sink } from '../media.js';
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

function failed(speaker: string, reason: string, cause?: unknown): PytalkError {
  return new PytalkError('speaker-failed', { details: { speaker, reason }, cause });
}

/** Opens a speaker: `default`, a device, or `file:PATH.wav`. Rejects with `speaker-failed`. */
export async function openSpeaker(spec: string, { ffmpeg }: SpeakerSettings): Promise<Sink> {
  if (spec.startsWith('file:')) {
    const writer = await WavWriter.create(spec.slice('file:'.length)).catch((error: unknown) => {
      throw failed(spec, error instanceof Error ? error.message : String(error), error);
    });
    return {
      label: spec,
      delayMs: 0,
      write: (samples) => writer.write(samples),
      close: () =>
        writer.close().catch((error: unknown) => {
          throw failed(spec, error instanceof Error ? error.message : String(error), error);
        }),
    };
  }
  if ((await pulseDevices('sinks')).length > 0) {
    return fedProgram(spec, 'pacat', [...rawFormat, ...(spec === 'default' ? [] : [`--device=${spec}`])]);
  }
  const termux = termuxSoundHint('sinks');
  if (termux !== null) throw failed(spec, termux);
  if (nativeDevices('speaker')?.length === 0) throw failed(spec, 'no speaker was found');
  const native = openNative(spec);
  if (native) return native;
  const output = ffmpegOutput(spec);
  if (output === null) throw failed(spec, 'no sound system was found here');
  const { path } = await findFfmpeg(ffmpeg).catch((error: unknown) => {
    throw failed(spec, 'no sound system was found here, and no ffmpeg either', error);
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
    throw failed(spec, lastWords === '' ? 'it does not play' : lastWords);
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
