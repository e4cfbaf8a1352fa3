// What an administrator can do, on the server's own parts; every action is kept in the log.
import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { PytalkError } from '../protocol/errors.js';
import { isName, nameKey } from '../protocol/names.js';
import type { ServerStatistics } from '../protocol/statistics-shapes.js';
import { bannedKey, type Accounts } from './accounts.js';
import type { Actor } from './actor.js';
import { writeBackup, type BackupResult } from './backup.js';
import type { Because } from '../protocol/reasons.js';
import { checkFiles } from './check-files.js';
import type { FileStore } from './file-store.js';
import type { Hub } from './hub.js';
import type { Statistics } from './statistics.js';
import { conversationLabel, namesOf, withNames } from './storage/labels.js';
import {
  StorageError,
  type Account,
  type LogEntry,
  type Storage,
  type StoredEvent,
} from './storage/storage.js';

/** An account as administrators see it: nothing that could log in as it. */
export type AdminUser = Pick<
  Account,
  | 'id'
  | 'username'
  | 'phone'
  | 'email'
  | 'firstName'
  | 'lastName'
  | 'role'
  | 'disabled'
  | 'deleted'
  | 'createdAt'
  | 'lastSeenAt'
  | 'quotaBytes'
> & {
  online: boolean;
  /** Bytes of the files that this person has uploaded. */
  fileBytes: number;
};

interface AdminConversation {
  id: number;
  /** `#name` of a group, the two people of a direct conversation as `@a @b`. */
  name: string;
  createdAt: number;
  members: number;
  lastSeq: number;
}

export interface AdminDatabase {
  statistics: Awaited<ReturnType<Storage['statistics']>>;
  conversations: AdminConversation[];
  /** Last events of the conversation that was asked for, oldest first. */
  events: (StoredEvent & { username: string })[];
}

export type AdminLogEntry = LogEntry & { username: string | null };

/** Rejects with PytalkError; `user-not-found` for a name that does not exist. */
export interface Admin {
  users(): Promise<AdminUser[]>;
  user(username: string): Promise<AdminUser>;
  disable(username: string): Promise<void>;
  enable(username: string): Promise<void>;
  /** Returns a one-time code, good for a day. */
  resetPassword(username: string): Promise<string>;
  /** Makes an account an administrator's, or no longer. */
  grant(username: string, on: boolean): Promise<void>;
  /** Disables the account and keeps its name from ever being registered again; `enable` undoes it. */
  ban(username: string): Promise<void>;
  /** Sets the bytes that this person's files may take; null is the server's own setting again. */
  quota(username: string, bytes: number | null): Promise<void>;
  /** Returns a one-time code for a registration. */
  invite(): Promise<string>;
  /** Newest first. */
  log(limit: number): Promise<AdminLogEntry[]>;
  /** What administrators did, newest first. */
  audit(limit: number): Promise<AdminLogEntry[]>;
  /** `#group` or a conversation's id shows its last events, `@person` that person's conversations, null all of them. */
  db(subject: string | null, limit: number): Promise<AdminDatabase>;
  /** What is wrong, a line each; both empty when all is sound. */
  check(): Promise<{ database: string[]; files: Because[] }>;
  compact(): Promise<void>;
  /** How the server does, with the figures of after `since`. Rejects with `not-running` when none runs. */
  statistics(since: number): Promise<ServerStatistics>;
  /** Rejects as `writeBackup`. */
  backup(path: string): Promise<BackupResult>;
}

const username = z.string().max(64);
const limit = z.int().min(1).max(10_000);

/** The arguments of each operation, for what comes through the socket. */
export const adminArguments = {
  users: z.tuple([]),
  user: z.tuple([username]),
  disable: z.tuple([username]),
  enable: z.tuple([username]),
  resetPassword: z.tuple([username]),
  grant: z.tuple([username, z.boolean()]),
  ban: z.tuple([username]),
  quota: z.tuple([username, z.int().min(0).nullable()]),
  invite: z.tuple([]),
  log: z.tuple([limit]),
  audit: z.tuple([limit]),
  db: z.tuple([z.string().max(64).nullable(), limit]),
  check: z.tuple([]),
  compact: z.tuple([]),
  statistics: z.tuple([z.int()]),
  backup: z.tuple([z.string().refine(isAbsolute)]),
} as const satisfies { [M in keyof Admin]: z.ZodType<Parameters<Admin[M]>> };

export interface AdminParts {
  dataDir: string;
  storage: Storage;
  hub: Hub;
  accounts: Accounts;
  /** Null while no server runs, and so nothing takes files away. */
  files: Pick<FileStore, 'keepWhile'> | null;
  /** Null while no server runs. */
  statistics: Pick<Statistics, 'report'> | null;
}

/** `by` is who asks, for the log. */
export function adminOperations(parts: AdminParts, by: Actor): Admin {
  const { dataDir, storage, hub, accounts, files, statistics } = parts;

  const find = async (name: string): Promise<Account> => {
    const account = await accounts.byName(name);
    if (!account) throw new PytalkError('user-not-found', { details: { name } });
    return account;
  };
  const logged = (event: string, account: Account | null, detail = account?.username ?? '') =>
    accounts.logged({ event: `admin-${event}`, user: account?.id ?? null, detail, by });
  const keepingFiles = <T>(work: () => Promise<T>): Promise<T> => files?.keepWhile(work) ?? work();
  const shutOut = (account: Account, event: string, more: { key: string; value: string }[]) =>
    accounts.endSessions(
      account.id,
      () => [
        { do: 'account', id: account.id, set: { disabled: true } },
        { do: 'reset-code', user: account.id, codeHash: null, until: 0 },
        ...more.map((meta) => ({ do: 'meta' as const, ...meta })),
        logged(event, account),
      ],
      { code: 'account-disabled' },
    );

  return {
    async users() {
      const [all, usages] = await Promise.all([storage.listAccounts(), storage.usages()]);
      return all.map((account) => adminUser(account, hub.isOnline(account.id), usages.get(account.id) ?? 0));
    },
    async user(name) {
      const account = await find(name);
      return adminUser(account, hub.isOnline(account.id), await storage.usage(account.id));
    },
    disable: async (name) => shutOut(await find(name), 'disable', []),
    async enable(name) {
      const account = await find(name);
      await hub.commit([
        { do: 'account', id: account.id, set: { disabled: false } },
        { do: 'meta', key: bannedKey(account.nameKey), value: '' },
        logged('enable', account),
      ]);
    },
    resetPassword: async (name) => accounts.makeResetCode(await find(name), by),
    async grant(name, on) {
      const account = await find(name);
      await hub.commit([
        { do: 'account', id: account.id, set: { role: on ? 'admin' : 'user' } },
        logged(on ? 'grant' : 'revoke', account),
      ]);
    },
    async ban(name) {
      if (!isName(name)) throw new PytalkError('invalid-username');
      const meta = { key: bannedKey(nameKey(name)), value: '1' };
      const account = await accounts.byName(name);
      if (account) await shutOut(account, 'ban', [meta]);
      else await hub.commit([{ do: 'meta', ...meta }, logged('ban', null, name)]);
    },
    async quota(name, bytes) {
      const account = await find(name);
      await hub.commit([
        { do: 'account', id: account.id, set: { quotaBytes: bytes } },
        logged('quota', account, `${account.username} ${bytes ?? 'default'}`),
      ]);
    },
    invite: () => accounts.makeInvite(by),
    log: async (count) => withNames(storage, await storage.log(count, null)),
    audit: async (count) => withNames(storage, await auditLog(storage, count)),
    db: (subject, count) => database(parts, subject, count),
    async check() {
      const inDatabase = await storage.check().catch((error: unknown) => {
        // So much is broken that SQLite cannot even say what.
        if (error instanceof StorageError) return [error.message];
        throw error;
      });
      return { database: inDatabase, files: await keepingFiles(() => checkFiles(dataDir, storage)) };
    },
    async compact() {
      await storage.compact();
      await hub.commit([logged('compact', null)]);
    },
    async statistics(since) {
      if (statistics === null) throw new PytalkError('not-running', { details: { path: dataDir } });
      return statistics.report(since);
    },
    async backup(path) {
      const result = await keepingFiles(() => writeBackup(path, dataDir, storage));
      await hub.commit([logged('backup', null, path)]);
      return result;
    },
  };
}

function adminUser(account: Account, online: boolean, fileBytes: number): AdminUser {
  const { id, username: name, phone, email, firstName, lastName } = account;
  const { role, disabled, deleted, createdAt, lastSeenAt, quotaBytes } = account;
  return {
    id,
    username: name,
    phone,
    email,
    firstName,
    lastName,
    role,
    disabled,
    deleted,
    createdAt,
    lastSeenAt,
    quotaBytes,
    online,
    fileBytes,
  };
}

async function auditLog(storage: Storage, count: number): Promise<LogEntry[]> {
  const found: LogEntry[] = [];
  let before: number | null = null;
  while (found.length < count) {
    const page: LogEntry[] = await storage.log(1000, before);
    found.push(...page.filter((entry) => entry.event.startsWith('admin-')));
    before = page.at(-1)?.id ?? null;
    if (before === null) break;
  }
  return found.slice(0, count);
}

async function database(parts: AdminParts, subject: string | null, count: number): Promise<AdminDatabase> {
  const { storage, accounts } = parts;
  const statistics = await storage.statistics();
  let rows = await storage.listConversations();
  let events: AdminDatabase['events'] = [];
  if (subject?.startsWith('@')) {
    const account = await accounts.byName(subject.slice(1));
    if (!account) throw new PytalkError('user-not-found', { details: { name: subject } });
    const own = new Set(await storage.conversationsOf(account.id));
    rows = rows.filter((row) => own.has(row.id));
  } else if (subject !== null) {
    const id = await conversationId(storage, subject);
    rows = rows.filter((row) => row.id === id);
    if (rows.length === 0) throw new PytalkError('conversation-not-found', { details: { name: subject } });
    const stored = await storage.envelopes(id ?? 0, count);
    const names = await namesOf(
      storage,
      stored.map((event) => event.from),
    );
    events = stored.map((event) => ({ ...event, username: names.get(event.from) ?? String(event.from) }));
  }
  const conversations = rows.slice(-count).map(async (row) => {
    const { id, createdAt, members, lastSeq } = row;
    return { id, name: await conversationLabel(storage, row), createdAt, members, lastSeq };
  });
  return { statistics, conversations: await Promise.all(conversations), events };
}

async function conversationId(storage: Storage, subject: string): Promise<number | null> {
  if (/^\d+$/.test(subject)) return Number(subject);
  return storage.groupByName(nameKey(subject.replace(/^#/, '')));
}
