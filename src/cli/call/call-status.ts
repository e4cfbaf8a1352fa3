// The status line of a call: how long, by which way, how fast and how well, and what is switched off.
import type { MediaStats } from '../../media/media.js';
import type { Say } from '../catalogue/translate.js';
import { cleanLine } from '../clean-text.js';
import { durationText } from './call-output.js';
import type { LiveCall } from './live-call.js';

/** The figures at one moment. */
export interface Sample {
  readonly stats: MediaStats | null;
  readonly atMs: number;
}

export interface CallStatus {
  readonly live: Pick<
    LiveCall,
    'call' | 'hasMicrophone' | 'muted' | 'cameraOn' | 'screenOn' | 'recorders' | 'people'
  >;
  /** Null before somebody has accepted. */
  readonly connectedForMs: number | null;
  readonly silent: boolean;
  /** 1 is as it came. */
  readonly volume: number;
}

/** Of packets of sound and frames together, the share that was lost between two samples, 0 to 1; null while nothing came. */
function lossBetween(before: MediaStats | null, after: MediaStats): number | null {
  let lost = 0;
  let all = 0;
  for (const [id, { video, audio }] of after.received) {
    const old = before?.received.get(id);
    const lostNow = video.lost - (old?.video.lost ?? 0) + audio.lost - (old?.audio.lost ?? 0);
    lost += lostNow;
    all += lostNow + video.frames - (old?.video.frames ?? 0) + audio.packets - (old?.audio.packets ?? 0);
  }
  return all === 0 ? null : Math.max(0, lost) / all;
}

/** Of the sound between two samples, the share that was made up for the worst of all, 0 to 1. */
function concealedBetween(before: Sample, after: Sample): number {
  const shares = [...(after.stats?.received ?? [])].map(([id, { audio }]) => {
    const old = before.stats?.received.get(id)?.audio.concealedMs ?? audio.concealedMs;
    return (audio.concealedMs - old) / Math.max(1, after.atMs - before.atMs);
  });
  return Math.min(1, Math.max(0, ...shares));
}

/** Figures are taken every second: after a longer gap the program was stopped, and they tell of that. */
const stoppedMs = 3_000;
/** What had gathered meanwhile is gone after this. */
const settlesMs = 3_000;

/** The status of one call, from one moment to the next. */
export class StatusLine {
  #before: Sample | null = null;
  #settledAtMs = 0;

  /** One clean line of parts, the most important first: the screen leaves out the last ones that have no room. */
  text(status: CallStatus, now: Sample, say: Say): string {
    const gapMs = this.#before === null ? 0 : now.atMs - this.#before.atMs;
    if (gapMs > stoppedMs) this.#settledAtMs = now.atMs + settlesMs;
    const before = this.#before;
    this.#before = now;
    const parts = statesOf(status, say);
    if (now.atMs >= this.#settledAtMs) parts.push(...figuresOf(status, now, before, say));
    return parts.join('  ');
  }
}

function statesOf(status: CallStatus, say: Say): string[] {
  const { live, connectedForMs, silent, volume } = status;
  const parts = [cleanLine(live.call.conversation)];
  if (connectedForMs !== null) parts.push(durationText(connectedForMs));
  // Oneself too; that two are two need not be said.
  if (live.people.size > 1) parts.push(say('call.people', { count: live.people.size + 1 }));
  const recorders = [
    ...(live.recorders.self ? [say('call.you')] : []),
    ...live.recorders.others.map((name) => cleanLine(name)),
  ];
  if (recorders.length > 0 && live.call.end === null)
    parts.push(say('call.recorded-by', { who: recorders.join(', ') }));
  if (live.muted) parts.push(say(live.hasMicrophone ? 'call.muted' : 'call.no-microphone'));
  if (!live.cameraOn && live.call.media === 'video') parts.push(say('call.camera-off'));
  if (live.screenOn) parts.push(say('call.screen-on'));
  if (silent) parts.push(say('call.speaker-off'));
  else if (volume !== 1) parts.push(say('call.volume', { percent: Math.round(volume * 100) }));
  return parts;
}

function figuresOf({ connectedForMs }: CallStatus, now: Sample, before: Sample | null, say: Say): string[] {
  const parts: string[] = [];
  const { stats } = now;
  if (stats && connectedForMs !== null) {
    parts.push(stats.path);
    if (stats.rttMs !== null) parts.push(`${Math.round(stats.rttMs)} ms`);
    const [first] = stats.received.values();
    if (first) {
      if (first.video.fps > 0) parts.push(`${Math.round(first.video.fps)} fps`);
      if (first.video.latencyMs !== null)
        parts.push(say('call.latency', { ms: Math.round(first.video.latencyMs) }));
    }
    const loss = lossBetween(before?.stats ?? null, stats);
    if (loss !== null) parts.push(say('call.loss', { percent: (loss * 100).toFixed(loss >= 0.1 ? 0 : 1) }));
  }
  if (stats && before) {
    const concealed = concealedBetween(before, now);
    if (concealed >= 0.01) parts.push(say('call.concealed', { percent: Math.round(concealed * 100) }));
    const freezes = [...stats.received.values()].reduce((sum, { video }) => sum + video.freezes, 0);
    if (freezes > 0) parts.push(say('call.freezes', { count: freezes }));
  }
  return parts;
}
