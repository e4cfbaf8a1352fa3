// How the agent is: what `status` in the chat is answered with.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SharedState } from '../../media/capture/shared-source.js';
import { durationText } from '../call/call-output.js';
import type { Say } from '../catalogue/translate.js';

export interface Health {
  uptimeMs: number;
  camera: { label: string; state: SharedState | 'none'; problem: string | null };
  viewers: readonly string[];
  maxViewers: number;
  /** Bytes, of this process. */
  memory: number;
  /** Degrees Celsius; null where nothing tells. */
  temperature: number | null;
  /** Null without --motion. */
  motion: { peak: number; threshold: number } | null;
  lastError: { text: string; agoMs: number } | null;
}

export function healthText(health: Health, say: Say): string {
  const { camera, viewers, maxViewers, motion, lastError, temperature } = health;
  const digits = (value: number, count: number): string =>
    value.toLocaleString(say.lang, { maximumFractionDigits: count });
  const names = viewers.length === 0 ? say('agent.nobody') : viewers.join(', ');
  return [
    say('agent.uptime', { time: durationText(health.uptimeMs) }),
    say('agent.camera', { camera: camera.label, state: say(`agent.camera-${camera.state}`) }),
    ...(camera.problem === null ? [] : [camera.problem]),
    say('agent.viewers', { count: viewers.length, max: maxViewers, names }),
    say('agent.memory', { megabytes: digits(health.memory / 1e6, 0) }),
    ...(temperature === null ? [] : [say('agent.temperature', { degrees: digits(temperature, 1) })]),
    ...(motion === null
      ? []
      : [say('agent.motion', { peak: digits(motion.peak, 4), threshold: digits(motion.threshold, 4) })]),
    lastError === null
      ? say('agent.no-error')
      : say('agent.last-error', { text: lastError.text, time: durationText(lastError.agoMs) }),
  ].join('\n');
}

/** The hottest thermal zone that Linux tells of; null where there is none. Zones count in thousandths of a degree. */
export async function temperatureOf(folder = '/sys/class/thermal'): Promise<number | null> {
  const zones = (await readdir(folder).catch(() => [])).filter((name) => name.startsWith('thermal_zone'));
  const degrees = await Promise.all(
    zones.map(async (zone) => {
      const text = await readFile(join(folder, zone, 'temp'), 'utf8').catch(() => '');
      return text.trim() === '' ? Number.NaN : Number(text) / 1000;
    }),
  );
  const known = degrees.filter((value) => value > 0 && value < 200);
  return known.length === 0 ? null : Math.max(...known);
}
