// Reads the options of `call`: how this side takes part in a call, and what is shown and written of it.
import { PytalkError } from '../../protocol/errors.js';
import type { Key, Say } from '../catalogue/translate.js';
import type { Io } from '../io.js';
import type { Settings } from '../settings/settings.js';
import type { Fields } from '../table/spec.js';
import type { CallSetup } from './live-call.js';

const views = ['auto', 'kitty', 'sixel', 'iterm2', 'blocks', 'ascii', 'none'] as const;
export type ViewChoice = (typeof views)[number];

export interface CallOptions {
  setup: CallSetup;
  audioOnly: boolean;
  headless: boolean;
  view: ViewChoice;
  /** Milliseconds after which this side hangs up; null for never. */
  durationMs: number | null;
  /** Path, or `-` for stdout; null for none. */
  stats: string | null;
  /** Path of the description of `rtpOut`; null for none. */
  sdp: string | null;
  /** Path of a file that is made; null for none. */
  record: string | null;
  /** Port of the page, 0 for a free one; null for no page. */
  web: number | null;
}

const maxPixels = 2040;
const maxFps = 60;

function usage(say: Say, key: Key, value: string): PytalkError {
  return new PytalkError('usage', { details: { reason: say(key, { value }) } });
}

function text(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  return typeof value === 'string' ? value : undefined;
}

/** An empty variable counts as none. */
function variableOf(env: Io['env'], name: string): string | undefined {
  return env[name] === '' ? undefined : env[name];
}

function sizeOf(value: string | undefined, say: Say): { width: number; height: number } {
  if (value === undefined) return { width: 640, height: 480 };
  const [, width, height] = (/^(\d{2,4})x(\d{2,4})$/.exec(value) ?? []).map(Number);
  const fits = (side: number | undefined): side is number =>
    side !== undefined && side >= 16 && side <= maxPixels;
  if (!fits(width) || !fits(height)) throw usage(say, 'usage.call-size', value);
  return { width, height };
}

function numberOf(value: string | undefined, key: Key, least: number, most: number, say: Say): number | null {
  if (value === undefined) return null;
  const number = Number(value);
  if (value.trim() === '' || !(number >= least && number <= most)) throw usage(say, key, value);
  return number;
}

/** `HOST:PORT`, an IPv6 address in brackets. The port must leave room for those of the sound after it. */
function endpointOf(value: string | undefined, say: Say): { host: string; port: number } | null {
  if (value === undefined) return null;
  const [, v6, name, digits] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(value) ?? [];
  const host = v6 ?? name;
  const port = Number(digits);
  if (host === undefined || !(port >= 1 && port <= 65_532)) throw usage(say, 'usage.call-rtp-out', value);
  return { host, port };
}

/** Without a port a free one is taken. */
function webPortOf(value: Fields[string] | undefined, say: Say): number | null {
  if (value === undefined || value === false) return null;
  if (typeof value !== 'string') return 0;
  const port = Number(value);
  if (!/^\d{1,5}$/.test(value) || port > 65_535) throw usage(say, 'usage.call-web', value);
  return port;
}

/** The devices that the settings name, for what neither an option nor a variable does. */
export type OwnDevices = Pick<Settings, 'camera' | 'mic' | 'speaker'>;

/** The camera, and the second picture beside it. */
function picturesOf(
  fields: Fields,
  env: Io['env'],
  own: OwnDevices,
  say: Say,
): Pick<CallSetup, 'camera' | 'screen'> {
  const given = fields['camera'];
  const [camera, screen = 'none', third] = typeof given === 'object' ? given : [text(fields, 'camera')];
  if (third !== undefined) throw usage(say, 'usage.call-cameras', third);
  return {
    camera: camera ?? variableOf(env, 'PYTALK_CAMERA') ?? own.camera,
    screen: screen === 'none' ? null : screen,
  };
}

/** Throws PytalkError `usage`. */
export function callOptions(fields: Fields, io: Pick<Io, 'env'>, own: OwnDevices, say: Say): CallOptions {
  const view = text(fields, 'view') ?? 'auto';
  const known = views.find((one) => one === view);
  if (known === undefined) throw usage(say, 'usage.call-view', view);
  const audioOnly = fields['audioOnly'] === true;
  const rtpOut = endpointOf(text(fields, 'rtpOut'), say);
  const sdp = text(fields, 'sdp');
  if (sdp !== undefined && rtpOut === null) throw usage(say, 'usage.call-sdp', sdp);
  const pictures = picturesOf(fields, io.env, own, say);
  const seconds = numberOf(text(fields, 'duration'), 'usage.call-duration', 0.1, 1e7, say);
  return {
    setup: {
      ...(audioOnly ? { camera: 'none', screen: null } : pictures),
      mic: text(fields, 'mic') ?? variableOf(io.env, 'PYTALK_MIC') ?? own.mic,
      speaker: text(fields, 'speaker') ?? variableOf(io.env, 'PYTALK_SPEAKER') ?? own.speaker,
      settings: {
        ...sizeOf(text(fields, 'size'), say),
        fps: numberOf(text(fields, 'fps'), 'usage.call-fps', 1, maxFps, say) ?? 30,
        ffmpeg: text(fields, 'ffmpeg') ?? variableOf(io.env, 'PYTALK_FFMPEG') ?? null,
      },
      rtpOut,
      relayOnly: fields['relayOnly'] === true,
    },
    sdp: sdp ?? null,
    audioOnly,
    headless: fields['headless'] === true,
    view: known,
    durationMs: seconds === null ? null : Math.round(seconds * 1000),
    stats: text(fields, 'stats') ?? null,
    record: text(fields, 'record') ?? null,
    web: webPortOf(fields['web'], say),
  };
}
