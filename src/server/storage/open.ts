// Opens the server's database and puts the storage together from its parts.
import { join } from 'node:path';
import { PytalkError } from '../../protocol/errors.js';
import { SqliteError, type Database } from '../../sqlite/database.js';
import { migrate } from '../../sqlite/migrate.js';
import { openDatabase, type OpenOptions } from '../../sqlite/open.js';
import { accountQueries } from './account-queries.js';
import { administration } from './administration.js';
import { Checkpoints } from './checkpoints.js';
import { conversationQueries } from './conversation-queries.js';
import { eventQueries } from './event-queries.js';
import { fileQueries } from './file-queries.js';
import { readerOf, refuse } from './reader.js';
import { retentionQueries } from './retention-sql.js';
import { serverSchema } from './schema.js';
import type { Storage } from './storage.js';
import { planCommit } from './writes.js';

/** Name of the database in the server's data folder. */
export const databaseName = 'pytalk.db';

/** Log entries that are kept when the storage is opened; what administrators did goes by its age alone (`auditDays`). */
const maxLogEntries = 100_000;

/**
 * Opens the database of a data folder (which must exist), makes or migrates it.
 * Throws PytalkError: `sqlite-missing`, `database-newer`, `database-damaged`, `disk-full` or `home-unusable`.
 */
export async function openStorage(
  dataDir: string,
  options: Omit<OpenOptions, 'readonly'> = {},
): Promise<Storage> {
  const path = join(dataDir, databaseName);
  const opened: Database[] = [];
  const connect = async (readonly: boolean): Promise<Database> => {
    const database = await openDatabase(path, { ...options, readonly });
    opened.push(database);
    return database;
  };
  try {
    const writer = await connect(false);
    await migrate(writer, path, serverSchema);
    const excess = `DELETE FROM log WHERE id <= (SELECT max(id) FROM log) - ? AND event NOT LIKE 'admin-%'`;
    await writer.run(excess, [maxLogEntries]);
    return await storageOver({ writer, reader: await connect(true), caretaker: await connect(false) });
  } catch (error) {
    for (const database of opened) await database.close();
    throw error instanceof SqliteError ? unusable(path, error) : error;
  }
}

function unusable(path: string, cause: SqliteError): PytalkError {
  if (cause.reason === 'full') return new PytalkError('disk-full', { cause });
  return new PytalkError('home-unusable', { details: { path, reason: cause.message }, cause });
}

/** Three connections to one file, so that reading never waits for a commit, and neither for what takes long. */
export interface Connections {
  writer: Database;
  reader: Database;
  caretaker: Database;
}

/** The storage over connections that are open and migrated. */
export async function storageOver({ writer, reader, caretaker }: Connections): Promise<Storage> {
  const ask = readerOf(reader);
  const checkpoints = new Checkpoints(writer, caretaker);
  await checkpoints.start();
  let closed: Promise<void> | undefined;
  return {
    driver: writer.driver,
    async commit(units) {
      const statements = planCommit(units);
      const [first] = statements;
      if (first === undefined) return;
      // One statement is a transaction by itself, in one turn of the disk's thread instead of three.
      await (
        statements.length === 1 ? writer.run(first.sql, first.params) : writer.transaction(statements)
      ).catch(refuse);
      checkpoints.committed(units.length);
    },
    ...accountQueries(ask),
    ...conversationQueries(ask),
    ...eventQueries(ask),
    ...fileQueries(ask),
    ...administration(ask, caretaker),
    ...retentionQueries(caretaker),
    async compact() {
      await writer.exec('VACUUM').catch(refuse);
      await writer.exec('PRAGMA wal_checkpoint(TRUNCATE)').catch(refuse);
    },
    close() {
      // The writer is the last: closing the last connection brings the whole log into the database.
      closed ??= (async () => {
        for (const database of [reader, caretaker, writer]) await database.close().catch(refuse);
      })();
      return closed;
    },
  };
}
