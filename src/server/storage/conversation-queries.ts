// Questions about conversations, their members, and what is unread in them.
import { memberColumns, selection } from './columns.js';
import type { Reader } from './reader.js';
import type { ConversationRow, Membership, Storage } from './storage.js';
import { orderedPair } from './writes.js';

/** Unread messages are counted no further. */
const maxUnread = 1000;

type ConversationQueries = Pick<
  Storage,
  'conversation' | 'directBetween' | 'groupByName' | 'conversationsOf' | 'groupCount' | 'summaries'
>;

type MemberRow = Omit<Membership, 'admin' | 'hidden' | 'muted'> & {
  admin: number;
  hidden: number;
  muted: number;
};

/** The conversation, repeated in the row of each member; `user` is null in its only row when it has none. */
type ConversationWithMember = (MemberRow | { user: null }) & {
  kind: ConversationRow['kind'];
  name: string | null;
  createdAt: number;
  lastSeq: number;
};

/** One statement, so that members and last seq are of the same moment. */
const selectConversation = `SELECT ${selection(memberColumns)}, kind, name, created_at AS createdAt,
  coalesce((SELECT max(seq) FROM events WHERE events.conv = conversations.id), 0) AS lastSeq
  FROM conversations LEFT JOIN members ON conv = conversations.id WHERE conversations.id = ?
  ORDER BY joined_at, user`;

/** What a member may see and has not cleared: seq > low and seq <= high. */
const low = 'max(first_seq - 1, cleared_seq)';
const high = 'coalesce(left_seq, 9007199254740991)';

/** Up to here everything is too old and was emptied: none of it is looked at. */
const erased = `coalesce((SELECT seq FROM erased WHERE erased.conv = members.conv AND kind = 'messages'), 0)`;

/** What was deleted has no payload: nobody can read it, so it is not unread. */
const selectSummaries = `SELECT conv,
  (SELECT count(*) FROM (SELECT 1 FROM events WHERE events.conv = members.conv AND seq > max(read, ${low}, ${erased})
    AND seq <= ${high} AND class = 'message' AND sender <> user AND payload <> '' LIMIT ${maxUnread})) AS unread,
  (SELECT at FROM events WHERE events.conv = members.conv AND seq > ${low} AND seq <= ${high}
    AND class = 'message' ORDER BY seq DESC LIMIT 1) AS lastAt
  FROM members WHERE user = ?`;

function toMembership(row: MemberRow): Membership {
  const { conv, user, joinedAt, firstSeq, leftSeq, delivered, read, toldRead, clearedSeq } = row;
  const flags = { admin: row.admin !== 0, hidden: row.hidden !== 0, muted: row.muted !== 0 };
  return { conv, user, joinedAt, firstSeq, leftSeq, delivered, read, toldRead, clearedSeq, ...flags };
}

export function conversationQueries({ all, get }: Reader): ConversationQueries {
  const id = async (sql: string, ...params: (string | number)[]): Promise<number | null> =>
    (await get<{ id: number }>(sql, params))?.id ?? null;
  return {
    async conversation(conv) {
      const rows = await all<ConversationWithMember>(selectConversation, [conv]);
      const [first] = rows;
      if (first === undefined) return null;
      const { kind, name, createdAt, lastSeq } = first;
      const members = rows.filter((row) => row.user !== null).map(toMembership);
      return { row: { id: conv, kind, name, createdAt }, lastSeq, members };
    },
    directBetween: (a, b) =>
      id('SELECT id FROM conversations WHERE low = ? AND high = ?', ...orderedPair(a, b)),
    groupByName: (nameKey) => id('SELECT id FROM conversations WHERE name_key = ?', nameKey),
    async conversationsOf(user) {
      const rows = await all<{ conv: number }>('SELECT conv FROM members WHERE user = ? ORDER BY conv', [
        user,
      ]);
      return rows.map((row) => row.conv);
    },
    async groupCount(user) {
      const sql = `SELECT count(*) AS count FROM members CROSS JOIN conversations ON conversations.id = conv
        WHERE user = ? AND left_seq IS NULL AND kind = 'group'`;
      return (await get<{ count: number }>(sql, [user]))?.count ?? 0;
    },
    summaries: (user, conv) =>
      conv === undefined
        ? all(`${selectSummaries} ORDER BY conv`, [user])
        : all(`${selectSummaries} AND conv = ?`, [user, conv]),
  };
}
