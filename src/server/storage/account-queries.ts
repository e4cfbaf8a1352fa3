// Questions about accounts, their sessions and codes, and whom they know.
import { accountColumns, selection, sessionColumns } from './columns.js';
import type { Reader } from './reader.js';
import type { Account, Session, Storage } from './storage.js';

type AccountRow = Omit<Account, 'disabled' | 'deleted'> & { disabled: number; deleted: number };

type AccountQueries = Pick<
  Storage,
  | 'account'
  | 'accounts'
  | 'accountByName'
  | 'accountByPhone'
  | 'phoneTaken'
  | 'sessionByToken'
  | 'sessionsOf'
  | 'invite'
  | 'resetCode'
  | 'friendsOf'
  | 'ownersWithFriend'
  | 'blockedBy'
  | 'blockersOf'
>;

export const selectAccounts = `SELECT ${selection(accountColumns)} FROM accounts`;
const selectSessions = `SELECT ${selection(sessionColumns)} FROM sessions`;

export function toAccount(row: AccountRow): Account {
  return { ...row, disabled: row.disabled !== 0, deleted: row.deleted !== 0 };
}

export function accountQueries({ all, get }: Reader): AccountQueries {
  const account = async (where: string, value: string | number): Promise<Account | null> => {
    const row = await get<AccountRow>(`${selectAccounts} WHERE ${where}`, [value]);
    return row && toAccount(row);
  };
  const ids = async (sql: string, ...params: (string | number)[]): Promise<number[]> =>
    (await all<{ id: number }>(sql, params)).map((row) => row.id);
  return {
    account: (id) => account('id = ?', id),
    async accounts(wanted) {
      const sql = `${selectAccounts} WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id`;
      return (await all<AccountRow>(sql, [JSON.stringify(wanted)])).map(toAccount);
    },
    accountByName: (nameKey) => account('name_key = ? AND deleted = 0', nameKey),
    accountByPhone: (phone) => account('phone = ?', phone),
    async phoneTaken(phone, now) {
      const sql = `SELECT 1 FROM accounts WHERE phone = ?
        UNION ALL SELECT 1 FROM held_phones WHERE phone = ? AND until > ? LIMIT 1`;
      return (await get(sql, [phone, phone, now])) !== null;
    },
    sessionByToken: (tokenHash) => get<Session>(`${selectSessions} WHERE token_hash = ?`, [tokenHash]),
    sessionsOf: (user) => all<Session>(`${selectSessions} WHERE user = ? ORDER BY id`, [user]),
    async invite(codeHash) {
      const sql = 'SELECT used_by AS usedBy FROM invites WHERE code_hash = ?';
      return (await get<{ usedBy: number | null }>(sql, [codeHash])) ?? undefined;
    },
    resetCode: (user) =>
      get<{ codeHash: string; until: number }>(
        'SELECT code_hash AS codeHash, until FROM reset_codes WHERE user = ?',
        [user],
      ),
    friendsOf: (user) => ids('SELECT friend AS id FROM contacts WHERE user = ?', user),
    ownersWithFriend: (owners, user) =>
      ids(
        'SELECT user AS id FROM contacts WHERE friend = ? AND user IN (SELECT value FROM json_each(?)) ORDER BY user',
        user,
        JSON.stringify(owners),
      ),
    blockedBy: (user) => ids('SELECT other AS id FROM blocks WHERE user = ?', user),
    blockersOf: (user) => ids('SELECT user AS id FROM blocks WHERE other = ?', user),
  };
}
