// Keeps prepared statements by their text, the least recently used leaving first.

/** A server uses about 200 texts, so nothing leaves in normal use. */
const maxStatements = 400;

export class StatementCache<S> {
  readonly #statements = new Map<string, S>();

  get(sql: string): S | undefined {
    const statement = this.#statements.get(sql);
    if (statement !== undefined) {
      this.#statements.delete(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  /** Returns the statement that had to leave, for the caller to finalise. */
  add(sql: string, statement: S): S | undefined {
    this.#statements.set(sql, statement);
    if (this.#statements.size <= maxStatements) return undefined;
    for (const [oldest, left] of this.#statements) {
      this.#statements.delete(oldest);
      return left;
    }
    return undefined;
  }

  /** Empties the cache and returns what was in it. */
  clear(): S[] {
    const all = [...this.#statements.values()];
    this.#statements.clear();
    return all;
  }
}
