// Opens a database with the driver that works here, always with the same settings.
import { open as openFile } from 'node:fs/promises';
import { PytalkError } from '../protocol/errors.js';
import { damaged, SqliteError, type Database, type SqliteDriver } from './database.js';
import { hasNodeSqlite, openNodeSqlite } from './node-sqlite-driver.js';
import { loadSqlite3, openSqlite3 } from './sqlite3-driver.js';

export interface OpenOptions {
  /** Without it PYTALK_SQLITE, and without that the first that works. */
  driver?: SqliteDriver | undefined;
  /** The file must exist then. */
  readonly?: boolean | undefined;
  /** `full` (the default) survives a power cut after each commit, `normal` only a crash of the process. */
  synchronous?: 'full' | 'normal' | undefined;
}

/** The drivers that work here, best first. */
export async function availableDrivers(): Promise<SqliteDriver[]> {
  const drivers: SqliteDriver[] = [];
  if ((await loadSqlite3()) !== null) drivers.push('sqlite3');
  if (hasNodeSqlite()) drivers.push('node:sqlite');
  return drivers;
}

/**
 * Opens the database at `path` and makes it, mode 0600, if there is none. WAL, no foreign keys, 5 s patience with locks.
 * Throws PytalkError `sqlite-missing` or `database-damaged`, else SqliteError.
 */
export async function openDatabase(path: string, options: OpenOptions = {}): Promise<Database> {
  const { readonly = false, synchronous = 'full' } = options;
  const driver = options.driver ?? process.env['PYTALK_SQLITE'];
  if (!readonly) await makePrivateFile(path);
  let database: Database | undefined;
  try {
    database = await openWith(driver === '' ? undefined : driver, path, readonly);
    await database.exec('PRAGMA busy_timeout = 5000');
    await database.exec('PRAGMA foreign_keys = OFF');
    if (readonly) await database.exec('PRAGMA query_only = ON');
    else await database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}`);
    // Opening reads nothing; this does, and so finds a file that is no database.
    await database.get('PRAGMA user_version');
    return database;
  } catch (error) {
    await database?.close();
    throw error instanceof SqliteError && error.reason === 'corrupt' ? damaged(path, error) : error;
  }
}

async function openWith(driver: string | undefined, path: string, readonly: boolean): Promise<Database> {
  if (driver === undefined || driver === 'sqlite3') {
    const sqlite3 = await loadSqlite3();
    if (sqlite3 !== null) return openSqlite3(sqlite3, path, readonly);
  }
  if ((driver === undefined || driver === 'node:sqlite') && hasNodeSqlite())
    return openNodeSqlite(path, readonly);
  throw new PytalkError('sqlite-missing');
}

/** SQLite gives its -wal and -shm files the mode of the database, so one private file makes all private. */
async function makePrivateFile(path: string): Promise<void> {
  try {
    await (await openFile(path, 'a', 0o600)).close();
  } catch (error) {
    const full = error instanceof Error && 'code' in error && error.code === 'ENOSPC';
    const message = error instanceof Error ? error.message : String(error);
    throw new SqliteError(full ? 'full' : 'other', message, { cause: error });
  }
}
