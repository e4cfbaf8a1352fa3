// Reads the options of `call --answer` that belong to the agent alone.
import { PytalkError } from '../../protocol/errors.js';
import { limits } from '../../protocol/limits.js';
import type { Key, Say } from '../catalogue/translate.js';
import type { Fields } from '../table/spec.js';
import { namesIn } from './trust.js';

export interface AgentOptions {
  once: boolean;
  /** Calls at once. */
  viewers: number;
  /** Null without --motion. */
  motion: { to: readonly string[]; threshold: number; pauseMs: number } | null;
}

const defaults = { viewers: 4, threshold: 0.01, pauseSeconds: 60 };

/** Options that say nothing without --answer. */
const own = ['from', 'once', 'viewers', 'motion', 'motionThreshold', 'motionPause'] as const;

export function namesAgent(fields: Fields): boolean {
  return own.some((name) => fields[name] !== undefined && fields[name] !== false);
}

/** Throws PytalkError `usage`. */
export function agentOptions(fields: Fields, say: Say): AgentOptions {
  const numberOf = (name: string, key: Key, fallback: number, least: number, most: number): number => {
    const value = fields[name];
    if (typeof value !== 'string') return fallback;
    const number = Number(value);
    const fits = value.trim() !== '' && number >= least && number <= most;
    if (!fits) throw new PytalkError('usage', { details: { reason: say(key, { value }) } });
    return number;
  };
  const once = fields['once'] === true;
  const viewers = numberOf('viewers', 'usage.agent-viewers', defaults.viewers, 1, limits.maxHostedCalls);
  const threshold = numberOf('motionThreshold', 'usage.agent-threshold', defaults.threshold, 0.0001, 1);
  const pause = numberOf('motionPause', 'usage.agent-pause', defaults.pauseSeconds, 1, 86_400);
  const names = typeof fields['motion'] === 'string' ? namesIn(fields['motion']) : [];
  const hasSettings = fields['motionThreshold'] !== undefined || fields['motionPause'] !== undefined;
  if (names.length === 0 && (hasSettings || fields['motion'] !== undefined)) {
    throw new PytalkError('usage', { details: { reason: say('usage.agent-motion') } });
  }
  return {
    once,
    // One way to send plain RTP to, and one call to end with.
    viewers: once || fields['rtpOut'] !== undefined ? 1 : Math.floor(viewers),
    motion: names.length === 0 ? null : { to: names, threshold, pauseMs: Math.round(pause * 1000) },
  };
}
