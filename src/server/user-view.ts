// A person as another may see them: phone and email only for those whom the person has as a contact.
import type { User } from '../protocol/shapes.js';
import type { Account, Storage } from './storage/storage.js';

export function userView(account: Account, full: boolean): User {
  return {
    id: account.id,
    username: account.username,
    firstName: account.firstName,
    lastName: account.lastName,
    bio: account.bio,
    email: full ? account.email : null,
    phone: full ? account.phone : null,
    avatar: account.avatar,
    publicKey: account.publicKey,
    deleted: account.deleted,
  };
}

/** Views of people for one viewer; ids that do not exist are left out. */
export async function userViews(storage: Storage, ids: readonly number[], viewer: number): Promise<User[]> {
  if (ids.length === 0) return [];
  const [accounts, knowing] = await Promise.all([
    storage.accounts(ids),
    storage.ownersWithFriend(ids, viewer),
  ]);
  const trusted = new Set(knowing);
  return accounts.map((account) => userView(account, account.id === viewer || trusted.has(account.id)));
}
