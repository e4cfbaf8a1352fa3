// Questions about events: pages of the log, later updates, single events.
import type { Reader } from './reader.js';
import type { Storage, StoredEvent } from './storage.js';

type EventQueries = Pick<
  Storage,
  'eventsAfter' | 'eventsBefore' | 'updatesOf' | 'eventById' | 'eventsByIds' | 'envelopes'
>;

type EventRow = Omit<StoredEvent, 'files'> & { files: string | null };

const columns = 'events.conv, events.seq, id, sender AS "from", at, class, target, files';

/**
 * A page of events: sizes first, so that payloads beyond the budget are never read. `where` chooses the rows and
 * their order; the row that reaches the budget is the last.
 */
function page(where: string, order: 'ASC' | 'DESC'): string {
  return `WITH sizes AS (
      SELECT conv, seq, octet_length(payload) AS bytes FROM events WHERE ${where} ORDER BY seq ${order} LIMIT ?
    ), page AS (
      SELECT conv, seq, sum(bytes) OVER (ORDER BY seq ${order} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
      FROM sizes
    )
    SELECT ${columns}, payload FROM page CROSS JOIN events ON events.conv = page.conv AND events.seq = page.seq
    WHERE before IS NULL OR before < ? ORDER BY page.seq`;
}

const selectAfter = page('conv = ? AND seq > ? AND seq >= ? AND seq <= ?', 'ASC');
const selectBefore = page('conv = ? AND seq < ? AND seq >= ? AND seq <= ?', 'DESC');
const selectUpdates = page(
  `conv = ? AND class = 'update' AND target IN (SELECT value FROM json_each(?)) AND seq > ? AND seq >= ? AND seq <= ?`,
  'ASC',
);
const selectByIds = `SELECT ${columns}, payload FROM events WHERE id IN (SELECT value FROM json_each(?)) ORDER BY conv, seq`;
const selectEnvelopes = `SELECT ${columns}, '' AS payload FROM events WHERE conv = ? ORDER BY seq DESC LIMIT ?`;

function toEvent({ files, ...row }: EventRow): StoredEvent {
  return { ...row, files: files === null ? [] : (JSON.parse(files) as string[]) };
}

export function eventQueries({ all }: Reader): EventQueries {
  const events = async (sql: string, ...params: (string | number)[]): Promise<StoredEvent[]> =>
    (await all<EventRow>(sql, params)).map(toEvent);
  return {
    eventsAfter: ({ conv, firstSeq, lastSeq, limit, budgetBytes }, after) =>
      events(selectAfter, conv, after, firstSeq, lastSeq, limit, budgetBytes),
    eventsBefore: ({ conv, firstSeq, lastSeq, limit, budgetBytes }, before) =>
      events(selectBefore, conv, before, firstSeq, lastSeq, limit, budgetBytes),
    updatesOf: ({ conv, firstSeq, lastSeq, limit, budgetBytes }, targets, after) =>
      events(selectUpdates, conv, JSON.stringify(targets), after, firstSeq, lastSeq, limit, budgetBytes),
    eventById: async (id) =>
      (await events(`SELECT ${columns}, payload FROM events WHERE id = ?`, id))[0] ?? null,
    eventsByIds: (ids) => events(selectByIds, JSON.stringify(ids)),
    envelopes: async (conv, limit) => (await events(selectEnvelopes, conv, limit)).reverse(),
  };
}
