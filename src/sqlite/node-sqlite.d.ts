// The part of Node's own SQLite (22.13 and newer) that we use; @types/node 20 does not know it.
declare module 'node:sqlite' {
  type SqlInput = string | number | null | Uint8Array;

  export class StatementSync {
    run(...params: readonly SqlInput[]): { changes: number | bigint; lastInsertRowid: number | bigint };
    all(...params: readonly SqlInput[]): unknown[];
  }

  export class DatabaseSync {
    constructor(path: string, options?: { readOnly?: boolean });
    exec(sql: string): void;
    prepare(sql: string): StatementSync;
    close(): void;
  }
}
