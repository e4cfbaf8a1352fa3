// Writes events: the hot path of the server, one INSERT for as many of them as a commit has.
import type { SqlStatement, SqlValue } from '../../sqlite/database.js';
import type { StoredEvent } from './storage.js';

/** Rows of one INSERT: any number up to the first, else these, so that there are few texts to prepare. */
const maxExactRows = 64;
const largePieces = [256, 128, maxExactRows];

interface Shape {
  head: string;
  row: string;
  texts: string[];
}

/** Most events are plain: binding is most of what a row costs the main thread, so they bind no empty columns. */
const plain: Shape = {
  head: 'INSERT INTO events (conv, seq, id, sender, at, payload) VALUES ',
  row: '(?,?,?,?,?,?)',
  texts: [],
};
const full: Shape = {
  head: 'INSERT INTO events (conv, seq, id, sender, at, payload, class, target, files) VALUES ',
  row: '(?,?,?,?,?,?,?,?,?)',
  texts: [],
};

function isPlain(event: StoredEvent): boolean {
  return event.class === 'message' && event.target === null && event.files.length === 0;
}

/** The statements that store events, and the references to their files. */
export function insertEvents(events: readonly StoredEvent[]): SqlStatement[] {
  const shape = events.every(isPlain) ? plain : full;
  const statements: SqlStatement[] = [];
  for (let start = 0; start < events.length;) {
    const left = events.length - start;
    const rows = left <= maxExactRows ? left : (largePieces.find((piece) => piece <= left) ?? left);
    statements.push(insertRows(shape, events, start, rows));
    start += rows;
  }
  if (shape === full) {
    for (const { files, conv, seq } of events) {
      if (files.length > 0)
        statements.push({ sql: insertFileReferences, params: [conv, seq, JSON.stringify(files)] });
    }
  }
  return statements;
}

const insertFileReferences =
  'INSERT OR IGNORE INTO event_files (conv, seq, sha256) SELECT ?, ?, value FROM json_each(?)';

function insertRows(shape: Shape, events: readonly StoredEvent[], start: number, rows: number): SqlStatement {
  const params: SqlValue[] = [];
  for (const event of events.slice(start, start + rows)) {
    // As text, which the columns turn back into integers: node-sqlite3 binds text in half the time of a number.
    params.push(
      String(event.conv),
      String(event.seq),
      event.id,
      String(event.from),
      String(event.at),
      event.payload,
    );
    if (shape === full) {
      params.push(event.class, event.target, event.files.length > 0 ? JSON.stringify(event.files) : null);
    }
  }
  const sql = (shape.texts[rows] ??= shape.head + new Array<string>(rows).fill(shape.row).join(','));
  return { sql, params };
}
