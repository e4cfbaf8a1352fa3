// The driver over the packages `sqlite` and `@appthreat/sqlite3`: each call runs on a thread of libuv's pool.
import type { Database as Connection, Statement } from 'sqlite';
import { reasonOfCode, SqliteError, type Database, type SqlStatement, type SqlValue } from './database.js';
import { StatementCache } from './statement-cache.js';

type Sqlite3 = typeof import('@appthreat/sqlite3').default;

/** The native module, or null where it has no binary. */
export async function loadSqlite3(): Promise<Sqlite3 | null> {
  try {
    return (await import('@appthreat/sqlite3')).default;
  } catch {
    return null;
  }
}

/** Opens an existing file (it may be empty). Rejects with SqliteError. */
export async function openSqlite3(sqlite3: Sqlite3, path: string, readonly: boolean): Promise<Database> {
  const { open } = await import('sqlite');
  try {
    const mode = readonly ? sqlite3.OPEN_READONLY : sqlite3.OPEN_READWRITE;
    return new Sqlite3Database(await open({ filename: path, driver: sqlite3.Database, mode }));
  } catch (error) {
    throw toSqliteError(error);
  }
}

class Sqlite3Database implements Database {
  readonly driver = 'sqlite3';
  readonly #connection: Connection;
  readonly #cache = new StatementCache<Statement>();
  #tail: Promise<unknown> = Promise.resolve();
  #closed: Promise<void> | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  exec(sql: string): Promise<void> {
    return this.#inTurn(() => this.#connection.exec(sql));
  }

  run(sql: string, params: readonly SqlValue[] = []): Promise<{ changes: number; lastId: number }> {
    return this.#inTurn(async () => {
      const { changes = 0, lastID = 0 } = await (await this.#prepare(sql)).run(params);
      return { changes, lastId: lastID };
    });
  }

  all<T>(sql: string, params: readonly SqlValue[] = []): Promise<T[]> {
    return this.#inTurn(async () => (await this.#prepare(sql)).all<T[]>(params));
  }

  /** By `all`, because node-sqlite3's `get` leaves the statement, and so a read transaction, open. */
  async get<T>(sql: string, params: readonly SqlValue[] = []): Promise<T | undefined> {
    return (await this.all<T>(sql, params))[0];
  }

  transaction(statements: readonly SqlStatement[]): Promise<void> {
    return this.#inTurn(async () => {
      await (await this.#prepare('BEGIN IMMEDIATE')).run();
      try {
        for (const { sql, params = [] } of statements) await (await this.#prepare(sql)).run(params);
        await (await this.#prepare('COMMIT')).run();
      } catch (error) {
        // SQLite has rolled back by itself after some errors, a full disk among them; then this fails.
        await this.#connection.exec('ROLLBACK').catch(() => undefined);
        throw error;
      }
    });
  }

  close(): Promise<void> {
    this.#closed ??= this.#inTurn(async () => {
      for (const statement of this.#cache.clear()) await statement.finalize();
      await this.#connection.close();
    });
    return this.#closed;
  }

  async #prepare(sql: string): Promise<Statement> {
    const known = this.#cache.get(sql);
    if (known !== undefined) return known;
    const statement = await this.#connection.prepare(sql);
    await this.#cache.add(sql, statement)?.finalize();
    return statement;
  }

  /** The driver would let statements of one connection overtake each other, also into a transaction. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed !== undefined) return Promise.reject(new SqliteError('other', 'the database is closed'));
    const result = this.#tail.then(work).catch((error: unknown) => {
      throw toSqliteError(error);
    });
    this.#tail = result.catch(() => undefined);
    return result;
  }
}

function toSqliteError(error: unknown): SqliteError {
  const code =
    error instanceof Error && 'errno' in error && typeof error.errno === 'number' ? error.errno : undefined;
  const message = error instanceof Error ? error.message : String(error);
  return new SqliteError(reasonOfCode(code), message, { cause: error });
}
