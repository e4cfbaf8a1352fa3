// The one small interface to SQLite that server storage and client cache use, whichever driver runs below it.
import { PytalkError } from '../protocol/errors.js';

/** What may be bound to a `?`. Blobs come back as Uint8Array. Node 22's own driver cuts a text at U+0000. */
export type SqlValue = string | number | null | Uint8Array;

export interface SqlStatement {
  sql: string;
  params?: readonly SqlValue[];
}

export type SqliteDriver = 'sqlite3' | 'node:sqlite';

/**
 * One connection. Calls are carried out one after the other, in the order they were made, off the event loop.
 * Statements are prepared once for each text: bind values, never build them into the text.
 * Every method rejects with SqliteError.
 */
export interface Database {
  readonly driver: SqliteDriver;
  /** Runs the statements of a text, without parameters. */
  exec(sql: string): Promise<void>;
  /** Runs one statement that returns no rows. Alone it is a transaction of its own. */
  run(sql: string, params?: readonly SqlValue[]): Promise<{ changes: number; lastId: number }>;
  all<T>(sql: string, params?: readonly SqlValue[]): Promise<T[]>;
  /** The first row. The others are read too: limit the query. */
  get<T>(sql: string, params?: readonly SqlValue[]): Promise<T | undefined>;
  /** All statements in one BEGIN IMMEDIATE … COMMIT that no other call interrupts; an error undoes all of them. */
  transaction(statements: readonly SqlStatement[]): Promise<void>;
  /** Idempotent; waits for the calls made before it. */
  close(): Promise<void>;
}

/** `full` is a full disk; `busy` means that another process held its lock for longer than 5 s. */
export type SqliteReason = 'constraint' | 'full' | 'corrupt' | 'busy' | 'other';

export class SqliteError extends Error {
  override readonly name = 'SqliteError';
  constructor(
    readonly reason: SqliteReason,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** Primary result codes (sqlite.org/rescode.html); the low byte of an extended code is its primary one. */
const reasons: Readonly<Record<number, SqliteReason>> = {
  5: 'busy',
  6: 'busy',
  11: 'corrupt',
  13: 'full',
  19: 'constraint',
  26: 'corrupt',
};

/** What went wrong, from a result code, primary or extended. */
export function reasonOfCode(code: number | undefined): SqliteReason {
  return (code === undefined ? undefined : reasons[code & 0xff]) ?? 'other';
}

/** The error for a file that SQLite cannot read as a database. */
export function damaged(path: string, cause: SqliteError): PytalkError {
  return new PytalkError('database-damaged', { details: { path, reason: cause.message }, cause });
}
