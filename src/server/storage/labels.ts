// How administrators read ids: names of people, and of conversations.
import type { ConversationRow, LogEntry, Storage } from './storage.js';

/** Usernames of accounts; ids that do not exist are left out. */
export async function namesOf(storage: Storage, ids: readonly number[]): Promise<Map<number, string>> {
  const accounts = await storage.accounts([...new Set(ids)]);
  return new Map(accounts.map((account) => [account.id, account.username]));
}

/** Entries of the log with the name of whom each is about. */
export async function withNames(
  storage: Storage,
  entries: readonly LogEntry[],
): Promise<(LogEntry & { username: string | null })[]> {
  const names = await namesOf(
    storage,
    entries.flatMap((entry) => entry.user ?? []),
  );
  return entries.map((entry) => ({
    ...entry,
    username: entry.user === null ? null : (names.get(entry.user) ?? null),
  }));
}

/** `#name` of a group, the two people of a direct conversation as `@a @b`; only for these it looks anything up. */
export async function conversationLabel(
  storage: Storage,
  { id, name }: Pick<ConversationRow, 'id' | 'name'>,
): Promise<string> {
  if (name !== null) return `#${name}`;
  const members = (await storage.conversation(id))?.members.map((member) => member.user) ?? [];
  const names = await namesOf(storage, members);
  return members.map((member) => `@${names.get(member) ?? member}`).join(' ');
}
