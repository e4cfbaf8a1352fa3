// Brings a database up to the newest of its ordered migrations.
import { PytalkError } from '../protocol/errors.js';
import { damaged, SqliteError, type Database } from './database.js';

/** Statements that lead from one version to the next. A migration that has been released never changes. */
export type Migration = readonly string[];

export interface Schema {
  /** Tells our files from other SQLite databases (PRAGMA application_id), a 32-bit number. */
  applicationId: number;
  /** The first one leads from an empty file to version 1. */
  migrations: readonly Migration[];
}

/**
 * Applies the migrations that are missing, each in a transaction of its own with its `user_version`.
 * Throws PytalkError `database-newer` or `database-damaged` (also for the database of another program), else SqliteError.
 */
export async function migrate(database: Database, path: string, schema: Schema): Promise<void> {
  try {
    const version = await pragma(database, 'user_version');
    const application = await pragma(database, 'application_id');
    const tables = await database.get<{ n: number }>('SELECT count(*) AS n FROM sqlite_schema');
    if (application !== schema.applicationId && (application !== 0 || version !== 0 || tables?.n !== 0)) {
      throw new PytalkError('database-damaged', {
        details: { path, reason: 'it belongs to another program' },
      });
    }
    if (version > schema.migrations.length) throw new PytalkError('database-newer', { details: { path } });
    for (const [index, statements] of schema.migrations.entries()) {
      if (index < version) continue;
      await database.transaction([
        ...statements.map((sql) => ({ sql })),
        { sql: `PRAGMA application_id = ${schema.applicationId}` },
        { sql: `PRAGMA user_version = ${index + 1}` },
      ]);
    }
  } catch (error) {
    if (error instanceof SqliteError && error.reason === 'corrupt') throw damaged(path, error);
    throw error;
  }
}

async function pragma(database: Database, name: 'user_version' | 'application_id'): Promise<number> {
  const row = await database.get<Record<string, number>>(`PRAGMA ${name}`);
  return row?.[name] ?? 0;
}
