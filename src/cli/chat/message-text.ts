// What a message says in words: bodies, previews, system notes, sizes and times, in the reader's language.
import type { Message } from '../../client/api.js';
import type { Key, Say } from '../catalogue/translate.js';
import { durationText } from '../call/call-output.js';
import { defaultBio } from '../../protocol/limits.js';
import { cleanBlock, cleanLine } from '../clean-text.js';

const sizeUnits = ['kB', 'MB', 'GB', 'TB'] as const;

/** A size for people: `812 B`, `1.2 MB`, in the reader's digits; units of 1000 bytes. */
export function sizeText(bytes: number, say: Say): string {
  if (bytes < 1000) return say('chat.size.B', { number: bytes });
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 999.95 && unit < sizeUnits.length - 1) {
    value /= 1000;
    unit++;
  }
  const number = value.toLocaleString(say.lang, { maximumFractionDigits: value < 10 ? 1 : 0 });
  return say(`chat.size.${sizeUnits[unit] ?? 'kB'}`, { number });
}

/** `14:05`, or `2:05 pm`. */
export function timeText(iso: string, hour12 = false): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return '';
  const hours = date.getHours();
  const minutes = String(date.getMinutes()).padStart(2, '0');
  if (hour12) return `${hours % 12 === 0 ? 12 : hours % 12}:${minutes} ${hours < 12 ? 'am' : 'pm'}`;
  return `${String(hours).padStart(2, '0')}:${minutes}`;
}

/** A local day as a key that sorts and compares. */
export function dayOf(time: string | number): string {
  const date = new Date(time);
  return `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, '0')}-${String(date.getDate()).padStart(2, '0')}`;
}

/** Making one costs a thousand times what using it does, and the list of conversations asks for each row. */
const formats = new Map<string, Intl.DateTimeFormat>();

function dateIn(say: Say, date: Date, shape: Intl.DateTimeFormatOptions): string {
  const locale = say.lang === 'fr' ? 'fr-FR' : 'en-GB';
  const key = `${locale} ${JSON.stringify(shape)}`;
  const format = formats.get(key) ?? new Intl.DateTimeFormat(locale, shape);
  formats.set(key, format);
  return format.format(date);
}

/** `Today`, `Yesterday`, `Monday 3 March`, with the year when it is another one. */
export function dayText(iso: string, nowMs: number, say: Say): string {
  const day = dayOf(iso);
  if (day === dayOf(nowMs)) return say('chat.today');
  if (day === dayOf(nowMs - 86_400_000)) return say('chat.yesterday');
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return '';
  const isThisYear = date.getFullYear() === new Date(nowMs).getFullYear();
  return dateIn(say, date, {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    ...(isThisYear ? {} : { year: 'numeric' }),
  });
}

/** A moment in few cells: `14:05` today, `Mon` in the six days before, `3 Mar` in this year, else `Mar 2025`. */
export function shortMomentText(iso: string, nowMs: number, say: Say): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return '';
  const day = dayOf(iso);
  if (day === dayOf(nowMs)) return timeText(iso, say.hour12);
  const isThisYear = date.getFullYear() === new Date(nowMs).getFullYear();
  return dateIn(
    say,
    date,
    day > dayOf(nowMs - 7 * 86_400_000)
      ? { weekday: 'short' }
      : { month: 'short', ...(isThisYear ? { day: 'numeric' } : { year: 'numeric' }) },
  );
}

/** `14:05` for today, else the day. */
export function momentText(iso: string, nowMs: number, say: Say): string {
  const time = timeText(iso, say.hour12);
  return dayOf(iso) === dayOf(nowMs) ? time : `${dayText(iso, nowMs, say)} ${time}`;
}

/** What somebody says of themselves; what the server put there is said in the reader's language. */
export function bioText(bio: string, say: Say): string {
  return bio === defaultBio ? say('profile.default-bio') : cleanBlock(bio);
}

/** Whose words follow, or what about: `bob:`, in French `bob :`. */
export function said(name: string, say: Say): string {
  return say('chat.said', { name: cleanLine(name) });
}

/** Whether the server wrote it: shown as a note of its own, not as somebody's words. */
export function isNote({ kind }: Pick<Message, 'kind'>): boolean {
  return kind === 'system' || kind === 'call';
}

/** A sign of its own: also without colour a missed call is told from one that was answered. */
export const missedSign = '☎✗';

/** Whether somebody called this account, and was not answered. */
export function isMissed({ mine, call }: Pick<Message, 'mine' | 'call'>): boolean {
  return !mine && call?.outcome === 'missed';
}

function callText(message: Message, say: Say): string {
  const { from, mine, call } = message;
  if (call === null) return say('chat.unknown-event');
  const who = mine ? say('chat.note.call-you') : cleanLine(from);
  const kind = say(call.media === 'video' ? 'chat.note.call-video' : 'chat.note.call-audio', { who });
  const ended = (how: Key, sign = '☎'): string =>
    `${sign} ${say('chat.note.call-ended', { call: kind, how: say(how) })}`;
  switch (call.outcome) {
    case 'answered':
      return `☎ ${kind}, ${durationText(call.durationMs)}`;
    case 'missed':
      return isMissed(message) ? ended('chat.note.call-missed', missedSign) : ended('call.ended.no-answer');
    case 'declined':
      return ended('call.ended.declined');
    case 'busy':
      return ended('chat.note.call-busy');
    default:
      return ended('call.ended.cancelled');
  }
}

/** What the server wrote into the log: who came, went, renamed, called. */
export function noteText(message: Message, say: Say): string {
  if (message.kind === 'call') return callText(message, say);
  const note = message.system;
  if (note === null) return say(message.deleted ? 'chat.expired-call' : 'chat.unknown-event');
  const by = cleanLine(note.by);
  switch (note.event) {
    case 'created':
      return say('chat.note.created', { by, name: cleanLine(note.name) });
    case 'joined':
      return say('chat.note.joined', { by, users: note.users.map((user) => cleanLine(user)).join(', ') });
    case 'left':
      return say('chat.note.left', { user: cleanLine(note.user) });
    case 'removed':
      return say('chat.note.removed', { by, user: cleanLine(note.user) });
    case 'renamed':
      return say('chat.note.renamed', { by, name: cleanLine(note.name) });
    case 'admin':
      return say('chat.note.admin', { by, user: cleanLine(note.user) });
  }
}

/** What stands where a message was. */
export function goneText({ expired }: Pick<Message, 'expired'>, say: Say): string {
  return say(expired ? 'chat.expired' : 'chat.deleted');
}

/** A message on one line, without who wrote it. */
export function previewText(message: Message, say: Say): string {
  if (message.deleted && !isNote(message)) return goneText(message, say);
  const text = cleanLine(message.text ?? '');
  switch (message.kind) {
    case 'system':
    case 'call':
      return noteText(message, say);
    case 'poll':
      return `▤ ${cleanLine(message.poll?.question ?? '')}`;
    case 'image':
      return `▣ ${text === '' ? say('chat.picture') : text}`;
    case 'file':
      return `▤ ${text === '' ? cleanLine(message.file?.name ?? '') : text}`;
    case 'text':
      return text;
  }
}

/** The text of a message as it may be drawn, with its line breaks; empty when there is none. */
export function bodyText(message: Message): string {
  return cleanBlock(message.text ?? '')
    .replace(/\t/g, '    ')
    .trimEnd();
}
