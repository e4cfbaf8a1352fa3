// Asks a connection, and turns its errors into the storage's own.
import { SqliteError, type Database, type SqlValue } from '../../sqlite/database.js';
import { StorageError } from './storage.js';

export interface Reader {
  all: <T>(sql: string, params?: readonly SqlValue[]) => Promise<T[]>;
  get: <T>(sql: string, params?: readonly SqlValue[]) => Promise<T | null>;
}

export function readerOf(database: Database): Reader {
  return {
    all: <T>(sql: string, params: readonly SqlValue[] = []) => database.all<T>(sql, params).catch(refuse),
    get: async <T>(sql: string, params: readonly SqlValue[] = []) =>
      (await database.get<T>(sql, params).catch(refuse)) ?? null,
  };
}

/** Throws the StorageError for an error of the database. */
export function refuse(error: unknown): never {
  if (error instanceof StorageError) throw error;
  const message = error instanceof Error ? error.message : String(error);
  const reason = error instanceof SqliteError ? error.reason : 'other';
  if (reason === 'constraint') throw new StorageError('constraint', message, { cause: error });
  throw new StorageError(reason === 'full' ? 'disk-full' : 'failed', message, { cause: error });
}
