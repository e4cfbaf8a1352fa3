// Which column holds which field of accounts, sessions and memberships, and how values are written into them.
import type { SqlStatement, SqlValue } from '../../sqlite/database.js';
import type { Account, Membership, Session } from './storage.js';

type Columns<T> = Readonly<Record<keyof T & string, string>>;

export const accountColumns: Columns<Account> = {
  id: 'id',
  username: 'username',
  nameKey: 'name_key',
  phone: 'phone',
  email: 'email',
  firstName: 'first_name',
  lastName: 'last_name',
  bio: 'bio',
  avatar: 'avatar',
  opaqueRecord: 'opaque_record',
  publicKey: 'public_key',
  wrapped: 'wrapped',
  recovery: 'recovery',
  disabled: 'disabled',
  deleted: 'deleted',
  role: 'role',
  quotaBytes: 'quota',
  createdAt: 'created_at',
  lastSeenAt: 'last_seen_at',
};

export const sessionColumns: Columns<Session> = {
  id: 'id',
  user: 'user',
  tokenHash: 'token_hash',
  device: 'device',
  address: 'address',
  createdAt: 'created_at',
  lastSeenAt: 'last_seen_at',
};

export const memberColumns: Columns<Membership> = {
  conv: 'conv',
  user: 'user',
  admin: 'admin',
  joinedAt: 'joined_at',
  firstSeq: 'first_seq',
  leftSeq: 'left_seq',
  delivered: 'delivered',
  read: 'read',
  toldRead: 'told_read',
  hidden: 'hidden',
  muted: 'muted',
  clearedSeq: 'cleared_seq',
};

type Field = string | number | boolean | null;

function toSql(value: Field): SqlValue {
  return typeof value === 'boolean' ? Number(value) : value;
}

/** The columns of a SELECT, each under its field's name. */
export function selection<T>(columns: Columns<T>): string {
  return Object.entries<string>(columns)
    .map(([field, column]) => (field === column ? column : `${column} AS ${field}`))
    .join(', ');
}

/** An INSERT of every column; `conflict` is what follows the values. */
export function insertion<T>(
  table: string,
  columns: Columns<T>,
  conflict = '',
): (row: T & Record<keyof T, Field>) => SqlStatement {
  const fields = Object.keys(columns) as (keyof T & string)[];
  const names = fields.map((field) => columns[field]).join(', ');
  const sql = `INSERT INTO ${table} (${names}) VALUES (${fields.map(() => '?').join(', ')}) ${conflict}`;
  return (row) => ({ sql, params: fields.map((field) => toSql(row[field])) });
}

/** The columns and values of the fields that are present in `set`, in the order of the table. */
export function changes<T>(
  columns: Columns<T>,
  set: Partial<Record<keyof T, Field | undefined>>,
): { names: string[]; values: SqlValue[] } {
  const names: string[] = [];
  const values: SqlValue[] = [];
  for (const field of Object.keys(columns) as (keyof T & string)[]) {
    const value = set[field];
    if (value === undefined) continue;
    names.push(columns[field]);
    values.push(toSql(value));
  }
  return { names, values };
}
