// Questions about stored files and who may have them.
import type { Reader } from './reader.js';
import type { Storage } from './storage.js';

type FileQueries = Pick<Storage, 'file' | 'mayFetch' | 'usage'>;

const selectRight = `SELECT 1 FROM uploads WHERE user = ? AND sha256 = ?
  UNION ALL SELECT 1 FROM accounts WHERE avatar = ?
  UNION ALL SELECT 1 FROM members CROSS JOIN event_files ON event_files.sha256 = ? AND event_files.conv = members.conv
    AND seq >= first_seq AND seq <= coalesce(left_seq, 9007199254740991) WHERE user = ?
  LIMIT 1`;

export function fileQueries({ get }: Reader): FileQueries {
  return {
    file: (sha256) => get<{ size: number }>('SELECT size FROM files WHERE sha256 = ?', [sha256]),
    mayFetch: async (user, sha256) => (await get(selectRight, [user, sha256, sha256, sha256, user])) !== null,
    async usage(user, without = '') {
      const sql =
        'SELECT sum(size) AS bytes FROM uploads CROSS JOIN files USING (sha256) WHERE user = ? AND sha256 <> ?';
      return (await get<{ bytes: number | null }>(sql, [user, without]))?.bytes ?? 0;
    },
  };
}
