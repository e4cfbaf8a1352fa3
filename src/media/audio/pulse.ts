// PulseAudio and PipeWire by their own small programs, which work in Termux too: parec, pacat, pactl.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { MediaReason } from '../media-reasons.js';

const execute = promisify(execFile);
const patienceMs = 2_000;

/** Raw samples as we have them, with little delay. */
export const rawFormat = [
  '--raw',
  '--format=s16le',
  '--rate=48000',
  '--channels=1',
  '--latency-msec=20',
  '--client-name=pytalk',
] as const;

export interface PulseDevice {
  /** As parec and pacat take it. */
  id: string;
  /** True for the monitor of a speaker, and for a source behind the system's echo canceller. */
  isMonitor: boolean;
  cancelsEcho: boolean;
}

/** Sources (microphones) or sinks (speakers); empty where there is no PulseAudio. Never rejects. */
export async function pulseDevices(kind: 'sources' | 'sinks'): Promise<PulseDevice[]> {
  try {
    const { stdout } = await execute('pactl', ['list', 'short', kind], { timeout: patienceMs });
    return stdout.split('\n').flatMap((line): PulseDevice[] => {
      const [, id = '', module = ''] = line.split('\t');
      if (id === '') return [];
      const cancelsEcho = /echo-?cancel/i.test(`${id} ${module}`);
      return [{ id, isMonitor: id.endsWith('.monitor'), cancelsEcho }];
    });
  } catch {
    return [];
  }
}

/**
 * Why there is no sound in Termux, where PulseAudio must be started and be given its devices; null elsewhere. The
 * permission is that of another app, and PulseAudio says nothing of it.
 */
export function termuxSoundHint(kind: 'sources' | 'sinks'): MediaReason | null {
  if (process.platform !== 'android') return null;
  return kind === 'sinks' ? 'termux-no-speaker' : 'termux-no-microphone';
}
