// What the thread that runs node:sqlite is asked, and what it answers.
import type { SqliteReason, SqlStatement, SqlValue } from './database.js';

export interface WorkerSettings {
  path: string;
  readonly: boolean;
}

export type Call =
  | { do: 'open' }
  | { do: 'exec'; sql: string }
  | { do: 'run'; sql: string; params: readonly SqlValue[] }
  | { do: 'all'; sql: string; params: readonly SqlValue[] }
  | { do: 'transaction'; statements: readonly SqlStatement[] }
  | { do: 'close' };

/** Answers come in the order of the calls. */
export type Answer = { ok: unknown } | { error: { reason: SqliteReason; message: string } };
