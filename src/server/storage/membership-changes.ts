// Gathers changes of memberships, receipts above all, so that many of them are one statement.
import type { SqlStatement, SqlValue } from '../../sqlite/database.js';
import { changes, memberColumns } from './columns.js';
import type { Write } from './storage.js';

type MembershipWrite = Extract<Write, { do: 'membership' }>;

/** Rows of one UPDATE, so that there are few texts to prepare. */
const pieces = [64, 16, 4, 1];

/** Consecutive changes of the same columns; of the same member's only the last counts. */
export class MembershipChanges {
  #columns = '';
  readonly #rows = new Map<string, SqlValue[]>();

  /** Returns the statements that have to come before this change's. */
  add(write: MembershipWrite): SqlStatement[] {
    const { names, values } = changes(memberColumns, write.set);
    if (names.length === 0) return [];
    const columns = names.join(',');
    const before = columns === this.#columns ? [] : this.take();
    this.#columns = columns;
    this.#rows.set(`${write.conv} ${write.user}`, [write.conv, write.user, ...values]);
    return before;
  }

  /** Returns the statements for what was gathered, and forgets it. */
  take(): SqlStatement[] {
    if (this.#rows.size === 0) return [];
    const rows = [...this.#rows.values()];
    this.#rows.clear();
    const statements: SqlStatement[] = [];
    for (let start = 0; start < rows.length;) {
      const size = pieces.find((piece) => piece <= rows.length - start) ?? 1;
      statements.push({ sql: textFor(this.#columns, size), params: rows.slice(start, start + size).flat() });
      start += size;
    }
    return statements;
  }
}

function textFor(columns: string, rows: number): string {
  const names = columns.split(',');
  const row = `(${new Array<string>(names.length + 2).fill('?').join(',')})`;
  const set = names.map((name, index) => `${name} = column${index + 3}`).join(', ');
  const values = new Array<string>(rows).fill(row).join(',');
  return `UPDATE members SET ${set} FROM (VALUES ${values}) WHERE conv = column1 AND user = column2`;
}
