// The thread that runs Node's own, synchronous SQLite, so that the event loop of the others never waits for a disk.
import { parentPort, workerData } from 'node:worker_threads';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { reasonOfCode, type SqlStatement } from './database.js';
import type { Answer, Call, WorkerSettings } from './node-sqlite-calls.js';
import { StatementCache } from './statement-cache.js';

const settings = workerData as WorkerSettings;
const cache = new StatementCache<StatementSync>();
let database: DatabaseSync | undefined;

function opened(): DatabaseSync {
  return (database ??= new DatabaseSync(settings.path, { readOnly: settings.readonly }));
}

function prepare(sql: string): StatementSync {
  const known = cache.get(sql);
  if (known !== undefined) return known;
  const statement = opened().prepare(sql);
  cache.add(sql, statement);
  return statement;
}

function transact(statements: readonly SqlStatement[]): void {
  prepare('BEGIN IMMEDIATE').run();
  try {
    for (const { sql, params = [] } of statements) prepare(sql).run(...params);
    prepare('COMMIT').run();
  } catch (error) {
    try {
      opened().exec('ROLLBACK');
    } catch {
      // SQLite has rolled back by itself, as it does when the disk is full.
    }
    throw error;
  }
}

function carryOut(call: Call): unknown {
  switch (call.do) {
    case 'open':
      opened();
      return null;
    case 'exec':
      opened().exec(call.sql);
      return null;
    case 'run': {
      const { changes, lastInsertRowid } = prepare(call.sql).run(...call.params);
      return { changes: Number(changes), lastId: Number(lastInsertRowid) };
    }
    case 'all':
      return prepare(call.sql).all(...call.params);
    case 'transaction':
      transact(call.statements);
      return null;
    case 'close':
      cache.clear();
      database?.close();
      return null;
  }
}

function answer(call: Call): Answer {
  try {
    return { ok: carryOut(call) };
  } catch (error) {
    const code =
      error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
        ? error.errcode
        : undefined;
    return {
      error: { reason: reasonOfCode(code), message: error instanceof Error ? error.message : String(error) },
    };
  }
}

parentPort?.on('message', (call: Call) => {
  parentPort?.postMessage(answer(call));
  if (call.do === 'close') parentPort?.close();
});
