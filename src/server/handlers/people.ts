// Profiles, people, contacts and blocks.
import { PytalkError } from '../../protocol/errors.js';
import { limits } from '../../protocol/limits.js';
import type { RequestBody } from '../../protocol/messages.js';
import { because } from '../../protocol/reasons.js';
import { phoneHoldMs } from '../accounts.js';
import type { ClientSession, Handlers, ServerContext } from '../handler.js';
import { readPictureHeader } from '../picture-header.js';
import { StorageError, type Account, type Unit } from '../storage/storage.js';
import { userView } from '../user-view.js';

/** Pixels of a side of an avatar. */
const maxAvatarSide = 4096;

function notFound(name: string | number): PytalkError {
  return new PytalkError('user-not-found', { details: { name: String(name) } });
}

/** Somebody else's account that is not deleted. Rejects with `user-not-found` or `yourself`. */
async function other({ storage }: ServerContext, session: ClientSession, id: number): Promise<Account> {
  if (id === session.userId) throw new PytalkError('yourself');
  const account = await storage.account(id);
  if (!account || account.deleted) throw notFound(id);
  return account;
}

async function viewOf({ hub }: ServerContext, id: number, viewer: number) {
  const [user] = await hub.users([id], viewer);
  if (!user) throw notFound(id);
  return user;
}

/** Rejects unless the file is a picture of a person's own that may serve as an avatar. */
async function checkAvatar(context: ServerContext, user: number, sha256: string): Promise<void> {
  const file = await context.storage.file(sha256);
  if (!file || !(await context.storage.mayFetch(user, sha256))) throw new PytalkError('file-not-found');
  if (file.size > limits.maxAvatarBytes) {
    throw new PytalkError('file-too-large', { details: { bytes: file.size, max: limits.maxAvatarBytes } });
  }
  const { width, height } = readPictureHeader(await context.files.read(sha256));
  if (width <= maxAvatarSide && height <= maxAvatarSide) return;
  throw new PytalkError('bad-picture', {
    details: because('avatar-pixels', { width, height, max: maxAvatarSide }),
  });
}

/** The writes of a new phone number: the old one is held back for a while. */
async function changePhone(context: ServerContext, account: Account, phone: string): Promise<Unit> {
  if (phone === account.phone) return [];
  if (await context.storage.phoneTaken(phone, context.now())) throw new PytalkError('phone-taken');
  const until = context.now() + phoneHoldMs;
  return [
    ...(account.phone === null ? [] : [{ do: 'hold-phone' as const, phone: account.phone, until }]),
    context.accounts.logged({ event: 'phone-changed', user: account.id, detail: '' }),
  ];
}

/** A block ends the direct call of the two. */
async function endCallsBetween({ storage, calls }: ServerContext, a: number, b: number): Promise<void> {
  const conv = await storage.directBetween(a, b);
  if (conv === null) return;
  for (const user of [a, b]) calls.excluded(conv, user);
}

async function setProfile(context: ServerContext, userId: number, body: RequestBody<'profile.set'>) {
  const { hub, storage, rates } = context;
  rates.take('profileChanges', userId);
  const account = await storage.account(userId);
  if (!account || account.deleted) throw new PytalkError('session-ended');
  const { phone, avatar } = body;
  if (typeof avatar === 'string' && avatar !== account.avatar) await checkAvatar(context, userId, avatar);
  const more = phone === undefined ? [] : await changePhone(context, account, phone);
  const set = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
  if (Object.keys(set).length === 0) return { user: userView(account, true) };
  try {
    await hub.commit([{ do: 'account', id: userId, set }, ...more]);
  } catch (error) {
    // The number was free a moment ago: somebody else was faster.
    if (error instanceof StorageError && error.reason === 'constraint') {
      throw new PytalkError('phone-taken', { cause: error });
    }
    throw error;
  }
  await hub.profileChanged(userId);
  return { user: await viewOf(context, userId, userId) };
}

async function findContact(
  context: ServerContext,
  session: ClientSession,
  body: RequestBody<'friends.add'>,
): Promise<Account> {
  const { phone, username } = body;
  if ((phone === undefined) === (username === undefined)) {
    throw new PytalkError('invalid', {
      details: { field: 'phone', reason: 'exactly one of phone, username' },
    });
  }
  if (phone !== undefined) context.rates.take('phoneLookups', session.userId);
  const account =
    phone === undefined
      ? await context.accounts.byName(username ?? '')
      : await context.storage.accountByPhone(phone);
  if (!account) throw phone === undefined ? notFound(username ?? '') : new PytalkError('phone-not-found');
  if (account.id === session.userId) throw new PytalkError('yourself');
  return account;
}

/** Adds or removes a contact, and tells both sides what changes for them. */
async function setContact(
  context: ServerContext,
  session: ClientSession,
  friend: number,
  added: boolean,
): Promise<void> {
  const { hub, storage } = context;
  const { userId: user, sessionId } = session;
  await hub.commit([{ do: 'friend', user, friend, added, at: context.now() }]);
  hub.roster.watch(user, friend, added);
  const view = await viewOf(context, friend, user);
  hub.pushToUser(user, 'friend', { user: view, added }, sessionId);
  const [presence] = await hub.presenceFor(user, [friend]);
  if (added && presence) hub.pushToUser(user, 'presence', presence);
  // A contact sees phone and email, so for the other side this profile has changed.
  const me =
    hub.isOnline(friend) && !(await hub.blocksBetween(user, friend)) ? await storage.account(user) : null;
  if (me) hub.pushToUser(friend, 'user', { user: userView(me, added) });
}

export const peopleHandlers = {
  'profile.set': (context, session, body) => setProfile(context, session.userId, body),

  'users.find': async (context, session, body) => {
    const account = await context.accounts.byName(body.username);
    if (!account) throw notFound(body.username);
    return { user: await viewOf(context, account.id, session.userId) };
  },

  'users.get': async ({ hub }, session, body) => ({ users: await hub.users(body.ids, session.userId) }),

  'friends.list': async ({ hub, storage }, session) => {
    const [friendIds, blockedIds] = await Promise.all([
      storage.friendsOf(session.userId),
      storage.blockedBy(session.userId),
    ]);
    const [friends, blocked] = await Promise.all([
      hub.users(friendIds, session.userId),
      hub.users(blockedIds, session.userId),
    ]);
    return { friends, blocked, presence: await hub.presenceFor(session.userId, friendIds) };
  },

  'friends.add': async (context, session, body) => {
    context.rates.take('events', session.userId);
    const { id } = await findContact(context, session, body);
    const friends = await context.storage.friendsOf(session.userId);
    const added = !friends.includes(id);
    if (added && friends.length >= limits.maxContacts) {
      throw new PytalkError('contacts-full', { details: { max: limits.maxContacts } });
    }
    if (added) await setContact(context, session, id, true);
    return { user: await viewOf(context, id, session.userId), added };
  },

  'friends.remove': async (context, session, body) => {
    context.rates.take('events', session.userId);
    const friends = await context.storage.friendsOf(session.userId);
    if (friends.includes(body.user)) await setContact(context, session, body.user, false);
    return {};
  },

  'friends.block': async (context, session, body) => {
    context.rates.take('events', session.userId);
    const { id } = await other(context, session, body.user);
    const { hub } = context;
    const { userId: user } = session;
    const { blocked } = body;
    await hub.commit([{ do: 'block', user, other: id, blocked, at: context.now() }]);
    await hub.blocksChanged(user, id);
    if (blocked) await endCallsBetween(context, user, id);
    const view = await viewOf(context, id, user);
    hub.pushToUser(user, 'block', { user: view, blocked }, session.sessionId);
    return {};
  },
} satisfies Pick<
  Handlers,
  | 'profile.set'
  | 'users.find'
  | 'users.get'
  | 'friends.list'
  | 'friends.add'
  | 'friends.remove'
  | 'friends.block'
>;
