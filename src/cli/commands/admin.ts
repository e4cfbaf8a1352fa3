// `admin …`: what an administrator does, through the running server or on its database.
import type { Admin, AdminDatabase, AdminLogEntry, AdminUser } from '../../server/admin-operations.js';
import { withAdmin } from '../../server/admin.js';
import { PytalkError } from '../../protocol/errors.js';
import type { Key } from '../catalogue/translate.js';
import { momentText, sizeText } from '../chat/message-text.js';
import { cleanLine } from '../clean-text.js';
import type { Context } from '../context.js';
import { dataDirOf } from '../data-dir.js';
import { table } from '../format/columns.js';
import { viewOf, type View } from '../format/view.js';
import type { CommandRun, Fields } from '../table/spec.js';

const defaultLimit = 50;

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

function limitOf(fields: Fields, context: Context): number {
  const { limit } = fields;
  if (typeof limit !== 'string') return defaultLimit;
  const count = Number(limit);
  if (Number.isInteger(count) && count >= 1) return count;
  throw new PytalkError('usage', { details: { reason: context.say('usage.limit', { value: limit }) } });
}

/** A name that is not there is looked for in the data folder here, not on the server that one is logged in to. */
function administering<T>(dataDir: string, use: (admin: Admin) => Promise<T>): Promise<T> {
  return withAdmin(dataDir, use).catch((error: unknown) => {
    if (!(error instanceof PytalkError) || error.code !== 'user-not-found') throw error;
    throw new PytalkError(error.code, {
      details: { ...error.details, hint: 'hint.admin-user' },
      cause: error,
    });
  });
}

/** A user's name of the command line, with or without `@`. */
function userOf(fields: Fields): string {
  return typeof fields['user'] === 'string' ? fields['user'].replace(/^@/, '') : '';
}

async function list<T>(
  context: Context,
  rows: readonly T[],
  json: (row: T) => unknown,
  lines: () => string[],
) {
  const { out } = context;
  if (out.isJson) for (const row of rows) await out.json(json(row));
  else lines().forEach((line) => out.line(line));
}

/** Runs `use` and shows its result as one object or one sentence. */
function doing(use: (admin: Admin, fields: Fields) => Promise<unknown>, word: string, key: Key): CommandRun {
  return async (context, fields) => {
    await administering(dataDirOf(fields), (admin) => use(admin, fields));
    const name = userOf(fields);
    if (context.out.isJson) await context.out.json({ ...(name !== '' && { username: name }), [word]: true });
    else context.out.line(context.say(key, { name: cleanLine(name) }));
    return undefined;
  };
}

/** Runs `use` and shows the code it returns. */
function codeOf(use: (admin: Admin, fields: Fields) => Promise<string>, key: Key): CommandRun {
  return async (context, fields) => {
    const code = await administering(dataDirOf(fields), (admin) => use(admin, fields));
    const name = userOf(fields);
    if (context.out.isJson) {
      await context.out.json({ ...(name !== '' && { username: name }), code });
    } else {
      context.out.line(code);
      context.out.note(context.say(key, { code, name: cleanLine(name) }));
    }
    return undefined;
  };
}

function userLines(users: readonly AdminUser[], view: View): string[] {
  const { say, paint, nowMs } = view;
  const heads = ['id', 'user', 'phone', 'email', 'seen', 'files'] as const;
  return table([
    heads.map((head) => paint.dim(say(`admin.head.${head}`))),
    ...users.map((user) => {
      const marks = [
        ...(user.role === 'admin' ? [say('admin.is-admin')] : []),
        ...(user.disabled ? [paint.red(say('admin.is-disabled'))] : []),
        ...(user.deleted ? [paint.dim(say('admin.is-deleted'))] : []),
        ...(user.online ? [paint.green(say('presence.online'))] : []),
      ];
      const seen = iso(user.lastSeenAt);
      const size = sizeText(user.fileBytes, say);
      return [
        String(user.id),
        paint.bold(cleanLine(user.username)),
        cleanLine(user.phone ?? ''),
        cleanLine(user.email ?? ''),
        paint.dim(seen === null ? '' : momentText(seen, nowMs, say)),
        user.quotaBytes === null
          ? size
          : say('admin.size-of-quota', { size, quota: sizeText(user.quotaBytes, say) }),
        marks.join(', '),
      ];
    }),
  ]);
}

function logRows(entries: readonly AdminLogEntry[], { paint }: View): string[] {
  return table(
    entries.map((entry) => [
      paint.dim(iso(entry.at) ?? ''),
      entry.event,
      cleanLine(entry.username ?? ''),
      cleanLine([entry.actor, entry.address].filter((part) => part !== null).join(' ')),
      cleanLine(entry.detail),
    ]),
  );
}

function reading(read: (admin: Admin, limit: number) => Promise<AdminLogEntry[]>): CommandRun {
  return async (context, fields) => {
    const limit = limitOf(fields, context);
    const entries = (await administering(dataDirOf(fields), (admin) => read(admin, limit))).reverse();
    const json = ({ at, ...entry }: AdminLogEntry): unknown => ({ ...entry, at: iso(at) });
    await list(context, entries, json, () => logRows(entries, viewOf(context)));
    return undefined;
  };
}

function databaseLines({ statistics, conversations, events }: AdminDatabase, view: View): string[] {
  const { say, paint } = view;
  const counts = table([
    [say('admin.count.users'), String(statistics.users)],
    [say('admin.count.conversations'), String(statistics.conversations)],
    [say('admin.count.events'), `${statistics.events} (${sizeText(statistics.bytes, say)})`],
    [say('admin.count.files'), `${statistics.files} (${sizeText(statistics.fileBytes, say)})`],
  ]);
  const rows = conversations.map((one) => [
    String(one.id),
    paint.bold(cleanLine(one.name, 80)),
    say.count('group.members', one.members),
    say.count('admin.events', one.lastSeq),
  ]);
  const envelopes = events.map((event) => [
    String(event.seq),
    paint.dim(iso(event.at) ?? ''),
    cleanLine(event.username),
    event.class,
    cleanLine(event.payload, 200),
  ]);
  return [...counts, '', ...table(rows), ...(envelopes.length > 0 ? ['', ...table(envelopes)] : [])];
}

const users: CommandRun = async (context, fields) => {
  const found = await administering(dataDirOf(fields), (admin) => admin.users());
  const json = (user: AdminUser): unknown => ({
    ...user,
    createdAt: iso(user.createdAt),
    lastSeenAt: iso(user.lastSeenAt),
  });
  await list(context, found, json, () => userLines(found, viewOf(context)));
  return undefined;
};

const db: CommandRun = async (context, fields) => {
  const limit = limitOf(fields, context);
  const subject = typeof fields['with'] === 'string' ? fields['with'] : null;
  const found = await administering(dataDirOf(fields), (admin) => admin.db(subject, limit));
  if (context.out.isJson) await context.out.json(found);
  else databaseLines(found, viewOf(context)).forEach((line) => context.out.line(line));
  return undefined;
};

const check: CommandRun = async (context, fields) => {
  const { database, files } = await administering(dataDirOf(fields), (admin) => admin.check());
  const { out, say } = context;
  const isSound = database.length + files.length === 0;
  const english = files.map(({ reason }) => reason);
  const sentences = files.map((details) => say(`reason.${details.why}`, details));
  if (out.isJson) await out.json({ sound: isSound, problems: [...database, ...english] });
  else if (isSound) out.line(say('admin.sound'));
  else for (const problem of [...database, ...sentences]) out.line(cleanLine(problem));
  if (database.length > 0) out.note(say('admin.unsound'));
  else if (files.length > 0) out.note(say('admin.unsound-files'));
  return isSound ? 0 : 1;
};

const unitBytes: Readonly<Record<string, number>> = { '': 1, K: 1e3, M: 1e6, G: 1e9, T: 1e12 };

/** Bytes of `500M`, `1.5 GB`; null for `default`. Throws `usage`. */
function quotaOf(value: string, { say }: Context): number | null {
  if (value === 'default') return null;
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?) ?([KMGT]?)B?$/i.exec(value) ?? [];
  const bytes = Math.round(Number(number) * (unitBytes[unit.toUpperCase()] ?? 1));
  if (number !== '' && Number.isSafeInteger(bytes)) return bytes;
  throw new PytalkError('usage', { details: { reason: say('usage.quota', { value }) } });
}

const quota: CommandRun = async (context, fields) => {
  const { out, say } = context;
  const { size } = fields;
  const given = typeof size === 'string' ? { bytes: quotaOf(size, context) } : null;
  const user = await administering(dataDirOf(fields), async (one) => {
    if (given) await one.quota(userOf(fields), given.bytes);
    return one.user(userOf(fields));
  });
  const { username, quotaBytes, fileBytes } = user;
  const name = cleanLine(username);
  if (out.isJson) await out.json({ username, quotaBytes, fileBytes });
  else if (quotaBytes === null)
    out.line(say('admin.quota-default', { name, size: sizeText(fileBytes, say) }));
  else
    out.line(say('admin.quota', { name, size: sizeText(fileBytes, say), quota: sizeText(quotaBytes, say) }));
  return undefined;
};

/** By the word after `admin`. */
export const admin = {
  users,
  disable: doing((one, fields) => one.disable(userOf(fields)), 'disabled', 'admin.disabled'),
  enable: doing((one, fields) => one.enable(userOf(fields)), 'enabled', 'admin.enabled'),
  'reset-password': codeOf((one, fields) => one.resetPassword(userOf(fields)), 'admin.reset-code'),
  grant: async (context, fields) => {
    const on = fields['off'] !== true;
    const run = doing(
      (one) => one.grant(userOf(fields), on),
      on ? 'granted' : 'revoked',
      on ? 'admin.granted' : 'admin.revoked',
    );
    return run(context, fields);
  },
  ban: doing((one, fields) => one.ban(userOf(fields)), 'banned', 'admin.banned'),
  quota,
  invite: codeOf((one) => one.invite(), 'admin.invite-code'),
  log: reading((one, limit) => one.log(limit)),
  audit: reading((one, limit) => one.audit(limit)),
  db,
  check,
  compact: doing((one) => one.compact(), 'compacted', 'admin.compacted'),
} as const satisfies Record<string, CommandRun>;
