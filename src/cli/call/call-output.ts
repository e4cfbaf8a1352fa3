// What `call` prints of a call without a screen: JSON lines for scripts, or sentences for people.
import type { Say } from '../catalogue/translate.js';
import { cleanLine } from '../clean-text.js';
import { failureOf } from '../failure.js';
import type { Output } from '../output.js';
import type { CallNews } from './call-news.js';

/** One news as a JSON object; the shape is in docs/CLI.md. */
function newsJson(news: CallNews, say: Say): object {
  if (news.type === 'problem') {
    const { part, error, retryInMs } = news;
    const { code, message } = failureOf(error, say);
    return { type: 'problem', part, code, message, retryInMs };
  }
  if (news.type === 'ended') {
    const { call, reason, durationMs, error } = news;
    return {
      type: 'ended',
      call,
      reason,
      durationMs,
      ...(error && { message: failureOf(error, say).message }),
    };
  }
  if (news.type === 'recording') {
    const { on, path, error } = news;
    return { type: 'recording', on, path, ...(error && { message: failureOf(error, say).message }) };
  }
  return news;
}

/** `1:02:03` or `2:03`. */
export function durationText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const [hours = 0, minutes = 0, rest = 0] = parts;
  const two = (value: number): string => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** Where the reader can do something about a problem: by commands of the chat, or options of `pytalk call`. */
export type Reader = 'chat' | 'shell';

/** One news as a clean sentence. */
export function newsText(news: CallNews, say: Say, reader: Reader = 'shell'): string {
  switch (news.type) {
    case 'ringing': {
      const from = cleanLine(news.from);
      // The conversation with a person is named like the person, who calls us then.
      if (news.with === `@${news.from}`) {
        const key = news.media === 'video' ? 'chat.call-incoming-video' : 'chat.call-incoming-audio';
        return say(key, { name: from });
      }
      const text = { from, with: cleanLine(news.with) };
      return say(news.media === 'video' ? 'call.ringing-video' : 'call.ringing-audio', text);
    }
    case 'connected': {
      const text = say('call.connected', { with: cleanLine(news.with) });
      return news.safetyNumber === null
        ? text
        : `${text}\n${say('call.safety-number', { number: news.safetyNumber })}`;
    }
    case 'participant': {
      const user = cleanLine(news.user);
      if (!news.joined) return say('call.left', { user });
      if (news.away) return say('call.away', { user });
      const camera = say(news.camera ? 'call.camera-on' : 'call.camera-off');
      const text = say('call.participant', {
        user,
        microphone: say(news.muted ? 'call.muted' : 'call.unmuted'),
        camera,
      });
      const more = [
        ...(news.screen ? [say('call.shows-screen')] : []),
        ...(news.recording ? [say('call.records')] : []),
      ];
      return [text, ...more].join(', ');
    }
    case 'path':
      if (news.path === null) return say('call.path-lost');
      return say(`call.path.${news.path}`);
    case 'muted':
      return say(news.muted ? 'call.self-muted' : 'call.self-unmuted');
    case 'camera':
      return say(news.on ? 'call.self-camera-on' : 'call.self-camera-off');
    case 'screen':
      return say(news.on ? 'call.self-screen-on' : 'call.self-screen-off');
    case 'recording': {
      const { on, path, error } = news;
      if (error) return say('call.recording-failed', { reason: failureOf(error, say).message });
      return say(on ? 'call.recording-on' : 'call.recording-off', { path });
    }
    case 'problem': {
      const { part, error, retryInMs } = news;
      const retry = retryInMs === null ? [] : [say('call.retry', { seconds: Math.ceil(retryInMs / 1000) })];
      return [failureOf(error, say).message, ...retry, say(`call.remedy.${reader}.${part}`)].join('. ');
    }
    case 'ended': {
      const text = say(`call.ended.${news.reason}`, { duration: durationText(news.durationMs) });
      return news.error === null ? text : `${text}: ${failureOf(news.error, say).message}`;
    }
  }
}

/** A camera that is missing is tried again every few seconds: people are told once in this time. */
const sameProblemMs = 60_000;

/** Tells whether a problem should be said to people: not when the same part, tried by itself, has just failed for the same reason. */
export function newProblems(): (news: CallNews & { type: 'problem' }, nowMs: number) => boolean {
  const said = new Map<string, { message: string; atMs: number }>();
  return ({ part, error: { message }, retryInMs }, nowMs) => {
    const last = said.get(part);
    if (retryInMs !== null && last?.message === message && nowMs - last.atMs < sameProblemMs) return false;
    said.set(part, { message, atMs: nowMs });
    return true;
  };
}

/**
 * Holds back by which way media goes until somebody has answered: before, it is no news to people. That it is the usual one,
 * by UDP to the server, is none afterwards either, unless it was another.
 */
export function waysOnceConnected(
  tell: (news: CallNews) => void,
  isConnected = false,
): (news: CallNews) => void {
  let connected = isConnected;
  let held: CallNews | null = null;
  return (news) => {
    if (news.type === 'path' && !connected) held = news.path === 'udp' ? null : news;
    else tell(news);
    if (news.type === 'connected') {
      connected = true;
      if (held !== null) tell(held);
    }
    if (news.type === 'connected' || news.type === 'ended') held = null;
    if (news.type === 'ended') connected = false;
  };
}

/** Who joins says within this time what of theirs is off: until then all of it counts as on. */
const newcomerMs = 500;

/** Holds back the first news of each person, and tells the newest of it then: the first ones may not be true yet. */
export function newcomersAsTheyAre(
  tell: (news: CallNews) => void,
  later: (work: () => void, ms: number) => void = (work, ms) => void setTimeout(work, ms).unref(),
): (news: CallNews) => void {
  /** Of each who is there the news that is held; null when it was told. */
  const held = new Map<string, CallNews | null>();
  return (news) => {
    if (news.type === 'ended') held.clear();
    if (news.type !== 'participant') {
      tell(news);
      return;
    }
    const { user, joined } = news;
    if (!joined) held.delete(user);
    if (!joined || held.get(user) === null) {
      tell(news);
      return;
    }
    const isFirst = !held.has(user);
    held.set(user, news);
    if (!isFirst) return;
    later(() => {
      const newest = held.get(user);
      if (newest === undefined || newest === null) return;
      held.set(user, null);
      tell(newest);
    }, newcomerMs);
  };
}

/** Prints news as they come. */
export function printNews(out: Output, say: Say, now: () => number): (news: CallNews) => void {
  if (out.isJson) return (news) => out.event(newsJson(news, say));
  const isNew = newProblems();
  const print = (news: CallNews): void => {
    if (news.type === 'problem') {
      if (isNew(news, now())) out.alert(newsText(news, say));
    } else if (news.type === 'recording' && news.error) out.alert(newsText(news, say));
    else if (!out.isQuiet) out.line(newsText(news, say));
  };
  return newcomersAsTheyAre(waysOnceConnected(print));
}
