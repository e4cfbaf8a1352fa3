// The driver over Node's own SQLite: it sends each call to a thread of its own and matches the answers.
import { once } from 'node:events';
import { isBuiltin } from 'node:module';
import { Worker } from 'node:worker_threads';
import { SqliteError, type Database, type SqlStatement, type SqlValue } from './database.js';
import type { Answer, Call, WorkerSettings } from './node-sqlite-calls.js';

/** True when this Node has SQLite inside (22.13 and newer). */
export function hasNodeSqlite(): boolean {
  return isBuiltin('node:sqlite');
}

/** Opens an existing file (it may be empty). Rejects with SqliteError. */
export async function openNodeSqlite(path: string, readonly: boolean): Promise<Database> {
  const database = new NodeSqliteDatabase({ path, readonly });
  try {
    await database.open();
    return database;
  } catch (error) {
    await database.close().catch(() => undefined);
    throw error;
  }
}

interface Waiting {
  resolve: (value: unknown) => void;
  reject: (error: SqliteError) => void;
}

class NodeSqliteDatabase implements Database {
  readonly driver = 'node:sqlite';
  readonly #worker: Worker;
  readonly #exited: Promise<unknown>;
  readonly #waiting: Waiting[] = [];
  #failure: SqliteError | undefined;
  #closed: Promise<void> | undefined;

  constructor(settings: WorkerSettings) {
    this.#worker = new Worker(new URL('./node-sqlite-worker.js', import.meta.url), {
      workerData: settings,
      // Node calls its SQLite experimental up to version 24; the warning would reach the person.
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    this.#exited = once(this.#worker, 'exit').catch(() => undefined);
    // An idle connection must not keep the process alive, as with the other driver.
    this.#worker.unref();
    this.#worker.on('message', (answer: Answer) => this.#settle(answer));
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(undefined));
  }

  async open(): Promise<void> {
    await this.#ask({ do: 'open' });
  }

  async exec(sql: string): Promise<void> {
    await this.#ask({ do: 'exec', sql });
  }

  async run(sql: string, params: readonly SqlValue[] = []): Promise<{ changes: number; lastId: number }> {
    return (await this.#ask({ do: 'run', sql, params })) as { changes: number; lastId: number };
  }

  async all<T>(sql: string, params: readonly SqlValue[] = []): Promise<T[]> {
    return (await this.#ask({ do: 'all', sql, params })) as T[];
  }

  async get<T>(sql: string, params: readonly SqlValue[] = []): Promise<T | undefined> {
    return (await this.all<T>(sql, params))[0];
  }

  async transaction(statements: readonly SqlStatement[]): Promise<void> {
    await this.#ask({ do: 'transaction', statements });
  }

  close(): Promise<void> {
    this.#closed ??= this.#close(this.#ask({ do: 'close' }));
    return this.#closed;
  }

  async #close(answered: Promise<unknown>): Promise<void> {
    await answered;
    this.#worker.ref();
    await this.#exited;
  }

  #ask(call: Call): Promise<unknown> {
    if (this.#closed !== undefined) return Promise.reject(new SqliteError('other', 'the database is closed'));
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#worker.ref();
      this.#worker.postMessage(call);
    });
  }

  #settle(answer: Answer): void {
    const waiting = this.#waiting.shift();
    if (this.#waiting.length === 0) this.#worker.unref();
    if ('ok' in answer) waiting?.resolve(answer.ok);
    else waiting?.reject(new SqliteError(answer.error.reason, answer.error.message));
  }

  #fail(cause: unknown): void {
    this.#failure ??= new SqliteError('other', 'the thread of the database ended', { cause });
    for (const waiting of this.#waiting.splice(0)) waiting.reject(this.#failure);
  }
}
