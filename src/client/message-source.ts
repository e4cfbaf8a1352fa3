// Where messages come from: the server itself (remote-source.ts) or the local copy (cached-source.ts).
import type { LogEvent } from '../protocol/shapes.js';
import type { HistoryQuery } from './api.js';
import type { Reduced } from './reducer.js';

/** An event with all updates of it that are known. */
export interface Found {
  event: LogEvent;
  updates: LogEvent[];
}

export interface MessageSource {
  /** Messages and control events that are not cleared, oldest first. */
  history(conv: number, query: HistoryQuery): Promise<Reduced[]>;
  /** Raw events, oldest first. */
  log(conv: number, query: HistoryQuery): Promise<LogEvent[]>;
  /** Rejects with `message-not-found`. */
  find(id: string): Promise<Found>;
  /** Those of the messages that can be had, for quoting. */
  findMany(ids: readonly string[]): Promise<Map<string, Reduced>>;
  reduce(found: Found): Reduced;
  /** Unread messages and the newest message of each conversation. */
  summaries(convs: readonly number[]): Promise<Map<number, { unread: number; last: Reduced | null }>>;
}

export const defaultHistoryLimit = 50;
