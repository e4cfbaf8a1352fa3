// Keeps how each message was laid out last, so that a key or a new message lays out nothing that is on the screen already.
import type { Message } from '../../client/api.js';
import { messageLines, startsRun, type DrawContext } from './message-lines.js';
import { dayOf } from './message-text.js';
import type { Picture } from '../../media/terminal/still-pictures.js';
import type { Line } from './spans.js';

interface Kept {
  readonly key: string;
  readonly picture: Picture | undefined;
  readonly lines: readonly Line[];
}

/** A message that changes is another object: it is never laid out as it was before. */
const layouts = new WeakMap<Message, Kept>();
const contextKeys = new WeakMap<DrawContext, string>();

/** What concerns single messages, or changes without changing what is drawn. */
const notShared: ReadonlySet<string> = new Set(['nowMs', 'marker', 'selected']);

/** All plain values of the context that every message depends on, and the day it is. */
function keyOf(context: DrawContext): string {
  const known = contextKeys.get(context);
  if (known !== undefined) return known;
  const values = Object.entries(context)
    .filter(
      ([name, value]) => typeof value !== 'object' && typeof value !== 'function' && !notShared.has(name),
    )
    .map(([, value]) => String(value));
  const key = [...values, context.say.lang, context.say.hour12, dayOf(context.nowMs)].join('\t');
  contextKeys.set(context, key);
  return key;
}

/** The rows of `messageLines`, laid out anew only when something of it has changed. */
export function laidOut(message: Message, previous: Message | null, context: DrawContext): readonly Line[] {
  const isNewDay = previous === null || dayOf(previous.sentAt) !== dayOf(message.sentAt);
  const key = [
    keyOf(context),
    context.transfers[message.id] ?? '',
    message.id === context.marker,
    message.id === context.selected,
    previous === null,
    isNewDay,
    startsRun(message, previous),
  ].join('\t');
  const picture = context.pictures[message.id];
  const kept = layouts.get(message);
  if (kept?.key === key && kept.picture === picture) return kept.lines;
  const lines = messageLines(message, previous, context);
  layouts.set(message, { key, picture, lines });
  return lines;
}
