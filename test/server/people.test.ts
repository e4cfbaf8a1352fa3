// Profiles, contacts and blocks, and who gets to see what of whom.
import { createHash } from 'node:crypto';
import t from 'tap';
import sharp from 'sharp';
import { limits } from '../../src/protocol/limits.js';
import { plentifulRates, startCore } from '../support/core.js';
import { codeOf } from '../support/opaque-person.js';
import { upload } from '../support/transfers.js';
import type { WireClient } from '../support/wire-client.js';

const dayMs = 24 * 60 * 60 * 1000;

async function me(client: WireClient, id: number) {
  return (await client.request('users.get', { ids: [id] })).users[0];
}

t.test('the fields of a profile that are named change, the others stay, null removes', async (t) => {
  const core = await startCore(t);
  const alice = await core.join(1);
  const first = await alice.request('profile.set', {
    bio: 'Hello\nthere',
    email: 'a@b.org',
    firstName: 'Al',
  });
  t.match(first.user, { bio: 'Hello\nthere', email: 'a@b.org', firstName: 'Al', lastName: null });
  const second = await alice.request('profile.set', { email: null, lastName: 'Zed' });
  t.match(second.user, { bio: 'Hello\nthere', email: null, firstName: 'Al', lastName: 'Zed' });
  t.match((await alice.request('profile.set', {})).user, { lastName: 'Zed' });
  t.equal(await codeOf(alice.ask('profile.set', { phone: '12345' })), 'invalid-phone');
  t.equal(await codeOf(alice.ask('profile.set', { bio: 'x'.repeat(501) })), 'invalid');
});

t.test('phone and email are seen by oneself and by one’s contacts, and by nobody else', async (t) => {
  const core = await startCore(t);
  const [alice, bob] = await Promise.all([core.join(1), core.join(2)]);
  await alice.request('profile.set', { email: 'a@b.org' });
  const hidden = { phone: null, email: null };
  const shown = { phone: core.people[0]!.phone, email: 'a@b.org' };
  t.match(await me(alice, 1), shown);
  t.match(await me(bob, 1), hidden);
  await bob.request('friends.add', { username: 'person1' });
  t.match(await me(bob, 1), hidden, 'to add somebody shows nothing of them');
  await alice.request('friends.add', { username: 'person2' });
  t.match((await bob.nextPush('user')).user, shown, 'who was added is told what they may see now');
  t.match(await me(bob, 1), shown);
  await alice.request('friends.remove', { user: 2 });
  t.match((await bob.nextPush('user')).user, hidden);
  t.match(await me(bob, 1), hidden);
});

t.test('a number that was given up is not given out again for thirty days', async (t) => {
  let now = 1_790_000_000_000;
  const core = await startCore(t, { now: () => now });
  const [alice, bob] = await Promise.all([core.join(1), core.join(2)]);
  const { phone } = core.people[0]!;
  t.equal(await codeOf(bob.request('profile.set', { phone })), 'phone-taken');
  await alice.request('profile.set', { phone: '0999999999' });
  t.equal(await codeOf(bob.request('profile.set', { phone })), 'phone-taken');
  now += 30 * dayMs;
  t.equal(await codeOf(bob.request('profile.set', { phone })), null);
  t.equal(await codeOf(bob.request('profile.set', { phone })), null, 'to set it again changes nothing');
  const both = await Promise.all([
    codeOf(alice.request('profile.set', { phone: '0888888888' })),
    codeOf(bob.request('profile.set', { phone: '0888888888' })),
  ]);
  t.same(both.sort(), ['phone-taken', null].sort(), 'of two at once one gets it');
});

t.test('contacts are added by number or name, once, and told to one’s other devices', async (t) => {
  const core = await startCore(t);
  const [alice, phone] = await Promise.all([core.join(1), core.join(1)]);
  const add = (fields: object) => alice.request('friends.add', fields);
  t.match(await add({ phone: core.people[1]!.phone }), { user: { id: 2 }, added: true });
  t.match(await add({ username: 'PERSON2' }), { user: { id: 2 }, added: false });
  t.match(await add({ username: 'person3' }), { user: { id: 3 }, added: true });
  t.equal(await codeOf(add({ phone: '0000000000' })), 'phone-not-found');
  t.equal(await codeOf(add({ username: 'nobody' })), 'user-not-found');
  t.equal(await codeOf(add({ username: '../etc' })), 'user-not-found');
  t.equal(await codeOf(add({ username: 'person1' })), 'yourself');
  t.equal(await codeOf(add({})), 'invalid');
  t.equal(await codeOf(add({ username: 'person2', phone: core.people[1]!.phone })), 'invalid');
  const { friends } = await alice.request('friends.list', {});
  t.same(friends.map((friend) => friend.id).sort(), [2, 3]);
  await alice.request('friends.remove', { user: 3 });
  await alice.request('friends.remove', { user: 3 });
  t.same(
    (await alice.request('friends.list', {})).friends.map((friend) => friend.id),
    [2],
  );
  // The test's connections of one person are one session; what a second device is told needs a second session.
  await phone.settled();
  t.same(phone.takePushes('friend'), [], 'the device that did it is not told');
});

t.test('another device of the account hears of contacts and blocks', async (t) => {
  const core = await startCore(t);
  const { token } = await core.context.accounts.openSession(1, 'none', 'second', '127.0.0.1');
  const [alice, second] = await Promise.all([core.join(1), core.stranger()]);
  await second.request('auth', { token });
  await alice.request('friends.add', { username: 'person2' });
  t.match(await second.nextPush('friend'), { user: { id: 2 }, added: true });
  await alice.request('friends.remove', { user: 2 });
  t.match(await second.nextPush('friend'), { user: { id: 2 }, added: false });
  await alice.request('friends.block', { user: 2, blocked: true });
  t.match(await second.nextPush('block'), { user: { id: 2 }, blocked: true });
});

t.test('look-ups by phone number are limited, for each person', async (t) => {
  const core = await startCore(t, {
    config: { rates: { ...plentifulRates, phoneLookups: { burst: 2, perMinute: 1 } } },
    now: () => 1_790_000_000_000,
  });
  const alice = await core.join(1);
  for (const phone of ['0000000001', '0000000002']) {
    t.equal(await codeOf(alice.request('friends.add', { phone })), 'phone-not-found');
  }
  t.equal(await codeOf(alice.request('friends.add', { phone: '0000000003' })), 'rate-limited');
  t.equal(await codeOf(alice.request('friends.add', { username: 'person2' })), null, 'not those by name');
  const bob = await core.join(2);
  t.equal(await codeOf(bob.request('friends.add', { phone: core.people[0]!.phone })), null);
});

t.test('presence of a new contact comes with it, and changes are told from then on', async (t) => {
  const core = await startCore(t);
  const [alice, bob] = await Promise.all([core.join(1), core.join(2)]);
  await alice.request('friends.add', { username: 'person2' });
  t.match(await alice.nextPush('presence'), { user: 2, online: true });
  await bob.destroy();
  t.match(await alice.nextPush('presence', ({ online }) => !online), { user: 2 });
  const { presence } = await alice.request('friends.list', {});
  t.match(presence, [{ user: 2, online: false }]);
});

t.test('blocked people are listed until they are unblocked', async (t) => {
  const core = await startCore(t);
  const alice = await core.join(1);
  await alice.request('friends.block', { user: 2, blocked: true });
  await alice.request('friends.block', { user: 2, blocked: true });
  t.match((await alice.request('friends.list', {})).blocked, [{ id: 2 }]);
  await alice.request('friends.block', { user: 2, blocked: false });
  t.same((await alice.request('friends.list', {})).blocked, []);
  t.equal(await codeOf(alice.request('friends.block', { user: 1, blocked: true })), 'yourself');
  t.equal(await codeOf(alice.request('friends.block', { user: 99, blocked: true })), 'user-not-found');
});

t.test('people are found by name in any case, and got by id', async (t) => {
  const core = await startCore(t);
  const alice = await core.join(1);
  t.equal((await alice.request('users.find', { username: 'Person2' })).user.id, 2);
  t.equal(await codeOf(alice.request('users.find', { username: 'person99' })), 'user-not-found');
  const { users } = await alice.request('users.get', { ids: [3, 99, 2] });
  t.same(users.map((user) => user.id).sort(), [2, 3], 'ids that do not exist are left out');
});

const picture = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: 'red' } });

t.test('an avatar is an uploaded PNG or JPEG of moderate size, and others are told', async (t) => {
  const core = await startCore(t);
  const [alice, bob] = await Promise.all([core.join(1), core.join(2)]);
  await bob.request('friends.add', { username: 'person1' });
  const set = (avatar: string | null) => alice.request('profile.set', { avatar });
  for (const bytes of [await picture(64, 48).png().toBuffer(), await picture(64, 48).jpeg().toBuffer()]) {
    const avatar = await upload(alice, bytes);
    t.equal((await set(avatar)).user.avatar, avatar);
    t.equal((await bob.nextPush('user', ({ user }) => user.avatar === avatar)).user.id, 1);
  }
  t.equal((await set(null)).user.avatar, null);
});

t.test('an avatar that is no picture, too large, or not one’s own is refused', async (t) => {
  const core = await startCore(t);
  const [alice, bob] = await Promise.all([core.join(1), core.join(2)]);
  const set = async (bytes: Buffer) =>
    codeOf(alice.request('profile.set', { avatar: await upload(alice, bytes) }));
  t.equal(await set(Buffer.from('GIF89a, or so')), 'bad-picture');
  t.equal(await set(Buffer.alloc(0)), 'bad-picture');
  t.equal(await set(await picture(8, 8).webp().toBuffer()), 'bad-picture');
  t.equal(await set(Buffer.alloc(limits.maxAvatarBytes + 1, 0xff)), 'file-too-large');
  // A picture that says it has 20,000 x 20,000 pixels: its header alone is read.
  const bomb = await picture(8, 8).png().toBuffer();
  bomb.writeUInt32BE(20_000, 16);
  bomb.writeUInt32BE(20_000, 20);
  t.equal(await set(bomb), 'bad-picture');
  const bobs = await picture(8, 8).png().toBuffer();
  await upload(bob, bobs);
  const sha256 = createHash('sha256').update(bobs).digest('hex');
  t.equal(await codeOf(alice.request('profile.set', { avatar: sha256 })), 'file-not-found');
  t.equal((await me(alice, 1))?.avatar, null);
});
