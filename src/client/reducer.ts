// From events to messages: the one pure reduction of the log that command line, UI and bots share.
import { limits } from '../protocol/limits.js';
import {
  decodePayload,
  type ControlPayload,
  type EventClass,
  type MessagePayload,
} from '../protocol/payload.js';
import type { LogEvent } from '../protocol/shapes.js';

/** A message as its log says, with ids; names come later (view.ts). */
export interface Reduced {
  event: LogEvent;
  /** Null when it was erased, cannot be read, or is a control event. */
  payload: MessagePayload | null;
  control: ControlPayload | null;
  /** Text or caption after edits; null when there is none or it was deleted. */
  text: string | null;
  /** When the last edit was stored, in ms; null when there was none. */
  editedAt: number | null;
  /** Nothing is left of it: somebody has deleted it, or, without a `deletedSeq`, it was too old for the server. */
  deleted: boolean;
  /** Seq of the last update that deleted it; 0 when there is none: updates before it are void. */
  deletedSeq: number;
  /** User ids by emoji, in order of arrival. */
  reactions: Map<string, number[]>;
  /** The option of each voter, in order of arrival. */
  votes: Map<number, number>;
}

/** Whether a member was a group admin when the event of this seq was stored. */
export type WasAdmin = (user: number, seq: number) => boolean;

export function classOf(event: LogEvent): EventClass {
  return event.class ?? 'message';
}

/**
 * Reduces an event of class `message` or `control` with the updates that target it, in any order, repeated or not.
 * The result depends on the set of updates alone, so every way of fetching them leads to the same message.
 */
export function reduceMessage(event: LogEvent, updates: readonly LogEvent[], wasAdmin: WasAdmin): Reduced {
  const message = classOf(event) === 'message';
  const payload = message ? decodePayload('message', event.payload) : null;
  const reduced: Reduced = {
    event,
    payload,
    control: classOf(event) === 'control' ? decodePayload('control', event.payload) : null,
    text: payload === null || payload.kind === 'poll' ? null : (payload.text ?? null),
    editedAt: null,
    // The server empties a payload for one who may delete it, and of its own accord when it is old.
    deleted: event.payload === '',
    deletedSeq: 0,
    reactions: new Map(),
    votes: new Map(),
  };
  if (!message) return reduced;
  const reactions = new Map<number, string>();
  for (const update of inOrder(updates)) {
    // What claims to change a message before it was there is not fetched with it, so it must not count.
    if (update.target !== event.id || update.seq <= event.seq) continue;
    // The server empties updates with their message alone: who still has that has not got its last wording.
    if (update.payload === '') reduced.deleted = true;
    else apply(reduced, reactions, update, wasAdmin);
  }
  // Reactions to it go as well: the server has erased them with the rest.
  if (reduced.deleted) return { ...reduced, payload: null, text: null, editedAt: null, votes: new Map() };
  for (const [user, emoji] of reactions) {
    reduced.reactions.set(emoji, [...(reduced.reactions.get(emoji) ?? []), user]);
  }
  return reduced;
}

function inOrder(updates: readonly LogEvent[]): LogEvent[] {
  const bySeq = new Map(updates.map((update) => [update.seq, update]));
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}

function apply(reduced: Reduced, reactions: Map<number, string>, update: LogEvent, wasAdmin: WasAdmin): void {
  const change = decodePayload('update', update.payload);
  const { event, payload } = reduced;
  switch (change?.kind) {
    case 'edit':
      if (update.from !== event.from || payload === null || payload.kind === 'poll') return;
      if (payload.kind === 'text' && change.text === '') return;
      reduced.text = change.text === '' ? null : change.text;
      reduced.editedAt = update.at;
      return;
    case 'delete':
      if (update.from !== event.from && !wasAdmin(update.from, update.seq)) return;
      reduced.deleted = true;
      reduced.deletedSeq = update.seq;
      return;
    case 'reaction':
      if (change.emoji !== null && reactions.get(update.from) === change.emoji) return;
      reactions.delete(update.from);
      if (change.emoji !== null) reactions.set(update.from, change.emoji);
      return;
    case 'vote':
      if (payload?.kind !== 'poll' || (change.option ?? 0) >= payload.options.length) return;
      if (change.option !== null && reduced.votes.get(update.from) === change.option) return;
      reduced.votes.delete(update.from);
      if (change.option !== null) reduced.votes.set(update.from, change.option);
      return;
    case undefined:
      return;
  }
}

/**
 * Reduces a page: events of all classes in order, and the later updates that target them.
 * Gives one result for each event that is no update.
 */
export function reducePage(
  events: readonly LogEvent[],
  laterUpdates: readonly LogEvent[],
  wasAdmin: WasAdmin,
): Reduced[] {
  const updates = byTarget([...events, ...laterUpdates]);
  return events
    .filter((event) => classOf(event) !== 'update')
    .map((event) => reduceMessage(event, updates.get(event.id) ?? [], wasAdmin));
}

/** The updates among events, by the message they change. */
export function byTarget(events: readonly LogEvent[]): Map<string, LogEvent[]> {
  const updates = new Map<string, LogEvent[]>();
  for (const event of events) {
    if (classOf(event) !== 'update' || event.target === undefined) continue;
    const list = updates.get(event.target);
    if (list) list.push(event);
    else updates.set(event.target, [event]);
  }
  return updates;
}

/** True for a control event that says who is an admin; entries of calls, which come without end, do not. */
export function concernsAdmins(event: LogEvent): boolean {
  return classOf(event) === 'control' && decodePayload('control', event.payload)?.kind !== 'call';
}

/**
 * Who was an admin when, from the control events that are known (in order) and the admins of today.
 * Where neither tells, nobody was: the server has erased what it let somebody delete.
 */
export function adminHistory(controls: readonly LogEvent[], isAdminNow: (user: number) => boolean): WasAdmin {
  const changes = controls.flatMap((event) => {
    const control = classOf(event) === 'control' ? decodePayload('control', event.payload) : null;
    if (control?.kind === 'created') return [{ seq: event.seq, user: event.from, admin: true }];
    if (control?.kind === 'admin') return [{ seq: event.seq, user: control.user, admin: true }];
    if (control?.kind === 'left') return [{ seq: event.seq, user: control.user, admin: false }];
    return [];
  });
  return (user, seq) => {
    const own = changes.filter((change) => change.user === user);
    const before = own.filter((change) => change.seq <= seq).at(-1);
    if (before) return before.admin;
    return own.length === 0 && isAdminNow(user);
  };
}

/** What a search finds a message by. */
export function searchableText(reduced: Reduced): string {
  const { payload, text } = reduced;
  if (payload === null) return '';
  if (payload.kind === 'poll') return [payload.question, ...payload.options].join('\n');
  return payload.kind === 'file' ? [payload.file.name, text ?? ''].join('\n') : (text ?? '');
}

/** The beginning of a message, as a reply quotes it. */
export function excerpt(reduced: Reduced): string {
  const { payload, text } = reduced;
  const whole =
    text ?? (payload?.kind === 'poll' ? payload.question : payload?.kind === 'file' ? payload.file.name : '');
  return whole.slice(0, Math.min(limits.maxTextChars, 200));
}
